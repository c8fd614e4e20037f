"""The build hook of the wheel and the sdist: it writes the answer data, which takes the place of the answers there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AnswerDataHook(BuildHookInterface[Any]):
    """Run by hatchling for every build; an editable install makes the data when it is first asked for."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        course = Path(self.root)
        if version == "editable" or not (course / "solutions").is_dir():
            return  # in an unpacked sdist the data is there already
        sys.path.insert(0, str(course))
        from autograder import answer_data, registry

        for chapter in registry.CHAPTERS:
            answer_data.build(chapter)
