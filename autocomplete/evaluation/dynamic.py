"""Perplexity under dynamic evaluation: the network goes on learning from the text that it is scored on."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import Float32Array, Int64Array
from autocomplete.config import NetworkSettings
from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.errors import AutocompleteError
from autocomplete.evaluation.perplexity import TextScore, score_text
from autocomplete.predict.experts.predictor import Predictor
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.model import Model
from autocomplete.text.vocabulary import UNKNOWN

# What changes when the network learns.
SYSTEMS = ("lstm", "static", "mixture")


class LearningNetwork(Protocol):
    """A network of one sequence that learns from `span` tokens at a time."""

    @property
    def span(self) -> int:
        """Tokens a step."""

    @property
    def shape(self) -> NetworkSettings:
        """Its cell and shape."""

    def begin(self) -> None:
        """Start a document."""

    def learn(self, tokens: npt.NDArray[np.integer]) -> Mapping[str, Float32Array]:
        """Learn from tokens that were scored; return the weights for those after them."""


class _Learner:
    """Puts what a network learns into a predictor."""

    def __init__(self, predictor: Predictor, network: LearningNetwork) -> None:
        self.span = network.span
        self._predictor, self._network = predictor, network

    def begin(self) -> None:
        self._network.begin()

    def learn(self, tokens: Int64Array) -> None:
        known = np.where(tokens < self._predictor.vocabulary_size, tokens, UNKNOWN)
        weights, temperature = self._network.learn(known), self._predictor.mixture.temperature
        if not all(np.isfinite(tensor.sum()) for tensor in weights.values()):
            raise AutocompleteError("The network diverged as it learned from the text.", "Lower '--dynamic-rate'.")
        self._predictor.network = RecurrentNetwork(weights, self._network.shape, temperature=temperature)


def score_dynamically(
    model: Model, network: LearningNetwork, texts: Iterator[TextChunk], *, limit: int | None = None
) -> Iterator[TextScore]:
    """Score text with a network that learns from each span after it was scored; yields what `score_text` yields.

    Args:
        model: The model; it stays as it is.
        network: Its network, made to learn.
        texts: The text; what was learned is kept from one document to the next.
        limit: Most tokens scored.
    """
    predictor = model.predictor.only("lstm", "ngram", "cache")
    chunks = (encode(chunk, model.tokenizer, model.vocabulary) for chunk in texts)
    learner = _Learner(predictor, network)
    yield from score_text(predictor, model.vocabulary, chunks, limit=limit, learner=learner)


def dynamic_figures(score: TextScore) -> dict[str, Any]:
    """Return what the report card keeps of it, apart from the static figures."""
    return {
        "tokens": score.tokens,
        "perplexity": {name: score.perplexity(name) for name in SYSTEMS if name in score.systems},
        "perplexity_interval": {name: score.perplexity_interval(name) for name in SYSTEMS if name in score.systems},
    }
