"""The reference package: every function of the course, answered. One room a chapter, plain importable Python."""
