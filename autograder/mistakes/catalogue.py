"""How a wrong answer is entered: a function under a telling name, and the sentence that the student reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.exercise import Mistake


class Catalogue:
    """The mistakes of one chapter, in the order in which they are tried: the more telling diagnosis first."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def wrong(self, exercise: str, sentence: str, **beside: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
        """Enter the decorated function as a wrong `exercise`, under its own name.

        `beside` gives other functions of the same wrong answer, where it needs them (a forward whose cache fits).
        """

        def enter(function: Callable[..., Any]) -> Callable[..., Any]:
            self.mistakes.append(Mistake(f"{exercise}.{function.__name__}", sentence, {exercise: function, **beside}))
            return function

        return enter
