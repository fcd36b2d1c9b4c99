"""Types a text letter by letter against a completer and counts what its lists would have saved."""

import math
import re
import time
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np

from autocomplete.arrays import BoolArray, Float64Array
from autocomplete.evaluation.statistics import block_sums, blocks
from autocomplete.predict.passed_over import likely_now
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.text.hyphenation import as_typed
from autocomplete.text.scripts import cut, has_spaceless, is_spaceless, segmenter
from autocomplete.text.syntax import Syntax
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import AMPERSAND, MARK, SPACELESS
from autocomplete.text.vocabulary import is_word

# Lengths of the list that figures are given for.
SHOWN = (1, 3, 5)
# Candidates asked for before a word at least, for the mean reciprocal rank. Within it as many as are shown, and enough
# behind them to fill the list where those already passed over are left out.
LIST = 60
# A completer is given at least this much of what stands before, where there is so much. The word model
# remembers 512 to 1,024 tokens, some 5,000 characters of English at the most.
CONTEXT_CHARACTERS = 8_000

_LETTER = r"[^\W_]"
# Apostrophes, hyphens, the soft hyphen, the invisible joiners of Persian and Indic words, and what joins some letters.
_INNER = rf"['’\-\u2010\u2011\u00ad\u200c\u200d]|{AMPERSAND}|(?<=\d)[.,](?=\d)"
# Where a long text may be cut, best first: behind a blank line, a line break, any white space.
_CUTS = tuple(re.compile(rf"(?s:.*){boundary}") for boundary in (r"\n[^\S\n]*\n", r"\n", r"\s"))


class Completer(Protocol):
    """What can be typed against; `Suggester` is one."""

    def suggest(self, text: str, *, k: int, mode: Mode) -> Sequence[Suggestion]:
        """Return up to `k` suggestions, best first; `next` words only, or the rest of the last word only."""
        ...


class Span(NamedTuple):
    """Where a word stands: `text[start:stop]`."""

    start: int
    stop: int


@cache
def _word_pattern() -> re.Pattern[str]:
    run = rf"{_LETTER}(?:{_LETTER}|{MARK})*"
    return re.compile(rf"{run}(?:(?:{_INNER}){run})*")


def words_of(text: str, syntax: Syntax = "prose") -> Iterator[Span]:
    """Find the words that keystrokes are counted for, in the order of the text.

    Of commands those are the arguments, flags and paths as wholes. Of other text a word is a run of letters, digits
    and combining marks that begins with a letter or digit; single apostrophes and hyphens inside it, `&` between its
    letters, and a point or comma between its digits, belong to it. presage's protocol cuts there instead, but the
    characters come out the same, since the mark inside a word costs what the space between two words would: `don't`
    has 5 + 1, `don` and `t` have 3 + 1 and 1 + 1.

    Scripts without spaces are cut into words where the library for it is installed, else into letters with their marks.
    """
    if syntax == "commands":
        tokens = Tokenizer("word", "commands").spans(text)
        yield from (Span(each.start, each.stop) for each in tokens if is_word(each.text, syntax))
        return
    for match in _word_pattern().finditer(text):
        if not has_spaceless(match[0]):
            yield Span(*match.span())
            continue
        for part in _part_pattern().finditer(text, *match.span()):
            start = part.start()
            for word in _spaceless_words(part[0]) if is_spaceless(part[0]) else [part[0]]:
                yield Span(start, start := start + len(word))


def _spaceless_words(run: str) -> list[str]:
    return cut(run) if segmenter() is not None else [letter[0] for letter in _part_letter().finditer(run)]


@cache
def _part_letter() -> re.Pattern[str]:
    return re.compile(rf"[{SPACELESS}]{MARK}*")


@cache
def _part_pattern() -> re.Pattern[str]:
    """Match a run of a script without spaces, or a word beside it."""
    run = rf"(?:(?![{SPACELESS}]){_LETTER}){MARK}*"
    return re.compile(rf"(?:[{SPACELESS}]{MARK}*)+|(?:{run})+(?:(?:{_INNER})(?:{run})+)*")


@dataclass(frozen=True, slots=True)
class Offer:
    """The list at one position.

    Attributes:
        candidates: What would stand where the word does, best first. A suggestion that also changes what stands
            before the word, as a comma takes the space away, begins with a backspace (U+0008) for each character
            that it deletes there.
        rank: Place of the right one, from 1; None if it is not among them.
        rank_ignoring_case: Place of the first that is right but for its case.
        probabilities: How likely the completer says each is.
        seconds: What the list that a user gets at this key took, which is shorter and has both readings; nan where it
            was not asked for.
    """

    candidates: tuple[str, ...]
    rank: int | None
    rank_ignoring_case: int | None
    probabilities: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class TypedWord:
    """A word of the text, and the lists that were there while it was typed.

    Attributes:
        word: The word in Unicode NFC: each code point is one key.
        start: Its place in the normalised text.
        offers: One list for each number of letters typed, from none to all but the last.
    """

    word: str
    start: int
    offers: tuple[Offer, ...]

    @property
    def characters(self) -> int:
        """Keys without prediction: the letters and one space, where the script has spaces."""
        return len(self.word) + (not is_spaceless(self.word))


def type_text(
    completer: Completer,
    text: str,
    *,
    limit_words: int | None = None,
    context_characters: int = CONTEXT_CHARACTERS,
    syntax: Syntax = "prose",
    begins: int = 0,
    timed_every: int = 1,
) -> Iterator[TypedWord]:
    """Type a text, asking the completer at each position; yields each word as it is finished.

    Before a word's first letter the completer is asked for next words, after each letter but the last for
    completions. A suggestion is right if its result is the text up to the end of the word.

    Args:
        completer: Suggests.
        text: One document.
        limit_words: Most words typed.
        context_characters: The completer sees at least so many characters before the word, and at most twice
            as many: what stands earlier is cut off, in steps of half as many, so that a completer that remembers
            what it has read reads a new beginning once in a while and not at every key.
        syntax: What its words are.
        begins: Words that begin earlier in the text are read, not typed.
        timed_every: One word in so many is also asked for as users do, and that is timed; 0 for none.
    """
    begins = len(as_typed(text[:begins], syntax))
    text = as_typed(text, syntax)
    spans = (span for span in words_of(text, syntax) if span.start >= begins)
    for number, (start, stop) in enumerate(islice(spans, limit_words)):
        cut = cut_before(text, start, context_characters)
        whole = text[cut:stop]
        timed = timed_every > 0 and number % timed_every == 0
        offers = (
            _offer(completer, whole, start=start - cut, letters=letters, timed=timed) for letters in range(stop - start)
        )
        yield TypedWord(text[start:stop], start, tuple(offers))


def cut_before(text: str, position: int, least: int) -> int:
    """Where the text that a completer sees at `position` begins; the same for many positions in a row."""
    step = max(1, least // 2)
    latest = (position - least) // step * step
    if latest <= 0:
        return 0
    for pattern in _CUTS:
        if match := pattern.match(text, max(0, latest - step), latest):
            return match.end()
    return latest


def _offer(completer: Completer, whole: str, *, start: int, letters: int, timed: bool) -> Offer:
    """Ask at one position of the word `whole[start:]`."""
    typed = whole[: start + letters]
    seconds = math.nan
    if timed:
        began = time.perf_counter()
        completer.suggest(typed, k=SHOWN[-1], mode="auto")
        seconds = time.perf_counter() - began
    if letters:
        found = completer.suggest(typed, k=min(LIST, SHOWN[-1] * (letters + 1)), mode="complete")
    else:
        found = completer.suggest(typed, k=LIST, mode="next")
    rank = rank_ignoring_case = None
    word, folded = whole[start:], whole[start:].casefold()
    candidates: list[str] = []
    for place, suggestion in enumerate(found, 1):
        kept = len(typed) - suggestion.replace
        if kept >= start:  # mostly: up to the word result and text agree
            candidate = end = suggestion.result[start:]
            right, alike = end == word, end.casefold() == folded
        else:
            candidate, end = _in_place_of_word(suggestion, typed, start), suggestion.result[kept:]
            right, alike = end == whole[kept:], end.casefold() == whole[kept:].casefold()
        candidates.append(candidate)
        rank = place if right and rank is None else rank
        rank_ignoring_case = place if alike and rank_ignoring_case is None else rank_ignoring_case
    return Offer(
        candidates=tuple(candidates),
        rank=rank,
        rank_ignoring_case=rank_ignoring_case,
        probabilities=tuple([suggestion.probability for suggestion in found]),
        seconds=seconds,
    )


def _in_place_of_word(suggestion: Suggestion, typed: str, start: int) -> str:
    """What a suggestion that changes text before the word puts where that begins, see `Offer.candidates`."""
    kept = len(typed) - suggestion.replace
    while kept < start and suggestion.result[kept : kept + 1] == typed[kept]:
        kept += 1
    return "\b" * (start - kept) + suggestion.result[kept:]


class Rule(NamedTuple):
    """One way to count keystrokes.

    Attributes:
        shown: Candidates in the list.
        repeats: Whether a candidate that was shown and passed over is shown again within the word. presage's default
            is not to.
        match_case: Whether a suggestion in the wrong case is wrong.
    """

    shown: int
    repeats: bool
    match_case: bool


RULES = tuple(
    Rule(shown, repeats, match_case) for match_case in (True, False) for repeats in (False, True) for shown in SHOWN
)


class Reader(NamedTuple):
    """Who types at a prompt, which shows less of what was passed over (`autocomplete.predict.passed_over`).

    Attributes:
        shown: Candidates in the list.
        notices: Share of the lists with the right word in which it is seen, each by itself.
    """

    shown: int
    notices: float


READERS = tuple(Reader(shown, notices) for notices in (1.0, 0.8, 0.7) for shown in SHOWN)


def letters_at_sight(word: TypedWord, shown: int) -> list[int]:
    """Numbers of letters at which the prompt shows the right word, to somebody who never takes it."""
    times = Counter[str]()
    found = []
    last = max((letters for letters, offer in enumerate(word.offers) if offer.rank is not None), default=-1)
    for letters, offer in enumerate(word.offers[: last + 1]):
        chances = likely_now(offer.candidates, offer.probabilities, times)
        ranked = sorted(zip((-chance for chance in chances), offer.candidates, strict=True))
        listed = {candidate for _, candidate in ranked[:shown]}
        if offer.rank is not None and offer.candidates[offer.rank - 1] in listed:
            found.append(letters)
        times.update(listed)
    return found


def expected_keys(letters: Iterable[int], characters: int, notices: float) -> float:
    """Keys that a word costs on the whole: the choice at the first of the sights that is noticed, or all of it.

    Args:
        letters: Typed at each sight of it, ascending.
        characters: Keys without prediction.
        notices: Share of the sights that are noticed.
    """
    keys, reached = 0.0, 1.0
    for typed in letters:
        keys += reached * notices * (typed + 1)
        reached *= 1.0 - notices
    return keys + reached * characters


def keys_for(word: TypedWord, rule: Rule) -> int:
    """Keys that a word costs with a list: the letters until it is shown and the choice, which supplies the space."""
    passed_over: set[str] = set()
    for letters, offer in enumerate(word.offers):
        shown = list(islice((text for text in offer.candidates if text not in passed_over), rule.shown))
        rank = offer.rank if rule.match_case else offer.rank_ignoring_case
        if rank is not None and offer.candidates[rank - 1] in shown:
            return letters + 1
        if not rule.repeats:
            passed_over.update(shown)
    return word.characters


class KeystrokeSavings:
    """Keystroke savings rate by presage's own protocol, under every rule of `RULES`.

    Only words cost keys, the white space and punctuation between them none. A word costs its letters and one space
    without prediction; with it, the letters typed until the word is in the list and one for the choice.
    """

    def __init__(self) -> None:
        self._documents = array("q")
        self._characters = array("q")
        self._keys = {rule: array("q") for rule in RULES}
        self._expected = dict.fromkeys(READERS, 0.0)

    def add(self, word: TypedWord, *, document: int = 0) -> None:
        """Count a word; `document` numbers the text that it stands in."""
        self._documents.append(document)
        self._characters.append(word.characters)
        for rule, keys in self._keys.items():
            keys.append(keys_for(word, rule))
        for shown in SHOWN:
            letters = letters_at_sight(word, shown)
            for reader in READERS:
                if reader.shown == shown:
                    self._expected[reader] += expected_keys(letters, word.characters, reader.notices)

    @property
    def words(self) -> int:
        """Words counted."""
        return len(self._characters)

    @property
    def characters(self) -> int:
        """Keys without prediction."""
        return sum(self._characters)

    def keys(self, rule: Rule) -> int:
        """Keys with the list."""
        return sum(self._keys[rule])

    def rate(self, rule: Rule) -> float:
        """(1 - keys / characters) x 100; nan before the first word."""
        return (1.0 - self.keys(rule) / self.characters) * 100.0 if self.words else math.nan

    def rate_of(self, reader: Reader) -> float:
        """The same for who types at a prompt, to be expected."""
        return (1.0 - self._expected[reader] / self.characters) * 100.0 if self.words else math.nan

    def by_block(self, rule: Rule) -> tuple[Float64Array, Float64Array]:
        """Saved keys and characters of each block, for `bootstrap_interval`; their ratio is the rate / 100."""
        block = blocks(np.array(self._documents, np.int64))
        characters = np.array(self._characters, np.int64)
        saved = characters - np.array(self._keys[rule], np.int64)
        return block_sums(saved, block), block_sums(characters, block)


class NextWordHits:
    """How often the next word is in the list before its first letter is typed, case counted."""

    def __init__(self) -> None:
        self._documents = array("q")
        self._ranks = array("q")  # 0 for none

    def add(self, word: TypedWord, *, document: int = 0) -> None:
        """Count a word; `document` numbers the text that it stands in."""
        self._documents.append(document)
        self._ranks.append(word.offers[0].rank or 0)

    def rate(self, shown: int) -> float:
        """Share of the words that are among the first `shown`, 0 to 1: hit@`shown`; nan before the first word."""
        return float(self._hits(shown).mean()) if self._ranks else math.nan

    @property
    def mean_reciprocal_rank(self) -> float:
        """1 / rank on average, 0 where the word is not in the list; nan before the first word."""
        return float(self._reciprocals().mean()) if self._ranks else math.nan

    def reciprocals_by_block(self) -> tuple[Float64Array, Float64Array]:
        """Summed 1 / rank and words of each block, for `bootstrap_interval`."""
        block = blocks(np.array(self._documents, np.int64))
        return block_sums(self._reciprocals(), block), block_sums(np.ones(len(block)), block)

    def by_block(self, shown: int) -> tuple[Float64Array, Float64Array]:
        """Hits and words of each block, for `bootstrap_interval`."""
        block = blocks(np.array(self._documents, np.int64))
        return block_sums(self._hits(shown), block), block_sums(np.ones(len(block)), block)

    def _reciprocals(self) -> Float64Array:
        ranks = np.array(self._ranks, np.float64)
        return np.divide(1.0, ranks, out=np.zeros_like(ranks), where=ranks > 0)

    def _hits(self, shown: int) -> BoolArray:
        ranks = np.array(self._ranks, np.int64)
        hits: BoolArray = (ranks > 0) & (ranks <= shown)
        return hits


class TopSuggestions:
    """How sure and how right the first suggestion is, at every position: before each word and within it.

    Attributes:
        positions: Positions counted, those without any suggestion included.
    """

    def __init__(self) -> None:
        self._probabilities = array("d")
        self._right = array("b")
        self._seconds = array("d")
        self.positions = 0

    def add(self, word: TypedWord) -> None:
        """Count the positions of a word."""
        for offer in word.offers:
            self.positions += 1
            if not math.isnan(offer.seconds):
                self._seconds.append(offer.seconds)
            if offer.candidates:
                self._probabilities.append(offer.probabilities[0])
                self._right.append(offer.rank == 1)

    @property
    def seconds(self) -> Float64Array:
        """What the completer took at each position where that was measured."""
        return np.array(self._seconds, np.float64)

    @property
    def probabilities(self) -> Float64Array:
        """Of the first suggestion, at each position that has one, (N,)."""
        return np.array(self._probabilities, np.float64)

    @property
    def right(self) -> BoolArray:
        """Whether it is the right one, case counted, (N,)."""
        return np.array(self._right, np.bool_)

    def coverage(self, threshold: float) -> float:
        """Share of the positions where a suggestion is at least so probable; nan before the first position."""
        if not self.positions:
            return math.nan
        return int(np.count_nonzero(self.probabilities >= threshold)) / self.positions

    def precision(self, threshold: float) -> float:
        """Share of those suggestions that are right; nan where there are none."""
        shown = self.probabilities >= threshold
        return float(self.right[shown].mean()) if shown.any() else math.nan
