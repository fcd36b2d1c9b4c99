"""Completers of a few words, and one that knows none."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from autocomplete.predict.suggestion import Kind, Mode, Suggestion

# Most frequent first; cases mixed, one word beginning another, and a mark that takes the space away.
FREQUENT = "the , of The and to don't a in OF that is I it for then there their on with as he THE it's rain Rain x-ray"
WORDS = FREQUENT.split(" ")


def last_word(typed: str) -> str:
    """The letters, digits, apostrophes and hyphens at the end."""
    start = len(typed)
    while start and (typed[start - 1].isalnum() or typed[start - 1] in "'-"):
        start -= 1
    return typed[start:]


@dataclass
class WordList:
    """Suggests from a list, always in the same order, whatever stood before."""

    words: Sequence[str] = field(default_factory=lambda: list(WORDS))

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        tail = last_word(text) if mode == "complete" else ""
        found: list[Suggestion] = []
        for word in self.ordered(text):
            if not word.casefold().startswith(tail.casefold()) or word == tail:
                continue
            kind: Kind = "complete" if tail else "next"
            replace = len(text) - len(text.rstrip(" ")) if word == "," else len(tail)
            probability = 0.5 ** (len(found) + 1)
            result = text[: len(text) - replace] + word
            found.append(Suggestion(word, kind, replace, word, result, probability, experts={}))
        return found[:k]

    def ordered(self, text: str) -> Sequence[str]:
        return self.words


@dataclass
class Fickle(WordList):
    """The same words, in another order at each position."""

    seed: int = 0

    def ordered(self, text: str) -> Sequence[str]:
        words = list(self.words)
        random.Random(f"{self.seed} {text}").shuffle(words)
        return words


class Nothing:
    """Suggests nothing."""

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        return []
