"""What the build of the book puts beside its pages so that their code runs in the reader's browser."""
