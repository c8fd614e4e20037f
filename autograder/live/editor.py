"""The editor of the pages: CodeMirror's modules as they are published, each a file, joined by their addresses."""

from __future__ import annotations

import json
import re
from pathlib import Path

from autograder.live.packages import EDITOR, Files, fetch

# Of a package that is many modules, the one that the editor wants.
_ONE_OF_MANY = {"@codemirror/legacy-modes": "mode/python.js"}

# `import {…} from "@codemirror/state"`, and an export likewise.
_FROM = re.compile(r"""^((?:import|export)\b[^;"']*\bfrom\s*)["']([^"']+)["']""", re.MULTILINE)


def assemble_editor(folder: Path) -> None:
    """Write a file for each module, which a browser can load without a bundler. Raises NoPackages."""
    import rjsmin

    folder.mkdir(parents=True)
    for name, files in fetch(EDITOR).items():
        text = rjsmin.jsmin(joined(module(name, files)), keep_bang_comments=True)
        (folder / file_of(name)).write_text(text, encoding="utf-8")


def file_of(package: str) -> str:
    """`codemirror-state.js` for `@codemirror/state`."""
    return package.removeprefix("@").replace("/", "-") + ".js"


def module(package: str, files: Files) -> str:
    """The text of a package's ES module."""
    about = json.loads(files["package.json"])
    exports = about.get("exports")
    paths = [
        _ONE_OF_MANY.get(package),
        about.get("module"),
        exports if isinstance(exports, str) else None,
        about.get("main"),
    ]
    path: str = next(filter(None, paths))
    return files[path.removeprefix("./")].decode()


def joined(text: str) -> str:
    """A module whose imports name files beside it. A package that is not pinned raises KeyError."""

    def address(found: re.Match[str]) -> str:
        if found[2] not in EDITOR:
            raise KeyError(found[2])
        return f'{found[1]}"./{file_of(found[2])}"'

    return _FROM.sub(address, text)
