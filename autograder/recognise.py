"""Recognise a known mistake by what it gives: the same faults with the same values on the same inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from weakref import WeakKeyDictionary

from autograder import compare
from autograder.answers import AnswerKey, KnownMistake
from autograder.deviations import Deviation
from autograder.exercise import HEART, Case
from autograder.trial import Trial, deviating_answers

# After these a case says nothing of any single result.
_NOTHING_CAME = ("missing", "raised", "untried", "count")

# A mistake that has one of these, and no wrong result, says in its sentence that the values are right.
_BESIDE_VALUES = ("changed", "dtype", "warned")

# How a key's known mistakes deviate, by mistake and case. All that are judged by the key are held against the same.
_KNOWN: WeakKeyDictionary[AnswerKey, dict[tuple[str, int], list[Deviation]]] = WeakKeyDictionary()


class Recogniser:
    """Holds a trial against the known mistakes of its exercise, in the order of the catalogue."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial

    @cached_property
    def whole(self) -> KnownMistake | None:
        """The mistake that gives just what the implementation gave, in every case and every result."""
        return next((m for m in self._candidates if self._fits(m, None, heart=False, strict=True)), None)

    def explains(self, check: str, output: str) -> KnownMistake | None:
        """The mistake that explains what one check finds of one result ("" for the call as a whole).

        Two mistakes in one function are told apart by their results. A third fault in the same result, a float64 where
        a float32 belongs or an overflow at the edge, does not hide a mistake that shows in every ordinary case.
        """
        if self.whole is not None:
            return self.whole
        found = self._part(output, heart=False, strict=True)
        if found is None and check != "dtype":
            found = self._part(output, heart=False, strict=False)
        if found is None and check in ("returns", "shapes", *HEART):
            found = self._part(output, heart=True, strict=False)
        return found

    @property
    def _candidates(self) -> Sequence[KnownMistake]:
        return () if self.trial.stopped or not any(self.trial.found) else self.trial.key.mistakes

    def _part(self, output: str, heart: bool, strict: bool) -> KnownMistake | None:
        """Of the mistakes that are in `output` and wherever else they should be, the one that explains most.

        `heart` looks at the ordinary cases alone; not to be `strict` is to leave dtypes out of it.
        """
        fitting = [m for m in self._candidates if self._is_in(m, output, heart, strict)]
        return max(fitting, key=lambda mistake: self._agreement(mistake, heart, strict), default=None)

    def _agreement(self, mistake: KnownMistake, heart: bool, strict: bool) -> int:
        """In how many results the mistake is, less those in which it is not."""
        return sum(1 if self._fits(mistake, name, heart, strict) else -1 for name in self._spoiled(mistake, heart))

    def _is_in(self, mistake: KnownMistake, output: str, heart: bool, strict: bool) -> bool:
        """Whether the mistake is in `output` and in all else that it gets wrong: its sentence may speak of all that.

        At the edges it is enough that the rest is wrong too: a result has but one inf for two mistakes.
        """
        spoiled = self._spoiled(mistake, heart)
        if output not in spoiled or not self._fits(mistake, output, heart, strict):
            return False
        rest = [name for name in spoiled - {output} if not self._fits(mistake, name, heart, strict)]
        return not rest or (output != "" and all(self._both_wrong_at_the_edges_only(mistake, name) for name in rest))

    def _spoiled(self, mistake: KnownMistake, heart: bool) -> set[str]:
        """The results that the mistake spoils; none where only something beside the values is wrong."""
        found = [d for _, _, theirs in self._cases(mistake, heart) for d in theirs]
        spoiled = {d.output for d in found if d.kind != "dtype"}
        return set() if spoiled <= {""} and any(d.kind in _BESIDE_VALUES for d in found) else spoiled

    def _fits(self, mistake: KnownMistake, output: str | None, heart: bool, strict: bool) -> bool:
        """Whether the mistake's faults in one result, or in all, are the implementation's, and there are some."""
        some = False
        for case, found, known in self._cases(mistake, heart):
            silent = _NOTHING_CAME if output else ("untried",)
            if any(deviation.kind in silent for deviation in found):
                continue
            mine = [d for d in found if output in (None, d.output) and (strict or d.kind != "dtype")]
            theirs = [d for d in known if output in (None, d.output) and (strict or d.kind != "dtype")]
            if Counter(d.fault for d in mine) != Counter(d.fault for d in theirs):
                return False
            if not all(any(_same(d, other, case, strict) for other in theirs) for d in mine):
                return False
            some = some or bool(mine)
        return some

    def _both_wrong_at_the_edges_only(self, mistake: KnownMistake, output: str) -> bool:
        """Whether the mistake spoils a result in no ordinary case, and that result is wrong wherever it does."""
        return all(
            case.check not in HEART and any(d.output == output for d in mine)
            for case, mine, theirs in self._cases(mistake)
            if any(d.output == output for d in theirs)
        )

    def _cases(
        self, mistake: KnownMistake, heart: bool = False
    ) -> Iterator[tuple[Case, Sequence[Deviation], Sequence[Deviation]]]:
        """The cases tried, or the ordinary ones of them: how the implementation deviates in each, and the mistake.

        Where speed is asked for, or where it takes long, mistakes were not tried.
        """
        for triple in zip(self.trial.cases, self.trial.found, self._theirs(mistake), strict=True):
            if triple[0].pace is None and triple[0].asked is None and (not heart or triple[0].check in HEART):
                yield triple

    def _theirs(self, mistake: KnownMistake) -> Sequence[Sequence[Deviation]]:
        """How the mistake deviates, case by case; worked out once for a key."""
        exercise, key = self.trial.exercise, self.trial.key
        known = _KNOWN.setdefault(key, {})
        for number in range(len(self.trial.cases)):
            if (mistake.id, number) not in known:
                known[mistake.id, number] = deviating_answers(exercise, key, number, mistake.answers)
        return [known[mistake.id, number] for number in range(len(self.trial.cases))]


def _same(mine: Deviation, theirs: Deviation, case: Case, strict: bool) -> bool:
    if strict or not mine.by_value:
        return mine.same_as(theirs, case)
    return mine.fault == theirs.fault and (
        compare.value_difference(mine.got, theirs.got, case.tolerance, case.yardstick) is None
    )
