"""The models that count: a hand-counted text, probabilities that sum to 1, and texts whose bits are known."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
from ngrams import NGrams


def test_a_text_counted_by_hand() -> None:
    # In "aaabab" stand aa twice, ab twice, ba once: the discount is 1 / (1 + 2 * 2) = 1/5. Before an a stand a and b,
    # before a b only a: counts 2 and 1, discount 1 / (1 + 2) = 1/3. A c was never seen.
    single = {
        "a": Fraction(5, 9) + Fraction(2, 27),
        "b": Fraction(2, 9) + Fraction(2, 27),
        "c": Fraction(2, 27),
    }
    model = NGrams(2, "aaabab", 3)
    for character, lower in single.items():
        seen_after = {
            "": lower,
            "a": (2 - Fraction(1, 5) if character in "ab" else 0) / Fraction(4)
            + Fraction(1, 5) * Fraction(2, 4) * lower,
            "b": (1 - Fraction(1, 5) if character == "a" else 0) + Fraction(1, 5) * lower,
            "c": lower,  # nothing is known of what follows it
        }
        for context, expected in seen_after.items():
            assert model.probability(context, character) == pytest.approx(float(expected), rel=1e-12), (
                context,
                character,
            )
    assert model.parameters == 5


def test_a_text_of_one_order_is_counted_as_it_stands() -> None:
    # a thrice, b once: discount 1 / 1 = 1, and what it takes from both is shared among four.
    model = NGrams(1, "aaab", 4)
    assert [model.probability("", character) for character in "abcd"] == pytest.approx([5 / 8, 1 / 8, 1 / 8, 1 / 8])


@pytest.mark.parametrize("order", range(1, 6))
def test_probabilities_sum_to_one_after_any_context(order: int) -> None:
    rng = np.random.default_rng(order)
    characters = "abcdef"
    text = "".join(rng.choice(list(characters), 400, p=[0.4, 0.3, 0.15, 0.1, 0.05, 0.0]))
    model = NGrams(order, text, len(characters))
    contexts = ["", *characters, *(text[start : start + order - 1] for start in range(0, 300, 17)), "f" * (order - 1)]
    for context in contexts:
        found = [model.probability(context[-(order - 1) :] if order > 1 else "", character) for character in characters]
        assert min(found) > 0
        assert math.fsum(found) == pytest.approx(1, abs=1e-12)


def de_bruijn(characters: str, length: int) -> str:
    """A text in which each gram of this length stands exactly once (Fredricksen & Maiorana 1978)."""
    necklaces = (
        "".join(word)
        for word in product(characters, repeat=length)
        if all(word <= word[turn:] + word[:turn] for turn in range(length))
    )
    whole = "".join(_root(word) for word in necklaces)
    return whole + whole[: length - 1]


def _root(word: str) -> str:
    return next(word[:size] for size in range(1, len(word) + 1) if word[:size] * (len(word) // size) == word)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_where_all_is_equally_frequent_it_takes_log2_of_the_vocabulary(order: int) -> None:
    text = de_bruijn("abcde", order)
    assert len({text[start : start + order] for start in range(len(text) - order + 1)}) == 5**order
    model = NGrams(order, text, 5)
    assert model.bits_per_character("abacadaebbcdeeddc" * 3) == pytest.approx(math.log2(5), rel=1e-12)


def test_a_text_that_repeats_itself_takes_hardly_a_bit() -> None:
    text = "the dog " * 500
    bits = [NGrams(order, text, 20).bits_per_character(text[:800]) for order in (1, 2, 3)]
    assert bits[0] > 2
    assert bits[0] > bits[1]
    assert bits[2] < 0.02


def test_bits_are_the_mean_over_the_characters_each_after_those_before_it() -> None:
    model = NGrams(3, "abracadabra abracadabra", 7)
    text = "cabra"
    each = [model.probability(text[max(0, place - 2) : place], text[place]) for place in range(len(text))]
    assert model.bits_per_character(text) == pytest.approx(-math.log2(math.prod(each)) / 5)


def test_an_order_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, not 0"):
        NGrams(0, "abc", 3)
