"""Known wrong answers, one room a chapter. Never part of what a student installs."""
