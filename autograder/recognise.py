"""Recognise a known mistake by what it gives: the same faults with the same values on the same inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from autograder.answers import KnownMistake
from autograder.deviations import Deviation
from autograder.trial import Trial, deviating_answers

# After these a case says nothing of any single result.
_NOTHING_CAME = ("missing", "raised", "untried", "count")


class Recogniser:
    """Holds a trial against the known mistakes of its exercise, in the order of the catalogue."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self._outputs = ("", *(name for name in trial.exercise.returns if name != "cache"))
        self._known: dict[str, Sequence[Sequence[Deviation]]] = {}

    @cached_property
    def whole(self) -> KnownMistake | None:
        """The mistake that gives just what the implementation gave, in every case and every result."""
        return next((m for m in self._candidates if self._fits(m, None)), None)

    def explains(self, output: str) -> KnownMistake | None:
        """The mistake that explains one wrong result ("" for the call as a whole) in every case.

        Of several, the one that explains most of the other wrong results and contradicts fewest of the right ones.
        """
        if self.whole is not None:
            return self.whole
        fitting = [mistake for mistake in self._candidates if self._fits(mistake, output)]
        return max(fitting, key=self._agreement, default=None)

    @property
    def _candidates(self) -> Sequence[KnownMistake]:
        return () if self.trial.stopped or not any(self.trial.found) else self.trial.key.mistakes

    def _agreement(self, mistake: KnownMistake) -> tuple[int, int]:
        explained = [output for output in self._outputs if self._fits(mistake, output)]
        wrong = {deviation.output for found in self._theirs(mistake) for deviation in found}
        return len(explained), -len(wrong - set(explained))

    def _fits(self, mistake: KnownMistake, output: str | None) -> bool:
        """Whether the mistake's faults in one result, or in all, are the implementation's, and there are some."""
        some = False
        for case, found, known in zip(self.trial.cases, self.trial.found, self._theirs(mistake), strict=True):
            silent = _NOTHING_CAME if output else ("untried",)
            if any(deviation.kind in silent for deviation in found):
                continue
            mine = [d for d in found if output is None or d.output == output]
            theirs = [d for d in known if output is None or d.output == output]
            if Counter(d.fault for d in mine) != Counter(d.fault for d in theirs):
                return False
            if not all(any(d.same_as(other, case) for other in theirs) for d in mine):
                return False
            some = some or bool(mine)
        return some

    def _theirs(self, mistake: KnownMistake) -> Sequence[Sequence[Deviation]]:
        """How the mistake deviates, case by case; worked out once."""
        if mistake.id not in self._known:
            self._known[mistake.id] = [
                deviating_answers(self.trial.exercise, self.trial.key, number, mistake.answers)
                for number in range(len(self.trial.cases))
            ]
        return self._known[mistake.id]
