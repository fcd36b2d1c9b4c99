"""Words behind an elided article, as in `l'ami`, `qu'il` and `dell'acqua`: read as two, so that `d'ami` is known too.

The tokeniser keeps such a pair together, and an article is behind half of a language's words. Which letters are an
article, the words tell: few of them, each before many words, and these begin with a vowel, for whose sake another one
was left out. English contractions and names such as O'Brien are neither.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

from autocomplete.arrays import IndexArray
from autocomplete.text.prefixes import PrefixIndex, without_marks
from autocomplete.text.vocabulary import UNKNOWN, Vocabulary

# Letters before which another vowel is left out; an h is mostly silent there.
_VOWELS = frozenset("aeiouyh")
# A language elides where some articles stand before so many words of so many letters, and make up this share of a text:
# 10 % of French running words have one, and 0.02 % of English ones seem to.
_LEAST_WORDS, _LEAST_LETTERS, _LEAST_SHARE = 3, 3, 0.005
# Articles of that language have so many letters, or stand before more than one word.
_SHORT = 5
# Of the words that a vocabulary lacks, the share that is a known word behind another article, or without one.
COMPOSED_SHARE = 0.3
# Of these, the share without one.
_BARE_SHARE = 0.3
# The most frequent ways on that are offered.
_MOST = 64


class _Behind(NamedTuple):
    """A word behind an article.

    Attributes:
        word: The word.
        occurrences: How often it stands there.
    """

    word: str
    occurrences: int


class Elisions:
    """Finds words behind elided articles that stood behind other ones only, or alone.

    Args:
        vocabulary: The words of the training text.
        holding: Finds the ids of the words that hold some letters, apostrophes being alike.
    """

    def __init__(self, vocabulary: Vocabulary, *, holding: Callable[[str], IndexArray]) -> None:
        self._vocabulary = vocabulary
        self._holding = holding

    def beginning_with(self, prefix: str) -> dict[str, float]:
        """Words that the vocabulary lacks and that begin so, each with its share of all such words."""
        article, begun = _parted(prefix)
        if not begun or not self._articles or (article and _folded(article) not in self._articles):
            return {}
        words, counts, index = self._words
        share = COMPOSED_SHARE * (self._articles[_folded(article)] if article else _BARE_SHARE) / sum(counts)
        found: dict[str, float] = {}
        for number in index.beginning_with(begun).tolist():
            word = article + words[number]
            if word not in self._vocabulary and len(found) < _MOST:
                found[word] = share * counts[number]
        return found

    def others(self, word: str) -> list[int]:
        """Ids of the same word, but for case and accents, behind other articles and without one, by frequency."""
        article, behind = _parted(word)
        if not self._articles or (article and _folded(article) not in self._articles):
            return []
        words, _, index = self._words
        same = {behind, *(words[number] for number in index.equal_to(behind).tolist())}
        tokens = (each + spelled for each in ("", *self._spellings) for spelled in same)
        ids = {self._vocabulary.id(token) for token in tokens if token != word}
        return sorted(ids - {UNKNOWN})

    @cached_property
    def _pairs(self) -> dict[str, list[_Behind]]:
        """What stands behind each beginning that an apostrophe ends."""
        found: defaultdict[str, list[_Behind]] = defaultdict(list)
        for token in self._apart:
            article, behind = _parted(self._vocabulary.tokens[token])
            found[_folded(article)].append(_Behind(behind, self._vocabulary.counts[token]))
        return found

    @cached_property
    def _apart(self) -> list[int]:
        """Ids of the words that have an apostrophe between letters."""
        ids = dict.fromkeys(self._holding("'").tolist())
        return [token for token in ids if all(_parted(self._vocabulary.tokens[token]))]

    @cached_property
    def _articles(self) -> Mapping[str, float]:
        """The articles, folded, and the share that each has of all their occurrences; none where nothing is elided."""
        before = {
            article: behind
            for article, behind in self._pairs.items()
            if all(without_marks(each.word)[0] in _VOWELS for each in behind)
        }
        sure = [
            article
            for article, behind in before.items()
            if sum(len(each.word) >= _LEAST_LETTERS for each in behind) >= _LEAST_WORDS
        ]
        occurrences = {article: sum(each.occurrences for each in behind) for article, behind in before.items()}
        if sum(occurrences[article] for article in sure) < _LEAST_SHARE * sum(self._vocabulary.counts):
            return {}
        kept = [each for each in before if len(each) - 1 <= _SHORT or len(before[each]) > 1]
        total = sum(occurrences[article] for article in kept)
        return {article: occurrences[article] / total for article in kept}

    @cached_property
    def _spellings(self) -> list[str]:
        """The articles as they are written, whatever their case and apostrophe."""
        written = dict.fromkeys(_parted(self._vocabulary.tokens[token])[0] for token in self._apart)
        return [article for article in written if _folded(article) in self._articles]

    @cached_property
    def _words(self) -> tuple[list[str], list[int], PrefixIndex]:
        """The words that may stand behind an article, the most frequent first, how often they do, and their index."""
        counts: defaultdict[str, int] = defaultdict(int)
        for article in self._articles:
            for word, count in self._pairs[article]:
                counts[word] += count
        for token, count in zip(self._vocabulary.tokens, self._vocabulary.counts, strict=True):
            if len(token) >= _LEAST_LETTERS and token.isalpha() and without_marks(token)[0] in _VOWELS:
                counts[token] += count
        words = sorted(counts, key=lambda word: (-counts[word], word))
        return words, [counts[word] for word in words], PrefixIndex(words, without_marks)


def _parted(word: str) -> tuple[str, str]:
    """A word up to its first apostrophe, and behind it; all is behind where it has none."""
    place = word.replace("’", "'").find("'")
    return word[: place + 1], word[place + 1 :]


def _folded(article: str) -> str:
    """An article whatever its case and apostrophe."""
    return without_marks(article)
