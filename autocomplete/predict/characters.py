"""Suggestions of a model of characters: whole words, found by a beam over characters."""

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from autocomplete.arrays import Float32Array
from autocomplete.bundle import Thresholds
from autocomplete.learned.store import Trial
from autocomplete.predict.context import Before, ContextReader
from autocomplete.predict.experts.mixture import Mixture, MixtureState
from autocomplete.predict.letters import LEAST_PROBABILITY, LetterReader, Readings, SlipReader, is_letter
from autocomplete.predict.lexicon import NEVER_MENDED, in_case_of
from autocomplete.predict.suggestion import CASES, Mode, Suggestion
from autocomplete.text.prefixes import without_case
from autocomplete.text.tokenizer import Token, Tokenizer
from autocomplete.text.unicode import JOINERS, caseless
from autocomplete.text.vocabulary import END, UNKNOWN

# Unfinished words kept at each length: 32 lose nothing that ranks among the first ten.
BEAM_WIDTH = 32
# Of what words alike but for case come to together, the least that one of them is followed for.
LEAST_SHARE = 0.01
# No suggested word is longer.
LONGEST_WORD = 32


@dataclass(frozen=True, slots=True)
class _Beam:
    """Unfinished words.

    Attributes:
        texts: The words so far.
        log_probabilities: Of each, in nats, (B,).
        state: The network's memory after it, B sequences.
    """

    texts: list[str]
    log_probabilities: Float32Array
    state: MixtureState

    @classmethod
    def of_next(cls, readings: Readings) -> "_Beam":
        """Begin a word after what was read."""
        return cls([""] * len(readings.words), readings.log_probabilities.astype(np.float32), readings.state)

    @classmethod
    def of_begun(cls, readings: Readings) -> "_Beam":
        """Go on with a half-typed word as it was read."""
        return cls(list(readings.words), readings.log_probabilities.astype(np.float32), readings.state)

    def of_length(self, length: int) -> "_Beam":
        """Those of so many characters."""
        rows = np.flatnonzero([len(text) == length for text in self.texts])
        return _Beam([self.texts[row] for row in rows], self.log_probabilities[rows], self.state.rows(rows))

    def joined(self, other: "_Beam") -> "_Beam":
        """These and those of another one."""
        log_probabilities = np.concatenate([self.log_probabilities, other.log_probabilities])
        return _Beam(self.texts + other.texts, log_probabilities, MixtureState.joined([self.state, other.state]))


class CharacterRanker:
    """Ranks words by their characters for one writer.

    Args:
        letters: Reads what was typed.
        tokenizer: How that becomes characters.
    """

    def __init__(self, letters: LetterReader, tokenizer: Tokenizer) -> None:
        self._letters = letters
        self._mixture = letters.mixture
        self._texts = letters.vocabulary.tokens
        self._space = letters.vocabulary.id(" ")
        self._in_word = letters.letters | letters.joiners  # (V,)
        self._tokenizer = tokenizer
        self._context = ContextReader[Readings](letters)
        self._slips = SlipReader(letters) if letters.mends else None

    def hearing(self, mixture: Mixture) -> "CharacterRanker":
        """Return a ranker that hears other experts."""
        return CharacterRanker(self._letters.hearing(mixture), self._tokenizer)

    def candidates(self, before: Before, *, mode: Mode, count: int) -> list[Suggestion]:
        """The most likely words: completions of the tail and, after a space, next words."""
        typed = before.text
        characters = self._tokenizer.spans(typed)
        tokens = self._letters.encode([character.text for character in characters])
        readings, tail = self._read(before, characters, tokens), _tail(characters)
        as_typed = readings.times(-readings.total)
        found: list[Suggestion] = []
        if tail is None:
            if mode != "complete":
                found += self._search(typed, _Beam.of_next(as_typed), tail=None, lead="", count=count)
                if typed and not typed[-1].isspace():
                    found += self._after_space(typed, as_typed, count, certain=False)
            return found
        letters = tokens[len(tokens) - len(tail.text) :]
        begun = tail.start >= before.fixed and len(letters) <= LONGEST_WORD
        if mode != "next":
            slipped = self._slips.read(readings, letters) if self._slips is not None and begun else None
            readings, as_typed = _weighed(readings, slipped)
            if begun and UNKNOWN not in letters:
                found += self._search(typed, _Beam.of_begun(readings), tail=tail, lead="", count=count)
        finished = as_typed if mode == "next" else as_typed.finished()
        if mode != "complete" and finished is not None:
            found += self._after_space(typed, finished, count, certain=mode == "next")
        return found

    def _read(self, before: Before, characters: Sequence[Token], tokens: Sequence[int]) -> Readings:
        """Read the text, and have the memory ready that begins a block later."""
        if before.ahead is not None:
            first = bisect_left(characters, before.ahead, key=lambda character: character.start)
            start = before.start + before.ahead
            self._context.read_ahead(tokens[first:-1], start=start, due=before.due)  # the last may be a guess
        return self._context.at(tokens, start=before.start).state

    def extended(
        self,
        before: Before,
        suggestion: Suggestion,
        *,
        words: int,
        least: Thresholds,
        blocked: Collection[str],
        above: float = 0.0,
    ) -> Suggestion:
        """Go on after a suggestion by the likeliest word each time, as long as the probability a word is enough.

        The phrase ends where the end of the sentence is likelier than a space.

        Args:
            before: The text that it was suggested for.
            suggestion: Of one word.
            words: Most words in all.
            least: Least confidence, that of phrases.
            blocked: Words, `caseless`, that must not occur.
            above: A whole phrase that is less likely is not looked for.
        """
        added, log_probability = "", math.log(max(suggestion.probability, LEAST_PROBABILITY))
        for number in range(2, words + 1):
            if math.exp(log_probability) < above:
                break
            result = Before(suggestion.result + added, before.start)
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
            if math.exp(longer / number) < least.phrase:
                break
            added, log_probability = added + best.insert, longer
        if not added:
            return suggestion
        return suggestion.longer(before.text, added, probability=math.exp(log_probability))

    def recalled(self, before: Before, suggestion: Suggestion, *, blocked: Collection[str]) -> Suggestion:  # noqa: ARG002
        """The suggestion as it is: among characters nothing is copied."""
        return suggestion

    @property
    def mixture(self) -> Mixture:
        """The experts that are asked."""
        return self._mixture

    def reading(self, text: str) -> tuple[list[Token], list[int]]:
        """The characters of a text, and their ids; each stands for itself."""
        characters = self._tokenizer.spans(text)
        return characters, self._letters.vocabulary.encode([character.text for character in characters])

    def texts(self, tokens: Sequence[int]) -> list[str]:
        """The characters of some ids."""
        return [self._texts[token] for token in tokens]

    def trials(self, _: str, /) -> Mapping[int, Trial]:
        """None: a model of characters learns no words, and no personal expert is heard beside it."""
        return {}

    def _log_chance_of_space(self, text: Before) -> float | None:
        """How likely a space follows a finished word, in nats; None where the end of the sentence is likelier."""
        characters = self._tokenizer.spans(text.text)
        readings = self._read(text, characters, self._letters.encode([character.text for character in characters]))
        shares = np.exp(readings.log_probabilities - readings.total)  # (R,)
        after = shares @ self._mixture.forecast(readings.state).probabilities  # (V,)
        if self._space == UNKNOWN or after[END] > after[self._space]:
            return None
        ends = float(after[~self._in_word].sum())
        return math.log(max(float(after[self._space]), LEAST_PROBABILITY) / max(ends, LEAST_PROBABILITY))

    def _after_space(self, typed: str, readings: Readings, count: int, *, certain: bool) -> Iterator[Suggestion]:
        """Yield words after a space; `certain` takes the space for granted."""
        if self._space != UNKNOWN:
            log_space = self._letters.log_probabilities(readings.state)[:, self._space]  # (R,)
            spaced = readings.times(log_space)
            beam = _Beam.of_next(spaced.times(-spaced.total if certain else 0.0))
            state = self._mixture.step(beam.state, [self._space] * len(beam.texts))
            yield from self._search(typed, replace(beam, state=state), tail=None, lead=" ", count=count)

    def _search(self, typed: str, beam: _Beam, *, tail: Token | None, lead: str, count: int) -> Iterator[Suggestion]:
        """Search the words that may follow; a word ends where a character follows that is no part of one.

        Args:
            typed: The input.
            beam: What the words begin with: readings of the tail, or nothing.
            tail: The half-typed word that the search completes; None where it looks for a further word.
            lead: What stands before the word: nothing or a space.
            count: Words wanted.
        """
        floor = 0.0
        found: dict[str, float] = {}
        begun = "" if tail is None else tail.text
        lengths = [len(text) for text in beam.texts]
        start, beam = beam, beam.of_length(min(lengths))
        # What was read with a slip may be longer or shorter than what was typed: all words grow together, by length.
        for length in range(min(lengths), LONGEST_WORD + 1):
            after = self._letters.log_probabilities(beam.state)  # (B, V)
            ends = np.log(np.maximum(np.exp(after[:, ~self._in_word]).sum(axis=1), LEAST_PROBABILITY))  # (B,)
            for text, log_probability in zip(beam.texts, (beam.log_probabilities + ends).tolist(), strict=True):
                if text[-1:] not in {"", *JOINERS} and without_case(text) != without_case(begun):
                    shown = in_case_of(begun, text)
                    found[shown] = found.get(shown, 0.0) + math.exp(log_probability)
            # Words only get less likely as they grow: what is less likely than the last one kept cannot overtake it.
            if len(found) >= count:
                floor = sorted(found.values(), reverse=True)[count - 1]
            beam = self._grow(beam, after, floor=floor)
            if length < max(lengths):
                beam = beam.joined(start.of_length(length + 1))
            if not beam.texts:
                break
        for word in sorted(found, key=lambda word: (-found[word], word))[:count]:
            yield Suggestion.applied(
                typed,
                text=word,
                kind="next" if tail is None else "complete",
                replace=0 if tail is None else len(typed) - tail.start,
                insert=lead + word,
                probability=found[word],
                experts={},
            )

    def _grow(self, beam: _Beam, after: Float32Array, *, floor: float) -> _Beam:
        """Append every character that may stand in a word; keep the most likely.

        Words alike but for case count together, for they may be shown alike. Those not under the floor come first, in
        an order of their own: so what is kept of them does not depend on how many words are wanted.
        """
        may_join = np.array([text[-1:] not in {"", *JOINERS} for text in beam.texts])  # (B,)
        allowed = self._letters.letters | (self._letters.joiners & may_join[:, None])  # (B, V)
        scores = np.where(allowed, beam.log_probabilities[:, None] + after, -np.inf)  # (B, V)
        _, alike = np.unique([without_case(text) for text in beam.texts], return_inverse=True)
        groups = alike[:, None] * len(self._texts) + self._letters.alike  # (B, V)
        chances = np.exp(scores)
        together = np.bincount(groups.ravel(), chances.ravel())[groups]  # (B, V)
        likely = np.flatnonzero((together >= floor) & (chances > LEAST_SHARE * together))
        order = likely[np.lexsort((-scores.ravel()[likely], -together.ravel()[likely]))][:BEAM_WIDTH]
        rows, tokens = np.divmod(order, scores.shape[1])
        texts = [beam.texts[row] + self._texts[token] for row, token in zip(rows, tokens, strict=True)]
        return _Beam(texts, scores.ravel()[order], self._mixture.step(beam.state.rows(rows), tokens))


def _weighed(as_typed: Readings, slipped: Readings | None) -> tuple[Readings, Readings]:
    """Share one probability among all readings of a half-typed word; returns all, and those as it was typed."""
    if slipped is None:
        weighed = as_typed.times(-as_typed.total)
        return weighed, weighed
    mended = slipped.total
    total = max(float(np.logaddexp(as_typed.total, mended)), mended - math.log(1 - NEVER_MENDED))
    return as_typed.joined(slipped).times(-total), as_typed.times(-total)


def _tail(characters: Sequence[Token]) -> Token | None:
    """The half-typed word at the end, or None."""
    first = len(characters)
    while first and (characters[first - 1].text in JOINERS or is_letter(characters[first - 1].text)):
        first -= 1
    while first < len(characters) and characters[first].text in JOINERS:
        first += 1
    if first == len(characters):
        return None
    text = "".join(character.text for character in characters[first:])
    return Token(text, characters[first].start, characters[-1].stop, spaced=False)
