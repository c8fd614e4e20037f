"""The points of a trial: each check its share, a positive result for every part of it."""

from __future__ import annotations

from autograder.exercise import HEART
from autograder.trial import Trial

# Shares that are earned as a whole.
STRUCTURE = ("shapes", "dtype", "inputs")


def score(trial: Trial) -> float:
    """Points by the weights of the checks; within values and gradients by case and result, else by case.

    Nothing is earned where no value and no gradient is right: neither zeros of the right shape nor constants that are
    the same for one seed are a positive result.
    """
    exercise = trial.exercise
    parts = _parts(trial)
    if not any(right for check in HEART for right in parts.get(check, [])):
        return 0.0
    total = sum(exercise.weights[check] for check in parts)
    earned = sum(exercise.weights[check] * sum(rights) / len(rights) for check, rights in parts.items())
    return round(exercise.points * earned / total, 2)


def _parts(trial: Trial) -> dict[str, list[bool]]:
    """For each check, what has to be right and whether it is. What was not tried is not right."""
    done = len(trial.found) - (trial.stopped is not None)  # a case with a stop in it has shown nothing
    whole = dict.fromkeys(STRUCTURE, done == len(trial.key.cases))
    parts: dict[str, list[bool]] = {}
    for number, case in enumerate(trial.key.cases):
        tried = number < done
        outputs = _outputs(trial, number)
        found = trial.found[number] if tried else []
        spoiled = {deviation.output for deviation in found if deviation.spoils_values}
        for check in STRUCTURE:
            whole[check] = whole[check] and not any(deviation.check == check for deviation in found)
        if case.check in HEART or trial.exercise.design:
            rights = [tried and not spoiled & {name, ""} for name in outputs]
        else:
            rights = [tried and not spoiled]
        parts.setdefault(case.check, []).extend(rights)
    return {check: [right] for check, right in whole.items()} | parts


def _outputs(trial: Trial, number: int) -> list[str]:
    """What earns its share in a case: every returned value; for an exercise of design, what is measured there."""
    if trial.exercise.design:
        return list(trial.key.expected.measures[number] or {})
    return [name for name in trial.exercise.returns if name != "cache"]
