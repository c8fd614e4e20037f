"""The book as one file, made of its built pages: a PDF to print, an EPUB to take along."""
