"""What decides a mark is in the key of the journal: where it changes, a submission is judged anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from courses import RIGHT, hand_in, notebook

from autograder import answer_data, registry
from autograder.grading import version
from autograder.grading.course import Course
from autograder.grading.grade import grade

# Everything that judging a chapter loads, in a process of its own: the judge, the workers, the sandbox, the keys.
JUDGING = """
import sys
from autograder.grading import workers
from autograder.grading.judge import keys
keys({chapter!r}, 1)
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] in ("autograder", "solutions"):
        print(module.__file__)
"""


@pytest.mark.parametrize("chapter", registry.CHAPTERS)
def test_all_that_is_loaded_to_judge_is_in_the_version(chapter: str) -> None:
    code = JUDGING.format(chapter=chapter)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {Path(line) for line in done.stdout.split()}
    package = Path(version.__file__).parents[1]
    rooms = {path: path.relative_to(package.parent).parts for path in loaded}
    solutions = {path for path in loaded if rooms[path][0] == "solutions" and path.stem != "__init__"}
    answers = {path for path in loaded if rooms[path][0] == "solutions" or rooms[path][1] in ("checks", "mistakes")}
    assert solutions == set(answer_data.solutions_of(chapter))  # those that the answers' digest is made of
    assert loaded - answers <= set(version.parts(chapter))
    assert package / "sandbox" / "inside" / "worker.py" in version.parts(chapter)
    for name in ("marks", "checking", "compare", "deviations", "findings", "recognise", "trial", "gradients"):
        assert package / f"{name}.py" in loaded & set(version.parts(chapter))


def test_where_the_engine_changed_the_submission_is_judged_anew(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "marks.py"
    engine.write_text("POINTS = 1")
    monkeypatch.setattr(version, "_COURSE", Path("/"))
    monkeypatch.setattr(version, "parts", lambda _: [engine])
    hand_in(course, "ada", notebook(course, RIGHT))
    assert grade(course, "linear", jobs=1).kept == 0
    assert grade(course, "linear", jobs=1).kept == 1
    engine.write_text("POINTS = 2")
    assert grade(course, "linear", jobs=1).kept == 0
