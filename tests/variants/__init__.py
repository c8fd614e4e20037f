"""Right answers written otherwise, one room a chapter: what a checker that refuses one of them gets wrong.

A chapter's `VARIANTS` maps an exercise to its variants by name, and a variant to the functions that it puts in the
place of the reference's. All keep the contract: float32 stays float32, inputs stay as they are, a backward can be
called again.
"""
