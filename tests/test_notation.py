"""One notation in all pages and exercises: for each thing one sign, the one that the introduction's table names."""

from __future__ import annotations

import re

import pytest

from autograder.book import ROOT

# What other texts write, and what this book writes in its place.
OTHER_SIGNS = {
    r"\\log\b": r"\ln",
    r"\^\{?(T\b|\\intercal|\\mathsf|\\mathrm\{T)": r"^\top",
    r"\\epsilon\b": r"\varepsilon",
    r"\\\||\\Vert\b|(?<!\|)\|\|(?!\|)": r"\lVert … \rVert",
    r"\\(circ|ast|otimes)\b": r"\odot",
    r"\\mathcal\b": "L, for the loss",
    r"\\(boldsymbol|vec|bm)\b|\\mathbf *\{?[^{1 ]": "a plain letter: arrays are not set apart",
    r"\\operatorname\{?E\b|(?<!\\mathbb )(?<![\w}])E\[": r"\mathbb E",
    r"\\(mathrm|textrm)\b": r"\operatorname or \text",
    r"\\dfrac\{d[A-Za-z\\ ]*\}|\\dv\b|\\pdv\b": r"\frac{\partial …}{\partial …}",
}
TEXTS = [*sorted((ROOT / "book").glob("*.md")), *sorted((ROOT / "exercises").glob("*.md"))]
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+?\$", re.DOTALL)


def formulas(text: str) -> list[str]:
    """All formulas of a page; in its code dollars and bars mean something else."""
    return FORMULA.findall(
        re.sub(r"^(`{3,})\{?(code|live|python|shell|literal).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    )


@pytest.mark.parametrize("sign", OTHER_SIGNS)
def test_one_thing_has_one_sign(sign: str) -> None:
    found = {
        f"{path.name}: {formula}"
        for path in TEXTS
        for formula in formulas(path.read_text(encoding="utf-8"))
        if re.search(sign, formula)
    }
    assert found == set(), f"this book writes {OTHER_SIGNS[sign]}"


def test_formulas_are_found_and_code_is_not() -> None:
    assert formulas("a $x$\n\n$$\ny\n$$ (eq)\n\n```{code-cell} ipython3\n'$z$'\n```\n") == ["$x$", "$$\ny\n$$"]
    assert sum(len(formulas(path.read_text(encoding="utf-8"))) for path in TEXTS) > 1500


def test_every_figure_that_is_drawn_is_numbered() -> None:
    """A cell that describes its picture gives it a name and a caption, too."""
    for path in TEXTS:
        for cell in re.findall(r"^```\{code-cell\}.*?^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            if re.search(r"^ +alt:", cell, re.MULTILINE):
                assert re.search(r"^    name: fig-", cell, re.MULTILINE), cell[:200]
                assert re.search(r"^    caption:", cell, re.MULTILINE), cell[:200]
