"""Perplexity under dynamic evaluation: the network goes on learning from the text that it is scored on."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import Float32Array, Int64Array
from autocomplete.config import NetworkSettings
from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.errors import AutocompleteError, Cure
from autocomplete.evaluation.perplexity import MIXTURE, STATIC, TextScore, score_text
from autocomplete.evaluation.statistics import all_finite, finite
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.model import Model

# What changes when the network learns.
SYSTEMS = (RecurrentNetwork.name, STATIC, MIXTURE)


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
    """Puts what a network learns into a mixture."""

    def __init__(self, mixture: Mixture, network: LearningNetwork) -> None:
        self.span = network.span
        self._mixture, self._network = mixture, network
        expert = mixture.find(RecurrentNetwork)
        assert expert is not None, "what learns is a network of the mixture"
        self._expert = expert

    def begin(self) -> None:
        self._network.begin()

    def learn(self, tokens: Int64Array) -> Mixture:
        weights = self._network.learn(np.array(self._expert.known(tokens.tolist())))
        if not all(np.isfinite(tensor.sum()) for tensor in weights.values()):
            raise AutocompleteError("The network diverged as it learned from the text.", Cure.DYNAMIC_RATE)
        temperature = self._mixture.weights.temperature
        learned = RecurrentNetwork(weights, self._network.shape, temperature=temperature)
        return self._mixture.with_expert(learned)


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
    chunks = (encode(chunk, model.tokenizer, model.vocabulary) for chunk in texts)
    learner = _Learner(model.mixture, network)
    yield from score_text(model.mixture, model.vocabulary, chunks, limit=limit, learner=learner)


def dynamic_figures(score: TextScore) -> dict[str, Any]:
    """Return what the report card keeps of it, apart from the static figures."""
    return {
        "tokens": score.tokens,
        "perplexity": {name: finite(score.perplexity(name)) for name in SYSTEMS if name in score.systems},
        "perplexity_interval": {
            name: all_finite(score.perplexity_interval(name)) for name in SYSTEMS if name in score.systems
        },
    }
