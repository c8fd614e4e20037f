"""Python for the reader's browser: Pyodide and NumPy in a folder that the book serves itself."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

from autograder.live.packages import PYTHON, Files, NoPackages, contents, fetch

# Of Pyodide's package: what a worker asks for, and its list of packages, of which we keep what describes itself.
_PYODIDE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
_LOCK = "pyodide-lock.json"
_LINKER, _SYMBOLS = "pyodide.asm.js", b"wasmImports={"

# Of NumPy: not its tests, nor what compiles or types other code.
_LEFT_OUT = (
    "/tests/",
    "/f2py/",
    "/_pyinstaller/",
    "/random/_examples/",
    "/_core/include/",
    "/_core/lib/",
    "/random/lib/",
)
_SITE = "lib/python3.12/site-packages/"


def assemble_python(folder: Path) -> None:
    """Write Pyodide, NumPy as a wheel, and a lock file that knows no other package. Raises NoPackages."""
    packages = fetch(PYTHON)
    pyodide = packages["pyodide"]
    version, wheel = numpy_wheel(packages["@emscripten-forge/numpy"])
    name = f"numpy-{version}-cp312-cp312-pyodide_2024_0_wasm32.whl"
    lock = {"info": json.loads(pyodide[_LOCK])["info"], "packages": {"numpy": _entry(version, name, wheel)}}
    folder.mkdir(parents=True)
    for file in _PYODIDE:
        (folder / file).write_bytes(with_backtrace(pyodide[file]) if file == _LINKER else pyodide[file])
    (folder / name).write_bytes(wheel)
    (folder / _LOCK).write_text(json.dumps(lock), encoding="utf-8")


def with_backtrace(script: bytes) -> bytes:
    """Pyodide's script with the one function that this NumPy asks of a system and WebAssembly lacks.

    Before NumPy computes in the room of a large array that nothing else refers to, it looks at who called: without
    `backtrace` that ends Python. Returning 0, no frame found, makes it take new room.
    """
    if script.count(_SYMBOLS) != 1:
        raise NoPackages("Pyodide lists what its libraries may call otherwise than autograder/live/python.py thinks")
    return script.replace(_SYMBOLS, _SYMBOLS + b"backtrace:()=>0,")


def numpy_wheel(package: Files) -> tuple[str, bytes]:
    """NumPy's version and its wheel, made of the conda package inside the npm package; the same bytes each time."""
    (inner,) = (content for path, content in package.items() if path.endswith(".tar.gz"))
    with tarfile.open(fileobj=io.BytesIO(inner)) as tar:
        files = {path.removeprefix(_SITE): data for path, data in contents(tar) if path.startswith(_SITE)}
    kept = {
        path: data
        for path, data in files.items()
        if not any(part in f"/{path}" for part in _LEFT_OUT) and not path.endswith((".pyi", ".a"))
    }
    (information,) = {path.split("/")[0] for path in kept if ".dist-info/" in path}
    kept[f"{information}/RECORD"] = "".join(f"{path},,\n" for path in sorted(kept)).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(kept):
            archive.writestr(zipfile.ZipInfo(path), kept[path], zipfile.ZIP_DEFLATED)
    return information.removeprefix("numpy-").removesuffix(".dist-info"), out.getvalue()


def _entry(version: str, name: str, wheel: bytes) -> dict[str, object]:
    """NumPy as Pyodide's lock file describes a package."""
    return {
        "depends": [],
        "file_name": name,
        "imports": ["numpy"],
        "install_dir": "site",
        "name": "numpy",
        "package_type": "package",
        "sha256": hashlib.sha256(wheel).hexdigest(),
        "unvendored_tests": False,
        "version": version,
    }
