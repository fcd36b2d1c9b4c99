"""Words that were hyphenated over a line's end: whole again, where the hyphen was the typesetter's.

Which hyphens were is told by the rest of the text: between `experi-` and `ment` there is none where `experiment` occurs
more often than `experi-ment`, or neither does. Until all of the text was read, the token holds a soft hyphen in that
place, and no token holds one for any other reason.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import Int64Array
from autocomplete.text.syntax import Syntax
from autocomplete.text.unicode import SOFT_HYPHEN, composed, composed_as_set

# Behind the hyphen of what is left out and follows later, as in `Vor- und Nachteile`, these words stand by themselves.
_SUSPENDING = frozenset(
    ["and", "bis", "bzw", "ed", "eller", "en", "et", "nor", "och", "od", "oder", "of", "og", "or", "ou", "sowie", "to",
     "und"]
)  # fmt: skip
# French hyphenates these to the word before, and begins no second half of a word with a vowel.
_CLITICS = frozenset(
    ["ci", "elle", "elles", "il", "ils", "je", "leur", "lui", "là", "moi", "même", "mêmes", "nous", "on", "toi", "tu",
     "vous", "être"]
)  # fmt: skip
# What may stand in an address or a path, whose hyphens are its own.
_ADDRESS = frozenset("/\\@:=_&#")
_HYPHEN = "\u2010"
# No half of a word is longer.
_LONGEST = 64
_LEAST = 2  # letters of either half


class Joint(NamedTuple):
    """Where a word goes on over a line's end.

    Attributes:
        start: Where its hyphen stands.
        stop: Where its second half begins.
        mark: What stands between the halves: a hyphen, nothing, or a soft hyphen where that is open.
    """

    start: int
    stop: int
    mark: str


def joints(text: str, *, prose: bool, settled: bool = False) -> list[Joint]:
    """Find the words that go on over a line's end.

    Args:
        text: Any.
        prose: Whether its lines are wrapped wherever they are full; else a capital begins something new.
        settled: Whether nothing stays open: as long as nothing is known of the text, a word is rather whole.
    """
    is_plain = SOFT_HYPHEN not in text and _HYPHEN not in text
    ends = (_plain_line_end() if is_plain else _line_end()).finditer(text)
    found = ((match, _mark(text, match, prose=prose, settled=settled)) for match in ends)
    return [Joint(*match.span(), mark) for match, mark in found if mark is not None]


def unbroken(text: str, joined: Sequence[Joint]) -> str:
    """Return a text with words that its lines' ends cut on one line, and without any other soft hyphen."""
    if not joined and SOFT_HYPHEN not in text:
        return text
    parts, place = [], 0
    for start, stop, mark in joined:
        parts += [text[place:start].replace(SOFT_HYPHEN, ""), mark]
        place = stop
    return "".join([*parts, text[place:].replace(SOFT_HYPHEN, "")])


def unwrapped(paragraph: str, *, typeset: bool) -> str:
    """Return a wrapped paragraph in one line, but for the ends of lines in words whose hyphen may be theirs or not.

    A tokenizer of the lines joins those, and the rest of the text tells how.

    Args:
        paragraph: Lines.
        typeset: Whether words were hyphenated; else their hyphens are all theirs, and only wrapped at.
    """
    found = joints(f"{paragraph}\n", prose=True)
    if not typeset:
        found = [joint._replace(mark=joint.mark and "-") for joint in found]
    whole = unbroken(paragraph, found)
    return whole.replace("\n", " ").replace(SOFT_HYPHEN, "-\n")


def goes_on(line: str, following: str) -> bool:
    """Whether a line ends within a word that goes on in the line behind, where a capital begins something new."""
    return ends_hyphenated(line) and bool(joints(f"{line}\n{following}\n", prose=False))


def as_typed(text: str, syntax: Syntax = "prose") -> str:
    """Return a text as somebody types it: letters that keys have, and words that no line's end cuts; else as it is."""
    if syntax != "prose":
        return composed_as_set(text)
    return composed(unbroken(text, joints(text, prose=False, settled=True)))


def ends_hyphenated(text: str) -> bool:
    """Whether a text ends in what may be a hyphen at a line's end."""
    return text.rstrip(" \t\r").endswith(("-", _HYPHEN, SOFT_HYPHEN))


def spelled(token: str, count: Callable[[str], int] | None = None) -> str:
    """Return a token without soft hyphens: the word as the text writes it, or most likely would.

    Args:
        token: Any.
        count: How often the text has a word.
    """
    if SOFT_HYPHEN not in token:
        return token
    whole, hyphenated = _forms(token)
    counts = (0, 0) if count is None else (count(whole), count(hyphenated))
    if any(counts):
        return whole if counts[0] > counts[1] else hyphenated
    return hyphenated if token.rpartition(SOFT_HYPHEN)[2].casefold() in _CLITICS else whole


def respelled(types: Sequence[str], sums: Int64Array) -> tuple[list[str], Int64Array]:
    """Add what is known of tokens with soft hyphens to that of the words which they are.

    Args:
        types: Distinct tokens.
        sums: Of each type how often it occurs, and other counts, (counts, types).
    """
    if SOFT_HYPHEN not in "".join(types):
        return list(types), sums
    counts = Counter(dict(zip(types, sums[0].tolist(), strict=True)))
    found = {token: spelled(token, counts.__getitem__) for token in types if SOFT_HYPHEN in token}
    for token, word in found.items():
        counts[word] += counts[token]
    while turned := [token for token, word in found.items() if _turns(token, word, counts)]:
        for token in turned:  # what other lines' ends made of the same word tells too
            counts[found[token]] -= counts[token]
            found[token] = _forms(token)[0]
            counts[found[token]] += counts[token]
    places: dict[str, int] = {}
    rows = np.array([places.setdefault(found.get(token, token), len(places)) for token in types], np.intp)
    total = np.zeros((len(places), len(sums)), np.int64)
    np.add.at(total, rows, sums.T)
    return list(places), total.T


def _turns(token: str, word: str, counts: Counter[str]) -> bool:
    """Whether a token that was taken for the hyphenated word is rather the whole one."""
    whole, hyphenated = _forms(token)
    return word == hyphenated and counts[whole] > counts[hyphenated]


def _forms(token: str) -> tuple[str, str]:
    """The word that a token with soft hyphens may be, without and with hyphens."""
    return token.replace(SOFT_HYPHEN, ""), token.replace(SOFT_HYPHEN, "-")


def _mark(text: str, match: re.Match[str], *, prose: bool, settled: bool) -> str | None:
    """What stands between the halves of a word at a line's end; None where each is a word of its own."""
    halves = _halves(text, match)
    if halves is None or match[0][0] == SOFT_HYPHEN:
        return None if halves is None else ""
    first, second, goes_on = halves
    if second.casefold() in _SUSPENDING or not _ADDRESS.isdisjoint(first + goes_on):
        return None
    if second[0].isupper() and not (first[-1:] + second[:_LEAST]).isupper():  # Baden-Baden, or no word goes on
        return "-" if prose else None
    if "-" in first + goes_on:
        return "-"
    return spelled(SOFT_HYPHEN + second).removesuffix(second) if settled else SOFT_HYPHEN


def _halves(text: str, match: re.Match[str]) -> tuple[str, str, str] | None:
    """What stands before a line's end and its hyphen, the letters behind, and what goes on with these; None if no word.

    The word behind is followed by a space: else it may be half-typed.
    """
    line = text[match.end() : match.end() + _LONGEST]
    first = _last_word().search(composed(text[max(0, match.start() - _LONGEST) : match.start()]))
    second = _first_word().match(composed(line))
    if first is None or second is None or len(line.split(maxsplit=1)[0]) == len(line):
        return None
    before, behind = first[0][-_LEAST:], second[1][:_LEAST]
    is_half = before[-1].isalpha() and before.replace("-", "").isalpha()  # such as `experi`, or `va-t`
    is_rest = behind.isalpha() and behind[0].lower() != behind[0].upper()
    return (first[0], second[1], second[0]) if is_half and is_rest and len(before) == len(behind) == _LEAST else None


@cache
def _plain_line_end() -> re.Pattern[str]:
    return re.compile(r"-[ \t\r]*\n[ \t]*")  # it begins with one certain character, which `re` finds fast


@cache
def _line_end() -> re.Pattern[str]:
    return re.compile(rf"[\-{_HYPHEN}{SOFT_HYPHEN}][ \t\r]*\n[ \t]*")


@cache
def _last_word() -> re.Pattern[str]:
    return re.compile(r"\S+\Z")


@cache
def _first_word() -> re.Pattern[str]:
    return re.compile(r"([^\W\d_]+)(?:['’\-]?\w)*")
