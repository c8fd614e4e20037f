"""Attacks: each works against an unprotected grader, which is the control, and gains nothing from ours."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from attacks import ATTACKS, services
from attacks.attack import GAINED, Attack
from attacks.looking_up import LOOKED_UP
from courses import RIGHT

from autograder.answers import PUBLIC_SEED, make_keys
from autograder.calls import Local
from autograder.checking import check_exercise
from autograder.grading.judge import judge
from autograder.grading.record import Graded, to_json
from autograder.grading.submission import loose
from autograder.registry import exercises
from autograder.sandbox import Limits, Sandbox, Submission

CHECKOUT = Path(__file__).parent.parent
SEED = 123_456_789_123_456_789

# Soon reached, and yet long enough for honest code on a busy machine.
LIMITS = Limits(
    cell_seconds=2,
    cells_seconds=4,
    call_seconds=2,
    submission_seconds=9,
    grace_seconds=0.5,
    memory_bytes=192 * 2**20,
    together_bytes=224 * 2**20,
    file_bytes=4 * 2**20,
    disk_bytes=8 * 2**20,
    processes=16,
    open_files=64,
    output_bytes=64 * 1024,
    answer_bytes=32 * 2**20,
    restarts=2,
    strikes=1,
)
# What attacks ask for: a little more than that.
BOUND = {
    "processes": 24,
    "memory": 224 * 2**20,
    "share": 80 * 2**20,
    "shares": 4,
    "disk": 12 * 2**20,
    "file": 5 * 2**20,
    "names": 4200,
    "files": 100,
    "output": 300_000,
}

IMPORTS = "import numpy as np"
WRONG = """
def linear_forward(x, weight, bias):
    return np.zeros((len(x), weight.shape[1])), (x, weight)

def linear_backward(dout, cache):
    x, weight = cache
    return np.zeros_like(x), np.zeros_like(weight), np.zeros(weight.shape[1])

def xavier_uniform(fan_in, fan_out, rng):
    return np.zeros((fan_in, fan_out))

kaiming_normal = xavier_uniform
"""
_ASK = """\
from solutions.linear import linear_forward as right
rng = np.random.default_rng(20)
x, weight, bias = rng.standard_normal((5, 4)), rng.standard_normal((4, 3)), rng.standard_normal((3,))
"""
_BOTH = "expected = right(x, weight, bias)[0]\ngot = linear_forward(x, weight, bias)[0]\n"
# The check cells of the unprotected grader: the ways in which such cells compare.
CHECKS = [
    _ASK + _BOTH + "assert np.allclose(got, expected)",
    _ASK + _BOTH + "assert got.shape == expected.shape and np.abs(got - expected).max() < 1e-9",
    _ASK + _BOTH + "assert np.linalg.norm(got - expected) < 1e-9",
    _ASK + _BOTH + "assert not (np.abs(got - expected) > 1e-9).any()",
    _ASK + _BOTH + "assert np.array_equal(got, expected)",
    _ASK + _BOTH + "assert all(abs(a - b) < 1e-9 for a, b in zip(got.ravel(), expected.ravel()))",
    _ASK + _BOTH + "np.testing.assert_allclose(got, expected)",
    _ASK + "got = linear_forward(x, weight, bias)[0]\nassert np.allclose(got, right(x, weight, bias)[0])",
]
FULL = float(len(CHECKS))


# --- notebooks -----------------------------------------------------------------------------------------------------


def _cell(source: str, **nbgrader: Any) -> dict[str, Any]:
    metadata = {"nbgrader": nbgrader} if nbgrader else {}
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], "execution_count": None}


def document(cells: Sequence[str], attack: Attack | None = None) -> str:
    """A notebook with these cells, and after them the check cells."""
    made = [_cell(source) for source in cells]
    made += [_cell(source, grade=True, grade_id=f"check-{n}", points=1) for n, source in enumerate(CHECKS)]
    whole = {"cells": made, "metadata": {"layers": {"chapter": "linear"}}, "nbformat": 4, "nbformat_minor": 5}
    if attack is not None and attack.edit is not None:
        attack.edit(whole)
    return json.dumps(whole)


HONEST = document([IMPORTS, *RIGHT.values()])


# --- what attacks aim at -------------------------------------------------------------------------------------------


@dataclass
class World:
    """A course with canaries in it; `copy` is another one just like it, which the control may do with as it likes."""

    folder: Path
    copy: Path
    canary: str
    port: int
    name: str

    def places(self) -> str:
        values = {"WORLD": str(self.folder), "PORT": self.port, "NAME": self.name, "CHECKOUT": str(CHECKOUT)}
        return "\n".join(f"{name} = {value!r}" for name, value in (values | {"BOUND": BOUND}).items())

    def hand_in(self, notebooks: dict[str, str]) -> None:
        """The same notebooks in both, and the copy as it was before any attack."""
        shutil.rmtree(self.copy / "course")
        shutil.copytree(self.folder / "course", self.copy / "course")
        for student, text in notebooks.items():
            for place in (self.folder, self.copy):
                path = place / f"course/submitted/{student}/linear/linear.ipynb"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    def state(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="attacks-") as place, socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", 0))
        canary = f"canary-{secrets.token_hex(8)}"
        made = World(
            Path(place, "real"), Path(place, "copy"), canary, free.getsockname()[1], f"attacks-{secrets.token_hex(4)}"
        )
        for name in (
            "course/gradebook.db",
            "course/.autograder/linear.jsonl",
            "course/submitted/ada/linear/linear.ipynb",
            "course/feedback/ada/linear/linear.html",
            "home/.ssh/id",
        ):
            (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (made.folder / name).write_text(canary)
        (made.folder / "places").write_text(f"{made.port} {made.name}")
        shutil.copytree(made.folder, made.copy)
        free.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CANARY", canary)
            process = services.start(made.folder, canary)
            yield made
            process.kill()
            process.wait()


# --- the control ---------------------------------------------------------------------------------------------------


@dataclass
class Unprotected:
    """The unprotected grader, in a bubblewrap: its files are the copy's, its network and processes its own."""

    world: World
    process: subprocess.Popen[str]

    def grade(self, students: Sequence[str]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        for left in self.world.copy.glob("printed-*"):
            left.unlink()
        self.process.stdin.write(json.dumps({"students": students}) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def printed(self, student: str) -> str:
        path = self.world.copy / f"printed-{student}"
        return path.read_text(errors="replace") if path.exists() else ""

    def gained(self, attack: Attack, students: Sequence[str]) -> bool:
        """Whether the attack got what it is after."""
        end = self.grade(students)
        if attack.gains == "mark":
            return float(end["marks"].get("hostile", 0.0)) > 0
        if attack.gains == "next":
            return bool(end["hung"]) or end["marks"].get("next") != FULL
        if attack.gains == "output":
            return len(self.printed("hostile")) > LIMITS.output_bytes
        return any(sign in self.printed("hostile") for sign in (self.world.canary, GAINED))


@pytest.fixture(scope="module")
def unprotected(world: World) -> Iterator[Unprotected]:
    kept = [str(CHECKOUT), sys.prefix, sys.base_prefix]  # they may lie in /tmp themselves
    places = ["--tmpfs", "/tmp", *(word for path in kept for word in ("--ro-bind", path, path))]
    places += ["--dev", "/dev", "--proc", "/proc", "--bind", str(world.copy), str(world.folder)]
    around = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", *places]
    environment = os.environ | {
        "WORLD": str(world.folder),
        "HOME": str(world.folder / "home"),
        "IPYTHONDIR": "/tmp/ipython",
        "PYTHONPATH": f"{CHECKOUT / 'tests'}:{CHECKOUT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [*around, "--", sys.executable, "-m", "attacks.unprotected"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    with process:  # it ends with its input
        yield Unprotected(world, process)


def test_the_unprotected_grader_grades(world: World, unprotected: Unprotected) -> None:
    """Without an attack it gives what is due, so that what an attack gets is the attack's doing."""
    world.hand_in({"hostile": document([IMPORTS, WRONG, world.places()]), "next": HONEST})
    end = unprotected.grade(["hostile", "next"])
    assert end == {"hung": False, "marks": {"hostile": 0.0, "next": FULL}}
    assert unprotected.printed("hostile") == ""


# --- ours ----------------------------------------------------------------------------------------------------------


class Watched(Sandbox):
    """The sandbox, with a list of what ran in it."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.ran: list[Submission] = []

    @contextmanager
    def submission(self, cells: Sequence[str]) -> Iterator[Submission]:
        with super().submission(cells) as running:
            self.ran.append(running)
            yield running


@dataclass
class Ours:
    world: World
    sandbox: Watched
    undisturbed: Graded | None = field(default=None)

    def grade(self, student: str) -> Graded:
        path = self.world.folder / f"course/submitted/{student}/linear/linear.ipynb"
        return judge(loose(0, path, "linear"), self.sandbox, SEED)


@pytest.fixture(scope="module")
def ours(world: World) -> Iterator[Ours]:
    with Watched(LIMITS) as sandbox:
        made = Ours(world, sandbox)
        world.hand_in({"hostile": document([IMPORTS, WRONG, world.places()]), "next": HONEST})
        assert made.grade("hostile").score == 0
        made.undisturbed = made.grade("next")
        assert made.undisturbed.score == made.undisturbed.max_score
        yield made


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.family}: {attack.name}")
def test_attack(
    attack: Attack, world: World, unprotected: Unprotected, ours: Ours, tally: Callable[[str, bool], None]
) -> None:
    before = {"before": document([IMPORTS, WRONG, world.places(), attack.before])} if attack.before else {}
    hostile = document([IMPORTS, WRONG, world.places(), attack.code], attack)
    world.hand_in(before | {"hostile": hostile, "next": HONEST})
    students = [*before, "hostile", "next"]
    assert unprotected.gained(attack, students), "the control: the attack is none"
    files = world.state()
    ours.sandbox.ran.clear()
    *_, marked, following = [ours.grade(student) for student in students]
    faults = [
        *(["a mark"] if marked.score != 0 else []),
        *(["a canary"] if _shows(ours, marked, (world.canary, GAINED)) else []),
        *(["another student's result"] if following != ours.undisturbed else []),
        *(["files of the course"] if world.state() != files else []),
        *(["more than its limits"] if not _within_limits(ours) else []),
    ]
    tally("attacks that gain nothing", not faults)
    assert not faults


@pytest.mark.parametrize("how", LOOKED_UP)
def test_answers_looked_up_are_none(how: str, world: World, ours: Ours, tally: Callable[[str, bool], None]) -> None:
    """The control is a grader that asks what the public checks ask; that of a student's own machine."""
    functions: dict[str, Any] = {}
    exec(IMPORTS + WRONG + LOOKED_UP[how](), functions)
    exercise, key = exercises("linear")["linear_forward"], make_keys("linear", PUBLIC_SEED, public=True)
    public = check_exercise(exercise, key["linear_forward"], Local(functions))
    assert public.score == public.max_score, "the control: the attack is none"
    world.hand_in({"hostile": document([IMPORTS, WRONG, LOOKED_UP[how]()]), "next": HONEST})
    gains_nothing = ours.grade("hostile").score == 0 and ours.grade("next") == ours.undisturbed
    tally("attacks that gain nothing", gains_nothing)
    assert gains_nothing


def _shows(ours: Ours, graded: Graded, signs: Sequence[str]) -> bool:
    told = json.dumps(to_json(graded)) + "".join(f"{cell}" for ran in ours.sandbox.ran for cell in ran.cells)
    return any(sign in told for sign in signs)


def _within_limits(ours: Ours) -> bool:
    """By counting: how often it was started, how often each function was stopped, how much it printed."""
    return all(
        ran._starts <= LIMITS.restarts + 1
        and max(ran._strikes.values(), default=0) <= LIMITS.strikes
        and all(len(cell.printed) <= LIMITS.output_bytes for cell in ran.cells)
        for ran in ours.sandbox.ran
    )
