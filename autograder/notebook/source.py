"""Read `exercises/<chapter>.md`: prose, exercises and code cells in the order in which a student meets them.

The file is MyST markdown. Its front matter gives `title` and `aims`. Two kinds of fenced block are more than prose:

    ```{exercise} NAME          a head in YAML between --- lines (minutes, difficulty, hints), then the task's text
    ```{code-cell} python       code that is given; its first line is `:tags: [setup]` or `:tags: [experiment]`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

TAGS = ("setup", "experiment")
HINTS = 3
HARDEST = 5


class CourseFault(Exception):
    """Something in the course's own sources is wrong. The message is one line that names the place, fault and mend."""


@dataclass(frozen=True)
class Prose:
    text: str


@dataclass(frozen=True)
class Code:
    """Code that is given: a setup, which later cells need, or an experiment with the student's own functions."""

    text: str
    tag: str


@dataclass(frozen=True)
class Task:
    """What one exercise asks. `hints` are three, each more open than the one before."""

    exercise: str
    minutes: int
    difficulty: int
    hints: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Chapter:
    """The text of one chapter's exercises."""

    name: str
    title: str
    aims: tuple[str, ...]
    parts: tuple[Prose | Code | Task, ...]

    @property
    def tasks(self) -> dict[str, Task]:
        """The tasks by the exercise's name, in order."""
        return {part.exercise: part for part in self.parts if isinstance(part, Task)}


def read_chapter(path: Path) -> Chapter:
    """The chapter whose exercises' text is the file `path`. CourseFault where it is not as it should be."""
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseFault(f"{name} is missing; write the chapter's tasks there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseFault(f"{name} cannot be read ({error}); save it as UTF-8 text") from None
    return _Reader(name, text).chapter(path.stem)


class _Reader:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.tokens = _tokens(text)

    def fault(self, line: int, what: str) -> CourseFault:
        return CourseFault(f"{self.name}, line {line}: {what}")

    def chapter(self, name: str) -> Chapter:
        head = _Head(self, self.tokens, 1)
        title, aims = head.text("title"), head.texts("aims", optional=True)
        head.refuse_others()
        body = head.stop
        parts: list[Prose | Code | Task] = []
        for token in self.tokens:
            if token.type != "fence" or not token.info.startswith("{") or token.map is None:
                continue
            start, stop = token.map
            self._require_whole(token, start, stop)
            parts += self._prose(body, start)
            parts.append(self._block(token, start + 1))
            body = stop
        parts += self._prose(body, len(self.lines))
        self._require_different([part for part in parts if isinstance(part, Task)])
        return Chapter(name, title, aims, tuple(parts))

    def _prose(self, start: int, stop: int) -> list[Prose]:
        text = "\n".join(self.lines[start:stop]).strip()
        return [Prose(text)] if text else []

    def _require_whole(self, token: Token, start: int, stop: int) -> None:
        if token.level:
            raise self.fault(start + 1, "the block stands inside a list or a quotation; move it to the left margin")
        if stop - start < 2 or not self.lines[stop - 1].strip().startswith(token.markup):
            raise self.fault(start + 1, f"the block is never closed; end it with a line {token.markup}")

    def _require_different(self, tasks: Sequence[Task]) -> None:
        names = [task.exercise for task in tasks]
        for name in names:
            if names.count(name) > 1:
                raise CourseFault(f"{self.name}: the exercise {name} stands there twice; keep one")

    def _block(self, token: Token, line: int) -> Code | Task:
        kind, _, argument = token.info.partition("}")
        argument = argument.strip()
        if kind == "{exercise":
            return self._task(token, argument, line)
        if kind == "{code-cell":
            if argument != "python":
                raise self.fault(line, "a code cell is in Python; write ```{code-cell} python")
            return self._code(token, line)
        raise self.fault(line, f"unknown block {kind}}}; there are {{exercise}} and {{code-cell}}")

    def _code(self, token: Token, line: int) -> Code:
        first, _, rest = token.content.partition("\n")
        for tag in TAGS:
            if first.split() == [":tags:", f"[{tag}]"]:
                return Code(rest.strip("\n"), tag)
        raise self.fault(line, "the code cell has no tag; begin it with :tags: [setup] or :tags: [experiment]")

    def _task(self, token: Token, name: str, line: int) -> Task:
        if not name.isidentifier():
            raise self.fault(line, "the exercise has no name; write the function's name after {exercise}")
        head = _Head(self, _tokens(token.content), line + 1)
        minutes, difficulty = head.number("minutes", 1, 600), head.number("difficulty", 1, HARDEST)
        hints = head.texts("hints")
        if len(hints) != HINTS:
            raise self.fault(line, f"{name} has {len(hints)} hints; give exactly three, each more open than the last")
        head.refuse_others()
        text = "\n".join(token.content.splitlines()[head.stop :]).strip()
        if not text:
            raise self.fault(line, f"{name} has no task text; write it below the head")
        return Task(name, minutes, difficulty, hints, text)


class _Head:
    """The YAML between the --- lines that begin a text whose first line is number `line` of the file."""

    def __init__(self, reader: _Reader, tokens: Sequence[Token], line: int) -> None:
        self.reader, self.line = reader, line
        token = tokens[0] if tokens and tokens[0].type == "front_matter" else None
        self.stop = token.map[1] if token and token.map else 0
        try:
            values = yaml.safe_load(token.content) if token else {}
        except yaml.MarkedYAMLError as error:
            below = error.problem_mark.line + 1 if error.problem_mark else 0
            raise reader.fault(line + below, f"no valid YAML ({error.problem}); mind colons, quotes, indents") from None
        if not isinstance(values, Mapping):
            raise reader.fault(line, "the head between the --- lines is no list of `name: value`; write it so")
        self.values = dict(values)

    def _take(self, name: str, what: str) -> Any:
        if name not in self.values:
            raise self.reader.fault(self.line, f"{name} is missing; give {what} between --- lines")
        return self.values.pop(name)

    def text(self, name: str) -> str:
        value = self._take(name, "a text")
        if not isinstance(value, str) or not value.strip():
            raise self.reader.fault(self.line, f"{name} is not a text; put it in quotes")
        return value.strip()

    def texts(self, name: str, optional: bool = False) -> tuple[str, ...]:
        if optional and name not in self.values:
            return ()
        value = self._take(name, "a list of texts")
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.reader.fault(self.line, f"{name} is not a list of texts; put those with a colon in quotes")
        return tuple(item.strip() for item in value)

    def number(self, name: str, least: int, most: int) -> int:
        value = self._take(name, f"a whole number from {least} to {most}")
        if type(value) is not int or not least <= value <= most:
            raise self.reader.fault(self.line, f"{name} is {value}; give a whole number from {least} to {most}")
        return value

    def refuse_others(self) -> None:
        if self.values:
            raise self.reader.fault(self.line, f"unknown entry {next(iter(self.values))}; take it out")


def _tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").use(front_matter_plugin).parse(text)
