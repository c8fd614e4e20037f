"""What the theme would load for nothing, taken out of the finished book. A Sphinx extension.

- style sheets: of the theme's several thousand rules, those for classes that no page and no script names are left out;
- scripts: of Bootstrap the theme uses two things, the hints of its buttons, which a browser shows by itself, and the
  button that leads back to the top; a few lines do both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

BOOTSTRAP = "scripts/bootstrap.js"
IN_ITS_PLACE = """\
// In place of Bootstrap: see lean.py.
for (const button of document.querySelectorAll("[data-bs-title]")) button.title ||= button.dataset.bsTitle;
const back = document.getElementById("pst-back-to-top");
let before = 0;
addEventListener("scroll", () => {
  if (back) back.style.display = scrollY < before && scrollY > innerHeight ? "block" : "none";
  before = scrollY;
}, { passive: true });
back?.addEventListener("click", () => scrollTo(0, 0));
"""
TOGGLES = re.compile(r'data-bs-toggle="([^"]*)"')

# A class in a selector; a word that could be one in a page or a script.
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
WORD = re.compile(r"[A-Za-z_][\w-]*")
# Scripts that name no class of a page, and are large.
NO_CLASSES = ("mathjax/", "searchindex.js")


def words_of(site: Path) -> set[str]:
    """All that may be a class: the words of the pages and of the scripts."""
    scripts = (path for path in site.rglob("*.js") if not any(part in path.as_posix() for part in NO_CLASSES))
    texts = (path.read_text(encoding="utf-8") for path in (*site.glob("*.html"), *scripts))
    return {word for text in texts for word in WORD.findall(text)}


def selectors(prelude: Iterable[Any]) -> Iterator[str]:
    """The selectors of a rule, which commas part."""
    one: list[Any] = []
    for token in prelude:
        if token == ",":
            yield tinycss2.serialize(one)
            one = []
        else:
            one.append(token)
    yield tinycss2.serialize(one)


def can_match(selector: str, words: set[str]) -> bool:
    return "\\" in selector or all(name in words for name in CLASS.findall(selector))


def cut(rules: Iterable[Any], words: set[str]) -> str:
    """The rules that can match something, as a style sheet."""
    kept = []
    for rule in rules:
        if rule.type == "error":
            raise ExtensionError(f"a style sheet of the theme cannot be read: {rule.message}")
        if rule.type == "qualified-rule":
            wanted = [selector for selector in selectors(rule.prelude) if can_match(selector, words)]
            kept += [f"{','.join(wanted)}{{{tinycss2.serialize(rule.content)}}}"] if wanted else []
        elif rule.lower_at_keyword in ("media", "supports"):
            inner = cut(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), words)
            kept += [f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"] if inner else []
        else:
            kept.append(rule.serialize())
    return "\n".join(kept)


def make_lean(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    site = Path(app.outdir)
    bootstrap = site / "_static" / BOOTSTRAP
    used = {toggle for page in site.glob("*.html") for toggle in TOGGLES.findall(page.read_text(encoding="utf-8"))}
    if not bootstrap.is_file() or used - {"tooltip"}:
        raise ExtensionError(f"the theme uses more of Bootstrap than lean.py thinks: {used or bootstrap.name}")
    bootstrap.write_text(IN_ITS_PLACE, encoding="utf-8")
    words = words_of(site)
    for sheet in (site / "_static").rglob("*.css"):
        rules = tinycss2.parse_stylesheet(sheet.read_text(encoding="utf-8"), skip_comments=True, skip_whitespace=True)
        sheet.write_text(cut(rules, words), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", make_lean, priority=900)  # when all scripts lie there
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
