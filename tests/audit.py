"""axe-core, which finds what keeps a page from readers without sight, without colours or without a mouse."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

# All rules, once. Elsewhere those alone that may give another answer: what is shown is the same page.
EVERYTHING: Sequence[str] = ()
COLOURS = ("color-contrast",)
LAYOUT = ("region", "bypass", "target-size", "scrollable-region-focusable", "aria-hidden-focus")

# A page holds ten thousand elements of formulas, whose MathML axe does not read as text. Each is taken for a letter.
_WITHOUT_FORMULAS = '() => document.querySelectorAll("mjx-container").forEach((formula) => formula.replaceWith("x"))'

# The words of a page are written in a few dozen ways. One element of each way stands for the others: of all that are
# of the same colour and size, on the same grounds, and shown.
_CHOOSE = """() => {
    const seen = new Set();
    const look = (element) => {
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
        const off = element.matches("button:disabled, [aria-disabled=true]");
        const words = [off, color, fontSize, fontWeight, textShadow];
        for (let ground = element; ground; ground = ground.parentElement) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(ground);
            words.push(backgroundColor, backgroundImage, opacity);
        }
        return words.join(" ").replaceAll(" rgba(0, 0, 0, 0) none 1", "");
    };
    for (const element of document.body.querySelectorAll("*")) {
        const words = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!element.matches("input, select, textarea") && !words) continue;
        if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        const way = look(element);
        if (!seen.has(way)) element.dataset.look = "";
        seen.add(way);
    }
}"""


def violations(page: Page, rules: Sequence[str]) -> list[str]:
    """What axe finds, a line for each rule: its name and the first elements. The page is of no use afterwards."""
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    page.evaluate(_WITHOUT_FORMULAS)
    page.evaluate(Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found: list[Any] = []
    if rules != COLOURS:
        chosen = {"runOnly": list(rules)} if rules else {"rules": {name: {"enabled": False} for name in COLOURS}}
        found += _found(page, {"include": [["html"]]}, chosen)
    if rules in (EVERYTHING, COLOURS):
        page.evaluate(_CHOOSE)
        found += _found(page, {"include": [["[data-look]"]]}, {"runOnly": list(COLOURS)})
    return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes'][:3]]}" for rule in found]


def _found(page: Page, where: dict[str, Any], options: dict[str, Any]) -> list[Any]:
    asked = {**options, "resultTypes": ["violations"]}
    found: list[Any] = page.evaluate("([where, asked]) => axe.run(where, asked)", [where, asked])["violations"]
    return found
