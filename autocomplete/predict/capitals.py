"""Which capitals belong to a word, as in `May` and `US`, and which only to the beginning of a sentence.

A word that is written with a capital where a sentence begins is the same word, and has one row in a list. Which it is,
the training text tells: how much of a spelling stands elsewhere than behind what begins sentences.
"""

from functools import cached_property

import numpy as np

from autocomplete.arrays import BoolArray, Float32Array, IndexArray
from autocomplete.ngrams.model import NgramModel
from autocomplete.text.prefixes import without_case
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN, Vocabulary

# Behind these a sentence begins, or may.
_BEGIN = (END_TOKEN, ".", "?", "!", "…", "...", ":", '"', "“", "«", "„", "¿", "¡", "-", "–", "—", "(")
# A spelling is a word of its own where this share of it stands elsewhere, or where so much of it does beside the word
# in small letters. On news `May` has 0.87 and `US` 0.86; `The` has 0.07, and `We`, much quoted, 0.67.
_ELSEWHERE, _BESIDE = 0.7, 0.5
# Less often it is chance: a title, or a line in capitals.
_LEAST = 2.0
# Small letters so rare beside the capital are the same word, typed without it.
_RARELY = 0.05


class Capitals:
    """Tells words that differ in their case alone apart.

    Args:
        vocabulary: The words.
        ngrams: What they follow; without it a spelling that is rarer than small letters is the same word.
    """

    def __init__(self, vocabulary: Vocabulary, ngrams: NgramModel | None) -> None:
        self._vocabulary = vocabulary
        self._ngrams = ngrams

    @cached_property
    def own(self) -> BoolArray:
        """Which tokens are words of their own, beside others that differ in case, (V,)."""
        own = np.ones(self._vocabulary.size, np.bool_)
        counts, elsewhere = self._vocabulary.counts, self._elsewhere
        for capital, small in self._twins:
            away = float(elsewhere[capital])
            stands = away >= max(_LEAST, _ELSEWHERE * counts[capital]) or away >= max(_LEAST, _BESIDE * counts[small])
            own[capital] = stands
            own[small] &= not stands or counts[small] >= _RARELY * counts[capital]
        return own

    @cached_property
    def rows(self) -> IndexArray:
        """The token in whose row each token stands, (V,): itself, mostly."""
        rows = np.arange(self._vocabulary.size)
        for capital, small in self._twins:
            if not (self.own[capital] and self.own[small]):
                rows[capital] = rows[small]
        return rows

    def together(self, chances: Float32Array) -> Float32Array:
        """Chances of the vocabulary's tokens, and further words behind them, (V + S,), with one token for each row.

        The likeliest has the chances of all; the others have none.
        """
        members = self._shared
        if not len(members):
            return chances
        likely = members[np.argsort(-chances[members], kind="stable")]
        rows = self.rows[likely]
        sums = np.bincount(rows, weights=chances[likely], minlength=self._vocabulary.size)
        first = np.empty(self._vocabulary.size, np.intp)
        first[rows[::-1]] = likely[::-1]  # of each row the likeliest, which is written last
        found = chances.copy()
        found[members] = 0.0
        found[first[rows]] = sums[rows]
        return found

    @cached_property
    def _shared(self) -> IndexArray:
        """The tokens whose row is not theirs alone, (M,)."""
        sizes = np.bincount(self.rows, minlength=self._vocabulary.size)
        return np.flatnonzero(sizes[self.rows] > 1)

    @cached_property
    def _twins(self) -> list[tuple[int, int]]:
        """The words with capitals that are there without them too: the ids of both."""
        id_of = self._vocabulary.id
        pairs = (
            (identity, id_of(without_case(token)))
            for identity, token in enumerate(self._vocabulary.tokens)
            if not token.islower()
        )
        return [(capital, small) for capital, small in pairs if small not in (UNKNOWN, capital)]

    @cached_property
    def _elsewhere(self) -> Float32Array:
        """How often each token stands elsewhere than behind what begins a sentence, about, (V,)."""
        counts = np.array(self._vocabulary.counts, np.float32)
        if self._ngrams is None:
            return np.zeros_like(counts)
        begun = np.zeros_like(counts)
        for mark in _BEGIN:
            identity = self._vocabulary.id(mark)
            if identity != UNKNOWN:
                begun += counts[identity] * self._ngrams.distribution([identity])
        return np.maximum(counts - begun, 0.0)
