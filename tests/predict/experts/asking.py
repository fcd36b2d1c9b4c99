"""A tiny vocabulary, experts of it, and texts to ask them about."""

from pathlib import Path

import numpy as np

from autocomplete.config import NetworkSettings
from autocomplete.ngrams.build import build_ngrams
from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.experts.mixture import EvidenceClasses, MixtureWeights
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.recurrent import RecurrentNetwork

VOCABULARY, ORDER, EMBEDDING = 9, 3, 5


def random_weights() -> MixtureWeights:
    classes = {
        "network": EvidenceClasses((0.3, 0.8)),
        "ngram": EvidenceClasses(tuple(range(ORDER - 1))),
        "cache": EvidenceClasses((8.0, 11.0), 5.0),
    }
    weights = np.random.default_rng(8).dirichlet((1, 1, 1), size=(3, ORDER, 4))
    weights[:, :, 0, 2] = 0.0
    return MixtureWeights(classes, weights / weights.sum(axis=-1, keepdims=True))


def random_network() -> RecurrentNetwork:
    draw = np.random.default_rng(4)
    settings = NetworkSettings(layers=2, embedding_size=EMBEDDING, hidden_size=6)
    shapes = settings.weight_shapes(VOCABULARY)
    weights = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return RecurrentNetwork(weights, settings, temperature=0.9)


def counted(folder: Path) -> NgramExpert:
    path = folder / "n.sqlite"
    build_ngrams(stream(400, seed=1), vocabulary_size=VOCABULARY, vocabulary_digest="d", path=path, order=ORDER)
    return NgramExpert(NgramModel.open(path, vocabulary_size=VOCABULARY, vocabulary_digest="d"))


def stream(length: int, seed: int) -> np.ndarray:
    return np.minimum(np.random.default_rng(seed).geometric(0.3, length), VOCABULARY - 1).astype(np.int32)


def session(length: int, seed: int) -> np.ndarray:
    """A stream with words that the vocabulary lacks, ids behind it, and the unknown one itself now and then."""
    draw = np.random.default_rng(seed)
    lacking = np.where(draw.random(length) < 0.9, VOCABULARY + draw.integers(0, 3, length), 0)
    return np.where(draw.random(length) < 0.15, lacking, stream(length, seed))
