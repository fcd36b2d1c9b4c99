"""Whether a token joins its neighbours without a space, learned from the corpus by majority."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import END

# What prose does where the corpus shows nothing.
_CLOSING = frozenset(".,;:!?)]}%…")
_OPENING = frozenset("([{")

Evidence = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Joining:
    """The ids of the tokens that stand close to a neighbour.

    Attributes:
        left: Those that join the token before them, such as a comma.
        right: Those that join the token after them, such as an opening bracket.
    """

    left: frozenset[int] = frozenset()
    right: frozenset[int] = frozenset()

    @classmethod
    def learned(cls, tokens: Sequence[str], *, left: Evidence, right: Evidence, pretokenized: bool) -> Self:
        """Decide by majority; tokens without evidence do as prose does, unless the text is pre-tokenised.

        Args:
            tokens: The vocabulary in id order.
            left: Per id, occurrences without a space before, less those with one.
            right: Per id, occurrences without a space behind, less those with one.
            pretokenized: Whether every token of the corpus stands between spaces.
        """
        closing, opening = (frozenset(), frozenset()) if pretokenized else (_CLOSING, _OPENING)
        return cls(left=_majority(tokens, left, closing), right=_majority(tokens, right, opening))

    def space_between(self, first: int, second: int) -> bool:
        """Whether a space stands between two neighbours, given by id."""
        return first not in self.right and second not in self.left

    def detokenize(self, ids: Sequence[int], tokens: Sequence[str]) -> str:
        """Put the tokens, whose ids are `ids`, together as readable text; the end of a sequence is a line break."""
        parts: list[str] = []
        previous = END
        for identity, token in zip(ids, tokens, strict=True):
            if END not in (identity, previous) and self.space_between(previous, identity):
                parts.append(" ")
            parts.append("\n" if identity == END else token)
            previous = identity
        return "".join(parts)


def _majority(tokens: Sequence[str], evidence: Evidence, presumed: frozenset[str]) -> frozenset[int]:
    undecided = {identity for identity in np.flatnonzero(evidence == 0).tolist() if tokens[identity] in presumed}
    return frozenset(np.flatnonzero(evidence > 0).tolist()) | undecided


def joining_evidence(
    types: Sequence[str], ids: npt.NDArray[np.int32], spaced: npt.NDArray[np.bool_]
) -> tuple[Evidence, Evidence]:
    """Count, for every type, how often it joins its left and its right neighbour, less how often it does not.

    A pair speaks for its punctuation; for words only where both are words, lest `word,` make words joining.

    Args:
        types: Distinct tokens; the first ends a sequence and has no neighbours.
        ids: Index into `types` of every token in order.
        spaced: Whether white space precedes the token.
    """
    is_word = np.fromiter((token[0].isalnum() for token in types), np.bool_, len(types))
    first, second = ids[:-1], ids[1:]
    neighbours = (first != 0) & (second != 0)
    first_is_word, second_is_word = is_word[first], is_word[second]
    sign = 1.0 - 2.0 * spaced[1:]

    def summed(of: npt.NDArray[np.int32], speaks: npt.NDArray[np.bool_]) -> Evidence:
        return np.bincount(of[speaks], weights=sign[speaks], minlength=len(types)).astype(np.int64)

    left = summed(second, neighbours & (first_is_word | ~second_is_word))
    right = summed(first, neighbours & (second_is_word | ~first_is_word))
    return left, right
