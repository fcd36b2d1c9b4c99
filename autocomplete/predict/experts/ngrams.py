"""The database of consecutive words as an expert."""

from collections.abc import Sequence

import numpy as np

from autocomplete.arrays import Float32Array, Int64Array
from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.experts.protocol import Classing, Expert, Opinion, Scores, Sequences
from autocomplete.text.vocabulary import END

Contexts = Sequences[tuple[int, ...]]


class NgramExpert(Expert[Contexts]):
    """Remembers the last tokens of each sequence; its evidence is how many of them the database has seen together.

    Args:
        model: The database; any number of threads may ask it.
    """

    name = "ngram"

    def __init__(self, model: NgramModel) -> None:
        self.model = model
        self.vocabulary_size = model.facts.vocabulary_size
        self.classing = Classing(borders=tuple(range(model.order - 1)))  # a class a length
        self._lookback = model.order - 1

    def truncated(self, order: int) -> "NgramExpert":
        """Return the same with n-grams up to a shorter order."""
        return NgramExpert(self.model.truncated(order))

    def initial_state(self) -> Contexts:
        """Return the context at the start of a sequence."""
        return Sequences([self._end_of((END,))])

    def step(self, state: Contexts, tokens: Sequence[int], _: Float32Array, /) -> Contexts:
        """Read one token a sequence, (B,)."""
        read = zip(state, self.known(tokens), strict=True)
        return Sequences([self._end_of((*context, token)) for context, token in read])

    def forecast(self, state: Contexts, _: Float32Array, /) -> Opinion:
        """What the database has after each context."""
        distributions = np.empty((len(state), self.vocabulary_size), np.float32)
        for row, context in zip(distributions, state, strict=True):
            row[:] = self.model.distribution(context)
        return Opinion(distributions, np.array([self.model.match_length(context) for context in state]))

    def score(self, state: Contexts, tokens: Int64Array, _: Float32Array, /) -> tuple[Scores, Contexts]:
        """Score a text that goes on from `state`, many tokens at a time."""
        context = state[0]
        stream = np.array([*context, *self.known(tokens.tolist())], np.int32)
        scores, lengths = self.model.scores_with_match(stream)
        begun = len(context)
        after = self._end_of(tuple(stream[-self.model.order :].tolist()))
        return Scores.of_classes(scores[begun:], lengths[begun:]), Sequences([after])

    def _end_of(self, context: tuple[int, ...]) -> tuple[int, ...]:
        """As much of it as the database looks back."""
        return context[-self._lookback :] if self._lookback else ()
