"""Every known mistake is refused, and its own diagnosis comes first, whatever the inputs that the seed draws."""

from __future__ import annotations

from importlib import import_module

import pytest
from judging import first_failed, is_design, judge

from autograder import registry
from autograder.exercise import Mistake

MISTAKES = [
    mistake for chapter in registry.CHAPTERS for mistake in import_module(f"autograder.mistakes.{chapter}").MISTAKES
]
SEEDS = (1, 20_261_121, 2**127 + 5)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_mistake_is_refused_and_named_first(mistake: Mistake, tally) -> None:
    name = mistake.id.split(".")[0]
    # A network is seen through without any training; that takes seconds, and is tried on right networks.
    seeds = SEEDS[:1] if is_design(name) else SEEDS
    verdicts = [judge(name, mistake.functions, seed, long=False) for seed in seeds]
    refused = not any(verdict.passed or verdict.score == verdict.max_score for verdict in verdicts)
    named = refused and all(first_failed(verdict).mistake == mistake.id for verdict in verdicts)
    tally("known mistakes refused", refused)
    tally("known mistakes named first", named)
    assert refused
    for verdict in verdicts:
        assert first_failed(verdict).mistake == mistake.id, str(verdict)
        assert first_failed(verdict).message == mistake.sentence


def test_every_exercise_has_at_least_three_mistakes() -> None:
    known = [mistake.id.split(".")[0] for mistake in MISTAKES]
    assert {name: known.count(name) for name in registry.chapters_by_exercise() if known.count(name) < 3} == {}


def test_ids_are_used_once_and_sentences_once_an_exercise() -> None:
    assert len({mistake.id for mistake in MISTAKES}) == len(MISTAKES)
    assert len({(mistake.id.split(".")[0], mistake.sentence) for mistake in MISTAKES}) == len(MISTAKES)
