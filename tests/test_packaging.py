"""What is packed holds no answer, and a student's machine needs NumPy alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from answer_search import answers_in

from autograder import registry
from autograder.answer_file import read
from autograder.grading.course import new, open_course
from autograder.grading.release import release

COURSE = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the sdist, as `hatchling build` makes them."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=COURSE, check=True, capture_output=True
    )
    return {"wheel": next(folder.glob("*.whl")), "sdist": next(folder.glob("*.tar.gz"))}


def unpacked(package: Path, folder: Path) -> Path:
    """The package's files below `folder`, without installing anything."""
    if package.suffix == ".gz":
        with tarfile.open(package) as archive:
            archive.extractall(folder, filter="data")
    else:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
    return folder


def test_the_search_finds_answers_where_they_are() -> None:
    """The control: in the solutions and the mistakes themselves the search finds nearly every file."""
    assert {"linear.py", "activations.py"} <= answers_in(COURSE / "solutions").keys()
    assert answers_in(COURSE / "autograder" / "mistakes").keys() >= {"linear.py", "activations_loss.py"}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_packages_hold_no_answer(kind: str, packages: dict[str, Path], tmp_path: Path) -> None:
    folder = unpacked(packages[kind], tmp_path)
    names = [str(path.relative_to(folder)) for path in folder.rglob("*")]
    assert any(name.endswith("autograder/checking.py") for name in names)
    assert [name for name in names if "mistakes" in name or "solutions" in name or "autograder/demo" in name] == []
    assert answers_in(folder) == {}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_packages_hold_the_answer_data_of_every_chapter(kind: str, packages: dict[str, Path], tmp_path: Path) -> None:
    folder = unpacked(packages[kind], tmp_path)
    for chapter in registry.CHAPTERS:
        (data,) = folder.rglob(f"autograder/data/{chapter}.npz")
        assert read(data.read_bytes())[1].keys() == registry.exercises(chapter).keys()


def test_the_bundle_holds_no_answer(tmp_path: Path) -> None:
    new(tmp_path / "course")
    release(open_course(tmp_path / "course"), registry.CHAPTERS)
    (bundle,) = (tmp_path / "course").rglob("*.zip")
    folder = unpacked(bundle, tmp_path / "unpacked")
    assert list(folder.rglob("linear.ipynb"))
    assert answers_in(folder) == {}


@pytest.mark.parametrize("folder", ["exercises", "book"])
def test_notebooks_and_pages_hold_no_answer(folder: str) -> None:
    assert answers_in(COURSE / folder) == {}


# --- a bare machine ------------------------------------------------------------------------------------------------

SOLVE_AND_CHECK = """
import sys
from autograder import check

def linear_forward(x, weight, bias):
    return x.reshape(len(x), -1) @ weight + bias, (x, weight)

def linear_backward(dout, cache):
    x, weight = cache
    return (dout @ weight.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.mean(0)

assert check(linear_forward).passed
wrong = check(linear_backward)
assert not wrong.passed
assert wrong.findings[0].mistake == "linear_backward.mean_over_batch", wrong
assert not {"IPython", "nbformat", "yaml", "markdown_it", "rich", "solutions"} & set(sys.modules)
"""


@pytest.fixture(scope="session")
def bare(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with NumPy and the wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    unpacked(packages["wheel"], folder)
    site = Path(np.__file__).parents[1]
    for package in ("numpy", "numpy.libs"):
        if (site / package).exists():
            (folder / package).symlink_to(site / package)
    return folder


def run_bare(bare: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python that sees the bare folder, and neither site-packages nor the checkout."""
    environment = {"PYTHONPATH": str(bare), "PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-S", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_import_and_check_need_numpy_alone(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "solve.py").write_text(SOLVE_AND_CHECK)
    result = run_bare(bare, "solve.py", cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_command_checks_a_file_with_numpy_alone(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def linear_forward(x, weight, bias):\n    return x @ weight, None\n")
    result = run_bare(bare, "-m", "autograder", "check", "mine.py", "linear_forward", cwd=tmp_path)
    assert result.returncode == 1
    assert "bias" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
