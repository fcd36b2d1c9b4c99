"""Word-level suggestions: the next word and the rest of a half-typed one, ranked in one list."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import END, END_TOKEN, UNKNOWN
from autocomplete.corpus.tokenizer import Token, Tokenizer
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.context import ContextReader
from autocomplete.predict.predictor import Predictor
from autocomplete.predict.suggestion import Kind, Mode, Suggestion

FloatArray = npt.NDArray[np.float32]

# A mark that stands inside words: typed last, the word may be half-typed.
_JOINERS = frozenset("'’-")
# How much less likely each further letter makes it that an unknown word reads just so: one of about
# twenty letters that could stand there.
_LETTER_PROBABILITY = 0.05


class WordSuggester:
    """Suggestions of a word-level model.

    Args:
        predictor: The experts.
        vocabulary: Its tokens.
        tokenizer: How typed text becomes tokens.
    """

    def __init__(self, predictor: Predictor, vocabulary: Vocabulary, tokenizer: Tokenizer) -> None:
        self._predictor = predictor
        self._vocabulary = vocabulary
        self._tokenizer = tokenizer
        self._context = ContextReader(predictor)
        self._folded: list[str] | None = None

    def probabilities(self, tokens: Sequence[int]) -> FloatArray:
        """Probability of every token after `tokens`, (V,)."""
        probabilities: FloatArray = self._predictor.probabilities(self._context.read(tokens))[0]
        return probabilities

    def candidates(self, typed: str, *, mode: Mode, count: int) -> Iterator[Suggestion]:
        """Yield at least the `count` most likely suggestions of each reading, in no order."""
        spans = self._tokenizer.spans(typed)
        finished, tail = _split_tail(spans, typed)
        before = [self._id(token.text) for token in finished]
        if tail is None:
            if mode != "complete":
                yield from self._next_words(typed, before, weight=1.0, count=count)
            return
        probabilities = self.probabilities(before)
        ids = self._beginning_with(tail.text)
        whole, whole_mass = self._finished_reading(tail.text, ids, probabilities)
        total = float(probabilities[ids].sum()) + (whole_mass if whole == UNKNOWN else 0.0)
        if mode != "next" and total > 0.0:
            others = ids[ids != whole]
            yield from self._completions(typed, tail, others, probabilities / np.float32(total), count=count)
        if mode != "complete":
            weight = 1.0 if mode == "next" or total <= 0.0 else whole_mass / total
            if weight > 0.0:
                yield from self._next_words(typed, [*before, whole], weight=weight, count=count)

    def _next_words(self, typed: str, before: list[int], *, weight: float, count: int) -> Iterator[Suggestion]:
        """Suggest what may follow `before`; `weight` is the probability that this reading is meant."""
        probabilities = self.probabilities(before)
        last = before[-1] if before else END
        for index in _largest(probabilities, count + 2):
            if index in (UNKNOWN, END):
                continue
            text = self._vocabulary.tokens[index]
            replace, space = _spacing(typed, starts_line=last == END)
            if last != END and not self._vocabulary.joining.space_after(before, index):
                replace, space = len(typed) - len(typed.rstrip(" ")), ""
            yield Suggestion.applied(
                typed, text=text, kind="next", replace=replace, insert=space + text,
                probability=weight * float(probabilities[index]),
            )  # fmt: skip

    def _completions(
        self, typed: str, tail: Token, ids: npt.NDArray[np.intp], probabilities: FloatArray, *, count: int
    ) -> Iterator[Suggestion]:
        """Suggest the words `ids`, which `tail` begins."""
        kind: Kind = "complete"
        replace = len(typed) - tail.start
        for position in _largest(probabilities[ids], count + 1):
            text = self._vocabulary.tokens[ids[position]]
            yield Suggestion.applied(
                typed, text=text, kind=kind, replace=replace, insert=text,
                probability=float(probabilities[ids[position]]),
            )  # fmt: skip

    def _finished_reading(self, tail: str, ids: npt.NDArray[np.intp], probabilities: FloatArray) -> tuple[int, float]:
        """Return the token that the tail is when it is finished, and that token's probability.

        The case that the corpus has stands in for the case typed. A tail that is no known word is the
        unknown one, whose mass is shared among all words of the tail's length.
        """
        folded = tail.casefold()
        whole = [int(index) for index in ids if self._folded_tokens()[index] == folded]
        if whole:
            exact = [index for index in whole if self._vocabulary.tokens[index] == tail]
            best = exact[0] if exact else max(whole, key=lambda index: float(probabilities[index]))
            return best, float(probabilities[best])
        return UNKNOWN, float(probabilities[UNKNOWN]) * _LETTER_PROBABILITY ** len(tail)

    def _id(self, word: str) -> int:
        """The id of a finished word; where the corpus has it in another case only, that of the most frequent."""
        known = self._vocabulary.id(word)
        if known == UNKNOWN and word.isalpha():
            folded = word.casefold()
            # Ids fall with frequency, so that the first match is the most frequent.
            return next((index for index, token in enumerate(self._folded_tokens()) if token == folded), UNKNOWN)
        return known

    def _folded_tokens(self) -> list[str]:
        if self._folded is None:
            self._folded = [token.casefold() for token in self._vocabulary.tokens]
        return self._folded

    def _beginning_with(self, prefix: str) -> npt.NDArray[np.intp]:
        """Ids of the words that begin with a prefix, whatever its case; specials left out."""
        folded = prefix.casefold()
        matches = [index for index, token in enumerate(self._folded_tokens()) if token.startswith(folded)]
        return np.array([i for i in matches if i not in (UNKNOWN, END)], dtype=np.intp)


def _split_tail(spans: list[Token], typed: str) -> tuple[list[Token], Token | None]:
    """Split tokens into the finished ones and the last, if it may be half-typed."""
    if not spans or spans[-1].stop != len(typed) or spans[-1].text == END_TOKEN:
        return spans, None
    last = spans[-1]
    if last.text in _JOINERS and not last.spaced and len(spans) > 1 and spans[-2].text[-1].isalnum():
        word = spans[-2]
        return spans[:-2], Token(word.text + last.text, word.start, last.stop, word.spaced)
    return (spans[:-1], last) if last.text[0].isalnum() else (spans, None)


def _spacing(typed: str, *, starts_line: bool) -> tuple[int, str]:
    """Return (characters to delete, space to insert) before a word that stands apart."""
    return (0, "") if starts_line or not typed or typed[-1].isspace() else (0, " ")


def _largest(values: FloatArray, count: int) -> list[int]:
    """Indices of the largest values, largest first, ties by index."""
    if count < len(values):
        floor = np.partition(values, len(values) - count)[len(values) - count]
        picked = np.flatnonzero(values >= floor)
    else:
        picked = np.arange(len(values))
    order = np.lexsort((picked, -values[picked]))
    return [int(index) for index in picked[order]][:count]
