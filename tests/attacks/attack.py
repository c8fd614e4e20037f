"""What an attack is: code, and what it gets out of an unprotected grader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

# What an attack prints that got where it should not get and has found nothing better to show for it.
GAINED = "GAINED"

Gain = Literal["mark", "canary", "next", "output"]


@dataclass(frozen=True)
class Attack:
    """A hostile submission: wrong answers, and `code` in the cell after them.

    `gains` is a mark; a canary, or the word GAINED, in what it prints; another student's mark or time ("next"); or an
    output without end. `before` is the code of a submission that is graded first, an accomplice's. `edit` changes the
    notebook. The code finds WORLD, PORT, NAME, CHECKOUT and BOUND defined: where the canaries of the tests are, and how
    much would be too much.
    """

    name: str
    family: str
    gains: Gain
    code: str = ""
    before: str = ""
    edit: Callable[[dict[str, Any]], None] | None = None


def family(name: str, gains: Gain, **codes: str) -> list[Attack]:
    """Attacks of one family that gain the same."""
    return [Attack(key.replace("_", " "), name, gains, code) for key, code in codes.items()]
