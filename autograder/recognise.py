"""Recognise a known mistake by what it gives: the same faults with the same values on the same inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from autograder.answers import KnownMistake
from autograder.deviations import Deviation
from autograder.trial import Trial, deviating_answers


class Recogniser:
    """Holds a trial against the known mistakes of its exercise, in the order of the catalogue."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self._theirs: dict[str, Sequence[Sequence[Deviation]]] = {}

    @cached_property
    def whole(self) -> KnownMistake | None:
        """The mistake that gives just what the implementation gave, in every case and every result."""
        return self._first(None)

    def explains(self, output: str) -> KnownMistake | None:
        """The mistake that explains one wrong result ("" for the call as a whole) in every case."""
        return self.whole or self._first(output)

    def _first(self, output: str | None) -> KnownMistake | None:
        if self.trial.stopped or not any(self.trial.found):
            return None
        return next((mistake for mistake in self.trial.key.mistakes if self._fits(mistake, output)), None)

    def _fits(self, mistake: KnownMistake, output: str | None) -> bool:
        some = False
        pairs = zip(self.trial.cases, self.trial.found, self._deviations(mistake), strict=True)
        for case, found, known in pairs:
            mine = [d for d in found if output is None or d.output == output]
            theirs = [d for d in known if output is None or d.output == output]
            if Counter(d.fault for d in mine) != Counter(d.fault for d in theirs):
                return False
            if not all(any(d.same_as(other, case) for other in theirs) for d in mine):
                return False
            some = some or bool(mine)
        return some

    def _deviations(self, mistake: KnownMistake) -> Sequence[Sequence[Deviation]]:
        if mistake.id not in self._theirs:
            self._theirs[mistake.id] = [
                deviating_answers(self.trial.exercise, self.trial.key, number, mistake.answers)
                for number in range(len(self.trial.cases))
            ]
        return self._theirs[mistake.id]
