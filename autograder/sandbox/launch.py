"""How the fork server is started: what of this machine it sees, and the commands that start it, confined or not."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path

ENGINE = "/engine"
PACKAGES = "/site-packages"
NOBODY = 65534

# How every fork server is started; it is to lead a process group. Standard input is a pipe of which only the grader
# holds the other end. A second process of the group, started first, reads from it, and when it closes, however the
# grader ended, kills the group: in bubblewrap the first process of the pid namespace is in it, and takes all others
# along. bubblewrap's own --die-with-parent leaves gaps: its parent may die before it has asked to die too, and its own
# child, which waits for a word from it, waits for ever if it dies first. The control socket comes as standard output,
# which the watching process does not keep; env keeps the shell's variables out of sight of what runs inside.
_CONTROL = 3
_WATCHED = f"""
exec {_CONTROL}>&1 4<&0 </dev/null >/dev/null
{{ exec {_CONTROL}>&-; read -r _ <&4; kill -s KILL 0; }} &
exec 4<&-
exec env -i "$@"
"""
_WATCH = ("/bin/sh", "-c", _WATCHED, "sh")

# The modules of ours that run inside. The package's own __init__ stays outside: it leads to everything else.
_INSIDE = (
    "exercise",
    "show",
    "pace",
    "training_loop",
    "calls",
    "sandbox/limits",
    "sandbox/frames",
    "sandbox/messages",
    "sandbox/channel",
    "sandbox/inside/shell",
    "sandbox/inside/worker",
    "sandbox/inside/server",
    "sandbox/inside/memory",
    "sandbox/inside/landlock",
    "sandbox/inside/seccomp",
    "sandbox/inside/system_calls",
    "sandbox/inside/confinement",
)
# What the course's notebooks import; what of it is installed is visible inside.
_VISIBLE = ("numpy", "IPython", "matplotlib", "scipy", "sklearn")
# In the folders with the visible packages these are covered: the course itself, and the ways to its checkout.
_COVERED = ("autograder", "solutions", "layers_by_hand-*", "*.pth", "*.egg-link", "__editable__*")

_ENVIRONMENT = {
    "HOME": "/tmp/home",
    "TMPDIR": "/tmp",
    "USER": "student",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "IPYTHONDIR": "/tmp/ipython",
    # One thread, so that the same sums give the same last digits.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_DEVICES = tuple(f"/dev/{name}" for name in ("null", "full", "random", "urandom"))  # zero, mapped, is memory uncounted
_AT_HOME = ("HOME", "TMPDIR", "MPLCONFIGDIR", "IPYTHONDIR")


def copy_engine(folder: Path) -> Path:
    """Copy the modules that run inside to `folder`/engine, readable for every user."""
    engine = folder / "engine"
    ours = Path(__file__).parent.parent
    for name in _INSIDE:
        target = engine / "autograder" / f"{name}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ours / f"{name}.py", target)
    for path in (engine, *engine.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return engine


def package_folders() -> list[str]:
    """The folders that hold the packages which submissions may import."""
    found = []
    for name in _VISIBLE:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found.append(str(Path(spec.origin).parent.parent))
    return list(dict.fromkeys(found))


def plain_command(engine: Path, home: str, settings: str) -> list[str]:
    """The fork server as an ordinary process, for submissions that are trusted or run as somebody else.

    Its environment is the sandbox's, with `home` for what lies in the sandbox's own folders.
    """
    environment = _ENVIRONMENT | dict.fromkeys(_AT_HOME, home)
    words = [f"{name}={value}" for name, value in environment.items()]
    return [*_WATCH, *words, *_python_command(str(engine), package_folders(), settings)]


def readable(confined: bool) -> list[str]:
    """What a submission needs to read, as it sees it."""
    return [*_system_paths(), *([PACKAGES] if confined else package_folders())]


def writable(folder: str) -> list[str]:
    """What it may write to: its own folder, and devices that keep nothing."""
    return [folder, *_DEVICES]


def make_home(folder: Path, user: int | None) -> str:
    """A home in `folder`: its user's own, who may then pass through the folder to it."""
    home = folder / "home"
    home.mkdir()
    if user is not None:
        folder.chmod(0o711)
        os.chown(home, user, user)
    return str(home)


def confined_command(engine: Path, settings: str) -> list[str]:
    """The fork server in bubblewrap, shown the interpreter, the packages and the engine, read-only, and no more."""
    nothing = _Nothing(engine.parent / "nothing")
    folders = {folder: f"{PACKAGES}/{number}" for number, folder in enumerate(package_folders())}
    arguments = [
        *_WATCH,
        shutil.which("bwrap") or "bwrap",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    if os.getuid() == 0:
        # Root sees all that is bound here and then becomes nobody, inside: limits on processes do not bind root.
        arguments += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        arguments += ["--unshare-user"]
    arguments += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    for path in _parents([*_system_paths(), f"{PACKAGES}/0", "/dev/null"]):  # else some are made for root alone
        arguments += ["--perms", "0755", "--dir", path]
    for path in _system_paths():
        arguments += ["--symlink", os.readlink(path), path] if os.path.islink(path) else ["--ro-bind", path, path]
    for path in _interpreter_packages():
        arguments += nothing.over(path, path)
    for folder, seen_as in folders.items():
        arguments += ["--ro-bind", folder, seen_as]
        for pattern in _COVERED:
            for found in sorted(Path(folder).glob(pattern)):
                arguments += nothing.over(str(found), f"{seen_as}/{found.name}")
    arguments += ["--ro-bind", str(engine), ENGINE, "--proc", "/proc", "--perms", "1777", "--tmpfs", "/tmp"]
    for device in _DEVICES:
        arguments += ["--dev-bind", device, device]
    arguments += ["--symlink", "/tmp", "/dev/shm", "--remount-ro", "/", "--chdir", "/tmp", "--"]
    return arguments + _python_command(ENGINE, list(folders.values()), settings)


class _Nothing:
    """An empty folder and an empty file, to be bound over what must not be seen."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder / "folder", folder / "file"
        self.folder.mkdir(parents=True, mode=0o755)
        self.file.touch(mode=0o644)

    def over(self, path: str, seen_as: str) -> list[str]:
        return ["--ro-bind", str(self.folder if os.path.isdir(path) else self.file), seen_as]


def _python_command(engine: str, packages: list[str], settings: str) -> list[str]:
    """Python without the site module, hence without .pth files, on the engine and the packages alone."""
    start = (
        f"import sys; sys.path[:0] = [{engine!r}]; sys.path += {packages!r}; "
        f"from autograder.sandbox.inside import server; server.main({_CONTROL}, {settings!r})"
    )
    return [_interpreter(), "-s", "-S", "-P", "-B", "-c", start]


def _interpreter() -> str:
    """The interpreter itself, not a virtual environment's link to it."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _system_paths() -> list[str]:
    """What the interpreter and the packages need of the system: libraries and where to find them."""
    candidates = ["/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/etc/ld.so.cache"]
    candidates += [f"{sys.base_prefix}/lib", f"{sys.base_prefix}/lib64", _interpreter()]
    return list(dict.fromkeys(path for path in candidates if os.path.exists(path)))


def _parents(paths: list[str]) -> list[str]:
    """All folders above the paths, the highest first."""
    found = {str(parent) for path in paths for parent in Path(path).parents}
    return sorted(found - {"/"} - set(paths))


def _interpreter_packages() -> list[str]:
    """The interpreter's own folders of packages, which lie below its library: what is in them is shown elsewhere."""
    stdlib = sysconfig.get_path("stdlib")
    candidates = [f"{stdlib}/site-packages", f"{stdlib}/dist-packages", "/usr/lib/python3/dist-packages"]
    return [path for path in candidates if os.path.isdir(path)]
