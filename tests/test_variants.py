"""Right answers of many kinds pass with full marks: loops, other caches, other sums, other draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

import pytest
from judging import is_design, judge

from autograder import registry

VARIANTS = [
    pytest.param(exercise, functions, id=f"{exercise}.{variant}")
    for chapter in registry.CHAPTERS
    for exercise, variants in import_module(f"variants.{chapter}").VARIANTS.items()
    for variant, functions in variants.items()
]
SEEDS = (3, 20_261_121, 2**90 + 1)


@pytest.mark.parametrize(("exercise", "functions"), VARIANTS)
def test_variant_passes_with_full_marks(exercise: str, functions: Mapping[str, Callable], tally) -> None:
    verdicts = [judge(exercise, functions, seed) for seed in (SEEDS[:1] if is_design(exercise) else SEEDS)]
    tally("other right answers accepted", all(verdict.passed for verdict in verdicts))
    for verdict in verdicts:
        assert verdict.passed, str(verdict)
        assert verdict.score == verdict.max_score


def test_every_exercise_has_at_least_three_variants() -> None:
    counts = {
        exercise: len(variants)
        for chapter in registry.CHAPTERS
        for exercise, variants in import_module(f"variants.{chapter}").VARIANTS.items()
    }
    assert {name for name in registry.chapters_by_exercise() if counts.get(name, 0) < 3} == set()
