"""The command `autograder`, through the shell's door: what it prints, its exit codes, and that errors are one line."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder import answer_data, registry
from autograder.cli import main
from autograder.demo import classroom

ROOT = Path(__file__).parents[1]
COMMANDS = ("demo", "check", "status", "hint", "new", "release", "grade", "report", "export", "build", "book")

# What a student's machine lacks; a stand-in for an environment that holds NumPy and nothing else.
BARE = """
import sys
class Missing:
    absent = {"nbgrader", "nbformat", "nbconvert", "IPython", "rich", "jinja2", "markupsafe", "yaml", "markdown_it",
              "traitlets", "sqlalchemy", "sklearn", "matplotlib", "jupyter_book", "mdit_py_plugins"}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from autograder.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(
    *words: object, folder: Path, start: Sequence[str] = ("-m", "autograder"), **more: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder / "state"), **more}
    command = [sys.executable, *start, *map(str, words)]
    return subprocess.run(
        command, cwd=folder, env=environment, input="anybody\n", capture_output=True, encoding="utf-8", check=False
    )


def bare(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return run(*words, folder=folder, start=("-c", BARE))


def here(words: str) -> int:
    """The exit code of the command, run in this process: the many small cases would else be spent on imports."""
    try:
        return main(words.split())
    except SystemExit as stopped:
        return int(stopped.code or 0)


def handed_in(student: str, chapter: str = "linear") -> str:
    """The text of the notebook that a student of the bundled class hands in."""
    released = json.loads((ROOT / "exercises" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    submission = next(item for item in classroom.submissions(chapter) if item.student == student)
    return classroom.notebook_text(released, chapter, submission)


@pytest.fixture(scope="module", autouse=True)
def _answer_data() -> None:
    for chapter in registry.CHAPTERS:
        answer_data.build(chapter)


# --- wrong usage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("", "COMMAND"),
        ("chekc linear.ipynb", "chekc"),
        ("check", "required: FILE;"),
        ("check none.ipynb", "there is no such file"),
        ("check other", "did you mean other.py?"),
        ("check othre.py", "did you mean other.py?"),
        ("check mine/linear.py relu_forward", "mine/linear.py is of chapter linear, and relu_forward of activations"),
        ("check empty.ipynb", "it is empty"),
        ("check other.py", "defines no function of the course"),
        ("check other.py linear_bakward", "did you mean linear_backward?"),
        ("check other.py qwxz", "the exercises are linear_forward"),
        ("status nowhere", "there is no folder nowhere"),
        ("status other.py", "other.py is a file; name the folder"),
        ("status .", "holds no notebook of the course"),
        ("hint relu_forwrd", "did you mean relu_forward?"),
        ("new course", "already has"),
        ("release linear --course nowhere", "make a course with"),
        ("release linaer --course course", "there is no chapter 'linaer'"),
        ("grade linear", "--course FOLDER"),
        ("grade linear activations --course course", "name one chapter"),
        ("grade linaer --course course", "there is no chapter"),
        ("grade linear --course course", "not released"),
        ("grade linear --course course --json", "--json is for loose notebooks"),
        ("grade other.py --student ada", "for a course's submissions"),
        ("grade other.py --seed -1", "must not be negative"),
        ("grade other.py --jobs 0", "at least 1"),
        ("grade other.py --jobs two", "invalid int value"),
        ("grade other.py --chapter linaer", "there is no chapter"),
        ("report --course .", "is no course"),
        ("report --course course", "nothing is graded"),
        ("export --course course", "--format"),
        ("export --course course --format xls", "invalid choice"),
        ("export --course course --format csv", "nothing is graded"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, fault: str
) -> None:
    monkeypatch.chdir(course)
    assert here(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert fault in said.err
    assert said.err.count("\n") == 1
    assert said.err.startswith("autograder")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new course and some files that are no notebooks."""
    folder = tmp_path_factory.mktemp("usage")
    (folder / "empty.ipynb").touch()
    (folder / "other.py").write_text("def f():\n    return 1\n")
    (folder / "mine").mkdir()
    (folder / "mine" / "linear.py").write_text("x = 1\n")
    done = run("new", "course", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "autograder release --course course" in done.stdout
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_everything_with_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert here(f"{command} --help") == 0
    said = capsys.readouterr().out
    assert f"autograder {command}" in said.partition("example")[2]
    assert here("--help") == 0
    assert f"    {command} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        ("new course", "course"),
        ("release --course .", "course"),
        ("grade linear --course .", "course"),
        ("report --course .", "course"),
        ("export --course . --format csv", "course"),
        ("demo", "course"),
        ("build", "course"),
        ("book", "book"),
    ],
)
def test_what_is_not_installed_is_named_with_the_line_that_installs_it(tmp_path: Path, words: str, extra: str) -> None:
    done = bare(*words.split(), folder=tmp_path)
    assert done.returncode == 2
    assert f'pip install "layers-by-hand[{extra}]"' in done.stderr
    assert done.stderr.count("\n") == 1


# --- the student's commands, where there is NumPy alone ------------------------------------------------------------


def test_check_of_a_right_notebook(tmp_path: Path) -> None:
    (tmp_path / "mine.ipynb").write_text(handed_in("dnakagawa"), encoding="utf-8")
    done = bare("check", "mine.ipynb", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ linear_backward: all checks passed" in done.stdout
    assert "4 of 4 exercises right" in done.stdout
    assert "(2, 7)" not in done.stdout  # what the student's own cells print


def test_check_of_a_wrong_notebook_names_the_mistake_and_one_exercise_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "linear.ipynb").write_text(handed_in("fdubois"), encoding="utf-8")
    done = bare("check", "linear.ipynb", folder=tmp_path)
    assert done.returncode == 1
    assert "3 of 4 exercises right" in done.stdout
    assert "you took the mean over the batch" in done.stdout
    one = bare("check", "linear.ipynb", "linear_forward", folder=tmp_path)
    assert one.returncode == 0
    assert "linear_backward" not in one.stdout


def test_check_goes_on_past_a_cell_that_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "linear.ipynb").write_text(handed_in("ybensaid"), encoding="utf-8")
    done = bare("check", "linear.ipynb", folder=tmp_path)
    assert done.returncode == 1
    assert "The cell with xavier_uniform does not run: SyntaxError" in done.stdout
    assert "✓ kaiming_normal: all checks passed" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_check_of_a_python_file_with_magics_an_exit_and_a_question(tmp_path: Path) -> None:
    (tmp_path / "activations.py").write_text(
        "# %%\n%matplotlib inline\n!pip list\nimport numpy as np\n"
        "# %%\ndef relu_forward(x):\n    return np.maximum(x, 0), x\n"
        "# %%\nraise SystemExit('enough')\n"
        "# %%\nname = input('Who are you?')\ndef tanh_forward(x):\n    return np.tanh(x), x\n"
        "# %%\ndef relu_backward(dout, cache):\n    return dout * (cache > 0)\n"
    )
    done = bare("check", "activations.py", folder=tmp_path)
    assert done.returncode == 1
    assert "✓ relu_forward: all checks passed" in done.stdout
    assert "✓ relu_backward: all checks passed" in done.stdout
    assert "There is no function called sigmoid_forward yet." in done.stdout
    assert "The cell with tanh_forward does not run: EOFError" in done.stdout


def test_check_says_whose_line_raised(tmp_path: Path) -> None:
    (tmp_path / "linear.py").write_text("def linear_forward(x, weight, bias):\n    return x.dot(wieght) + bias, x\n")
    done = bare("check", "linear.py", "linear_forward", folder=tmp_path)
    assert "NameError" in done.stdout
    assert "return x.dot(wieght) + bias, x" in done.stdout


def test_status_shows_every_chapter(tmp_path: Path) -> None:
    (tmp_path / "linear.ipynb").write_text(handed_in("nabdi"), encoding="utf-8")
    done = bare("status", folder=tmp_path)
    assert done.returncode == 0
    assert "linear: 2 of 4 exercises right, 10 of 26 points" in done.stdout
    assert "✓ linear_forward" in done.stdout
    assert "○ linear_backward" in done.stdout
    assert "activations: no notebook here" in done.stdout
    (tmp_path / "activations.ipynb").write_text("{")
    done = bare("status", tmp_path, folder=tmp_path)
    assert done.returncode == 0
    assert "activations.ipynb cannot be read" in done.stdout


def test_each_hint_says_more_than_the_one_before(tmp_path: Path) -> None:
    hints = answer_data.load("linear")["linear_backward"].hints
    printed = [bare("hint", "linear_backward", folder=tmp_path).stdout for _ in range(4)]
    for asked, text in enumerate(printed, 1):
        assert [hint in text for hint in hints] == [number < asked for number in range(3)]
    assert "Ask again" in printed[1]
    assert "Ask again" not in printed[2]
    assert hints[0] not in bare("hint", "relu_forward", folder=tmp_path).stdout
    next((tmp_path / "state").rglob("*.json")).write_text('["not ours"]')
    assert hints[1] not in bare("hint", "linear_backward", folder=tmp_path).stdout


def test_a_hint_comes_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    done = bare("hint", "linear_forward", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "hint 1 of 3" in done.stdout


# --- the instructor's commands -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """A course in which one chapter was released, handed in by three and graded; and what the commands said."""
    folder = tmp_path_factory.mktemp("instructor")
    said = [run("new", "autumn", folder=folder), run("release", "linear", "--course", "autumn", folder=folder)]
    for student in ("aokafor", "fdubois", "qnguyen"):
        path = folder / "autumn" / "submitted" / student / "linear" / "linear.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(handed_in(student), encoding="utf-8")
    said.append(run("grade", "linear", "--course", "autumn", "--seed", "5", folder=folder))
    return folder, said


def test_a_course_from_new_to_graded(graded: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    folder, (new, release, grade) = graded
    assert new.returncode == 0, new.stderr
    assert release.returncode == 0, release.stderr
    assert (folder / "autumn" / "release" / "linear" / "linear.ipynb").is_file()
    # One of the three could not be read.
    assert grade.returncode == 1, grade.stderr
    assert "linear: 2 of 3 notebooks graded" in grade.stdout
    assert "qnguyen: its JSON breaks off" in grade.stdout
    assert "linear 3/3" in grade.stderr
    assert (folder / "autumn" / "feedback" / "fdubois" / "linear" / "linear.html").is_file()


def test_grading_again_keeps_what_stands(graded: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    done = run("grade", "linear", "--course", "autumn", folder=graded[0])
    assert "3 of them before" in done.stdout
    assert done.returncode == 1
    one = run("grade", "linear", "--course", "autumn", "--student", "aokafor", folder=graded[0])
    assert "linear: 1 of 1 notebooks graded, 1 of them before" in one.stdout
    assert one.returncode == 0
    nobody = run("grade", "linear", "--course", "autumn", "--student", "nobody", folder=graded[0])
    assert nobody.returncode == 2
    assert "nobody has handed in nothing" in nobody.stderr


def test_a_file_outside_the_chapters_folders_is_not_passed_over_in_silence(
    graded: tuple[Path, list[subprocess.CompletedProcess[str]]],
) -> None:
    submitted = graded[0] / "autumn" / "submitted"
    (submitted / "aokafor" / "notes.txt").touch()
    (submitted / "aokafor" / "activations.ipynb").touch()  # of no interest here
    strays = (submitted / "eve.ipynb", submitted / "aokafor" / "linear (1).ipynb")
    for stray in strays:
        stray.write_text(handed_in("aokafor"), encoding="utf-8")
    done = run("grade", "linear", "--course", "autumn", folder=graded[0])
    for stray in strays:
        stray.unlink()
    told = [line for line in done.stdout.splitlines() if "not graded" in line]
    assert len(told) == 2
    assert "linear (1).ipynb does not lie in a chapter's folder; move it to" in told[0]
    assert told[0].endswith("submitted/aokafor/linear")
    assert told[1].endswith("submitted/STUDENT/linear")


def test_report_and_exports(graded: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    folder = graded[0]
    report = run("report", "--course", "autumn", folder=folder)
    assert report.returncode == 0, report.stderr
    page = Path(report.stdout.removeprefix("class report: ").strip())
    assert "fdubois" in page.read_text(encoding="utf-8")
    done = run("export", "--course", "autumn", "--format", "csv", folder=folder)
    assert done.returncode == 0, done.stderr
    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert rows["aokafor"]["score"] == "26.0"
    assert rows["qnguyen"]["score"] == ""
    assert done.stderr == "1 of 3 notebooks have no mark and are left empty\n"
    filed = run("export", "--course", "autumn", "--format", "json", "--output", "marks.json", folder=folder)
    assert filed.returncode == 0, filed.stderr
    assert len(json.loads((folder / "marks.json").read_text(encoding="utf-8"))) == 3
    nowhere = run("export", "--course", "autumn", "--format", "json", "--output", "/proc/no/marks.json", folder=folder)
    assert nowhere.returncode == 2
    assert nowhere.stderr.count("\n") == 1


def test_a_reader_who_has_seen_enough_is_no_fault(
    graded: tuple[Path, list[subprocess.CompletedProcess[str]]],
) -> None:
    shell = f"{sys.executable} -m autograder export --course autumn --format json | true"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        shell, shell=True, cwd=graded[0], env=environment, capture_output=True, text=True, check=False
    )
    assert "Error" not in done.stderr


def test_loose_notebooks_are_lines_of_json_in_the_order_given(tmp_path: Path) -> None:
    for name, student in (("linear-a", "skim"), ("linear-b", "rferreira"), ("c", "uhoffmann"), ("d", "nabdi")):
        (tmp_path / f"{name}.ipynb").write_text(handed_in(student), encoding="utf-8")
    names = ["c.ipynb", "d.ipynb", "linear-b.ipynb", "none-linear.ipynb", "linear-a.ipynb"]
    done = run("grade", *names, "--seed", "3", "--json", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["notebook"] for line in lines] == names
    # c has lost its metadata, and its name says nothing; d still has its own.
    assert [line["state"] for line in lines] == ["unreadable", "graded", "unreadable", "unreadable", "graded"]
    assert "--chapter" in lines[0]["reason"]
    keys = ["notebook", "chapter", "state", "reason", "score", "max_score", "exercises"]
    assert all(list(line) == keys for line in lines)
    assert (lines[4]["score"], lines[4]["max_score"]) == (26.0, 26.0)
    told = run("grade", "c.ipynb", "--chapter", "linear", "--json", folder=tmp_path)
    assert told.returncode == 0, told.stderr
    exercises = {exercise["name"]: exercise for exercise in json.loads(told.stdout)["exercises"]}
    mistakes = [finding["mistake"] for finding in exercises["linear_backward"]["findings"]]
    assert mistakes[0] == "linear_backward.dbias_over_the_outputs"


def test_without_bubblewrap_grading_refuses_with_the_line_that_installs_it(tmp_path: Path) -> None:
    (tmp_path / "linear.ipynb").write_text(handed_in("skim"), encoding="utf-8")
    done = run("grade", "linear.ipynb", "--json", folder=tmp_path, PATH="/nowhere")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "apt-get install bubblewrap" in done.stderr


def test_without_json_loose_notebooks_are_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "linear.ipynb").write_text(handed_in("fdubois"), encoding="utf-8")
    done = run("grade", "linear.ipynb", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "you took the mean over the batch" in done.stdout


# --- the author's commands -----------------------------------------------------------------------------------------


def test_build_check_finds_the_committed_files_fresh() -> None:
    done = run("build", "--check", folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert "every derived file is fresh" in done.stdout


def test_an_abbreviated_option_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["export", "--cours", str(tmp_path), "--format", "csv"], ["book", "--serv"], ["demo", "--no-b"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        assert "--help` shows how" in capsys.readouterr().err
