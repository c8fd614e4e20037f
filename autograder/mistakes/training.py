"""What goes wrong in the chapter `training`. Gathered from the files beside this one."""

from __future__ import annotations

from autograder.mistakes import training_networks, training_optimizers

MISTAKES = [*training_optimizers.MISTAKES, *training_networks.MISTAKES]
