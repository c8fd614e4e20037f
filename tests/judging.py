"""Judge an implementation as grading does: with a key drawn from a secret seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from autograder import answers, registry
from autograder.answers import AnswerKey, Answers
from autograder.calls import Local
from autograder.checking import check_exercise
from autograder.exercise import Finding, Verdict

SEED = 987_654_321_987_654_321


def reference(chapter: str) -> dict[str, Any]:
    return dict(vars(import_module(f"solutions.{chapter}")))


@cache
def key(name: str, seed: int = SEED, long: bool = True) -> AnswerKey:
    """The key of one exercise; without its cases that take long or ask for speed, if `long` is false."""
    chapter = registry.chapters_by_exercise()[name]
    if long:
        return answers.make_key(chapter, registry.exercises(chapter)[name], seed)
    whole = key(name, seed)
    quick = [number for number, case in enumerate(whole.cases) if case.asked is None and case.pace is None]
    return replace(
        whole,
        cases=tuple(whole.cases[number] for number in quick),
        expected=_some(whole.expected, quick),
        mistakes=tuple(replace(known, answers=_some(known.answers, quick)) for known in whole.mistakes),
    )


def keys(chapter: str, seed: int = SEED) -> dict[str, AnswerKey]:
    return {name: key(name, seed) for name in registry.exercises(chapter)}


def judge(name: str, functions: Mapping[str, Callable[..., Any]], seed: int = SEED, long: bool = True) -> Verdict:
    """The verdict on exercise `name`, with `functions` in the place of the reference's."""
    chapter = registry.chapters_by_exercise()[name]
    implementation = Local({**reference(chapter), **functions})
    return check_exercise(registry.exercises(chapter)[name], key(name, seed, long), implementation)


def is_design(name: str) -> bool:
    return registry.exercises(registry.chapters_by_exercise()[name])[name].design


def first_failed(verdict: Verdict) -> Finding:
    return next(finding for finding in verdict.findings if not finding.passed)


def _some(answers: Answers, numbers: Sequence[int]) -> Answers:
    return Answers(
        tuple(answers.outcomes[number] for number in numbers), tuple(answers.measures[number] for number in numbers)
    )
