"""A verdict as text and as HTML. Everything that comes from a student is escaped, for a terminal and for a page."""

from __future__ import annotations

import html
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.exercise import Finding, Verdict

# What a terminal could take for a command, and what a reader could not see.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_HEADLINES = {
    "passed": "all checks passed",
    "partial": "partly right",
    "failed": "not right yet",
    "not_attempted": "not attempted yet",
    "timed_out": "took too long and was stopped",
    "out_of_memory": "needed more memory than there is",
    "crashed": "the Python process died",
    "refused": "tried something that is not allowed here",
}


def clean(text: str) -> str:
    """`text` without control characters."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def points(value: float) -> str:
    return f"{value:g}"


def headline(verdict: Verdict) -> str:
    return (
        f"{verdict.exercise}: {_HEADLINES[verdict.state]} "
        f"({points(verdict.score)} of {points(verdict.max_score)} points)"
    )


def finding_as_text(finding: Finding) -> str:
    details = ((f"  {label}: ", text) for label, text in finding.details)
    lines = [finding.message, *(label + text.replace("\n", "\n" + " " * len(label)) for label, text in details)]
    return clean("\n".join(lines))


def as_text(verdict: Verdict) -> str:
    lines = [f"{_sign(verdict)} {headline(verdict)}"]
    for finding in _told(verdict):
        body = finding_as_text(finding).replace("\n", "\n    ")
        lines.append(f"  {finding.check}: {body}")
    if right := _right(verdict):
        lines.append(f"  right: {right}")
    return clean("\n".join(lines))


def as_html(verdict: Verdict) -> str:
    """One compact, self-contained block; colours come from the page where it defines them, so dark pages stay dark."""
    colour = "#1a7f37" if verdict.passed else "#9a6700" if verdict.state == "not_attempted" else "#cf222e"
    sign = f'<span style="color:{colour}">{_sign(verdict)}</span>'
    head = f'<div style="font-weight:600">{sign} {_escape(headline(verdict))}</div>'
    body = "".join(map(_finding_as_html, _told(verdict)))
    if right := _right(verdict):
        body += f'<div style="opacity:.75">right: {_escape(right)}</div>'
    return (
        # MathJax passes over these classes: a student's text must not become a formula with a link in it.
        f'<div class="autograder-verdict tex2jax_ignore mathjax_ignore" style="border-left:4px solid {colour};'
        f"padding:.3em .8em;"
        f'margin:.3em 0;line-height:1.45;max-width:60em">{head}{body}</div>'
    )


def as_mimebundle(verdict: Verdict) -> dict[str, str]:
    """What a notebook shows. While nbgrader executes, the text is the bare score, which it reads as partial credit."""
    text = str(verdict.score) if os.environ.get("NBGRADER_EXECUTION") == "autograde" else as_text(verdict)
    return {"text/plain": text, "text/html": as_html(verdict)}


def _sign(verdict: Verdict) -> str:
    return {"passed": "✓", "not_attempted": "○"}.get(verdict.state, "✗")


def _told(verdict: Verdict) -> list[Finding]:
    return [finding for finding in verdict.findings if not finding.passed or _of_another(finding)]


def _right(verdict: Verdict) -> str:
    """What is right in spite of all: said only where something is wrong."""
    if verdict.passed:
        return ""
    right = (finding.check for finding in verdict.findings if finding.passed and not _of_another(finding))
    return ", ".join(dict.fromkeys(right))


def _of_another(finding: Finding) -> bool:
    """Whether something is right for another function's sake, or by the reference's work."""
    return finding.followed or finding.check == "reference"


def _finding_as_html(finding: Finding) -> str:
    """The message, and each detail beside its label; where there is no room, as on a phone, below it."""
    rows = "".join(
        f'<div style="display:flex;flex-wrap:wrap;column-gap:.8em">'
        f'<span style="flex:0 0 8.5em;white-space:nowrap;opacity:.75">{_escape(label)}</span>'
        f'<code style="flex:1 1 18em;min-width:0;{_breaking(text)}">{_escape(text)}</code></div>'
        for label, text in finding.details
    )
    details = f'<div style="margin:.2em 0 .4em">{rows}</div>' if rows else ""
    return f'<div style="margin-top:.35em"><b>{_escape(finding.check)}</b>: {_escape(finding.message)}</div>{details}'


def _breaking(text: str) -> str:
    """An array keeps its rows, and what does not fit is reached by scrolling; other text is broken into lines."""
    return "white-space:pre;overflow-x:auto" if "\n" in text else "white-space:pre-wrap;overflow-wrap:anywhere"


def _escape(text: str) -> str:
    return html.escape(clean(text))
