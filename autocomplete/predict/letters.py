"""What typed letters stand for, to a model of characters: themselves, the same in another case or with an accent.

And a word as a whole: what is one slip of the finger away from what was typed.
"""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import Float32Array, Float64Array, IndexArray
from autocomplete.predict.beginnings import SENTENCE_ENDS
from autocomplete.predict.experts.mixture import Mixture, MixtureState
from autocomplete.predict.experts.protocol import Tokens
from autocomplete.predict.lexicon import (
    APOSTROPHE_SLIP,
    CASE_SLIP,
    FINGER_SLIP,
    FIRST_LETTER,
    LEAST_SLIPPED,
    MARK_SLIP,
    SWAP_SLIP,
)
from autocomplete.text.prefixes import without_case, without_marks
from autocomplete.text.unicode import JOINERS
from autocomplete.text.vocabulary import END, UNKNOWN, Vocabulary

# Stands for zero where a logarithm is taken.
LEAST_PROBABILITY = 1e-30
# Readings kept of a text.
_WIDTH = 4
# Readings so much less likely than the best, in nats, are dropped.
_RANGE = math.log(1e3)
# Readings kept of each beginning that may hold a slip.
_SLIP_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Readings:
    """Ways to read the same text, R of them.

    Attributes:
        words: What each has for the word at the end; empty where none stands there.
        slips: How likely somebody who means that word types it so, for its case and accents, in nats, (R,).
        log_probabilities: Of each text and of its being typed so, in nats, (R,).
        state: The memory after each, R sequences.
        shorter: The readings before the last letter of that word; None where none stands there.
        ended: Whether the text ends in a mark that ends a sentence.
    """

    words: tuple[str, ...]
    slips: Float64Array
    log_probabilities: Float64Array
    state: MixtureState
    shorter: "Readings | None" = None
    ended: bool = False

    @property
    def total(self) -> float:
        """Log probability of all together, in nats."""
        return float(np.logaddexp.reduce(self.log_probabilities))

    def path(self) -> list["Readings"]:
        """The readings before the word at the end and after each of its letters, the last being these."""
        found = [self]
        while found[-1].shorter is not None:
            found.append(found[-1].shorter)
        return found[::-1]

    def times(self, log_factor: float | npt.NDArray[np.floating]) -> "Readings":
        """Return the same, each likelier by a factor."""
        return replace(self, log_probabilities=self.log_probabilities + log_factor)

    def pruned(self, width: int) -> "Readings":
        """Keep the likeliest, in that order."""
        return self._rows(_likeliest(self.log_probabilities, width).tolist())

    def distinct(self) -> "Readings":
        """Of those that have the same word, keep the likeliest."""
        order = np.argsort(-self.log_probabilities, kind="stable").tolist()
        best = {self.words[row]: row for row in reversed(order)}
        return self._rows(sorted(best.values()))

    def finished(self) -> "Readings | None":
        """Return those whose word may be finished as it was typed, but for its case, or None if none may."""
        rows = np.flatnonzero(self.slips > math.log(MARK_SLIP)).tolist()
        return self._rows(rows) if rows else None

    def joined(self, *others: "Readings") -> "Readings":
        """Return these and others of the same text."""
        parts = [self, *others]
        return replace(
            self,
            words=tuple(word for part in parts for word in part.words),
            slips=np.concatenate([part.slips for part in parts]),
            log_probabilities=np.concatenate([part.log_probabilities for part in parts]),
            state=MixtureState.joined([part.state for part in parts]),
        )

    def _rows(self, rows: list[int]) -> "Readings":
        return replace(
            self,
            words=tuple(self.words[row] for row in rows),
            slips=self.slips[rows],
            log_probabilities=self.log_probabilities[rows],
            state=self.state.rows(rows),
        )


class _Meant(NamedTuple):
    """What a typed character may stand for.

    Attributes:
        tokens: First itself, or the first that stands for it where the vocabulary lacks it, (A,).
        slips: How likely somebody who means each types it so, in nats, (A,).
    """

    tokens: IndexArray
    slips: Float64Array


class LetterReader:
    """Reads typed characters, each as itself and, where it may be in another case or lack its accent, as that.

    A typed character is a number: its token, or for one that the vocabulary lacks, one past the tokens.

    Several threads may use it.

    Args:
        mixture: The experts.
        vocabulary: Its characters.
        mends: Whether letters may be in another case or lack their accents.

    Attributes:
        mixture: The same.
        vocabulary: The same.
        mends: The same.
        alike: A number for each token, the same for those alike but for case, (V,).
        letters: Which tokens are letters or digits, (V,).
        joiners: Which are marks that may stand inside a word, but do not end it, (V,).
    """

    def __init__(self, mixture: Mixture, vocabulary: Vocabulary, *, mends: bool) -> None:
        self.mixture = mixture
        self.vocabulary = vocabulary
        self.mends = mends
        self._texts = vocabulary.tokens
        _, self.alike = np.unique([without_case(text) for text in self._texts], return_inverse=True)
        self.letters = np.array([is_letter(text) for text in self._texts])
        self.joiners = np.array([text in JOINERS for text in self._texts])
        self._space = vocabulary.id(" ")
        self._apostrophes = np.flatnonzero([without_case(text) == "'" for text in self._texts])
        is_digit = np.array([text.isalnum() and not text.isalpha() for text in self._texts])
        self._may_slip = self.letters & ~is_digit  # (V,)
        # What may be meant by each small letter: it in other cases, and with an accent if it has none itself.
        meant: defaultdict[str, dict[int, float]] = defaultdict(dict)
        for slip, fold in ((CASE_SLIP, without_case), (MARK_SLIP, without_marks)) if mends else ():
            for token, text in enumerate(self._texts):
                meant[fold(text)].setdefault(token, slip)
        itself = (
            {token: 1.0} | meant.get(without_case(text), {}) | {token: 1.0} for token, text in enumerate(self._texts)
        )
        self._meant = [
            _Meant(np.array([*slips], np.intp), np.log([*slips.values()])) for slips in (*itself, *meant.values())
        ]
        self._lacking = {text: vocabulary.size + number for number, text in enumerate(meant)}

    def hearing(self, mixture: Mixture) -> "LetterReader":
        """Return the same with other experts."""
        return LetterReader(mixture, self.vocabulary, mends=self.mends)

    def encode(self, characters: Sequence[str]) -> list[int]:
        """The numbers of typed characters; `UNKNOWN` for what can stand for nothing."""
        ids = zip(characters, self.vocabulary.encode(characters), strict=True)
        return [self._lacking.get(without_case(text), UNKNOWN) if token == UNKNOWN else token for text, token in ids]

    def initial_state(self) -> Readings:
        """Return the one reading of no text."""
        return Readings(("",), np.zeros(1), np.zeros(1), self.mixture.initial_state())

    def step(self, state: Readings, tokens: Tokens) -> Readings:
        """Read one more character, the only one of `tokens`.

        A space behind the end of a sentence may stand for the end of a line, where the training text would have one.
        """
        token = self._meant[int(tokens[0])].tokens[0]
        if self.letters[token] or (self.joiners[token] and state.words[0]):
            return replace(self.typed(state, int(tokens[0]), width=_WIDTH), shorter=state, ended=False)
        meant = [token, END] if state.ended and token == self._space else [token]
        rows, ids = np.repeat(np.arange(len(state.words)), len(meant)), np.tile(meant, len(state.words))
        after = self._appended(state, rows, ids, slips=state.slips[rows], width=_WIDTH)
        count = len(after.words)
        ended = SENTENCE_ENDS.issuperset(self._texts[token])
        return replace(after, words=("",) * count, slips=np.zeros(count), shorter=None, ended=ended)

    def typed(self, readings: Readings, character: int, *, width: int) -> Readings:
        """Append a letter as it was typed and as what else it may stand for, keeping the likeliest.

        A word pays for its case or its accents once.
        """
        meant = self._meant[character]
        rows = np.repeat(np.arange(len(readings.words)), len(meant.tokens))
        ids = np.tile(meant.tokens, len(readings.words))
        slips = np.minimum(readings.slips[rows], np.tile(meant.slips, len(readings.words)))
        return self._appended(readings, rows, ids, slips=slips, width=width)

    def may_slip(self, character: int) -> bool:
        """Whether a finger may have typed this for another letter: a digit or a mark is meant as it is."""
        return bool(self._may_slip[self._meant[character].tokens[0]])

    def other(self, readings: Readings, character: int, *, width: int) -> Readings:
        """Append what may have been meant by another letter: the likeliest letters but that one."""
        allowed = self._may_slip.copy()
        allowed[self._meant[character].tokens] = False
        return self._any_of(np.flatnonzero(allowed), readings, width=width)

    def apostrophe(self, readings: Readings, *, width: int) -> Readings:
        """Append an apostrophe that was not typed."""
        return self._any_of(self._apostrophes, readings, width=width)

    def _any_of(self, tokens: IndexArray, readings: Readings, *, width: int) -> Readings:
        """Append the likeliest of some tokens, whatever was typed."""
        rows, ids = np.repeat(np.arange(len(readings.words)), len(tokens)), np.tile(tokens, len(readings.words))
        return self._appended(readings, rows, ids, slips=readings.slips[rows], width=width)

    def read_text(self, state: Readings, tokens: Sequence[int]) -> list[Readings]:
        """Read many letters, typed as they are; the readings after each."""
        after = []
        for token in tokens:
            state = self.step(state, [token])
            after.append(state)
        return after

    def log_probabilities(self, state: MixtureState) -> Float32Array:
        """Log probabilities in nats of what may follow each sequence, (R, V)."""
        logs: Float32Array = np.log(np.maximum(self.mixture.forecast(state).probabilities, LEAST_PROBABILITY))
        return logs

    def _appended(
        self, readings: Readings, rows: IndexArray, ids: IndexArray, *, slips: Float64Array, width: int
    ) -> Readings:
        """Append a token to each of some readings, whose words are typed so with `slips` then; keep the likeliest."""
        after = self.log_probabilities(readings.state)[rows, ids]
        scores = readings.log_probabilities[rows] + after + slips - readings.slips[rows]
        kept = _likeliest(scores, width)
        rows, ids = rows[kept], ids[kept]
        return replace(
            readings,
            words=tuple(readings.words[row] + self._texts[token] for row, token in zip(rows, ids, strict=True)),
            slips=slips[kept],
            log_probabilities=scores[kept],
            state=self.mixture.step(readings.state.rows(rows), ids),
        )


def _likeliest(log_probabilities: Float64Array, width: int) -> IndexArray:
    """Indices of the largest, largest first; none that is out of the range of the first."""
    order = np.argsort(-log_probabilities, kind="stable")[:width]
    return order[log_probabilities[order] >= log_probabilities[order[:1]] - _RANGE]


def is_letter(text: str) -> bool:
    """Whether a token is a letter or a digit, or is written over or under the one before it."""
    return len(text) == 1 and (text.isalnum() or unicodedata.category(text).startswith("M"))


class SlipReader:
    """Reads half-typed words with one letter wrong, missing, too many or swapped with the next.

    Digits and marks are as they were meant: none is ever the letter that slipped; but an apostrophe may be missing.

    What was found for a word's first letters is kept for the next letter.

    Args:
        reader: Reads letters as they were typed.
    """

    def __init__(self, reader: LetterReader) -> None:
        self._reader = reader
        self._path: list[Readings] = []
        self._found: list[Readings] = []

    def read(self, readings: Readings, letters: Sequence[int]) -> Readings | None:
        """Return what the word at the end may be with a slip in it, or None where it is likelier without.

        Args:
            readings: Of the text as it was typed.
            letters: Of the word.
        """
        path = readings.path()
        chance = readings.total - path[0].total
        if len(letters) < LEAST_SLIPPED or len(path) != len(letters) + 1 or chance >= math.log(APOSTROPHE_SLIP):
            return None
        known = 0
        while known < min(len(self._found), len(path)) and path[known] is self._path[known]:
            known += 1
        del self._found[known:]
        self._path = path
        while len(self._found) < len(path):
            self._found.append(self._beginning(path, letters, len(self._found)))
        return self._found[-1] if math.isfinite(self._found[-1].total) else None

    def _beginning(self, path: list[Readings], letters: Sequence[int], length: int) -> Readings:
        """Read the first letters with a slip in them; where it is in the last of them, any letter may go on.

        Args:
            path: The word without a slip after 0, 1, … letters.
            letters: Of the word.
            length: How many of them are read.
        """
        if length == 0:
            return path[0].times(-math.inf)
        *before, last = letters[:length]
        may_slip = self._reader.may_slip
        # The last letter is too many, another was meant, or one is missing before it: all go on from what is before.
        parts = [path[length - 1].times(_log_slip(length - 1) if may_slip(last) else -math.inf)]
        if length > 1:
            parts.append(self._reader.typed(self._going_on(path, letters, length - 1), last, width=_SLIP_WIDTH))
        if length > 1 and before[-1] != last and may_slip(before[-1]) and may_slip(last):
            swapped = self._reader.typed(path[length - 2], last, width=_SLIP_WIDTH)
            swapped = self._reader.typed(swapped, before[-1], width=_SLIP_WIDTH)
            parts.append(swapped.times(math.log(SWAP_SLIP)))
        return parts[0].joined(*parts[1:]).distinct().pruned(_SLIP_WIDTH)

    def _going_on(self, path: list[Readings], letters: Sequence[int], length: int) -> Readings:
        """The same, with letters that may have been meant by the last, or be missing before it as an apostrophe may."""
        last = letters[length - 1]
        if not self._reader.may_slip(last):
            return self._found[length]
        before = path[length - 1]
        parts = [self._found[length]]
        wrong = self._reader.other(before, last, width=_SLIP_WIDTH).times(_log_slip(length - 1))
        if wrong.words:  # another letter is known
            parts += [wrong, self._reader.typed(wrong, last, width=_SLIP_WIDTH)]
        apostrophe = self._reader.apostrophe(before, width=_SLIP_WIDTH).times(math.log(APOSTROPHE_SLIP))
        if length > 1 and apostrophe.words:
            parts.append(self._reader.typed(apostrophe, last, width=_SLIP_WIDTH))
        return parts[0].joined(*parts[1:]).distinct().pruned(_SLIP_WIDTH)


def _log_slip(place: int) -> float:
    """Log probability of one certain slip at a letter that is no swap, in nats."""
    return math.log(FINGER_SLIP * (FIRST_LETTER if place == 0 else 1.0))
