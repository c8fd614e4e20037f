"""What a submission of the bundled class is: who, how it was written and damaged, and what grading has to find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from autograder.demo.damage import Document, whole


@dataclass(frozen=True)
class Submission:
    """One student's notebook for one chapter.

    `expected` has an entry for each exercise that is not right: its state, or the name of the mistake that must be
    recognised first ("mean_over_batch"). `unreadable` is a part of the reason, where the notebook cannot be read.
    `hostile` code does harm to whoever runs it outside a sandbox: it loops for ever, or attacks.
    """

    student: str
    manner: str
    expected: Mapping[str, str] = field(default_factory=dict)
    damage: Callable[[Document], str] = whole
    unreadable: str = ""
    hostile: bool = False
