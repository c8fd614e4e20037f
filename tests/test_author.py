"""The author's door: CONTRIBUTING's six steps, typed into a copy of the checkout, really make an exercise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[1]
NAME = "leaky_relu_forward"


def solution(course: Path) -> None:
    add(
        course / "solutions" / "activations.py",
        '''

def leaky_relu_forward(x: np.ndarray, slope: float = 0.01) -> tuple[np.ndarray, Any]:
    """Apply the leaky rectified linear unit to every entry.

        out = x where x > 0, and slope * x elsewhere

    Args:
        x: any shape.
        slope: what is kept of negative entries.

    Returns:
        out: the shape of x.
        cache: whatever your backward will need.
    """
    return np.where(x > 0, x, np.asarray(slope, x.dtype) * x), (x, slope)
''',
    )


def checks(course: Path) -> None:
    path = course / "autograder" / "checks" / "activations.py"
    text = path.read_text()
    text = text.replace(
        "\nEXERCISES = (",
        """
def _leaky_cases(rng: np.random.Generator) -> list[Case]:
    def call(x: np.ndarray) -> Call:
        return Call("leaky_relu_forward", {"x": x}, ("out", "cache"), {"slope": 0.2})

    return [
        Case("a 5×4 array", "values", (call(away_from_zero(rng, (5, 4))),)),
        Case("float32", "values", (call(away_from_zero(rng, (5, 4)).astype(np.float32)),), _SINGLE),
        Case("inputs of exactly 0", "special", (call(_with_zeros(rng)),)),
    ]


EXERCISES = (""",
    )
    exercise = '    Exercise("leaky_relu_forward", 3, ("out", "cache"), _leaky_cases),\n)\n'
    path.write_text(text.rstrip().removesuffix(")") + exercise)


def mistakes(course: Path) -> None:
    path = course / "autograder" / "mistakes" / "activations.py"
    wrongs = {
        "negatives_dropped": ("np.maximum(x, 0)", "Your out is 0 where x is negative: that is the plain ReLU."),
        "slope_everywhere": ("slope * x", "Your out is slope times x everywhere; positive entries pass as they are."),
        "slope_on_the_wrong_side": ("np.where(x > 0, slope * x, x)", "Your slope meets the positive entries."),
    }
    entries = "".join(
        f"\n\n@catalogue.wrong({NAME!r}, {sentence!r})\ndef {name}(x, slope=0.01):\n"
        f"    return np.asarray({code}, x.dtype), (x, slope)\n"
        for name, (code, sentence) in wrongs.items()
    )
    head = "import numpy as np\n\nfrom autograder.mistakes.catalogue import Catalogue\n\ncatalogue = Catalogue()\n"
    (path.parent / "activations_leaky.py").write_text(head + entries)
    add(
        path,
        "\nfrom autograder.mistakes import activations_leaky\n\nMISTAKES += activations_leaky.catalogue.mistakes\n",
    )


def text(course: Path) -> None:
    add(
        course / "exercises" / "activations.md",
        """
````{exercise} leaky_relu_forward
---
minutes: 5
difficulty: 1
hints:
  - What becomes of a negative entry?
  - Choose between two arrays, entry by entry.
  - NumPy's where takes a condition and two arrays.
---
A ReLU whose input is negative passes no gradient back. The leaky one keeps a part.

**Return** `out` and a cache.
````
""",
    )


def variants(course: Path) -> None:
    add(
        course / "tests" / "variants" / "activations.py",
        """

def _by_maximum(x, slope=0.01):
    return np.maximum(x, 0) + np.asarray(slope, x.dtype) * np.minimum(x, 0), x


def _by_mask(x, slope=0.01):
    out = x.copy()
    out[x < 0] *= np.asarray(slope, x.dtype)
    return out, None


def _by_loop(x, slope=0.01):
    out = np.empty_like(x)
    for index in np.ndindex(x.shape):
        out[index] = x[index] if x[index] > 0 else x.dtype.type(slope) * x[index]
    return out, None


VARIANTS["leaky_relu_forward"] = {
    "maximum": {"leaky_relu_forward": _by_maximum},
    "mask": {"leaky_relu_forward": _by_mask},
    "loop": {"leaky_relu_forward": _by_loop},
}
""",
    )


STEPS: tuple[Callable[[Path], None], ...] = (solution, checks, mistakes, text, variants)


def add(path: Path, more: str) -> None:
    path.write_text(path.read_text() + more)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The checkout's files without its history, and its answer data: a build renews what a step has made stale."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=COURSE, check=True, capture_output=True, text=True).stdout
    data = [str(path.relative_to(COURSE)) for path in (COURSE / "autograder" / "data").glob("*.npz")]
    for name in filter(None, [*names.split("\0"), *data]):
        target = tmp_path / "course" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((COURSE / name).read_bytes())
    return tmp_path / "course"


def run(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(course)}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=course, env=environment, capture_output=True, text=True, check=False
    )


def test_the_six_steps_make_an_exercise(copy: Path) -> None:
    for step in STEPS:
        step(copy)
    built = run(copy, "autograder", "build")
    assert built.returncode == 0, built.stdout + built.stderr
    assert run(copy, "autograder", "build", "--check").returncode == 0
    assert f"check({NAME})" in (copy / "exercises" / "activations.ipynb").read_text()
    assert NAME in (copy / "book" / "exercises" / "activations.md").read_text()
    files = [f"tests/test_{name}.py" for name in ("mistakes", "variants", "notebook_build")]
    tested = run(
        copy, "pytest", "-q", "-p", "no:cacheprovider", "-k", "leaky_relu or (notebook_build and activations)", *files
    )
    assert tested.returncode == 0, tested.stdout
    assert "known mistakes named first: 3 of 3" in tested.stdout
    assert "other right answers accepted: 3 of 3" in tested.stdout


@pytest.mark.parametrize("forgotten", [solution, checks, mistakes, text], ids=lambda step: step.__name__)
def test_a_forgotten_half_stops_the_build_with_the_place_to_mend(copy: Path, forgotten: Callable[[Path], None]) -> None:
    for step in STEPS:
        if step is not forgotten:
            step(copy)
    for arguments in (("build",), ("build", "--check")):
        built = run(copy, "autograder", *arguments)
        said = built.stdout + built.stderr
        assert built.returncode in (1, 2), said
        assert NAME in said
        assert "Traceback" not in said
        assert {
            solution: "solutions/activations.py",
            checks: "autograder/checks/activations.py",
            mistakes: "autograder/mistakes/activations.py",
            text: "exercises/activations.md",
        }[forgotten] in said


def test_a_slip_in_a_chapters_own_room_is_named_as_the_authors(copy: Path) -> None:
    add(copy / "autograder" / "mistakes" / "linear.py", "\nnot_there\n")
    built = run(copy, "autograder", "build")
    assert built.returncode == 2
    assert "mistakes/linear.py, line " in built.stderr
    assert "NameError" in built.stderr
    assert "mend it there" in built.stderr
