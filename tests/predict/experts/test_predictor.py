"""Laws of the experts together: distributions, who gave what, and fast scoring equal to step by step."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.config import NetworkSettings
from autocomplete.errors import ModelError
from autocomplete.ngrams.build import build_ngrams
from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.experts.cache import Cache
from autocomplete.predict.experts.mixture import EXPERTS, Mixture
from autocomplete.predict.experts.predictor import Forecast, Predictor, PredictorState
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.experts.scoring import joined, score_stream
from autocomplete.text.vocabulary import UNKNOWN

VOCABULARY, ORDER, EMBEDDING = 9, 3, 5


def random_mixture() -> Mixture:
    weights = np.random.default_rng(8).dirichlet((1, 1, 1), size=(ORDER, 3, 4))
    weights[:, :, 0, EXPERTS.index("cache")] = 0.0
    return Mixture((0.3, 0.8), (8.0, 11.0), 5.0, weights / weights.sum(axis=-1, keepdims=True))


@pytest.fixture(scope="module")
def network() -> RecurrentNetwork:
    draw = np.random.default_rng(4)
    settings = NetworkSettings(layers=2, embedding_size=EMBEDDING, hidden_size=6)
    shapes = settings.weight_shapes(VOCABULARY)
    weights = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return RecurrentNetwork(weights, settings)


@pytest.fixture(scope="module")
def ngrams(tmp_path_factory: pytest.TempPathFactory) -> NgramModel:
    path = tmp_path_factory.mktemp("ngrams") / "n.sqlite"
    build_ngrams(stream(400, seed=1), vocabulary_size=VOCABULARY, vocabulary_digest="d", path=path, order=ORDER)
    return NgramModel.open(path, vocabulary_size=VOCABULARY, vocabulary_digest="d")


def stream(length: int, seed: int) -> np.ndarray:
    return np.minimum(np.random.default_rng(seed).geometric(0.3, length), VOCABULARY - 1).astype(np.int32)


def session(length: int, seed: int) -> np.ndarray:
    """A stream with words that the vocabulary lacks: ids behind it."""
    draw = np.random.default_rng(seed)
    return np.where(draw.random(length) < 0.15, VOCABULARY + draw.integers(0, 3, length), stream(length, seed))


@pytest.fixture(scope="module", params=["all", "static", "lstm", "ngram", "ngram with cache", "lstm with cache"])
def predictor(request: pytest.FixtureRequest, network: RecurrentNetwork, ngrams: NgramModel) -> Predictor:
    every = Predictor(network=network, ngrams=ngrams, cache=Cache(EMBEDDING), mixture=random_mixture())
    names = {
        "all": EXPERTS, "static": ("lstm", "ngram"), "lstm": ("lstm",), "ngram": ("ngram",),
        "ngram with cache": ("ngram", "cache"), "lstm with cache": ("lstm", "cache"),
    }  # fmt: skip
    return every.only(*names[request.param])


@pytest.fixture
def every(network: RecurrentNetwork, ngrams: NgramModel) -> Predictor:
    return Predictor(network=network, ngrams=ngrams, cache=Cache(EMBEDDING), mixture=random_mixture())


def closed(found: Forecast) -> np.ndarray:
    """The distribution over the vocabulary, further words being `<unk>`."""
    probabilities = found.probabilities[:VOCABULARY].astype(np.float64)
    probabilities[UNKNOWN] += found.probabilities[VOCABULARY:].sum()
    return probabilities


def test_forecasts_sum_to_one(predictor: Predictor) -> None:
    state = predictor.initial_state()
    for token in session(60, seed=2):
        found = predictor.forecast(state)
        assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert len(found.probabilities) == VOCABULARY + len(found.further)
        assert found.probabilities.min() >= 0.0
        state = predictor.step(state, [int(token)])


def test_gifts_add_up_and_shares_sum_to_one(predictor: Predictor) -> None:
    state = predictor.initial_state()
    for token in session(40, seed=3):
        found = predictor.forecast(state)
        np.testing.assert_allclose(np.sum(list(found.gifts.values()), axis=0), found.probabilities, atol=1e-6)
        assert sum(found.weights.values()) == pytest.approx(1.0)
        assert all(sum(found.shares(index).values()) == pytest.approx(1.0) for index in range(VOCABULARY))
        state = predictor.step(state, [int(token)])


def test_scoring_a_stream_equals_stepping_through_it(predictor: Predictor) -> None:
    tokens = session(700, seed=3)
    expected, state = [], predictor.initial_state()
    for token in tokens.tolist():
        expected.append(np.log(closed(predictor.forecast(state))[token if token < VOCABULARY else UNKNOWN]))
        state = predictor.step(state, [token])
    state = predictor.initial_state()
    parts = []
    for start in range(0, len(tokens), 190):  # pieces that end anywhere
        scores, state = score_stream(predictor, state, tokens[start : start + 190])
        parts.append(scores)
    np.testing.assert_allclose(joined(parts).mixed(predictor.mixture), expected, atol=5e-5)


def test_static_scores_are_those_of_a_predictor_without_cache(every: Predictor) -> None:
    tokens = session(300, seed=6)
    with_cache, _ = score_stream(every, every.initial_state(), tokens)
    without = every.only("lstm", "ngram")
    static, _ = score_stream(without, without.initial_state(), tokens)
    np.testing.assert_allclose(with_cache.mixed(every.mixture, cached=False), static.mixed(without.mixture), atol=1e-9)
    assert not np.allclose(with_cache.mixed(every.mixture), static.mixed(without.mixture))


def test_the_mixture_is_that_of_the_bucket(every: Predictor) -> None:
    seen = set()
    state = every.initial_state()
    for token in stream(200, seed=5).tolist():
        state = every.step(state, [token])
        found = every.forecast(state)
        assert found.match == every.ngrams.match_length(state.contexts[0])  # type: ignore[union-attr]
        lstm = np.exp(every.network.log_probabilities(state.network.output))[0]  # type: ignore[union-attr]
        assert found.entropy_nats == pytest.approx(-(lstm * np.log(lstm)).sum(), abs=1e-4)
        entropy_class = sum(found.entropy_nats > edge for edge in every.mixture.entropy_edges)
        evidence_class = 1 + sum(found.evidence > edge for edge in every.mixture.evidence_edges)
        weights = every.mixture.weights[found.match, entropy_class, evidence_class].copy()
        weights[2] *= np.exp(2 * min(found.evidence - every.mixture.evidence_floor, 0.0))
        np.testing.assert_allclose(list(found.weights.values()), weights / weights.sum(), rtol=1e-6)
        seen.add((found.match, entropy_class, evidence_class))
    assert len(seen) > 5


def test_a_word_typed_once_is_expected_afterwards(every: Predictor) -> None:
    name = VOCABULARY + 4
    state = every.initial_state()
    for token in [2, 3, name, 4, 2, 3]:
        state = every.step(state, [token])
    found = every.forecast(state)
    assert found.further.tolist() == [name]
    assert found.probabilities[VOCABULARY] > 0.05
    assert found.shares(VOCABULARY)["cache"] > 0.0


def test_a_further_word_is_the_unknown_one_to_network_and_ngrams(every: Predictor) -> None:
    static = every.only("lstm", "ngram")
    one = static.step(static.initial_state(), [VOCABULARY + 7])
    other = static.step(static.initial_state(), [UNKNOWN])
    np.testing.assert_array_equal(static.forecast(one).probabilities, static.forecast(other).probabilities)


def test_below_the_floor_the_cache_hardly_counts(every: Predictor) -> None:
    """As after the first few words of a session."""
    high = dataclasses.replace(every.mixture, evidence_floor=50.0)
    cautious = Predictor(network=every.network, ngrams=every.ngrams, cache=every.cache, mixture=high)
    state = every.step(every.step(every.initial_state(), [3]), [4])
    assert every.forecast(state).weights["cache"] > 0.01
    assert cautious.forecast(state).weights["cache"] < 1e-9


def test_rows_of_a_batch_do_not_mix(predictor: Predictor) -> None:
    one = predictor.step(predictor.step(predictor.initial_state(), [4]), [2])
    pair = predictor.step(predictor.initial_state().rows([0, 0]), [3, 4])
    pair = predictor.step(pair, [5, 2])
    expected = predictor.forecast(one).probabilities
    np.testing.assert_allclose(predictor.forecast(pair.rows([1])).probabilities, expected, atol=1e-6)


def test_a_batch_of_distributions_is_that_of_its_rows(every: Predictor) -> None:
    static = every.only("lstm", "ngram")
    pair = static.step(static.initial_state().rows([0, 0]), [3, 4])
    batch = static.probabilities(pair)
    for row in (0, 1):
        np.testing.assert_allclose(batch[row], static.forecast(pair.rows([row])).probabilities, atol=1e-6)


def test_states_are_not_changed_by_reading_on(every: Predictor) -> None:
    state = every.initial_state()
    for token in session(40, seed=9).tolist():
        state = every.step(state, [token])
    before = every.forecast(state).probabilities.copy()
    for token in (3, 4):
        every.step(every.step(state, [token]), [VOCABULARY])
    np.testing.assert_array_equal(every.forecast(state).probabilities, before)


def test_shorter_ngrams_are_those_that_longer_ones_fall_back_on(ngrams: NgramModel) -> None:
    shorter = Predictor(ngrams=ngrams).only("ngram", order=2)
    assert shorter.ngrams is not None
    assert shorter.ngrams.order == 2
    np.testing.assert_allclose(shorter.ngrams.distribution([5, 3]), ngrams.distribution([3]), atol=1e-7)


def damaged(mixture: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**mixture, **changes}


def test_a_mixture_that_is_none_is_refused(trained_model: str) -> None:
    folder = Path(trained_model)
    manifest = bundle.read_manifest(folder)
    vocabulary = bundle.read_vocabulary(folder, manifest)
    assert manifest.mixture is not None
    assert Predictor.load(folder, manifest, vocabulary).cache is not None
    fitted = dict(manifest.mixture)
    weights = np.array(fitted["weights"])
    for mixture, why in [
        (damaged(fitted, weights=weights[:2].tolist()), "order 2"),
        (damaged(fitted, weights=(0.5 * weights).tolist()), "sum to 1"),
        (damaged(fitted, weights=(weights - 0.5).tolist()), "sum to 1"),
        (damaged(fitted, weights=weights[..., :2].tolist()), "each expert"),
        (damaged(fitted, weights="many"), "numbers"),
        (damaged(fitted, entropy_edges=[2.0, 1.0, 3.0]), "ascend"),
        (damaged(fitted, evidence_floor=float("nan")), "sum to 1"),
        ({"weights": weights.tolist()}, "fields"),
    ]:
        with pytest.raises(ModelError, match=why):
            Predictor.load(folder, dataclasses.replace(manifest, mixture=mixture), vocabulary)
    bare = {"vocabulary": manifest.files["vocabulary"]}
    with pytest.raises(ModelError, match="neither"):
        Predictor.load(folder, dataclasses.replace(manifest, files=bare, network=None), vocabulary)


def test_a_mixture_survives_being_written(every: Predictor) -> None:
    again = Mixture.from_dict(every.mixture.as_dict())
    np.testing.assert_array_equal(again.weights, every.mixture.weights)
    assert (again.entropy_edges, again.evidence_edges) == (every.mixture.entropy_edges, every.mixture.evidence_edges)


def test_the_memory_of_a_beam_is_that_of_its_survivors(every: Predictor) -> None:
    state: PredictorState = every.initial_state().rows([0, 0, 0])
    state = every.step(state, [2, 3, 4]).rows([2, 0])
    expected = every.step(every.initial_state(), [4])
    np.testing.assert_allclose(
        every.forecast(state.rows([0])).probabilities, every.forecast(expected).probabilities, atol=1e-6
    )
