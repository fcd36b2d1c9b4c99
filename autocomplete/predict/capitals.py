"""Which capitals belong to a word, as in `May` and `US`, and which only to the beginning of a sentence.

A word that is written with a capital where a sentence begins is the same word, and has one row in a list: as it is
written there, or as it is within sentences. Which it is, the training text tells: how much of a spelling stands
elsewhere than behind what begins sentences.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from autocomplete.arrays import BoolArray, Float32Array, IndexArray
from autocomplete.ngrams.model import NgramModel
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN, Vocabulary

# Whether a sentence begins at a place.
Beginning = Literal["no", "maybe", "yes"]

# Behind these one begins, and behind the others it may.
_END = (END_TOKEN, ".", "?", "!")
_BEGIN = ("…", "...", ":", '"', "“", "«", "„", "¿", "¡", "-", "–", "—", "(")
# A spelling is a word of its own where this share of it stands elsewhere, or where so much of it does beside the word
# in small letters. On news `May` has 0.87 and `US` 0.86; `The` has 0.07, and `We`, much quoted, 0.67.
_ELSEWHERE, _BESIDE = 0.7, 0.5
# Less often it is chance: a title, or a line in capitals.
_LEAST = 2.0
# Of a capital that is a beginning's, the most that stands elsewhere than where a line or a sentence surely begins.
_SURELY_ELSEWHERE = 0.25
# Small letters so rare beside the capital are the same word, typed without it.
_RARELY = 0.05
# Within a sentence a capital that is a beginning's elsewhere is meant where it is so many times likelier, as in a name
# of several words.
_FAR_LIKELIER = 4.0
# Words that the vocabulary lacks whose other case is kept: all rare ones of a large vocabulary.
_TWINS_KEPT = 32_768
# Words whose small form is kept: those of some lists.
_SMALL_FORMS_KEPT = 1024


class Capitals:
    """Tells words that differ in their case alone apart.

    Args:
        vocabulary: The words.
        ngrams: What they follow; without it no capital is a word's own that is there in small letters too.
        small: Writes a word in small letters, as its language does.
    """

    def __init__(
        self, vocabulary: Vocabulary, ngrams: NgramModel | None, *, small: Callable[[str], str] = str.lower
    ) -> None:
        self._vocabulary = vocabulary
        self._ngrams = ngrams
        self._small = small
        self.twin_of = lru_cache(maxsize=_TWINS_KEPT)(self._twin_of)
        self.small_form = lru_cache(maxsize=_SMALL_FORMS_KEPT)(self._small_form)
        self._end = frozenset(vocabulary.encode(_END)) - {UNKNOWN}
        self._begin = self._end | frozenset(vocabulary.encode(_BEGIN)) - {UNKNOWN}

    def beginning(self, last: Sequence[int]) -> Beginning:
        """Whether a sentence begins behind some tokens, by their ids."""
        if not last or last[-1] in self._end:
            return "yes"
        return "maybe" if last[-1] in self._begin else "no"

    @cached_property
    def own(self) -> BoolArray:
        """Which tokens are words of their own, beside others that differ in case, (V,)."""
        own = np.ones(self._vocabulary.size, np.bool_)
        capitals, small = self._twins
        counts = np.array(self._vocabulary.counts, np.float32)
        away = counts[capitals] - self._begun[capitals]
        stands = (away >= _LEAST) & ((away >= _ELSEWHERE * counts[capitals]) | (away >= _BESIDE * counts[small]))
        own[capitals] = stands
        own[small[stands & (counts[small] < _RARELY * counts[capitals])]] = False
        return own

    def forms(self, chances: Float32Array, begins: Beginning) -> IndexArray:
        """What each token is written as, (V,): mostly itself.

        Where a sentence begins that is what mostly stands there, and the likelier form where it may. Within a sentence
        it is the one in small letters, unless the other is far likelier, as in a name.

        Args:
            chances: Of each token, and maybe of others behind them.
            begins: Whether a sentence begins.
        """
        capitals, small = self._pairs
        if begins == "yes":
            wanted = self._begun[capitals] > self._begun[small]
        elif begins == "maybe":
            wanted = chances[capitals] > chances[small]
        else:
            wanted = (chances[capitals] > _FAR_LIKELIER * chances[small]) | ~self.own[small]
        forms = np.arange(self._vocabulary.size)
        forms[capitals] = forms[small] = np.where(wanted, capitals, small)
        return forms

    def together(self, chances: Float32Array, begins: Beginning) -> Float32Array:
        """Chances of the vocabulary's tokens, and further words behind them, (V + S,): those of a word's forms added.

        Args:
            chances: Of each.
            begins: Whether a sentence begins.
        """
        shared = np.concatenate(self._pairs)
        found = chances.copy()
        found[shared] = 0.0
        np.add.at(found, self.forms(chances, begins)[shared], chances[shared])
        return found

    def _small_form(self, word: str) -> str | None:
        """A word without its capital, for who writes small letters; None where that is its own, as a name's is.

        It is no beginning's alone where the training text lacks the word, or all of it is in capitals.
        """
        small = self._small(word)
        if word not in self._vocabulary or small == word or small[1:] != word[1:]:
            return None
        token, count = self._vocabulary.id(word), self._vocabulary.count
        begun = 0.0 if self._ngrams is None else float(self._surely_begun[token])
        elsewhere = count(word) - begun
        return small if elsewhere <= max(count(small), _SURELY_ELSEWHERE * count(word)) else None

    def _twin_of(self, word: str) -> tuple[int, bool]:
        """The token that a word which the vocabulary lacks is in another case, or the unknown one.

        Also whether that is written so only where a sentence begins, as `L'eau` is, whose article has no capital else.
        """
        small = self._small(word)
        if small != word:
            return self._vocabulary.id(small), False
        return self._vocabulary.id(word[0].upper() + word[1:]), "'" in word[1:]

    @cached_property
    def _pairs(self) -> tuple[IndexArray, IndexArray]:
        """The tokens with capitals that are others in small letters, and those, (P,) each."""
        capitals, small = self._twins
        same = ~(self.own[capitals] & self.own[small])
        return capitals[same], small[same]

    @cached_property
    def _twins(self) -> tuple[IndexArray, IndexArray]:
        """The words with capitals that are there without them too, and those: ids, (T,) each."""
        tokens = self._vocabulary.tokens
        written = self._small("\n".join(tokens)).split("\n")
        changed = [index for index, (token, small) in enumerate(zip(tokens, written, strict=True)) if token != small]
        small = np.array(self._vocabulary.encode(written[index] for index in changed), np.intp)
        capitals = np.array(changed, np.intp)
        return capitals[small != UNKNOWN], small[small != UNKNOWN]

    @cached_property
    def _begun(self) -> Float32Array:
        """How often each token stands behind what begins a sentence, or may, about, (V,)."""
        return self._standing_behind(self._begin)

    @cached_property
    def _surely_begun(self) -> Float32Array:
        """The same, behind what surely does."""
        return self._standing_behind(self._end)

    def _standing_behind(self, before: Collection[int]) -> Float32Array:
        """How often each token stands behind some others, about, (V,); always, where what it follows is not known."""
        counts = np.array(self._vocabulary.counts, np.float32)
        if self._ngrams is None:
            return counts
        begun = np.zeros_like(counts)
        for mark in sorted(before):
            begun += counts[mark] * self._ngrams.distribution([mark])
        return np.minimum(counts, begun)
