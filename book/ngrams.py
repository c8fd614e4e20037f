"""Character models that count: what stands after the last n - 1 characters, smoothed by interpolated Kneser-Ney."""

from __future__ import annotations

import math
from collections import Counter, defaultdict


class NGrams:
    """The interpolated Kneser-Ney model of order n over characters.

        p(c | context) = max(count(context c) - d, 0) / count(context) + d * kinds(context) / count(context) * p'(c)

    where kinds(context) is how many different characters were seen after it, and p' is the model of the context without
    its first character. Below the highest order, count(context c) is not how often it was seen but after how many
    different characters; below the lowest, every character of the vocabulary is as likely as any other. A context that
    was never seen says nothing, and leaves all to p'. Each order's d is n1 / (n1 + 2 n2), from how many of its entries
    are counted once and twice.

    Source:
        Chen & Goodman, An empirical study of smoothing techniques for language modeling (1999), section 2.7.
    """

    def __init__(self, order: int, text: str, vocabulary_size: int) -> None:
        if order < 1:
            raise ValueError(f"the order must be at least 1, not {order}")
        self.order, self.vocabulary_size = order, vocabulary_size
        self._tables = [_Table(_counts(text, length, length == order)) for length in range(1, order + 1)]

    @property
    def parameters(self) -> int:
        """How many counts are kept."""
        return sum(len(table.counts) for table in self._tables)

    def probability(self, context: str, character: str) -> float:
        found = 1 / self.vocabulary_size
        for length, table in enumerate(self._tables):
            if length > len(context):
                break
            found = table.probability(context[len(context) - length :], character, found)
        return found

    def bits_per_character(self, text: str) -> float:
        """The mean of -log2 p over the characters of a text, each after those before it."""
        reach = self.order - 1
        total = sum(
            -math.log2(self.probability(text[max(0, place - reach) : place], character))
            for place, character in enumerate(text)
        )
        return total / len(text)


class _Table:
    """The counts of one order, and of every context their sum and how many there are."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self.sums: defaultdict[str, int] = defaultdict(int)
        self.kinds: defaultdict[str, int] = defaultdict(int)
        for gram, count in counts.items():
            self.sums[gram[:-1]] += count
            self.kinds[gram[:-1]] += 1
        once, twice = (sum(count == times for count in counts.values()) for times in (1, 2))
        self.discount = once / (once + 2 * twice) if once else 0.5

    def probability(self, context: str, character: str, lower: float) -> float:
        if context not in self.sums:
            return lower
        own = max(self.counts[context + character] - self.discount, 0)
        return (own + self.discount * self.kinds[context] * lower) / self.sums[context]


def _counts(text: str, length: int, highest: bool) -> Counter[str]:
    """Of the highest order how often each gram is seen; of the others, after how many different characters."""
    if highest:
        return Counter(text[start : start + length] for start in range(len(text) - length + 1))
    longer = {text[start : start + length + 1] for start in range(len(text) - length)}
    return Counter(gram[1:] for gram in longer)
