"""The catalogue of attacks, by family."""

from __future__ import annotations

from attacks import comparing, ending, exhausting, frames, reaching, reading, shell

ATTACKS = [
    *comparing.ATTACKS,
    *shell.ATTACKS,
    *frames.ATTACKS,
    *reading.ATTACKS,
    *reaching.ATTACKS,
    *exhausting.ATTACKS,
    *ending.ATTACKS,
]
