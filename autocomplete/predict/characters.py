"""Character-level suggestions: whole words found by a beam over characters."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import END, UNKNOWN
from autocomplete.corpus.tokenizer import Tokenizer
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.context import ContextReader
from autocomplete.predict.predictor import Predictor, PredictorState
from autocomplete.predict.suggestion import CASES, Kind, Mode, Suggestion, caseless

FloatArray = npt.NDArray[np.float32]

# Marks that may stand inside a word, but do not end it.
_JOINERS = frozenset("'’-")
# Unfinished words kept at each length: 32 lose nothing that ranks among the first ten.
BEAM_WIDTH = 32
# Stands for zero where a logarithm is taken.
LEAST_PROBABILITY = 1e-30
# No suggested word is longer.
LONGEST_WORD = 32


@dataclass(frozen=True, slots=True)
class _Beam:
    """Unfinished words of one length, most likely first.

    Attributes:
        texts: What each appends to the input, its leading space included.
        log_probabilities: Of that text, in nats, (B,).
        state: The network's memory after it, B sequences.
    """

    texts: list[str]
    log_probabilities: FloatArray
    state: PredictorState


class CharacterSuggester:
    """Suggestions of a character-level model.

    Args:
        predictor: The experts.
        vocabulary: Its characters.
        tokenizer: How typed text becomes characters.
    """

    def __init__(self, predictor: Predictor, vocabulary: Vocabulary, tokenizer: Tokenizer) -> None:
        self._predictor = predictor
        self._vocabulary = vocabulary
        self._tokenizer = tokenizer
        self._context = ContextReader(predictor)
        letters = [len(token) == 1 and (token.isalnum() or _is_mark(token)) for token in vocabulary.tokens]
        self._letters = np.array(letters)  # (V,)
        self._joiners = np.array([token in _JOINERS for token in vocabulary.tokens])  # (V,)
        self._space = vocabulary.id(" ")

    def candidates(self, typed: str, *, mode: Mode, count: int, fixed: int = 0) -> Iterator[Suggestion]:
        """Yield the most likely words: completions of the tail and, after a space, next words.

        None changes the first `fixed` characters.
        """
        tokens = self._vocabulary.encode([token.text for token in self._tokenizer.spans(typed)])
        state = self._context.read(tokens)
        tail = _tail(typed)
        if not tail:
            if mode != "complete":
                yield from self._search(typed, tail, "next", "", state, 0.0, count)
                if typed and not typed[-1].isspace():
                    yield from self._after_space(typed, state, count, certain=False)
            return
        begun = mode != "next" and len(typed) - len(tail) >= fixed
        if begun and UNKNOWN not in tokens[len(tokens) - len(tail) :]:
            yield from self._search(typed, tail, "complete", "", state, 0.0, count)
        if mode != "complete":
            yield from self._after_space(typed, state, count, certain=mode == "next")

    def extended(
        self, typed: str, suggestion: Suggestion, *, words: int, least: float, blocked: Collection[str]
    ) -> Suggestion:
        """Go on after a suggestion by the likeliest word each time, as long as the probability a word reaches `least`.

        The phrase ends where the end of the sentence is likelier than a space.

        Args:
            typed: The input.
            suggestion: Of one word.
            words: Most words in all.
            least: Least confidence.
            blocked: Words, `caseless`, that must not occur.
        """
        added, log_probability = "", math.log(max(suggestion.probability, LEAST_PROBABILITY))
        for number in range(2, words + 1):
            result = suggestion.result + added
            log_space = self._log_chance_of_space(result)
            if log_space is None:
                break
            further = (
                item
                for item in self.candidates(result, mode="next", count=1 + CASES * len(blocked))
                if caseless(item.text) not in blocked
            )
            best = max(further, key=lambda item: (item.probability, item.text), default=None)
            if best is None:
                break
            longer = log_probability + log_space + math.log(max(best.probability, LEAST_PROBABILITY))
            if math.exp(longer / number) < least:
                break
            added, log_probability = added + best.insert, longer
        if not added:
            return suggestion
        return suggestion.longer(typed, added, probability=math.exp(log_probability))

    def _log_chance_of_space(self, text: str) -> float | None:
        """How likely a space follows a finished word, in nats; None where the end of the sentence is likelier."""
        tokens = self._vocabulary.encode([token.text for token in self._tokenizer.spans(text)])
        after = self._predictor.probabilities(self._context.read(tokens))[0]  # (V,)
        if self._space == UNKNOWN or after[END] > after[self._space]:
            return None
        ends = float(after[~(self._letters | self._joiners)].sum())
        return math.log(max(float(after[self._space]), LEAST_PROBABILITY) / max(ends, LEAST_PROBABILITY))

    def _after_space(self, typed: str, state: PredictorState, count: int, *, certain: bool) -> Iterator[Suggestion]:
        """Yield words after a space; `certain` takes the space for granted."""
        if self._space != UNKNOWN:
            log_space = math.log(max(float(self._predictor.probabilities(state)[0, self._space]), LEAST_PROBABILITY))
            after_space = self._predictor.step(state, [self._space])
            start = 0.0 if certain else log_space
            yield from self._search(typed, "", "next", " ", after_space, start, count)

    def _search(
        self, typed: str, tail: str, kind: Kind, lead: str, state: PredictorState, start: float, count: int
    ) -> Iterator[Suggestion]:
        """Search the words that may follow; a word ends where a character follows that is no part of one.

        Args:
            typed: The input.
            tail: Its half-typed word.
            kind: Whether the search completes the tail or looks for a further word.
            lead: What stands before the word: nothing or a space.
            state: The memory after `typed` and `lead`.
            start: Log probability of `lead` in nats.
            count: Words wanted.
        """
        floor = -math.inf
        beam = _Beam([""], np.array([start], np.float32), state)
        found: list[tuple[float, str]] = []
        for _ in range(LONGEST_WORD):
            after = np.log(np.maximum(self._predictor.probabilities(beam.state), LEAST_PROBABILITY))  # (B, V)
            part_of_word = self._letters | self._joiners
            ends = np.log(np.maximum(np.exp(after[:, ~part_of_word]).sum(axis=1), LEAST_PROBABILITY))  # (B,)
            for text, log_probability, end in zip(beam.texts, beam.log_probabilities, ends, strict=True):
                if text and text[-1] not in _JOINERS:
                    found.append((float(log_probability + end), text))
            found.sort(key=lambda item: (-item[0], item[1]))
            del found[count:]
            # Words only get less likely as they grow: what is less likely than the last one kept cannot overtake it.
            if len(found) == count:
                floor = found[-1][0]
            beam = self._grow(beam, after, word_begun=kind == "complete", floor=floor)
            if not beam.texts:
                break
        for log_probability, text in found:
            word = tail + text if kind == "complete" else text
            replace = len(tail) if kind == "complete" else 0
            yield Suggestion.applied(
                typed,
                text=word,
                kind=kind,
                replace=replace,
                insert=lead + word,
                probability=math.exp(log_probability),
                experts={},
            )

    def _grow(self, beam: _Beam, after: FloatArray, *, word_begun: bool, floor: float) -> _Beam:
        """Append every character that may stand in a word; keep the most likely of those not under the floor."""
        allowed = np.tile(self._letters, (len(beam.texts), 1))
        for row, text in enumerate(beam.texts):
            if (text and text[-1] not in _JOINERS) or (not text and word_begun):
                allowed[row] |= self._joiners
        scores = np.where(allowed, beam.log_probabilities[:, None] + after, -np.inf)  # (B, V)
        flat = scores.ravel()
        kept = min(BEAM_WIDTH, int(np.count_nonzero(np.isfinite(flat) & (flat >= floor))))
        order = np.argsort(-flat, kind="stable")[:kept]
        rows, tokens = np.divmod(order, scores.shape[1])
        texts = [beam.texts[row] + self._vocabulary.tokens[token] for row, token in zip(rows, tokens, strict=True)]
        state = self._predictor.step(beam.state.rows(rows), tokens) if texts else beam.state
        return _Beam(texts, flat[order], state)


def _is_mark(character: str) -> bool:
    import unicodedata

    return unicodedata.category(character).startswith("M")


def _tail(typed: str) -> str:
    """The half-typed word at the end of the input, possibly empty."""
    start = len(typed)
    while start and (typed[start - 1].isalnum() or typed[start - 1] in _JOINERS or _is_mark(typed[start - 1])):
        start -= 1
    return typed[start:].lstrip("".join(_JOINERS))
