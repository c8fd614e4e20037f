"""Who handed in what: one room a chapter."""
