"""What a submission can see, use and leave behind; controls show the same code at work without the sandbox."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from boxes import DOUBLE, ROOMY, call, doubles

from autograder.sandbox import Sandbox, Trusted, launch
from autograder.sandbox.inside import seccomp
from autograder.sandbox.inside.system_calls import ALLOWED

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(ROOMY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def plain() -> Iterator[Trusted]:
    with Trusted(ROOMY) as trusted:
        yield trusted


def seen(place: Trusted, source: str) -> Any:
    """What a cell's `answer` is, or the name of the exception that it raised."""
    with place.submission([source + "\nimport json\nprint(json.dumps(answer))"]) as submission:
        [outcome] = submission.cells
    return json.loads(outcome.printed) if outcome.raised is None else outcome.raised.type


def family_of(place: Trusted) -> list[psutil.Process]:
    """All processes of a place: bubblewrap's, the fork server, the submission and what came of it."""
    process = place._server._process
    assert process is not None
    return with_children(process.pid)


def with_children(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


# --- what it sees --------------------------------------------------------------------------------------------------


def test_files_of_the_machine_are_not_there(box: Sandbox, plain: Trusted, tmp_path: Path) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("canary")
    for path in (secret, CHECKOUT / "pyproject.toml", CHECKOUT / "autograder" / "exercise.py", Path("/etc/passwd")):
        source = f"answer = open({str(path)!r}).read()"
        assert seen(plain, source) == path.read_text()
        assert seen(box, source) == "FileNotFoundError"


def test_only_what_it_needs_is_in_its_root(box: Sandbox, plain: Trusted) -> None:
    source = "import os\nanswer = sorted(os.listdir('/'))"
    interpreter = Path(sys.base_prefix).parts[1]
    allowed = {"dev", "engine", "etc", "lib", "lib32", "lib64", "proc", "site-packages", "tmp", "usr", interpreter}
    assert set(seen(box, source)) <= allowed
    assert not set(seen(plain, source)) <= allowed
    for folder, content in {"/proc": [], "/engine": [], "/etc": ["ld.so.cache"], "/tmp": ["home"]}.items():
        assert seen(box, f"import os\nanswer = os.listdir({folder!r})") == content


def test_the_course_among_the_packages_is_covered(box: Sandbox) -> None:
    source = """
import os, sys
packages = [path for path in sys.path if path.startswith("/site-packages")]
answer = {name: (os.listdir(f"{path}/{name}") if os.path.isdir(f"{path}/{name}") else open(f"{path}/{name}").read())
          for path in packages for name in os.listdir(path)
          if name.startswith(("autograder", "solutions", "layers_by_hand", "_editable")) or name.endswith(".pth")}
"""
    covered = seen(box, source)
    assert any(name.startswith("layers_by_hand") for name in covered)
    assert not any(covered.values())


def test_the_environment_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "the grader's token")
    source = "import os\nanswer = dict(os.environ)"
    with Sandbox(ROOMY) as sandbox:
        environment = seen(sandbox, source)
        # What a process was started with stays in /proc: bubblewrap's own processes must not have it either.
        family = [process.environ() for process in family_of(sandbox)]
    assert environment["HOME"] == "/tmp/home"
    assert not any("CANARY" in variables for variables in [environment, *family])
    control = subprocess.run(
        [sys.executable, "-c", "import os; print(*os.environ)"], stdout=subprocess.PIPE, check=True
    )
    assert b"CANARY" in control.stdout


def test_no_other_process_can_be_seen_or_signalled(box: Sandbox, plain: Trusted) -> None:
    count = "import os\nfound = 0\nfor pid in range(1, 40000):\n    try:\n        os.kill(pid, 0)\n        found += 1\n"
    count += "    except PermissionError:\n        found += 1\n    except ProcessLookupError: pass\nanswer = found"
    assert seen(box, count) == 1  # itself
    assert seen(plain, count) > 1


def test_the_student_s_user_is_not_the_grader_s(box: Sandbox) -> None:
    with box.submission(
        [DOUBLE, "import os\nprint(os.getuid(), os.getgid(), os.getgroups(), os.getpid())"]
    ) as submission:
        user, group, *_ = submission.cells[1].printed.split()
        assert (user, group) == ("1000", "1000")
        worker = family_of(box)[-1]
        status = Path(f"/proc/{worker.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["Uid"].split()[0]) != 0
    assert {int(fields[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert fields["NoNewPrivs"] == "1"
    assert fields["Seccomp"] == "2"
    if os.getuid() == 0:
        assert fields["Uid"].split()[0] == str(launch.NOBODY)


def test_namespaces_are_its_own(box: Sandbox) -> None:
    with box.submission([DOUBLE]):
        family = family_of(box)
        worker, server = family[-1].pid, family[-2].pid
        for kind in ("user", "pid", "mnt", "ipc", "net"):
            spaces = {str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for pid in (worker, server, os.getpid())}
            assert len(spaces) == 3 or (kind == "user" and os.getuid() == 0 and len(spaces) == 2)


# --- what it may do ------------------------------------------------------------------------------------------------

# Calls of the kernel that an ordinary program may make and a submission may not; each is harmless where it works.
FORBIDDEN = {
    "socket": "import socket\nsocket.socket().close()",
    "unix socket": "import socket\nsocket.socket(socket.AF_UNIX).close()",
    "user namespace": "check(libc.unshare(0x10000000))",
    "personality": "check(libc.personality(0xFFFFFFFF))",
    "memfd": "os.close(os.memfd_create('x'))",
    "shared memory": "check(libc.shmget(0, 4096, 0o1600))",
    "keys": "check(libc.syscall(SYS['keyctl'], 0, -3, 0))",
    "ptrace": "check(libc.ptrace(0, 0, 0, 0))",
    "other memory": "check(libc.process_vm_readv(os.getpid(), None, 0, None, 0, 0))",
}
_ASK = """
import os, ctypes
libc = ctypes.CDLL(None, use_errno=True)
SYS = {"keyctl": 250 if os.uname().machine == "x86_64" else 219}
def check(result):
    if result < 0: raise OSError(ctypes.get_errno(), "no")
def ask():
"""


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_calls_are_refused(box: Sandbox, plain: Trusted, name: str) -> None:
    source = _ASK + "\n".join("    " + line for line in FORBIDDEN[name].splitlines())
    with box.submission([source, DOUBLE]) as submission:
        outcome = call(submission, "ask")
        assert outcome.stopped == "refused"
        assert "PermissionError" in outcome.reason
        assert doubles(submission)
    with plain.submission([source]) as submission:
        assert call(submission, "ask").came_back


@pytest.mark.parametrize("flags", [0x10000000, 0x20000000, 0x40000000])
def test_no_process_is_born_into_new_namespaces(box: Sandbox, flags: int) -> None:
    clone, clone3 = {"x86_64": (56, 435), "aarch64": (220, 435)}[os.uname().machine]
    ask = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    ask += "answer = [libc.syscall({}, {}, 0, 0, 0, 0), ctypes.get_errno()]"
    assert seen(box, ask.format(clone, flags)) == [-1, errno.EPERM]
    assert seen(box, ask.format(clone3, 0)) == [-1, errno.ENOSYS]


def verdict_of_filter(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter for a machine says to a system call: the kernel's rules, followed step by step."""
    program = list(struct.iter_unpack("HBBI", seccomp.program(machine)))
    native = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    data = struct.pack("<IIQ6Q", number, architecture or native, 0, *arguments, *[0] * (6 - len(arguments)))
    accumulator, place = 0, 0
    while True:
        code, if_true, if_false, value = program[place]
        place += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            [accumulator] = struct.unpack_from("<I", data, value)
        elif code == 0x54:
            accumulator &= value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            place += if_true if holds else if_false


ALLOW, KILL, NOT_PERMITTED, NO_SUCH_CALL = 0x7FFF0000, 0x80000000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_lets_through_what_is_listed_and_no_more(machine: str) -> None:
    column = ["x86_64", "aarch64"].index(machine)
    listed = [numbers[column] for numbers in ALLOWED.values() if numbers[column] is not None]
    assert len(set(listed)) == len(listed)
    special = {(56, 220)[column], (53, 199)[column], (9, 222)[column]}  # clone, socketpair, mmap
    for number in set(range(424)) - special:
        assert verdict_of_filter(machine, number) == (ALLOW if number in listed else NOT_PERMITTED)
    for number in range(424, 480):
        assert verdict_of_filter(machine, number) in (ALLOW, NO_SUCH_CALL)
    assert verdict_of_filter(machine, 425) == verdict_of_filter(machine, 435) == NO_SUCH_CALL  # io_uring_setup, clone3
    clone, pair, mmap = (56, 220)[column], (53, 199)[column], (9, 222)[column]
    assert verdict_of_filter(machine, clone, 0x11) == ALLOW
    assert verdict_of_filter(machine, clone, 0x10000011) == NOT_PERMITTED
    assert verdict_of_filter(machine, pair, 1) == ALLOW
    assert verdict_of_filter(machine, pair, 16) == NOT_PERMITTED
    assert [verdict_of_filter(machine, mmap, 0, 4096, 3, flags) for flags in (0x22, 0x01, 0x21, 0x23)] == [
        ALLOW,
        ALLOW,
        NOT_PERMITTED,
        NOT_PERMITTED,
    ]
    assert verdict_of_filter(machine, listed[0], architecture=0x40000003) == KILL
    assert verdict_of_filter(machine, listed[0] | 0x40000000) == NO_SUCH_CALL


# Numbers that must not be on the list, on x86_64 and aarch64.
NEVER = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "mount": (165, 40),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
    "personality": (135, 92),
}


def test_what_must_not_be_listed_is_not() -> None:
    for column in (0, 1):
        listed = {numbers[column] for numbers in ALLOWED.values()}
        assert not [name for name, numbers in NEVER.items() if numbers[column] in listed]


def test_honest_code_may_still_fork_thread_and_await(box: Sandbox) -> None:
    source = """
import asyncio, os, threading
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    answer = list(pool.map(abs, [-1, -2]))
answer.append(asyncio.run(asyncio.sleep(0, 3)))
child = os.fork()
if child == 0:
    os._exit(4)
answer.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert seen(box, source) == [1, 2, 3, 4]


WRITE = """
import os
answer = []
for folder in "/ /dev /etc /engine /proc /usr/lib /site-packages/0 /tmp /tmp/home /dev/shm".split():
    try:
        open(f"{folder}/new", "w").close()
        answer.append(folder)
    except OSError:
        pass
"""


def test_only_its_own_folder_can_be_written(box: Sandbox) -> None:
    assert seen(box, WRITE) == ["/tmp", "/tmp/home", "/dev/shm"]


def test_what_belongs_to_an_ordinary_user_cannot_be_written_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    with Sandbox(ROOMY) as sandbox:
        assert seen(sandbox, WRITE) == ["/tmp", "/tmp/home", "/dev/shm"]


FILL_THE_DISK = """
import os
answer = 0
try:
    for number in range(40):
        with open(f"{number}", "wb") as file:
            file.write(bytes(4 * 2**20))
        answer += 1
except OSError:
    pass
for number in range(answer):
    os.remove(f"{number}")
"""

FORK = """
import os, time
children = []
try:
    for _ in range(60):
        child = os.fork()
        if child == 0:
            time.sleep(100)
            os._exit(0)
        children.append(child)
except OSError:
    pass
answer = len(children)
for child in children:
    os.kill(child, 9)
    os.waitpid(child, 0)
"""


def test_the_disk_has_an_end(box: Sandbox, plain: Trusted) -> None:
    assert 0 < seen(box, FILL_THE_DISK) <= ROOMY.disk_bytes // (4 * 2**20)
    assert seen(plain, FILL_THE_DISK) == 40


def test_the_number_of_processes_has_an_end(box: Sandbox, plain: Trusted) -> None:
    assert seen(box, FORK) == ROOMY.processes - 1
    assert seen(plain, FORK) == 60


def test_memory_has_an_end(box: Sandbox) -> None:
    assert seen(box, f"answer = len(bytearray({ROOMY.memory_bytes // 2}))") == ROOMY.memory_bytes // 2
    assert seen(box, f"answer = len(bytearray({ROOMY.memory_bytes * 2}))") == "MemoryError"


# Four processes; what they hold was either taken by each of them, or before they were born.
MEMORY_OF_FOUR = """
import os, time
taken = b"x" * {first}
pipes = [os.pipe() for _ in range(4)]
for _, writing in pipes:
    if os.fork() == 0:
        more = b"x" * {each}
        os.write(writing, b"x")
        time.sleep(100)
for reading, _ in pipes:
    os.read(reading, 1)
time.sleep(0.5)
print("all there")
"""


@pytest.mark.parametrize("user", [os.getuid(), 1000])
def test_memory_of_all_processes_together_has_an_end(user: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: user)
    with Sandbox(replace(ROOMY, together_bytes=256 * 2**20)) as sandbox:
        with sandbox.submission([DOUBLE, MEMORY_OF_FOUR.format(first=0, each=100 * 2**20)]) as submission:
            assert submission.cells[1].stopped == "out_of_memory"
            assert "want of memory" in submission.cells[1].reason
            assert doubles(submission)
        with sandbox.submission([DOUBLE, MEMORY_OF_FOUR.format(first=100 * 2**20, each=0)]) as submission:
            assert submission.cells[1].printed == "all there\n"  # what forks share counts once


# --- what it leaves behind -----------------------------------------------------------------------------------------


def test_nothing_is_left_for_the_next(box: Sandbox) -> None:
    leave = """
import builtins, json, os, sys, numpy as np
for folder in ("/tmp", "/tmp/home", "/dev/shm"):
    open(f"{folder}/left", "w").write("left")
builtins.left = np.left = sys.left = os.environ["LEFT"] = "left"
np.array_equal = json.loads = None
np.random.rand()
left = 1
"""
    look = """
import builtins, json, os, sys, numpy as np
answer = [os.listdir("/tmp"), os.listdir("/tmp/home"),
          hasattr(builtins, "left"), hasattr(np, "left"), hasattr(sys, "left"), "LEFT" in os.environ,
          np.array_equal is None, json.loads is None, "left" in globals(), np.random.rand()]
"""
    before = seen(box, look)
    with box.submission([leave]) as submission:
        assert submission.cells[0].raised is None
    assert seen(box, look) == before == [["home"], [], *[False] * 7, before[-1]]


DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(100)
    os._exit(0)
"""


def test_a_daemon_dies_with_its_submission(box: Sandbox) -> None:
    alone = len(family_of(box))
    with box.submission([DAEMON]) as submission:
        assert submission.cells[0].stopped is None
        assert len(family_of(box)) > alone + 1
    assert len(family_of(box)) == alone


def test_everything_ends_with_the_sandbox() -> None:
    for kind in (Sandbox, Trusted):
        with kind(ROOMY) as place, place.submission([DOUBLE]):
            family = family_of(place)
            folder = Path(place._server._folder.name)
            assert len(family) > 1
        _gone, alive = psutil.wait_procs(family, timeout=20)
        assert not alive
        assert not folder.exists()


@pytest.mark.parametrize("kind", ["Sandbox", "Trusted", "OtherUser"][: 2 + (os.getuid() == 0)])
def test_everything_ends_with_the_grader(kind: str, request: pytest.FixtureRequest) -> None:
    """Even where the fork server cannot hear that it is alone, and its submission never listens."""
    source = f"import sys, time\nfrom autograder.sandbox import {kind}\nwith {kind}() as box:\n"
    source += "    print(box._server._process.pid, flush=True)\n    input()\n"
    source += "    with box.submission(['while True:\\n    try:\\n        1\\n    except BaseException: pass']): pass\n"
    folder = tempfile.mkdtemp()  # which another user may pass through, as pytest's own is not
    request.addfinalizer(lambda: shutil.rmtree(folder))
    command, environment = [sys.executable, "-c", source], os.environ | {"TMPDIR": folder}
    Path(folder).chmod(0o755)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    grader = subprocess.Popen(command, **pipes, text=True, cwd=CHECKOUT, env=environment)
    request.addfinalizer(grader.kill)
    first = int(grader.stdout.readline())
    before = {process.pid for process in with_children(first)}
    grader.stdin.write("\n")
    grader.stdin.flush()
    while not (born := [process for process in with_children(first) if process.pid not in before]):
        assert grader.poll() is None
    family = [*with_children(first), *born]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # some are there for a moment only
            if process not in born and "server.main" in " ".join(process.cmdline()):
                process.suspend()
    grader.kill()
    grader.wait()
    _gone, alive = psutil.wait_procs(family, timeout=20)
    assert not alive


@pytest.mark.parametrize("place", [0, 1, 2])
def test_whatever_of_the_sandbox_is_killed_is_started_again(place: int) -> None:
    with Sandbox(ROOMY) as sandbox:
        for _ in range(2):
            with sandbox.submission([DOUBLE]) as submission:
                assert doubles(submission)
                family_of(sandbox)[place].kill()
                assert doubles(submission)
                assert doubles(submission)
