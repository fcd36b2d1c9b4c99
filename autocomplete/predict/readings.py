"""What typed letters stand for, to a model of characters: themselves, or the same in another case."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import UNKNOWN
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.lexicon import CASE_SLIP
from autocomplete.predict.predictor import Predictor, PredictorState, Tokens
from autocomplete.predict.prefixes import without_case
from autocomplete.predict.tail import JOINERS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Stands for zero where a logarithm is taken.
LEAST_PROBABILITY = 1e-30
# Readings kept of a text.
_WIDTH = 4
# Readings so much less likely than the best, in nats, are dropped.
_RANGE = math.log(1e3)


@dataclass(frozen=True, slots=True)
class Readings:
    """Ways to read the same text, R of them.

    Attributes:
        words: What each has for the word at the end; empty where none stands there.
        recased: Whether that is in another case than was typed.
        log_probabilities: Of each text and of its being typed so, in nats, (R,).
        state: The memory after each, R sequences.
        shorter: The readings before the last letter of that word; None where none stands there.
    """

    words: tuple[str, ...]
    recased: tuple[bool, ...]
    log_probabilities: FloatArray
    state: PredictorState
    shorter: "Readings | None" = None

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
        order = np.argsort(-self.log_probabilities, kind="stable")[:width]
        least = self.log_probabilities[order[0]] - _RANGE
        return self._rows([row for row in order.tolist() if self.log_probabilities[row] >= least])

    def distinct(self) -> "Readings":
        """Of those that have the same word, keep the likeliest."""
        order = np.argsort(-self.log_probabilities, kind="stable").tolist()
        best = {self.words[row]: row for row in reversed(order)}
        return self._rows(sorted(best.values()))

    def joined(self, *others: "Readings") -> "Readings":
        """Return these and others of the same text."""
        parts = [self, *others]
        return replace(
            self,
            words=tuple(word for part in parts for word in part.words),
            recased=tuple(recased for part in parts for recased in part.recased),
            log_probabilities=np.concatenate([part.log_probabilities for part in parts]),
            state=PredictorState.joined([part.state for part in parts]),
        )

    def _rows(self, rows: list[int]) -> "Readings":
        return replace(
            self,
            words=tuple(self.words[row] for row in rows),
            recased=tuple(self.recased[row] for row in rows),
            log_probabilities=self.log_probabilities[rows],
            state=self.state.rows(rows),
        )


class Reader:
    """Reads typed characters, each as itself and, where it may be in another case, as that.

    Args:
        predictor: The experts.
        vocabulary: Its characters.
        recases: Whether letters may be in another case.

    Attributes:
        letters: Which tokens are letters or digits, (V,).
        joiners: Which are marks that may stand inside a word, but do not end it, (V,).
    """

    def __init__(self, predictor: Predictor, vocabulary: Vocabulary, *, recases: bool) -> None:
        self._predictor = predictor
        self._vocabulary = vocabulary
        self._texts = vocabulary.tokens
        tokens = range(vocabulary.size)
        self.letters = np.array([is_letter(text) for text in self._texts])
        self.joiners = np.array([text in JOINERS for text in self._texts])
        is_digit = np.array([text.isalnum() and not text.isalpha() for text in self._texts])
        self._may_slip = self.letters & ~is_digit  # (V,)
        folded: dict[str, list[int]] = {}
        for token in tokens:
            folded.setdefault(without_case(self._texts[token]), []).append(token)
        self._alike = [folded[without_case(self._texts[token])] if recases else [token] for token in tokens]
        self._other_case = {text: vocabulary.size + alike[0] for text, alike in folded.items()} if recases else {}

    def encode(self, characters: Sequence[str]) -> list[int]:
        """Ids of characters; of one that the vocabulary has in another case only, that id and the vocabulary's size."""
        ids = zip(characters, self._vocabulary.encode(characters), strict=True)
        return [self._other_case.get(without_case(text), UNKNOWN) if token == UNKNOWN else token for text, token in ids]

    def initial_state(self) -> Readings:
        """Return the one reading of no text."""
        return Readings(("",), (False,), np.zeros(1), self._predictor.initial_state())

    def step(self, state: Readings, tokens: Tokens) -> Readings:
        """Read one more character, the only one of `tokens`."""
        token = int(tokens[0]) % self._vocabulary.size
        if self.letters[token] or (self.joiners[token] and state.words[0]):
            return replace(self.typed(state, int(tokens[0])).pruned(_WIDTH), shorter=state)
        count = len(state.words)
        after = self._appended(state, np.arange(count), np.full(count, token))
        return replace(after, words=("",) * count, recased=(False,) * count, shorter=None).pruned(_WIDTH)

    def typed(self, readings: Readings, token: int) -> Readings:
        """Append a letter as it was typed and in other cases; a word that is in another case already pays no more."""
        alike = self._alike[token % self._vocabulary.size]
        rows = np.repeat(np.arange(len(readings.words)), len(alike))
        ids = np.tile(alike, len(readings.words))
        other = [recased or other for recased in readings.recased for other in (each != token for each in alike)]
        newly = np.array(other) & ~np.array(readings.recased)[rows]
        after = self._appended(readings, rows, ids).times(np.where(newly, math.log(CASE_SLIP), 0.0))
        return replace(after, recased=tuple(other))

    def may_slip(self, token: int) -> bool:
        """Whether a finger may have typed this for another letter: a digit or a mark is meant as it is."""
        return bool(self._may_slip[token % self._vocabulary.size])

    def other(self, readings: Readings, token: int, *, width: int) -> Readings:
        """Append what may have been meant by another letter: the likeliest letters but that one."""
        allowed = self._may_slip.copy()
        allowed[self._alike[token % self._vocabulary.size]] = False
        after = self.log_probabilities(readings.state)
        scores = np.where(allowed, readings.log_probabilities[:, None] + after, -np.inf)  # (R, V)
        order = np.argsort(-scores.ravel(), kind="stable")[:width]
        rows, ids = np.divmod(order[np.isfinite(scores.ravel()[order])], scores.shape[1])
        return self._appended(readings, rows, ids)

    def log_probabilities(self, state: PredictorState) -> npt.NDArray[np.float32]:
        """Log probabilities in nats of what may follow each sequence, (R, V)."""
        logs: npt.NDArray[np.float32] = np.log(np.maximum(self._predictor.probabilities(state), LEAST_PROBABILITY))
        return logs

    def _appended(self, readings: Readings, rows: IntArray, ids: IntArray) -> Readings:
        """Append a token to each of some readings."""
        after = self.log_probabilities(readings.state)
        return replace(
            readings,
            words=tuple(readings.words[row] + self._texts[token] for row, token in zip(rows, ids, strict=True)),
            recased=tuple(readings.recased[row] for row in rows),
            log_probabilities=readings.log_probabilities[rows] + after[rows, ids],
            state=self._predictor.step(readings.state.rows(rows), ids),
        )


def is_letter(text: str) -> bool:
    """Whether a token is a letter or a digit, or is written over or under the one before it."""
    return len(text) == 1 and (text.isalnum() or unicodedata.category(text).startswith("M"))
