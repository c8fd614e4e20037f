"""Layers as objects that keep their parameters: thin coats over the functions of the course."""
