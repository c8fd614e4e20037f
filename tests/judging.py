"""Judge an implementation as grading does: with a key drawn from a secret seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from autograder import answers, registry
from autograder.answers import AnswerKey
from autograder.calls import Local
from autograder.checking import check_exercise
from autograder.exercise import Finding, Verdict

SEED = 987_654_321_987_654_321


def reference(chapter: str) -> dict[str, Any]:
    return dict(vars(import_module(f"solutions.{chapter}")))


@cache
def keys(chapter: str, seed: int = SEED) -> dict[str, AnswerKey]:
    return answers.make_keys(chapter, seed)


def judge(name: str, functions: Mapping[str, Callable[..., Any]], seed: int = SEED) -> Verdict:
    """The verdict on exercise `name`, with `functions` in the place of the reference's."""
    chapter = registry.chapters_by_exercise()[name]
    implementation = Local({**reference(chapter), **functions})
    return check_exercise(registry.exercises(chapter)[name], keys(chapter, seed)[name], implementation)


def first_failed(verdict: Verdict) -> Finding:
    return next(finding for finding in verdict.findings if not finding.passed)
