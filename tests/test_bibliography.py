"""The references: each can be found by whoever reads it, and none stands twice."""

from __future__ import annotations

import re

from pybtex.database import parse_file

from autograder.book import ROOT, pages

ENTRIES = parse_file(ROOT / "book" / "references.bib").entries


def test_every_reference_has_a_doi_an_address_or_an_isbn() -> None:
    for key, entry in ENTRIES.items():
        assert {"doi", "url", "isbn"} & set(entry.fields), key
        assert re.fullmatch(r"10\.\d{4,5}/\S+", entry.fields.get("doi", "10.1234/none")), key
        assert re.match(r"https?://", entry.fields.get("url", "https://")), key
        assert re.fullmatch(r"\d{4}", entry.fields["year"]), key


def test_no_work_stands_twice() -> None:
    titles = [re.sub(r"\W", "", entry.fields["title"]).lower() for entry in ENTRIES.values()]
    assert len(titles) == len(set(titles))


def test_every_reference_is_cited() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in pages(ROOT / "book"))
    cited = {key for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", text) for key in re.split(r"\s*,\s*", keys)}
    assert cited == set(ENTRIES)
