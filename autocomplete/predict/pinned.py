"""Offers what a person pinned: the phrase that an abbreviation stands for, and the rest of a phrase that was begun."""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice, takewhile

from autocomplete.learned.pinned import Pinned, PinnedFile
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.text.unicode import caseless

NAME = "pinned"
# How likely an abbreviation that was typed is meant: its writer chose letters that they do not need otherwise.
MEANT = 0.9
# How many letters more make a phrase that was begun as likely as not, and the fewest letters of a single word.
_DOUBTFUL, LEAST_LETTERS = 4, 3
# Words that a phrase may have been begun with, and phrases that begin alike that are looked at.
_MOST_WORDS, _MOST_ALIKE = 32, 20
# What may stand before a phrase besides a space.
_OPENING = frozenset("([{\"'“‘„«‹¿¡–—")


class PinnedPhrases:
    """Finds what was pinned where a text ends.

    Args:
        file: Where it is written.
    """

    def __init__(self, file: PinnedFile) -> None:
        self.file = file
        self._read: Pinned | None = None
        self._short: dict[str, str] = {}
        self._sorted: list[tuple[str, str]] = []
        self._longest = 0

    def offers(self, text: str, *, mode: Mode, forbidden: Collection[str]) -> list[Suggestion]:
        """What was pinned and may be meant at the end of a text, surest first; often nothing.

        Args:
            text: What was typed before the cursor.
            mode: Which readings.
            forbidden: Words, `caseless`, that must not occur.
        """
        self._read_again()
        found = [*self._written_out(text, mode), *self._begun(text, mode)]
        return [item for item in found if not _holds(item.text, forbidden)]

    def _read_again(self) -> None:
        pinned = self.file.read()
        if pinned is not self._read:
            self._read = pinned
            self._short = {caseless(short): phrase for short, phrase in pinned.abbreviations.items()}
            self._sorted = sorted((caseless(phrase), phrase) for phrase in pinned.phrases)
            self._longest = max(map(len, (*self._short, *pinned.phrases)), default=0)

    def _written_out(self, text: str, mode: Mode) -> Iterator[Suggestion]:
        """What the abbreviation at the end stands for, with a capital where it was typed with one."""
        start = next(_starts(text, self._longest), None)
        if start is None or mode == "next" or text[-1].isspace() or self._read is None:
            return
        typed = text[start:]
        phrase = self._read.abbreviations.get(typed)
        if phrase is None:
            phrase = self._short.get(caseless(typed), "")
            phrase = phrase[:1].upper() + phrase[1:] if typed[0].isupper() else phrase
        if phrase and phrase != typed:
            yield _suggestion(text, len(typed), phrase, probability=MEANT)

    def _begun(self, text: str, mode: Mode) -> Iterator[Suggestion]:
        """The phrases that the end of the text begins: with two words, or with three letters of one."""
        if mode == ("complete" if text[-1:].isspace() else "next"):
            return
        for start in reversed(list(islice(_starts(text, self._longest), _MOST_WORDS))):
            begun = text[start:]
            letters = len("".join(begun.split()))
            if letters < LEAST_LETTERS and len(begun.split()) < 2:
                continue
            phrases = self._beginning_with(begun)
            for phrase in phrases:
                chance = letters / (letters + _DOUBTFUL) / len(phrases)
                yield _suggestion(text, len(begun), phrase, probability=chance)
            if phrases:
                return

    def _beginning_with(self, begun: str) -> list[str]:
        """The phrases that begin so, whatever the case, and go on."""
        folded = caseless(begun)
        place = bisect_left(self._sorted, (folded, ""))
        alike = takewhile(lambda pair: pair[0].startswith(folded), islice(self._sorted, place, place + _MOST_ALIKE))
        return [phrase for known, phrase in alike if known != folded]


def with_pinned(pinned: list[Suggestion], others: list[Suggestion]) -> list[Suggestion]:
    """Suggestions with those that were pinned; the others share what these leave."""
    sure = sum(item.probability for item in pinned)
    scale = 1.0 / sure if sure > 1.0 else 1.0
    left = max(0.0, 1.0 - sure)
    changes = {(item.replace, item.insert) for item in pinned}
    scaled = [replace(item, probability=scale * item.probability) for item in pinned]
    return scaled + [
        replace(item, probability=left * item.probability)
        for item in others
        if (item.replace, item.insert) not in changes
    ]


def _suggestion(text: str, typed: int, phrase: str, *, probability: float) -> Suggestion:
    """A phrase in the place of the last characters of a text; behind a space only what is missing of it."""
    begun = text[len(text) - typed :]
    ends = begun[-1].isspace()
    kept = typed if ends and phrase.startswith(begun) else 0
    return Suggestion.applied(
        text,
        text=phrase[kept:],
        kind="next" if ends else "complete",
        replace=typed - kept,
        insert=phrase[kept:],
        probability=probability,
        experts={NAME: 1.0},
    )


def _starts(text: str, most: int) -> Iterator[int]:
    """Where words begin in the last characters of a text, `most` at most, last first."""
    for place in range(len(text) - 1, max(-1, len(text) - 1 - most), -1):
        before = text[place - 1 : place]
        if not text[place].isspace() and (place == 0 or before.isspace() or before in _OPENING):
            yield place


def _holds(phrase: str, forbidden: Collection[str]) -> bool:
    """Whether a phrase has one of some words."""
    return bool(forbidden) and any(
        word in forbidden or word.strip(".,;:!?()\"'“”’") in forbidden for word in caseless(phrase).split()
    )
