"""What is checked, with points: one room a chapter."""
