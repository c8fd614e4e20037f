"""axe-core, which finds what keeps a page from readers without sight, without colours or without a mouse."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

# All rules, once. Elsewhere those alone that may give another answer: what is shown is the same page.
EVERYTHING: dict[str, Any] = {}
COLOURS = {"runOnly": ["color-contrast"]}
LAYOUT = {"runOnly": ["region", "bypass", "target-size", "scrollable-region-focusable", "aria-hidden-focus"]}

# A page holds some ten thousand elements of formulas, whose MathML axe does not read as text, and thousands of coloured
# words of code. A formula is taken for a letter, and a colour on a ground is looked at once.
_THINNED = """() => {
    document.querySelectorAll("mjx-container").forEach((formula) => formula.replaceWith("x"));
    const seen = new Set(), again = [];
    for (const block of document.querySelectorAll("pre")) {
        const grounds = [block, block.parentElement].map((element) => getComputedStyle(element).backgroundColor);
        for (const word of block.querySelectorAll("span")) {
            const kind = [word.className, ...grounds].join();
            seen.has(kind) ? again.push(word) : seen.add(kind);
        }
    }
    again.forEach((word) => word.replaceWith(word.textContent));
}"""


def violations(page: Page, rules: dict[str, Any]) -> list[str]:
    """What axe finds, a line for each rule: its name and the first elements. The page is of no use afterwards."""
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    page.evaluate(_THINNED)
    page.evaluate(Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({...rules, resultTypes: ['violations']})", rules)["violations"]
    return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes'][:3]]}" for rule in found]
