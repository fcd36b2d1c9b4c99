"""Perplexity under dynamic evaluation: the network goes on learning from the text that it is scored on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autocomplete import bundle
from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.corpus.specials import UNKNOWN
from autocomplete.errors import UsageError
from autocomplete.evaluation.perplexity import TextScore, score_text
from autocomplete.network.dynamic import DynamicNetwork, DynamicSettings
from autocomplete.predict.predictor import Predictor
from autocomplete.predict.recurrent import RecurrentNetwork
from autocomplete.predict.suggester import LoadedModel

# What changes when the network learns.
SYSTEMS = ("lstm", "static", "mixture")


class _Learner:
    """Learns from tokens that were scored, and puts what it learned into the predictor."""

    def __init__(self, predictor: Predictor, network: DynamicNetwork, model: LoadedModel) -> None:
        assert model.manifest.network is not None
        self.span = network.settings.span
        self._predictor, self._network, self._shape = predictor, network, model.manifest.network

    def begin(self) -> None:
        self._network.begin()

    def learn(self, tokens: npt.NDArray[np.int64]) -> None:
        known = np.where(tokens < self._predictor.vocabulary_size, tokens, UNKNOWN)
        temperature = self._predictor.mixture.temperature
        self._predictor.network = RecurrentNetwork(self._network.learn(known), self._shape, temperature=temperature)


def score_dynamically(
    model: LoadedModel,
    folder: Path,
    texts: Iterator[TextChunk],
    settings: DynamicSettings,
    *,
    limit: int | None = None,
) -> Iterator[TextScore]:
    """Score text with a network that learns from each span after it was scored; yields what `score_text` yields.

    Args:
        model: The model; it stays as it is.
        folder: Where it lies.
        texts: The text; what was learned is kept from one document to the next.
        settings: How the network learns.
        limit: Most tokens scored.

    Raises:
        UsageError: The model has no network.
    """
    if model.manifest.network is None:
        raise UsageError("This model has no network that could learn.", "Leave out '--dynamic'.")
    trained = bundle.read_weights(folder, model.manifest, vocabulary_size=model.vocabulary.size)
    predictor = model.predictor.only("lstm", "ngram", "cache")
    learner = _Learner(predictor, DynamicNetwork(trained, model.manifest.network, settings), model)
    chunks = (encode(chunk, model.tokenizer, model.vocabulary) for chunk in texts)
    yield from score_text(predictor, model.vocabulary, chunks, limit=limit, learner=learner)


def dynamic_figures(score: TextScore, settings: DynamicSettings) -> dict[str, Any]:
    """Return what the report card keeps of it, apart from the static figures."""
    return {
        "rate": settings.rate,
        "pull": settings.pull,
        "span": settings.span,
        "tokens": score.tokens,
        "perplexity": {name: score.perplexity(name) for name in SYSTEMS if name in score.systems},
        "perplexity_interval": {name: score.perplexity_interval(name) for name in SYSTEMS if name in score.systems},
    }
