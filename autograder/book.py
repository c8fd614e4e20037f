"""Build the book and show it: what `autograder book` does. The pages are built as strictly as can be."""

from __future__ import annotations

import functools
import hashlib
import http.server
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from autograder.editions.epub import repack
from autograder.editions.unavailable import Unavailable
from autograder.live.assemble import VARIABLE, assemble
from autograder.live.packages import NoPackages

ROOT = Path(__file__).parent.parent
# A warning is a fault: -n minds broken references, -W fails, --keep-going goes on to tell all that is wrong.
STRICT = ("-n", "-W", "--keep-going")
JUPYTER_BOOK = (sys.executable, "-c", "from jupyter_book.cli.main import main; main()")
# What the outputs of the pages' cells depend on beside the pages themselves.
SHARED = ("_config.yml", "*.py", "_extensions/*.py", "../solutions/**/*.py", "../autograder/checks/training_data.py")
# The book as one file, and the variable that names the files beside the pages to their sidebar (_extensions/ebook.py).
NAME = "layers-by-hand"
KINDS = ("pdf", "epub")
OFFERED = "LAYERS_BY_HAND_FILES"

# What a reader types is kept by the browser for the address with its port, so each time it is the same one.
PORT = 8421
_PORTS_TRIED = 10

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_RAN = re.compile(r"(\S+): Executed notebook in ([\d.]+) seconds")
_COMPLAINT = re.compile(r"WARNING: |ERROR: |^\w*(Error|Exception|Interrupt)\b|^(Configuration|Extension) error")


class BookError(RuntimeError):
    """The book cannot be built; the message is one line that names the fault and the mend."""


def build_book(
    out: Path | None = None,
    root: Path = ROOT,
    publish: bool = False,
    editions: Sequence[str] = (),
    bundle: Path | None = None,
) -> Path:
    """Build the book of the course in `root` and return its front page, `_build/html/index.html` in `out`.

    `out` is `book/` unless it says otherwise. `editions` are the KINDS of file that the whole book is made into
    besides, `_build/layers-by-hand.pdf` in `out`; the pages offer them, and the students' `bundle`, for download. With
    `publish` the pages get Python from where `_config.yml` says, and not from beside them. Where the build fails, its
    own warnings go to standard error and BookError is raised.
    """
    source = root / "book"
    if importlib.util.find_spec("jupyter_book") is None:
        raise BookError("jupyter-book is not installed: get it with `uv sync --extra book`")
    if not (source / "_toc.yml").is_file():
        raise BookError(f"there is no book in {root}: run this in a copy of the course's repository")
    missing = missing_files(source)
    if missing:
        raise BookError(f"missing: {', '.join(missing)}; write the derived files with `autograder build`")
    if "pdf" in editions:
        _ask_for_chromium()
    out = source if out is None else out
    build = out / "_build"
    _forget_stale_outputs(source, build)
    shutil.rmtree(build / "html", ignore_errors=True)
    said = (
        "building the book: pages that are new or changed are run, all of them the first time, which takes some minutes"
    )
    print(said, file=sys.stderr, flush=True)
    offered = [f"{NAME}.{kind}" for kind in editions] + ([bundle.name] if bundle else [])
    # Without --all a page that has not changed is not read, so a second build would be silent about what made the first
    # one fail; the outputs of cells are kept all the same.
    _jupyter_book(out, source, ["--all"], _live(build / "live", source, publish) | {OFFERED: " ".join(offered)})
    front = build / "html" / "index.html"
    files = [make_pdf(source, build) if kind == "pdf" else make_epub(source, build) for kind in editions]
    for file in [*files, *([bundle] if bundle else [])]:
        shutil.copyfile(file, front.parent / file.name)
    return front


def make_pdf(source: Path, build: Path, names: Sequence[str] = ()) -> Path:
    """Print the built pages, or those of these names, as one PDF, `layers-by-hand.pdf` in `build`."""
    import matplotlib as mpl

    from autograder.editions.joined import joined
    from autograder.editions.pdf import print_pdf

    site, pdf = build / "html", build / f"{NAME}.pdf"
    print("printing the book as a PDF", file=sys.stderr, flush=True)
    edition = version("layers-by-hand")
    front = _text(source / "_print" / "front.html").format(edition=edition)
    names = names or [page.stem for page in pages(source)]
    folders = {"fonts/": Path(mpl.get_data_path()) / "fonts" / "ttf", "": site}
    about = {
        "/Title": f"Layers by Hand, edition {edition}",
        "/Author": "The authors of Layers by Hand",
        "/Creator": "autograder book",
        "/Subject": "Every layer of a neural network in NumPy, forward and backward",
    }
    try:
        print_pdf(joined(site, names, front, _text(source / "_print" / "paper.css")), folders, pdf, about)
    except ValueError as fault:
        raise BookError(str(fault)) from None
    return pdf


def make_epub(source: Path, build: Path) -> Path:
    """Pack the pages as an EPUB, `layers-by-hand.epub` in `build`: written anew from what the pages' build has read."""
    print("packing the book as an EPUB", file=sys.stderr, flush=True)
    shutil.rmtree(build / "epub", ignore_errors=True)
    _jupyter_book(build.parent, source, ["--builder", "custom", "--custom-builder", "epub"], {})
    epub = build / f"{NAME}.epub"
    repack(build / "epub" / epub.name, epub)
    return epub


def _jupyter_book(out: Path, source: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Build, strictly, and tell of each page whose code was run. Raises BookError, its complaints on standard error."""
    command = [*JUPYTER_BOOK, "build", *STRICT, *arguments, "--path-output", str(out), str(source)]
    log: list[str] = []
    with subprocess.Popen(
        command,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            log.append(line)
            ran = _RAN.search(_COLOURS.sub("", line))
            if ran:
                print(f"  {Path(ran[1]).stem}: ran in {float(ran[2]):.0f} s", file=sys.stderr, flush=True)
    if process.returncode != 0:
        print("\n".join(complaints_in("".join(log))), file=sys.stderr)
        raise BookError("the book did not build: mend what the lines above name, then build again")


def pages(source: Path) -> list[Path]:
    """The sources of the pages that the table of contents names, in its order."""
    contents = (source / "_toc.yml").read_text(encoding="utf-8")
    return [source / f"{name}.md" for name in re.findall(r"^[\s-]*(?:root|file): *(\S+)", contents, re.MULTILINE)]


def missing_files(source: Path) -> list[str]:
    """What the pages include or offer for download and what is not there, the pages themselves among it."""
    missing = []
    for page in pages(source):
        text = _text(page)
        included = [page.parent / name for name in re.findall(r"^```\{include\} *(\S+)", text, re.MULTILINE)]
        offered = re.findall(r"\{download\}`[^`<]*<([^>`]+)>`", text + "".join(map(_text, included)))
        needed = [page, *included, *(page.parent / name for name in offered)]
        missing += [path.resolve() for path in needed if not path.is_file()]
    return [str(path.relative_to(source.parent.resolve())) for path in dict.fromkeys(missing)]


def complaints_in(log: str) -> Sequence[str]:
    """The lines of a build's log that say what is wrong; the end of the log where no line does."""
    lines = [_COLOURS.sub("", line).rstrip() for line in log.splitlines()]
    lines = [line for line in lines if line and "[IPKernelApp]" not in line]
    return list(dict.fromkeys(line for line in lines if _COMPLAINT.search(line))) or lines[-10:]


def serve_folder(folder: Path) -> None:
    """Serve `folder` on loopback until Ctrl-C, at PORT, or where that is taken at the next free one."""
    with _bound(functools.partial(_QuietHandler, directory=str(folder))) as server:
        try:
            print(f"The book is at http://127.0.0.1:{server.server_port}/ until you press Ctrl-C.", flush=True)
            if server.server_port != PORT:
                print(_ELSEWHERE, flush=True)
            server.serve_forever()
        except KeyboardInterrupt:
            print()


_ELSEWHERE = (
    f"Something else listens at port {PORT}, perhaps this book in another terminal. Your browser keeps what you type "
    f"for each address apart: Export and Import, under the contents, take it from one to the other."
)


class _Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers have one port
    daemon_threads = True


def _bound(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> _Server:
    """A server at the first port that is free; a port of the system's choice where none of ours is."""
    for port in range(PORT, PORT + _PORTS_TRIED):
        try:
            return _Server(("127.0.0.1", port), handler)
        except OSError:
            continue
    return _Server(("127.0.0.1", 0), handler)


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing of each request."""


def _live(folder: Path, source: Path, publish: bool) -> dict[str, str]:
    """Assemble what makes the pages' code live. Where the packages cannot be had, the book is built without."""
    elsewhere = publish and re.search(r"^ *live_python: *http", _text(source / "_config.yml"), re.MULTILINE)
    try:
        assemble(folder, python=not elsewhere)
    except NoPackages as missing:
        if publish:
            raise BookError(f"{missing}; a book that is published has to have them") from None
        print(f"{missing}: the book is built without Run and Check in its pages", file=sys.stderr)
        return {}
    return {VARIABLE: str(folder)}


def _ask_for_chromium() -> None:
    from autograder.editions.pdf import find_chromium

    try:
        find_chromium()
    except Unavailable as missing:
        raise BookError(str(missing)) from None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _forget_stale_outputs(source: Path, build: Path) -> None:
    """Start from nothing when something has changed that the outputs depend on and jupyter-book does not watch."""
    watched = sorted(path for pattern in SHARED for path in source.glob(pattern))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in watched)).hexdigest()
    note = build / "built-with"
    if not note.is_file() or note.read_text(encoding="utf-8") != digest:
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir(parents=True)
        note.write_text(digest, encoding="utf-8")
