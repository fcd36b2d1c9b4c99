"""What stands at the end of a typed text: finished tokens, and the word that may be half-typed."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from autocomplete.corpus.specials import END_TOKEN
from autocomplete.corpus.tokenizer import Token

# A mark that stands inside words: typed last, the word may be half-typed.
JOINERS = frozenset("'’-")
# Marks that may stand inside what is several tokens until the next letter: `3.`, `1,`, `e.g`, `www.`.
_INNER_MARKS = frozenset("./\\:@_&=+#~,")
# Marks that hold initialisms, addresses, paths, names and compounds together where no space stands beside them.
_HOLDING = _INNER_MARKS - {","} | frozenset("-‐‑")
# Marks that name a folder: that of the person, this one, and the one above it.
_FOLDERS = frozenset(["~", ".", ".."])
_SEPARATORS = frozenset("/\\")
# Tokens that a half-typed one may be read as.
_MOST_PIECES = 8
# Spelling sees about so many characters before the word.
SPELLING_CONTEXT = 200


class Ending(NamedTuple):
    """How a typed text ends.

    Attributes:
        finished: The tokens before the half-typed word.
        tail: The half-typed word, or None.
        pieces: What the tail is where it is finished, if that is several tokens.
    """

    finished: list[Token]
    tail: Token | None
    pieces: tuple[Token, ...] = ()


def ending(spans: list[Token], typed: str) -> Ending:
    """Take the last token for half-typed, if it may be."""
    if not spans or spans[-1].stop != len(typed) or spans[-1].text == END_TOKEN:
        return Ending(spans, None)
    last = spans[-1]
    if last.text in JOINERS and not last.spaced and len(spans) > 1 and spans[-2].text[-1].isalnum():
        word = spans[-2]
        return Ending(spans[:-2], Token(word.text + last.text, word.start, last.stop, word.spaced))
    return Ending(spans[:-1], last) if last.text[0].isalnum() else Ending(spans, None)


def joined_endings(spans: list[Token], typed: str) -> Iterator[Ending]:
    """Take several last tokens for one half-typed word with marks in it, in each way there is, longest first."""
    if not spans or spans[-1].stop != len(typed) or spans[-1].text == END_TOKEN:
        return
    first = len(spans) - 1
    while first > max(0, len(spans) - _MOST_PIECES) and not (spans[first].spaced or spans[first - 1].text == END_TOKEN):
        first -= 1
    for start in range(first, len(spans) - 1):
        pieces = tuple(spans[start:])
        if pieces[0].text[0].isalnum() and not _INNER_MARKS.isdisjoint(piece.text for piece in pieces):
            text = "".join(piece.text for piece in pieces)
            yield Ending(spans[:start], Token(text, pieces[0].start, len(typed), pieces[0].spaced), pieces)


def held_together(before: Sequence[Token], start: int) -> list[Token]:
    """The last tokens that marks hold together with what begins at `start`, or none.

    The first is a word, or what begins a path as `~/` and `../` do; the last is a mark.
    """
    first = len(before)
    while first and before[first - 1].stop == start:
        if not (_is_mark(before[first - 1]) or (first < len(before) and _is_mark(before[first]))):
            break
        first -= 1
        start = before[first].start
    while first < len(before) and not (before[first].text[0].isalnum() or _begins_path(before[first : first + 2])):
        first += 1
    return list(before[first:])


def _begins_path(tokens: Sequence[Token]) -> bool:
    """Whether two tokens are a folder that marks name, and what separates folders."""
    return len(tokens) == 2 and tokens[0].text in _FOLDERS and tokens[1].text in _SEPARATORS


def _is_mark(token: Token) -> bool:
    """Whether a token is a mark that holds words together, or a run of one; dots and hyphens in a row do not."""
    return _HOLDING.issuperset(token.text) and not token.text.startswith(("..", "--"))


def begins_address(typed: str) -> bool:
    """Whether a text ends in what is no more than the beginning of an address, which no finished word is."""
    return _address_begun().search(typed) is not None


@cache
def _address_begun() -> re.Pattern[str]:
    return re.compile(r"(?:(?<!\w)[Ww]{3}\.|[A-Za-z]:/{1,2})\Z")


def is_spelled(typed: str, tail: Token) -> bool:
    """Whether a tail is a word of letters that stands alone, which a number or an address is not."""
    alone = tail.start == 0 or not (typed[tail.start - 1].isalnum() or typed[tail.start - 1] in JOINERS)
    return alone and all(letter.isalpha() or letter in JOINERS for letter in tail.text)


def spelling_start(typed: str, tail: int) -> int:
    """Where the text that spelling sees begins: the same for all letters of a word, and mostly for some words more."""
    earliest = tail - SPELLING_CONTEXT
    if earliest <= 0:
        return 0
    space = typed.find(" ", earliest // SPELLING_CONTEXT * SPELLING_CONTEXT, tail)
    return tail if space < 0 else space + 1
