"""Two mistakes at once: known ones of a function that repeats a step, sought in walks through the student's own steps.

The key's answers hold each mistake by itself, with everything else right. Where the step is wrong as well, or two
mistakes meet, only the student's own steps can tell what a mistake makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property

import numpy as np

from autograder.answers import KnownMistake, judged
from autograder.exercise import Detour, Implementation, Walk
from autograder.following import agrees, gathered, taken_by
from autograder.trial import Trial

# A call of the exercise's own function: the number of its case, and its position there.
_Place = tuple[int, int]


class Detours:
    """Holds the results of a trial to the detours of its exercise."""

    def __init__(self, trial: Trial, implementation: Implementation) -> None:
        self.trial, self.implementation = trial, implementation
        # Walks are made again and again; what they give stays the same.
        self._detours, self._results = cache(self._all_detours), cache(self._all_results)

    def explains(self, output: str) -> KnownMistake | None:
        """The mistake that shows in one result.

        It belongs to the detour that gives most of the results that are wrong, and among these the simplest.
        """
        fitting = [number for number, outputs in self._explained.items() if output in outputs]
        if not fitting:
            return None
        slips = self._slips[max(fitting, key=lambda number: len(self._explained[number]))]
        alone = (slip for slip in slips if any(self._slips[number] == (slip,) for number in fitting))
        name = f"{self.trial.exercise.name}.{next(alone, slips[-1])}"
        return next((mistake for mistake in self.trial.key.mistakes if mistake.id == name), None)

    @cached_property
    def _wrong(self) -> Mapping[str, set[_Place]]:
        """Where the values of a result are wrong, by result."""
        wrong: dict[str, set[_Place]] = {}
        for deviation in (each for found in self.trial.found for each in found if each.by_value):
            wrong.setdefault(deviation.output, set()).add((deviation.case, deviation.call))
        return wrong

    @cached_property
    def _slips(self) -> list[tuple[str, ...]]:
        place = next(iter(set().union(*self._wrong.values())))
        return [detour.slips for detour in self._detours(place)]

    @cached_property
    def _explained(self) -> Mapping[int, set[str]]:
        """The results that a detour gives, by the detour's number."""
        if self.trial.exercise.detours is None or self.trial.stopped or not self._wrong:
            return {}
        return {
            number: {output for output in self._wrong if self._fits(number, output)}
            for number in range(len(self._slips))
        }

    def _fits(self, number: int, output: str) -> bool:
        """Whether a detour gives a result in every case; where that is wrong, the right walk must give another."""
        wrong = self._wrong[output]
        others = {
            (case, call)
            for case in range(len(self.trial.cases))
            for call in judged(self.trial.exercise.name, self.trial.cases[case])
        } - wrong
        return all(self._gives(place, number, output) for place in (*sorted(wrong), *sorted(others))) and not any(
            self._gives(place, None, output) for place in wrong
        )

    def _gives(self, place: _Place, number: int | None, output: str) -> bool:
        """Whether a detour, or the right walk, gives what the student's function returned there."""
        case, call = place
        returned = self.trial.outcomes[case][call].returned
        values = returned if isinstance(returned, tuple) else (returned,)
        got = dict(zip(self.trial.exercise.returns, values, strict=False)).get(output)
        given = self._results(place, number).get(output)
        if not isinstance(got, np.ndarray) or got.dtype.kind not in "fiu" or given is None:
            return False
        return agrees(got, given, self.trial.cases[case])

    def _all_detours(self, place: _Place) -> list[Detour]:
        case, call = place
        assert self.trial.exercise.detours is not None
        return list(self.trial.exercise.detours(self.trial.cases[case].calls, call))

    def _all_results(self, place: _Place, number: int | None) -> Mapping[str, np.ndarray]:
        walk = self._right(place) if number is None else self._detours(place)[number].walk
        taken = taken_by(self.implementation, walk)
        return {} if taken is None else gathered(self.trial.exercise, walk, taken)

    def _right(self, place: _Place) -> Walk:
        case, call = place
        assert self.trial.exercise.steps is not None
        return self.trial.exercise.steps(self.trial.cases[case].calls, call)
