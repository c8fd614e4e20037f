"""What the autograder on Gradescope runs for each submission: one notebook in, Gradescope's results.json out.

    python -m autograder.grading.gradescope ROOT

ROOT holds source/, submission/ and results/ as Gradescope lays them out in /autograder. Of packages it needs what
submissions import, and nothing of nbgrader.

Where the container lets us make namespaces, the submission runs in the sandbox as everywhere else. Where it does not,
root's own rights do: the answers are closed to everyone but root, and the submission runs as nobody, under the limits
and behind the filter on system calls. Where neither can be had nothing is run, and no mark is given.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from autograder.grading.export import as_text, results_json
from autograder.grading.files import write_whole
from autograder.grading.handed_in import notebook_in
from autograder.grading.record import Graded
from autograder.grading.submission import Submission
from autograder.grading.workers import judged
from autograder.notebook.read import Unreadable
from autograder.sandbox import OtherUser, Sandbox, SandboxUnavailable, availability

SETTINGS = "settings.json"


def main(root: Path) -> int:
    """Grade what lies in `root`/submission. Exit code 1: no mark, by no fault of the student's."""
    settings = json.loads((root / "source" / SETTINGS).read_text(encoding="utf-8"))
    if os.getuid() == 0:
        for name in ("source", "results"):
            (root / name).chmod(0o700)
    try:
        with _place() as place:
            result = judged(_submission(root / "submission", settings["chapter"]), place, settings["seed"])
        code = 0
    except SandboxUnavailable as fault:
        print(fault, file=sys.stderr)
        result, code = None, 1
    write_whole(root / "results" / "results.json", as_text(_results(result)))
    return code


def _place() -> Sandbox | OtherUser:
    """Where the submission runs."""
    fault = availability()
    if fault is None:
        return Sandbox()
    if os.getuid() != 0:
        raise SandboxUnavailable(fault)
    print(f"no namespaces here, so the submission runs as nobody: {fault}")
    return OtherUser()


def _submission(folder: Path, chapter: str) -> Submission:
    try:
        path = notebook_in(folder, chapter)
    except Unreadable as error:
        return Submission(None, chapter, f"{chapter}.ipynb", None, error.reason, "")
    return Submission(None, chapter, path.relative_to(folder).as_posix(), path, None, "")


def _results(result: Graded | None) -> dict[str, Any]:
    """results.json. Gradescope wants a number where it is to show a student anything at all.

    So a notebook that cannot be read gets 0 and a test that says why: the student sees it at once and may hand in
    again. What is no fault of the student's gets no score, which Gradescope shows as a run that failed.
    """
    if result is None:
        return {"output": "This could not be graded, and it is not your fault. Please tell your instructor."}
    told = results_json(result.as_dict())
    if result.state != "graded":
        failed = {"name": "the notebook can be read", "score": 0.0, "status": "failed", "output": result.reason or ""}
        told |= {"score": 0.0, "output_format": "text", "tests": [failed | {"max_score": result.max_score or 0.0}]}
    return told | {"stdout_visibility": "hidden"}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
