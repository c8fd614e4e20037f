"""Which chapters and exercises there are. The checks of a chapter list its exercises in the order of the course."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from autograder.exercise import Exercise

CHAPTERS = (
    "linear",
    "activations",
    "convolution",
    "pooling",
    "normalization",
    "dropout",
    "recurrent",
    "lstm",
    "training",
)


@cache
def exercises(chapter: str) -> dict[str, Exercise]:
    """The chapter's exercises by name, in order."""
    listed: tuple[Exercise, ...] = import_module(f"autograder.checks.{chapter}").EXERCISES
    return {exercise.name: exercise for exercise in listed}


@cache
def chapters_by_exercise() -> dict[str, str]:
    return {name: chapter for chapter in CHAPTERS for name in exercises(chapter)}
