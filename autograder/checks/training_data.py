"""What the networks of the last chapter learn from: handwritten digits, and the text of the Python language reference.

Both lie on the machine already. The digits are the 1,797 of scikit-learn (the test part of E. Alpaydin & C. Kaynak's
Optical Recognition of Handwritten Digits, 1998, CC BY 4.0); the text comes with every CPython as `pydoc_data.topics`,
under the PSF's licence. Of each a part is kept aside, always the same, and no network is trained on it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np

_HELD_OUT_DIGITS = 400
_BLOCK = 40  # paragraphs that stay together; of every ten blocks of text, one is held out
_TABLE = re.compile(r"\s*[+|]")
_UNDERLINE = re.compile(r"([*=~^-])\1{2,}")
_PLAIN = {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."}


class Digits(NamedTuple):
    """Images (N, 1, 8, 8) with grey values from 0 to 1, and the digit of each."""

    images: np.ndarray
    labels: np.ndarray
    held_out_images: np.ndarray
    held_out_labels: np.ndarray


class Text(NamedTuple):
    """Two texts and the characters that occur in them; a character's token is its place among these."""

    train: str
    held_out: str
    characters: str

    def tokens(self, text: str) -> np.ndarray:
        places = {character: place for place, character in enumerate(self.characters)}
        return np.array([places[character] for character in text], np.int64)

    def text(self, tokens: np.ndarray) -> str:
        return "".join(self.characters[token] for token in tokens)


@cache
def digits() -> Digits:
    """The digits, in an order drawn once and for all: as they lie there, one writer follows another."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.default_rng(1998).permutation(len(bunch.target))
    images, labels = bunch.images[order, None] / 16, bunch.target[order]
    kept = slice(len(labels) - _HELD_OUT_DIGITS, None)
    return Digits(images[: kept.start], labels[: kept.start], images[kept], labels[kept])


@cache
def text() -> Text:
    """The language reference's English and code, without tables, underlines and what stands there twice."""
    from pydoc_data.topics import topics

    paragraphs: dict[str, None] = {}
    for name in sorted(topics):
        for paragraph in re.split(r"\n\s*\n", topics[name]):
            paragraphs[_cleaned(paragraph)] = None
    kept = [paragraph for paragraph in paragraphs if len(paragraph) > 1]
    blocks = [kept[start : start + _BLOCK] for start in range(0, len(kept), _BLOCK)]
    train, held_out = (
        "\n\n".join(
            paragraph for number, block in enumerate(blocks) if (number % 10 == 9) is aside for paragraph in block
        )
        for aside in (False, True)
    )
    return Text(train, held_out, "".join(sorted(set(train + held_out))))


def _cleaned(paragraph: str) -> str:
    lines = [line for line in paragraph.splitlines() if not _TABLE.match(line) and not _UNDERLINE.search(line)]
    plain = "".join(_PLAIN.get(character, character) for character in "\n".join(lines))
    return plain.encode("ascii", "ignore").decode().strip("\n")
