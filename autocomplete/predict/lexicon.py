"""Which words a half-typed one may become, before any context: those of the vocabulary, rare ones, unseen ones."""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache, partial
from itertools import islice
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import BoolArray, Float32Array, IndexArray
from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.capitals import Capitals
from autocomplete.predict.elision import Elisions
from autocomplete.predict.misspelling import skeleton, spelled_by_ear
from autocomplete.text.prefixes import (
    LetterIndex,
    PrefixIndex,
    bare,
    has_accents_of,
    has_marks,
    without_case,
    without_inner_marks,
    without_marks,
)
from autocomplete.text.scripts import is_spaceless
from autocomplete.text.syntax import Syntax
from autocomplete.text.unicode import JOINERS, Casing
from autocomplete.text.vocabulary import END, UNKNOWN, Vocabulary

# How often somebody who means a word types its letters in another case, or without their accents.
CASE_SLIP = 0.05
# The same of the capital with which a sentence begins: many leave that out for good.
FIRST_CAPITAL_SLIP = 0.3
MARK_SLIP = 0.01
# How often the apostrophe inside a word is left out: like an accent it takes a key of its own, yet far more often than
# any one letter. It stays under `MARK_SLIP`: as a slip of the finger it is never mended with certainty.
APOSTROPHE_SLIP = 0.005
# How often a beginning is typed with one certain slip of the finger: a letter wrong, missing or too many.
# About one letter in a hundred is mistyped, in one of some thirty ways.
FINGER_SLIP = 0.0003
# The same of two letters swapped: that is about every eighth slip (Damerau 1964), and there is but one way to do it.
# The first two are no exception: `hte` is as frequent as `teh`.
SWAP_SLIP = 5 * FINGER_SLIP
# Of what the writer has written and what rather is a misspelling, the part that is meant to be written so again.
AGAIN_SLIP = 3e-6
# Where only a slip of the finger explains the letters, the word is at least so often another all the same: on held-out
# text with one slip in a hundred letters, what should have been mended with certainty was in 96 % of places.
NEVER_MENDED = 0.04
# First letters are seldom wrong: they hold 3 to 8 % of all slips (Pollock & Zamora 1984), a tenth of their due at most.
FIRST_LETTER = 0.1
# How likely an unseen word ends after a letter: words have some seven.
WORD_END = 0.15
# Shorter beginnings are one slip apart from too many words.
LEAST_SLIPPED = 3
# Share of the training text under which words that begin as typed leave room for a slip: a misspelling that the text
# holds is rarer. A word of 3 % that is typed with a slip is as frequent.
RARELY = 1e-5
# How many observations a guess from shorter contexts counts for beside those of a longer one (MacKay & Peto 1995).
_GUESS_WEIGHT = 5.0
# Letters that might come next, where all are taken to be alike.
_LETTERS = 26
# Letters before a letter that its probability depends on.
_LETTER_CONTEXT = 2
# Words that nearly begin as typed, by a slip or to the ear, and are compared with it: each takes some 10 µs.
_MOST_SLIPPED = 256
_MOST_HEARD = 64
# Letters after which a word is long enough to be rather misspelt than new, wherever it is near a known one.
_MOST_LETTERS = 40
# A misspelling is longer or shorter by so many letters at most.
_MOST_LETTERS_APART = 3
# Letters of a word that may be a form of a known one, and those that the known one has more at most.
_LEAST_STEM = 6
_LONGEST_ENDING = 2
# How often a word that is written is new, and of how many letters each of its letters is one, as if all were alike.
_NEW_WORDS = 0.03
_ALIKE_LETTERS = 15
# Of all that a misspelling may stand for, the share of a word that it surely stands for.
_SURELY = 0.8
# Letters by which a word and what was typed of it differ in length where they are the same but for case: `GRÜSSE`.
_FOLDED_LONGER = 3
# Beginnings kept: a person's letters begin the same words again and again.
_BEGINNINGS = 1024
# The same of new words that may be misspelt.
_NEW_WORDS_KEPT = 8192


class Matching(NamedTuple):
    """How letters that were typed are compared with the words that they may begin.

    Attributes:
        fold: What makes letters equal.
        fold_most: What makes letters equal where none of the words is otherwise found.
        slips_of: How likely somebody who means each of some words types its beginning so.
        may_be_finished: Whether a word is what was typed.
        in_case_of: Writes a word that begins with what was typed as its writer would.
    """

    fold: Callable[[str], str]
    fold_most: Callable[[str], str]
    slips_of: Callable[[str, Sequence[str]], list[float]]
    may_be_finished: Callable[[str, str], bool]
    in_case_of: Callable[[str, str], str]


class Meant(NamedTuple):
    """A word of the vocabulary that another one may be a misspelling of.

    Attributes:
        id: Its id.
        slip: How likely somebody who means it types the other one, 0 to 1.
    """

    id: int
    slip: float


class Beginnings(NamedTuple):
    """What begins with some letters.

    Attributes:
        ids: Of the words; `UNKNOWN` for those too rare for the vocabulary, and for learned ones. (N,).
        words: The words.
        slips: How likely each is typed with just these letters' case and accents. (N,).
        shown: What is suggested for them, in the case of what was typed, each once, with its index.
        place: Index into `shown` of each word. (N,).
        unseen_share: Share of unseen words that begin so.
        whole: Places of those that are no longer than the letters and may be finished.
        unlisted: Place of each word that the vocabulary lacks.
        learned: Of the unknown words that are expected, the part that is this one, which the person's lines taught;
            0 for all others. (N,).
        matching: How they were compared with the letters.
    """

    ids: IndexArray
    words: tuple[str, ...]
    slips: Float32Array
    shown: dict[str, int]
    place: IndexArray
    unseen_share: float
    whole: tuple[int, ...]
    unlisted: dict[str, int]
    learned: Float32Array
    matching: Matching

    @classmethod
    def of(
        cls,
        prefix: str,
        ids: IndexArray,
        words: tuple[str, ...],
        *,
        unseen_share: float,
        learned: Float32Array,
        matching: Matching,
    ) -> "Beginnings":
        """Weigh words by what was typed, and say how they are shown."""
        slips = np.array(matching.slips_of(prefix, words), np.float32)
        shown: dict[str, int] = {}
        place = np.array([shown.setdefault(matching.in_case_of(prefix, word), len(shown)) for word in words], np.intp)
        size = len(prefix)
        whole = tuple(
            number
            for number, word in enumerate(words)
            if abs(len(word) - size) <= _FOLDED_LONGER and matching.may_be_finished(word, prefix)
        )
        unlisted = {words[number]: number for number in np.flatnonzero(ids == UNKNOWN).tolist()}
        return cls(ids, words, slips, shown, place, unseen_share, whole, unlisted, learned, matching)

    def with_learned(self, prefix: str, learned: Mapping[str, float]) -> "Beginnings":
        """Return these and learned words, each with its part of the unknown ones; of rare words they become learned."""
        parts = self.learned.copy()
        for word in learned.keys() & self.unlisted.keys():
            parts[self.unlisted[word]] = learned[word]
        words = tuple(word for word in learned if word not in self.unlisted)
        new = Beginnings.of(
            prefix,
            np.full(len(words), UNKNOWN, np.intp),
            words,
            unseen_share=self.unseen_share,
            learned=np.array([learned[word] for word in words], np.float32),
            matching=self.matching,
        )
        shown = dict(self.shown)
        places = np.array([shown.setdefault(text, len(shown)) for text in new.shown], np.intp)
        count = len(self.words)
        return Beginnings(
            ids=np.concatenate([self.ids, new.ids]),
            words=self.words + words,
            slips=np.concatenate([self.slips, new.slips]),
            shown=shown,
            place=np.concatenate([self.place, places[new.place]]),
            unseen_share=self.unseen_share,
            whole=(*self.whole, *(count + number for number in new.whole)),
            unlisted={**self.unlisted, **{word: count + number for word, number in new.unlisted.items()}},
            learned=np.concatenate([parts, new.learned]),
            matching=self.matching,
        )


class Lexicon:
    """Looks words up by their beginning.

    It may be used from several threads.

    Args:
        vocabulary: The words, and the rare ones.
        syntax: How the text was cut: the words of commands are typed exactly.

    Attributes:
        vocabulary: The same.
        matching: How letters are compared with the words.
    """

    def __init__(self, vocabulary: Vocabulary, syntax: Syntax = "prose") -> None:
        self.vocabulary = vocabulary
        self.matching = EXACT
        if syntax != "commands":
            self.matching = TOLERANT._replace(in_case_of=partial(in_case_of, casing=lambda: self._casing))
        self._known = PrefixIndex(vocabulary.tokens, self.matching.fold)
        self._rare = PrefixIndex(vocabulary.rare, self.matching.fold)
        self._plain_known = PrefixIndex(vocabulary.tokens, self.matching.fold_most)
        self._plain_rare = PrefixIndex(vocabulary.rare, self.matching.fold_most)
        self._near = _NearWords(vocabulary.tokens, self.matching)
        self._near_rare = _NearWords(vocabulary.rare, self.matching)
        self.elisions = Elisions(vocabulary, holding=self._known.holding)
        self._least = RARELY * sum(vocabulary.counts)  # occurrences
        self.beginning_with = lru_cache(maxsize=_BEGINNINGS)(self._beginning_with)
        self._holding = lru_cache(maxsize=_BEGINNINGS)(self._count)
        self._rare_beginning_with = lru_cache(maxsize=_BEGINNINGS)(self._rare.count)
        self.alike = lru_cache(maxsize=_BEGINNINGS)(self._alike)
        self.taken_for = lru_cache(maxsize=_NEW_WORDS_KEPT)(self._taken_for)
        self.meant_by = lru_cache(maxsize=_BEGINNINGS)(self._meant_by)
        self.capitals = cache(self._capitals)

    def _capitals(self, ngrams: NgramModel | None) -> Capitals:
        """What tells words that differ in their case alone apart, by what they follow."""
        return Capitals(self.vocabulary, ngrams, small=self._casing.lower)

    def _alike(self, word: str) -> int | None:
        """The id of the most frequent word of the vocabulary that is this one but for case, or None."""
        # Ids fall with frequency.
        found = self._known.equal_to(word)
        return int(found[0]) if len(found) else None

    @cached_property
    def _casing(self) -> Casing:
        """How the language writes its capitals: found from its words, so that models of every age have it."""
        return Casing.of(self.vocabulary.tokens, self.vocabulary.counts)

    @cached_property
    def _marked(self) -> tuple[IndexArray, PrefixIndex]:
        """The words with more than plain letters, which are few: their ids, and where to find them by those."""
        # All but plain characters: a range up to the last one takes 7 ms to compile.
        ids = self._known.holding_any(re.compile(r"[^\x00-&(-\x7f]"))
        return ids, PrefixIndex([self.vocabulary.tokens[index] for index in ids.tolist()], bare)

    def alike_if_bare(self, word: str) -> list[int]:
        """Ids of the words that a word is but for case, accents and apostrophes, whichever has them, by frequency.

        Accents that were typed are taken off only where the word is none with them.
        """
        letters = bare(word)
        if not letters or self.matching is EXACT:
            return []
        ids, marked = self._marked
        found = {*self._known.equal_to(word).tolist(), *ids[marked.equal_to(word)].tolist()}
        if word not in self.vocabulary:
            found.update(self._known.equal_to(letters).tolist())
        return sorted(found - {UNKNOWN, END})

    @cached_property
    def first_alike(self) -> dict[str, int]:
        """What `alike` finds for each word as it is folded: 2 ms to make, for those who ask for hundreds."""
        folded = [self.matching.fold(word) for word in self.vocabulary.tokens]
        return dict(zip(reversed(folded), range(len(folded) - 1, -1, -1), strict=True))

    @cached_property
    def stands_apart(self) -> BoolArray:
        """Which words and marks may follow a space, or what opens, (V,)."""
        apart = np.ones(self.vocabulary.size, np.bool_)
        apart[[UNKNOWN, END, *self.vocabulary.joining.left]] = False
        # Thai has spaces between phrases: what joins the word before it may follow one too.
        spaceless = [token for token in self.vocabulary.joining.left if is_spaceless(self.vocabulary.tokens[token])]
        apart[spaceless] = True
        return apart

    def unseen_share(self, word: str) -> float:
        """Share of unseen words that begin so, as the rare words do, any letter being as likely as another."""
        return self._share_beginning_with(word, by_letters=False)

    def begins_a_word(self, prefix: str) -> bool:
        """Whether some word begins so, but for case and accents."""
        return self._plain_known.count(prefix) > 0 or self._plain_rare.count(prefix) > 0

    def begins_a_longer_word(self, prefix: str) -> bool:
        """Whether some word begins so and goes on."""
        return self._known.count(prefix) > len(self._known.equal_to(prefix))

    def _beginning_with(self, prefix: str) -> Beginnings:
        """Find the words that begin with a prefix, whatever its case; else whatever its accents.

        Where those are rare, or there are none, also the words that nearly begin so. An accent is seldom typed by
        chance: where the letters are right but for typed ones, no slip is looked for; nor where a word behind an
        elided article begins so that stood behind another.
        """
        known, rare = self._known.beginning_with(prefix), self._rare.beginning_with(prefix)
        if not len(known) and not len(rare):
            known, rare = self._plain_known.beginning_with(prefix), self._plain_rare.beginning_with(prefix)
        composed = {} if self.matching is EXACT else self.elisions.beginning_with(prefix)
        doubtful = len(prefix) >= LEAST_SLIPPED and not composed and self._are_rare(known, rare)
        if doubtful and not (has_marks(prefix) and (len(known) or len(rare))):
            known = np.array(sorted({*known.tolist(), *self._near.begun(prefix)}), np.intp)
        # NumPy's own union loads 10 ms of modules.
        known = np.array(sorted({*known.tolist(), *self._bare_beginning_with(prefix).tolist()}), np.intp)
        known = known[known > max(UNKNOWN, END)]
        words = tuple(self.vocabulary.tokens[index] for index in known.tolist())
        words += tuple(self.vocabulary.rare[index] for index in rare.tolist())
        ids = np.concatenate([known, np.full(len(rare), UNKNOWN, np.intp)])
        # Where words begin so, what unseen ones do hardly counts, and a guess will do.
        share = self._share_beginning_with(prefix, by_letters=doubtful)
        learned = np.zeros(len(words), np.float32)
        begun = Beginnings.of(prefix, ids, words, unseen_share=share, learned=learned, matching=self.matching)
        return begun.with_learned(prefix, composed) if composed else begun

    def _bare_beginning_with(self, prefix: str) -> IndexArray:
        """Ids of the words that begin so once their accents and apostrophes are left out, where they have some."""
        ids, marked = self._marked
        if self.matching is EXACT or not bare(prefix):
            return ids[:0]
        found = ids[marked.beginning_with(prefix)]
        meant = self.matching.slips_of(prefix, [self.vocabulary.tokens[index] for index in found.tolist()])
        return found[np.array(meant) > 0.0] if len(found) else found

    def _are_rare(self, known: IndexArray, rare: IndexArray) -> bool:
        """Whether words occur together so seldom that a slip may explain the letters better; each rare one did once."""
        occurrences: int = len(rare) + sum(self.vocabulary.counts[index] for index in known.tolist())
        return occurrences == 0 or occurrences < self._least

    def _meant_by(self, word: str) -> tuple[Meant, ...]:
        """What a finished word may be a misspelling of: words of the vocabulary, likeliest to be typed so first.

        Those that it is in another case, without its accents or without an apostrophe are no misspellings, and not
        among them. A word that the corpus has often enough is meant as it is: it has none.
        """
        if not self._may_be_misspelt(word):
            return ()
        found = (Meant(number, chance) for number, chance in self._near.wholes(word) if number > max(UNKNOWN, END))
        return tuple(sorted(found, key=lambda meant: (-meant.slip, meant.id)))

    def _taken_for(self, word: str) -> tuple[int, ...]:
        """Ids of the words that an unknown one is rather a misspelling of; none where it rather is a new word.

        A new word has just these letters as seldom as it has many, and a known one is as often misspelt so as it is
        frequent. It is one id where that is surely what was meant; `UNKNOWN` is among them where it may be a word that
        the vocabulary lacks, but that is a rare one, or known in a longer or shorter form, as `send` is in
        `sends`, or one name beside another.
        """
        if not self._may_be_misspelt(word):
            return ()
        counts = self.vocabulary.counts
        new = _NEW_WORDS * _ALIKE_LETTERS ** -min(len(word), _MOST_LETTERS) * sum(counts)
        chances = {number: chance * counts[number] for number, chance in self.meant_by(word)}
        total = sum(chances.values())
        if total > new:
            best = max(chances, key=lambda number: chances[number])
            if self._is_form_of(word, best) or self._are_names(word, best):
                return (UNKNOWN, *chances)
            return (best,) if chances[best] >= _SURELY * total else tuple(chances)
        total += sum(chance * counts[number] for number, chance in self._near.stems(word))
        total += sum(chance for _, chance in (*self._near_rare.wholes(word), *self._near_rare.stems(word)))
        return (UNKNOWN, *chances) if total > new else ()

    def _is_form_of(self, word: str, number: int) -> bool:
        """Whether a word is one of the vocabulary but for what ends it."""
        one, other = self.matching.fold_most(word), self.matching.fold_most(self.vocabulary.tokens[number])
        return one.startswith(other) or other.startswith(one)

    def _are_names(self, word: str, number: int) -> bool:
        """Whether a word and one of the vocabulary are names: those differ by a letter or two, as Petra and Peter."""
        other = self.vocabulary.tokens[number]
        return word[0].isupper() and other[0].isupper() and other.lower() not in self.vocabulary

    def _may_be_misspelt(self, word: str) -> bool:
        """Whether a word has enough letters, and is too rare in the corpus, to be meant as it is."""
        plain = self.matching.fold_most(word)
        may_be_one = len(plain) >= LEAST_SLIPPED and plain.isalpha() and self.matching is not EXACT
        return may_be_one and self._are_rare(self._known.equal_to(word), self._rare.equal_to(word))

    def _share_beginning_with(self, prefix: str, *, by_letters: bool) -> float:
        """Share of unseen words that begin so: letter by letter as the rare words do, or else as in any word.

        Args:
            prefix: What was typed.
            by_letters: Whether to look up how letters follow each other in all words, which takes a millisecond a
                letter; else any letter is as likely as another.
        """
        share, among = 1.0, len(self.vocabulary.rare)
        letters = "\n" + self.matching.fold(prefix)
        for length in range(1, len(letters)):
            such = self._rare_beginning_with(letters[1 : length + 1]) if among else 0
            context, letter = letters[max(0, length - _LETTER_CONTEXT) : length], letters[length]
            guess = self._share_of_letter(context, letter) if by_letters else 1 / _LETTERS
            share *= (such + _GUESS_WEIGHT * guess) / (among + _GUESS_WEIGHT)
            among = such
        return share

    def _share_of_letter(self, context: str, letter: str) -> float:
        """How often a letter follows some others in the words of the vocabulary, each counted once."""
        share = 1 / sys.maxunicode
        for length in range(len(context) + 1):
            end = context[len(context) - length :]
            share = (self._holding(end + letter) + _GUESS_WEIGHT * share) / (self._holding(end) + _GUESS_WEIGHT)
        return share

    def _count(self, letters: str) -> int:
        """How often some letters stand in a row in the words; of none, how many letters there are."""
        return self._known.occurrences(letters) + self._rare.occurrences(letters)


class _NearWords:
    """Finds words that were nearly typed, by a slip of the finger or to the ear.

    Args:
        words: The most frequent ones first.
        matching: How letters are compared with them.
    """

    def __init__(self, words: Sequence[str], matching: Matching) -> None:
        self._words = words
        self._matching = matching
        self._letters = LetterIndex(words, matching.fold_most)
        self._heard = PrefixIndex(words, skeleton)

    def begun(self, prefix: str) -> set[int]:
        """Places of the words that nearly begin so; of the many that three letters nearly begin, frequent ones."""
        plain = self._matching.fold_most(prefix)
        if len(plain) < LEAST_SLIPPED:  # accents were most of what was typed
            return set()
        near = self._letters.nearly_beginning_with(plain).tolist()
        slipped = (number for number in near if one_slip_apart(plain, self._plain(number)))
        found = {*islice(slipped, _MOST_SLIPPED)}
        if self._matching is not EXACT:
            heard = self._same_letter_first(self._heard.beginning_with(prefix).tolist(), plain)
            found.update(number for number in heard if spelled_by_ear(plain, self._plain(number)) > 0.0)
        return found

    def wholes(self, word: str) -> Iterator[Meant]:
        """The words that a finished one nearly is, but for those that it is without accents or an apostrophe."""
        plain = self._matching.fold_most(word)
        heard = self._same_letter_first(self._heard.equal_to(word).tolist(), plain)
        for number in sorted({*self._letters.nearly_beginning_with(plain).tolist(), *heard}):
            meant = self._plain(number)
            if abs(len(meant) - len(plain)) <= _MOST_LETTERS_APART and meant.replace("'", "") != plain:
                chance = _misspelling(f"{plain}\n", f"{meant}\n", same_case=self._same_case(word, number))
                if chance > 0.0:
                    yield Meant(number, chance)

    def stems(self, word: str) -> Iterator[Meant]:
        """The words of which a finished one nearly is all but the ending, as `recieve` of `received`."""
        plain = self._matching.fold_most(word)
        if len(plain) < _LEAST_STEM:
            return
        for number in sorted(self.begun(word)):
            meant = self._plain(number)
            if 0 < len(meant) - len(plain) <= _LONGEST_ENDING and not meant.startswith(plain):
                yield Meant(number, _misspelling(plain, meant, same_case=self._same_case(word, number)))

    def _same_letter_first(self, heard: Sequence[int], plain: str) -> set[int]:
        """Of what sounds so, the most frequent words, and those that begin with the letter typed."""
        same = [number for number in heard if self._plain(number)[:1] == plain[0]]
        return {*same[:_MOST_HEARD], *heard[:_MOST_HEARD]}

    def _same_case(self, word: str, number: int) -> bool:
        return word[0].isupper() == self._words[number][0].isupper()

    def _plain(self, number: int) -> str:
        """A word without case and accents."""
        return self._matching.fold_most(self._words[number])


def slip(prefix: str, word: str) -> float:
    """How likely somebody who means a word types its beginning so; 0 if it does not even nearly begin so."""
    return slips_of(prefix, [word])[0]


def slips_of(prefix: str, words: Sequence[str]) -> list[float]:
    """The same of many words; none of them holds a line break."""
    straight = prefix.replace("’", "'")
    right = [word.startswith((prefix, straight)) for word in words]
    if all(right):
        return [1.0] * len(words)
    folded, typed = _folded(words, without_case), without_case(prefix)
    plain, typed_plain = _folded(words, without_marks), without_marks(prefix)
    return [
        1.0 if is_right
        else CASE_SLIP if lower.startswith(typed)
        else MARK_SLIP if bare.startswith(typed_plain) and has_accents_of(typed, lower)
        else APOSTROPHE_SLIP * (CASE_SLIP if prefix[0].isupper() > word[0].isupper() else 1.0)
        if _is_without_apostrophe(typed, lower)
        else _misspelling(typed_plain, bare, same_case=prefix[0].isupper() == word[0].isupper())
        for word, is_right, lower, bare in zip(words, right, folded, plain, strict=True)
    ]  # fmt: skip


def _folded(words: Sequence[str], fold: Callable[[str], str]) -> list[str]:
    """Many words folded at once."""
    return fold("\n".join(words)).split("\n")


def _misspelling(typed: str, word: str, *, same_case: bool) -> float:
    """How likely the beginning of a word is typed so by a slip of the finger or by ear; without case and accents."""
    if len(typed) < LEAST_SLIPPED:
        return 0.0
    right_case = 1.0 if same_case else CASE_SLIP
    by_ear = spelled_by_ear(typed, word)
    if not (word.startswith(typed) or one_slip_apart(typed, word)):
        return by_ear * right_case
    if _is_swapped(typed, word):
        return max(SWAP_SLIP, by_ear) * right_case
    first = 1.0 if typed[0] == word[0] else FIRST_LETTER
    return max(FINGER_SLIP * first, by_ear) * right_case


def _is_swapped(typed: str, word: str) -> bool:
    """Whether the beginning of a word has the letters that were typed, in another order; it is one slip away."""
    begun = word[: len(typed)]
    return begun != typed and sorted(begun) == sorted(typed)


def _is_without_apostrophe(typed: str, word: str) -> bool:
    """Whether a word begins with what was typed once its apostrophe, or joiner, is left out; both without case."""
    letters = without_inner_marks(word)
    begins = letters != word and without_marks(letters).startswith(without_marks(typed))
    return begins and has_accents_of(typed, letters)


def may_be_finished(word: str, tail: str) -> bool:
    """Whether a word is what was typed, but for case."""
    return without_case(word) == without_case(tail)


def in_case_of(tail: str, word: str, *, casing: Callable[[], Casing] = Casing) -> str:
    """Write a word that begins with the tail but for case as somebody who typed the tail would.

    Args:
        tail: What was typed.
        word: What it begins.
        casing: How the language writes its capitals.
    """
    if "’" in tail:
        word = word.replace("'", "’")
    if word.startswith(tail):
        return word
    joined = tail.startswith("IJ") and casing().joined  # one letter
    if len(tail) > 1 and tail.isupper() and not (joined and tail == "IJ"):
        return casing().upper(word.replace("ß", "ẞ") if "ẞ" in tail else word)
    begun, typed = word[1 : len(tail)], tail[1:]
    if not (tail[0].isupper() and word[0].islower() and (joined or begun == typed or (begun + typed).islower())):
        return word
    return casing().capital(word)


def one_slip_apart(typed: str, word: str) -> bool:
    """Whether a beginning of a word differs from what was typed by one letter wrong, missing, too many or swapped.

    A digit is never taken for a slip, nor is a mark that was typed; but one inside a word may be missing, or swapped.
    What has no letters, such as a number, is never what was meant.
    """
    same = 0
    while same < min(len(typed), len(word)) and typed[same] == word[same]:
        same += 1
    if same == len(typed) or not any(map(_is_letter, word)):
        return False  # it begins just so, or is no word
    letter, meant = _is_letter(typed[same]), word[same : same + 1]
    swapped = typed[same + 1 : same + 2] + typed[same]
    return (
        (letter and _is_letter(meant) and word.startswith(typed[same + 1 :], same + 1))  # wrong
        or ((_is_letter(meant) or (letter and meant in JOINERS)) and word.startswith(typed[same:], same + 1))  # missing
        or (letter and word.startswith(typed[same + 1 :], same))  # too many
        or (len(swapped) == 2 and all(map(_is_inside, swapped)) and word.startswith(swapped + typed[same + 2 :], same))
    )


def _is_letter(character: str) -> bool:
    """Whether a character, if there is one, is a letter, or a vowel sign as Hindi has it."""
    return character.isalpha() or (character != "" and unicodedata.category(character).startswith("M"))


def _is_inside(character: str) -> bool:
    """Whether a character is a letter, or a mark that stands inside words."""
    return _is_letter(character) or character in JOINERS


TOLERANT = Matching(without_case, without_marks, slips_of, may_be_finished, in_case_of)
"""Of running text: case, accents and apostrophes are often typed otherwise than they are meant."""


def _slips_in_command(prefix: str, words: Sequence[str]) -> list[float]:
    """How likely somebody who means each of some arguments of commands types its beginning so.

    `-d` and `-D`, `src` and `Src` are different things: case and accents are as they were meant. A slip of the finger
    is looked for in names and long options alone, such as `gti` and `--verbsoe`, never in short options and paths.
    """
    right = [word.startswith(prefix) for word in words]
    if all(right) or len(prefix) < LEAST_SLIPPED or not _is_name(prefix):
        return [float(is_right) for is_right in right]
    return [1.0 if is_right else _slip_in_name(prefix, word) for word, is_right in zip(words, right, strict=True)]


def _is_name(argument: str) -> bool:
    """Whether an argument is a name or a long option: words of letters, with hyphens between them."""
    return all(map(str.isalpha, argument.removeprefix("--").split("-")))


def _slip_in_name(typed: str, word: str) -> float:
    """How likely the beginning of a name is typed so by a slip of the finger, which another case is not."""
    if not (_is_name(word) and one_slip_apart(typed, word)) or word.casefold().startswith(typed.casefold()):
        return 0.0
    return FINGER_SLIP * (1.0 if typed[0] == word[0] else FIRST_LETTER)


EXACT = Matching(str, str, _slips_in_command, str.__eq__, lambda _, word: word)
"""Of commands, whose letters mean what they are."""
