"""Whether a token joins its neighbours without a space, learned from the corpus by majority."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import END

# What prose does where the corpus shows nothing, beside brackets, quotation marks and dashes.
_CLOSING = frozenset(".,;:!?%…‰°′″、。，．；：！？")
_OPENING = frozenset("@¿¡")
_QUOTES = frozenset("\"'`")
# What links two words stands alike on both sides: unless typed otherwise these close, others and most dashes apart.
_CLOSE_LINKS = frozenset("-‐‑—―/\\_")
_APART_LINKS = frozenset("&+=~")

# One mark for both ends of a quotation: what the majority does would be wrong at one of them. As a quote it joins
# on either side about half the time, some of it unseen at the ends of lines; as an inch mark, always on the left;
# in pre-tokenised text, never.
_QUOTE = '"'
_LEAST_QUOTE_EVIDENCE, _MOST_QUOTE_EVIDENCE = -0.5, 0.75  # per occurrence

_BLOCK_PAIRS = 1 << 16  # whose arrays fit the processor's cache

Evidence = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Joining:
    """The ids of the tokens that stand close to a neighbour.

    Attributes:
        left: Those that join the token before them, such as a comma.
        right: Those that join the token after them, such as an opening bracket.
        quote: The straight double quote where it opens and closes quotations in turn, anew in every sequence.
    """

    left: frozenset[int] = frozenset()
    right: frozenset[int] = frozenset()
    quote: int | None = None

    @classmethod
    def learned(
        cls,
        tokens: Sequence[str],
        counts: npt.NDArray[np.int64],
        *,
        left: Evidence,
        right: Evidence,
        pretokenized: bool,
    ) -> Self:
        """Decide by majority; tokens without evidence do as prose does, unless the text is pre-tokenised.

        Args:
            tokens: The vocabulary in id order.
            counts: Occurrences of each.
            left: Per id, occurrences without a space before, less those with one.
            right: Per id, occurrences without a space behind, less those with one.
            pretokenized: Whether every token of the corpus stands between spaces.
        """
        if pretokenized:
            return cls()
        quote = tokens.index(_QUOTE) if _QUOTE in tokens else None
        if quote is not None:
            shares = left[quote] / counts[quote], right[quote] / counts[quote]
            quote = quote if min(shares) >= _LEAST_QUOTE_EVIDENCE and max(shares) <= _MOST_QUOTE_EVIDENCE else None
        return cls(_majority(tokens, left, joins_left), _majority(tokens, right, joins_right), quote)

    def space_between(self, first: int, second: int, *, quoting: bool = False) -> bool:
        """Whether a space stands between two neighbours, given by id.

        Args:
            first: The token before.
            second: The token after.
            quoting: Whether a quotation is open between them.
        """
        joins_right = quoting if first == self.quote else first in self.right
        joins_left = quoting if second == self.quote else second in self.left
        return not (joins_right or joins_left)

    def space_after(self, before: Sequence[int], token: int, *, quoting: bool = False) -> bool:
        """Whether a space stands between the text so far, given by ids, and a token that follows it."""
        if not before or END in (before[-1], token):
            return False
        return self.space_between(before[-1], token, quoting=quoting)

    def quoting(self, ids: Sequence[int], spaced: Sequence[bool]) -> bool:
        """Whether a quotation is open at the end of a typed text.

        A quote opens where a space, or an opening mark, stands before it only, and closes where one, or a closing
        mark, stands behind it only; others open and close in turn. The end of a sequence closes all.

        Args:
            ids: The tokens.
            spaced: Whether white space precedes each of them, and last, whether it ends the text.
        """
        if self.quote is None or self.quote not in ids:
            return False
        is_open = False
        around = zip((END, *ids), ids, (*ids[1:], None), spaced, spaced[1:], strict=False)
        for before, token, behind, apart, apart_behind in around:
            if token == END:
                is_open = False
            elif token == self.quote:
                opens = apart or before == END or before in self.right
                closes = apart_behind or behind == END or behind in self.left
                is_open = not is_open if opens == closes else opens
        return is_open

    def detokenize(self, ids: Sequence[int], tokens: Sequence[str]) -> str:
        """Put the tokens, whose ids are `ids`, together as readable text; the end of a sequence is a line break."""
        parts: list[str] = []
        previous = END
        quoting = False
        for identity, token in zip(ids, tokens, strict=True):
            if END not in (identity, previous) and self.space_between(previous, identity, quoting=quoting):
                parts.append(" ")
            parts.append("\n" if identity == END else token)
            quoting = identity != END and quoting != (identity == self.quote)
            previous = identity
        return "".join(parts)


def joins_left(token: str) -> bool:
    """Whether a token that the corpus says nothing of is presumed to join the one before it."""
    return token[0] in _CLOSING | _CLOSE_LINKS or unicodedata.category(token[0]) in ("Pe", "Pf")


def joins_right(token: str, *, joined: bool | None = None) -> bool:
    """Whether a token that the corpus says nothing of is presumed to join the one after it.

    What links two words, such as a dash, does behind it as before it; a currency sign or a straight quote, which may
    stand before a word or behind one, does the contrary.

    Args:
        token: The token.
        joined: Whether it joins the one before it; None where that is presumed too.
    """
    mark, category = token[0], unicodedata.category(token[0])
    if mark in _QUOTES:
        return joined is False
    joined = joins_left(token) if joined is None else joined
    if mark == "#" or category == "Sc":
        return not joined
    if mark in _CLOSE_LINKS | _APART_LINKS or category in ("Pd", "Pc"):
        return joined
    return mark in _OPENING or category in ("Ps", "Pi")


def _majority(tokens: Sequence[str], evidence: Evidence, presumed: Callable[[str], bool]) -> frozenset[int]:
    undecided = {identity for identity in np.flatnonzero(evidence == 0).tolist() if presumed(tokens[identity])}
    return frozenset(np.flatnonzero(evidence > 0).tolist()) | undecided


def joining_evidence(
    is_word: npt.NDArray[np.bool_], ids: npt.NDArray[np.int32], spaced: npt.NDArray[np.bool_]
) -> tuple[Evidence, Evidence]:
    """Count, for every type, how often it joins its left and its right neighbour, less how often it does not.

    A pair speaks for its punctuation; for words only where both are words, lest `word,` make words joining. Of two
    marks, as in `?)`, the first says nothing: it is the second that joins, far more often than not.

    Args:
        is_word: Whether each type begins with a letter or digit; the first ends a sequence and has no neighbours.
        ids: The type of every token in order.
        spaced: Whether white space precedes the token.
    """
    left, right = np.zeros((2, is_word.size))
    for start in range(0, ids.size - 1, _BLOCK_PAIRS):
        block = ids[start : start + _BLOCK_PAIRS + 1]
        first, second = block[:-1], block[1:]
        word = np.take(is_word, block)
        neighbours = (first != 0) & (second != 0)
        sign = np.where(neighbours, 1.0 - 2.0 * spaced[start + 1 : start + block.size], 0.0)
        left += np.bincount(second, sign * (word[:-1] | ~word[1:]), is_word.size)
        right += np.bincount(first, sign * word[1:], is_word.size)
    return left.astype(np.int64), right.astype(np.int64)
