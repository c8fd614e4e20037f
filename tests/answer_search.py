"""Look for lines of the answers in whatever is given to students and readers."""

from __future__ import annotations

import ast
import html
import re
from pathlib import Path

from autograder import registry

COURSE = Path(__file__).parents[1]
TEXTS = {".py", ".md", ".ipynb", ".html", ".txt", ".json", ".js", ".toml", ""}


def answer_lines() -> set[str]:
    """The telling lines of all solutions and mistakes: code of bodies, long enough not to stand anywhere by chance."""
    lines, given = set(), ""
    for path in [*(COURSE / "solutions").glob("*.py"), *(COURSE / "autograder" / "mistakes").glob("*.py")]:
        source = path.read_text().splitlines()
        for function in ast.walk(ast.parse("\n".join(source))):
            if isinstance(function, ast.FunctionDef):
                stated = ast.get_docstring(function) or ""
                given += stated if path.parent.name == "solutions" else ""
                start = function.body[1 if stated else 0 :]
                for statement in start:
                    lines |= {line.strip() for line in source[statement.lineno - 1 : statement.end_lineno]}
    telling = {line for line in lines if len(line) > 24 and any(sign in line for sign in "@=(")}
    # An equation that a stub states is no answer, nor is calling an exercise's function or refusing an argument.
    calls = re.compile(rf"raise |\b({'|'.join(registry.chapters_by_exercise())})\(")
    telling = {line for line in telling if line not in given}
    # Nor is an argument with its type, or what a `with` opens.
    argument = re.compile(r"\w+: \w+ = [^()]+,$")
    telling = {line for line in telling if not calls.search(line) and not argument.match(line)}
    return {line for line in telling if not line.startswith(("def ", "#", '"', 'f"', "if ", "with "))}


def answers_in(folder: Path) -> dict[str, list[str]]:
    """The files below a folder in which lines of answers stand."""
    lines = answer_lines()
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in TEXTS:
            text = _as_read(path)
            hits = [line for line in lines if line in text]
            if hits:
                found[str(path.relative_to(folder))] = hits
    return found


def _as_read(path: Path) -> str:
    """A file's text as its reader sees it: without a page's tags, which cut code into pieces, and without escapes."""
    text = path.read_text(errors="replace")
    if path.suffix == ".html":
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return text.replace('\\"', '"')
