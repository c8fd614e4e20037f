"""The author's subcommands: build, book."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder import registry
from autograder.cli.commands import Commands, add


def register(commands: Commands) -> None:
    """Enter build and book."""
    build = add(
        commands,
        "build",
        _build,
        "write the derived files",
        """
        Write what is made from other files: the stub notebooks, the book's exercise blocks, and the answer data that
        local checks read. A missing or stray half of an exercise stops it, with a line that names it and the mend.

        example:
          autograder build
        """,
    )
    build.add_argument(
        "--check", action="store_true", help="write nothing; say what is stale or missing, exit code 1 if anything is"
    )
    book = add(
        commands,
        "book",
        _book,
        "build the book",
        """
        Build the book's pages; every warning is an error. With --pdf and --epub the whole book is made into one file
        besides, from the same pages; with --bundle all notebooks lie beside the pages, with the checks, in one zip. The
        pages offer for download what was made.

        examples:
          autograder book --serve
          autograder book --pdf --epub
        """,
        extra="book",
    )
    book.add_argument("--serve", action="store_true", help="then show the pages on this machine until Ctrl-C")
    book.add_argument("--pdf", action="store_true", help="also the book as one PDF, printed by Chromium")
    book.add_argument("--epub", action="store_true", help="also the book as an EPUB, for e-readers")
    book.add_argument(
        "--bundle", action="store_true", help="also the students' bundle, as `autograder release` packs it"
    )
    book.add_argument(
        "--publish", action="store_true", help="for a public site: Python comes from the address in book/_config.yml"
    )


def _build(options: argparse.Namespace) -> int:
    from autograder import answer_data
    from autograder.build import build, stale

    if options.check:
        faults = stale()
        for fault in faults:
            print(fault, file=sys.stderr)
        if not faults:
            print("every derived file is fresh")
        return 1 if faults else 0
    written = build()
    written += [path for chapter in registry.CHAPTERS if (path := answer_data.build(chapter)) is not None]
    for path in written:
        print(f"wrote {path}")
    if not written:
        print("every derived file is fresh")
    return 0


def _book(options: argparse.Namespace) -> int:
    from autograder.book import KINDS, NAME, build_book, serve_folder

    kinds = [kind for kind in KINDS if getattr(options, kind)]
    with TemporaryDirectory() as folder:
        bundle = _bundle(Path(folder) / "course") if options.bundle else None
        front = build_book(publish=options.publish, editions=kinds, bundle=bundle)
    print(f"book: {front}")
    for kind in kinds:
        print(f"{kind.upper()}: {front.parent.parent / f'{NAME}.{kind}'}")
    if bundle:
        print(f"bundle: {front.parent / bundle.name}")
    if options.serve:
        serve_folder(front.parent)
    return 0


def _bundle(folder: Path) -> Path:
    """The students' bundle of all chapters, from a course made for it in `folder`."""
    from autograder.grading import course, release

    course.new(folder)
    return release.release(course.open_course(folder)).bundle
