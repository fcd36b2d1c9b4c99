"""Laws of the experts together: distributions, the mixture's weights, and fast scoring equal to step by step."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.bundle import weight_shapes
from autocomplete.config import NetworkSettings
from autocomplete.corpus.ngrams import build_ngrams
from autocomplete.errors import ModelError
from autocomplete.predict.ngram import NgramModel
from autocomplete.predict.predictor import Mixture, Predictor
from autocomplete.predict.recurrent import RecurrentNetwork
from autocomplete.predict.scoring import joined, score_stream

VOCABULARY, ORDER = 9, 3
MIXTURE = Mixture((0.9, 0.5, 0.1))


@pytest.fixture(scope="module")
def network() -> RecurrentNetwork:
    draw = np.random.default_rng(4)
    shapes = weight_shapes(NetworkSettings(layers=2, embedding_size=5, hidden_size=6), VOCABULARY)
    return RecurrentNetwork({name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()})


@pytest.fixture(scope="module")
def ngrams(tmp_path_factory: pytest.TempPathFactory) -> NgramModel:
    path = tmp_path_factory.mktemp("ngrams") / "n.sqlite"
    build_ngrams(stream(400, seed=1), vocabulary_size=VOCABULARY, vocabulary_digest="d", path=path, order=ORDER)
    return NgramModel.open(path, vocabulary_size=VOCABULARY, vocabulary_digest="d")


def stream(length: int, seed: int) -> np.ndarray:
    return np.minimum(np.random.default_rng(seed).geometric(0.3, length), VOCABULARY - 1).astype(np.int32)


@pytest.fixture(scope="module", params=["both", "lstm", "ngram"])
def predictor(request: pytest.FixtureRequest, network: RecurrentNetwork, ngrams: NgramModel) -> Predictor:
    if request.param == "both":
        return Predictor(network=network, ngrams=ngrams, mixture=MIXTURE)
    if request.param == "lstm":
        return Predictor(network=network)
    return Predictor(ngrams=ngrams)


def test_distributions_sum_to_one(predictor: Predictor) -> None:
    state = predictor.initial_state()
    for token in stream(30, seed=2):
        np.testing.assert_allclose(predictor.probabilities(state).sum(axis=1), 1.0, atol=1e-5)
        state = predictor.step(state, [int(token)])


def test_scoring_a_stream_equals_stepping_through_it(predictor: Predictor) -> None:
    tokens = stream(700, seed=3)
    expected, state = [], predictor.initial_state()
    for token in tokens:
        expected.append(np.log(predictor.probabilities(state)[0, token]))
        state = predictor.step(state, [int(token)])
    state = predictor.initial_state()
    parts = []
    for start in range(0, len(tokens), 190):  # pieces that end anywhere
        scores, state = score_stream(predictor, state, tokens[start : start + 190])
        parts.append(scores)
    np.testing.assert_allclose(joined(parts).mixed(predictor.mixture), expected, atol=2e-5)


def test_the_weight_is_that_of_the_length_of_match(network: RecurrentNetwork, ngrams: NgramModel) -> None:
    predictor = Predictor(network=network, ngrams=ngrams, mixture=MIXTURE)
    seen = set()
    state = predictor.initial_state()
    for token in stream(300, seed=5):
        state = predictor.step(state, [int(token)])
        experts = predictor.experts(state)
        length = ngrams.match_length(state.contexts[0])
        weight = MIXTURE.network_weights[length]
        expected = weight * experts["lstm"] + (1 - weight) * experts["ngram"]
        np.testing.assert_allclose(predictor.mix(state, experts), expected, atol=1e-6)
        seen.add(length)
    assert len(seen) > 1


def test_rows_of_a_batch_do_not_mix(predictor: Predictor) -> None:
    one = predictor.step(predictor.step(predictor.initial_state(), [4]), [2])
    pair = predictor.step(predictor.initial_state().rows([0, 0]), [3, 4])
    pair = predictor.step(pair, [5, 2])
    np.testing.assert_allclose(predictor.probabilities(pair)[1], predictor.probabilities(one)[0], atol=1e-6)
    np.testing.assert_allclose(predictor.probabilities(pair.rows([1])), predictor.probabilities(one), atol=1e-6)


def test_a_mixture_for_other_ngrams_is_refused(trained_model: str) -> None:
    folder = Path(trained_model)
    manifest = bundle.read_manifest(folder)
    vocabulary = bundle.read_vocabulary(folder, manifest)
    assert Predictor.load(folder, manifest, vocabulary).ngrams is not None
    with pytest.raises(ModelError, match="mixture"):
        Predictor.load(folder, dataclasses.replace(manifest, mixture=(0.5,)), vocabulary)
    bare = {"vocabulary": manifest.files["vocabulary"]}
    with pytest.raises(ModelError, match="neither"):
        Predictor.load(folder, dataclasses.replace(manifest, files=bare, network=None), vocabulary)
