"""What Sphinx and matplotlib leave undone in an EPUB, done while it is packed: epubcheck has no complaint then."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_DOCTYPE = re.compile(r"<!DOCTYPE svg[^>]*>")
_EMPTY_PATH = re.compile(r"<path(?![^>]*\bd=)([^>]*)/>")
_NAMED_IMAGE = re.compile(r'(<image\b[^>]*?)\s+id="[^"]*"')
_IDENTIFIER = re.compile(r'<dc:identifier id="(\w+)">([^<]+)<')


def repack(made: Path, epub: Path) -> None:
    """Copy an EPUB, in its order: figures, the package's list of files and the old table of contents mended."""
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(epub, "w") as target:
        package = source.read("content.opf").decode()
        formulas = {name for name in source.namelist() if name.endswith(".xhtml") and b"<math" in source.read(name)}
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith(".svg"):
                data = plain_figure(data.decode()).encode()
            elif entry.filename == "content.opf":
                data = with_formulas_declared(package, formulas).encode()
            elif entry.filename == "toc.ncx" and (named := _IDENTIFIER.search(package)):
                data = data.replace(f'content="{named[1]}"'.encode(), f'content="{named[2]}"'.encode())
            target.writestr(entry, data)


def plain_figure(svg: str) -> str:
    """A figure without an outside document type and without names given twice; a blank's path says that it is empty."""
    return _NAMED_IMAGE.sub(r"\1", _EMPTY_PATH.sub(r'<path d="M0 0"\1/>', _DOCTYPE.sub("", svg)))


def with_formulas_declared(package: str, names: set[str]) -> str:
    """The package's list of files, which has to say in which of them there is MathML."""
    return re.sub(
        r'<item (?=[^>]*href="([^"]+)")',
        lambda item: '<item properties="mathml" ' if item[1] in names else item[0],
        package,
    )
