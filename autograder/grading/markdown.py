"""Words from a submission as Markdown in which nothing acts: nbgrader renders Markdown with any HTML in it."""

from __future__ import annotations

import re

from autograder.show import clean

# With these begin Markdown's own marks, HTML and formulas.
_ACTIVE = re.compile(r"[<&\\\[\]!`]")
_JOINER = "\N{WORD JOINER}"


def inactive(text: str) -> str:
    """`text` such that nothing of it acts as Markdown, HTML or a formula, and a reader sees no difference."""
    return _ACTIVE.sub(lambda found: found[0] + _JOINER, clean(text).replace("$", "\N{FULLWIDTH DOLLAR SIGN}"))


def verbatim(text: str) -> str:
    """Markdown that shows `text` as it was typed, so that nothing in it can act in the page that shows it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{clean(text)}\n{fence}"
