"""The directive `{live-exercise}`, a stub that can be filled in and checked, and what makes the pages' code live.

A Sphinx extension. The page holds the stub as code; the scripts in `_live/` turn it, and every code cell tagged `live`,
into an editor with Run and Check. What they load (the editor, Python, the engine) was assembled in the folder that
the environment variable names (autograder/book.py); without it the pages are read as any others and load nothing of it.
"""

from __future__ import annotations

import html
import json
import os
import shutil
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograder import registry
from autograder.live.assemble import NOTE, VARIABLE

SCRIPTS = Path(__file__).resolve().parent.parent / "_live"
TARGET = "_static/live"
AT_THE_ROOT = "offline.js"  # a service worker serves the folder that it lies in


class LiveExercise(SphinxDirective):
    """The argument is the exercise's name, `given` what runs before it, the content the stub."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"given": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        chapter = registry.chapters_by_exercise()[name]
        data = {"exercise": name, "chapter": chapter, "given": self.options.get("given", "")}
        if registry.exercises(chapter)[name].design:
            data["brings"] = ""  # it may use the functions of earlier chapters
        attributes = "".join(f' data-{key}="{html.escape(value)}"' for key, value in data.items())
        code = "\n".join(self.content)
        return [
            nodes.raw("", f"<live-cell{attributes}>", format="html"),
            nodes.literal_block(code, code, language="python"),
            nodes.raw("", "</live-cell>", format="html"),
        ]


def assembled() -> Path | None:
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


def settings(app: Sphinx, folder: Path) -> dict[str, Any]:
    """Where Python is, seen from the scripts, about how many bytes of it are fetched, and the exercises by chapter."""
    own = folder / "python"
    fetched = [*own.glob("*.wasm"), *own.glob("*.zip"), *own.glob("*.whl")]
    return {
        "python": "python/" if own.is_dir() else app.config.live_python,
        "bytes": sum(path.stat().st_size for path in fetched) or app.config.live_python_bytes,
        "chapters": {chapter: list(registry.exercises(chapter)) for chapter in registry.CHAPTERS},
    }


def load_scripts(app: Sphinx, *_page: Any) -> None:
    folder = assembled()
    if folder is not None:
        text = json.dumps(settings(app, folder), separators=(",", ":"))
        app.add_js_file(None, body=text, type="application/json", id="live-settings")
        app.add_js_file("live/live.js", type="module")
        app.add_css_file("live/live.css")


def copy_files(app: Sphinx, error: Exception | None) -> None:
    folder = assembled()
    if error is not None or app.builder.name != "html" or folder is None:
        return
    target = Path(app.outdir) / TARGET
    shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(f"*{NOTE}"))
    for path in SCRIPTS.iterdir():
        shutil.copyfile(path, (Path(app.outdir) if path.name == AT_THE_ROOT else target) / path.name)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("live_python", "", "html")
    app.add_config_value("live_python_bytes", 0, "html")
    app.add_directive("live-exercise", LiveExercise)
    app.connect("html-page-context", load_scripts)
    app.connect("build-finished", copy_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
