"""EM finds the weights that made a text, each in its bucket, and a fitted mixture beats its experts."""

import math
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autocomplete.corpus.encoding import EncodedChunk, TextChunk, encode
from autocomplete.evaluation import mixing
from autocomplete.evaluation.mixing import (
    LEAST_EVIDENCE,
    LONG_SESSION,
    PRIOR_TOKENS,
    MixtureFit,
    fit_mixture,
    fitted_temperature,
    score_within,
)
from autocomplete.predict.experts.cache import EVIDENCE_CLASSES, Cache
from autocomplete.predict.experts.mixture import Mixture, MixtureWeights
from autocomplete.predict.experts.protocol import Classing, Expert, Opinion, Scores, Sequences
from autocomplete.predict.experts.recurrent import ENTROPY_CLASSES, RecurrentNetwork
from autocomplete.predict.model import Model
from tests.evaluation.steps import result_of

MATCHES, ENTROPIES, EVIDENCES = 2, ENTROPY_CLASSES, EVIDENCE_CLASSES
EXPERTS = ("network", "ngram", "cache")
CACHE = 2
TEXT = "best food in Zwolle please\nhow to boil an egg\nbest food in Zwolle now\nweather in Paris today?\n" * 3


class Named(Expert[Sequences[None]]):
    """Whose scores are planted."""

    def __init__(self, name: str, classing: Classing) -> None:
        self.name, self.classing, self.vocabulary_size = name, classing, 3

    def initial_state(self) -> Sequences[None]:
        return Sequences([None])

    def step(self, state: Sequences[None], tokens: Sequence[int], _: np.ndarray, /) -> Sequences[None]:
        return state

    def forecast(self, state: Sequences[None], _: np.ndarray, /) -> Opinion:
        raise AssertionError("its scores are planted")


def fitted(scores: dict[str, Scores], *, order: int) -> MixtureFit:
    """Fit those experts that have scores."""
    classings = (RecurrentNetwork.classing, Classing(borders=tuple(range(order - 1))), Cache.classing)
    experts = [Named(name, classing) for name, classing in zip(EXPERTS, classings, strict=True) if name in scores]
    return fit_mixture(Mixture(experts), scores)


def planted(weights: np.ndarray, *, tokens: int = 60_000, heard: float = 0.9, seed: int = 0) -> dict[str, Scores]:
    """A text of three words, each expert's own: it gives that 0.8 and the others 0.1.

    Args:
        weights: How often each expert writes, by class of entropy, match and class of evidence, (H, M, C, 3); class
            0 of evidence is the silent cache.
        tokens: Tokens written.
        heard: Share of them before which the cache remembers something.
        seed: Of the writing.
    """
    draw = np.random.default_rng(seed)
    matches = draw.integers(0, weights.shape[1], tokens)
    entropies = draw.random(tokens) * ENTROPIES
    evidences = np.where(draw.random(tokens) < heard, draw.random(tokens) * EVIDENCES, -np.inf)
    evidence_class = np.where(np.isneginf(evidences), 0, 1 + np.maximum(evidences, 0).astype(int))
    of_token = weights[entropies.astype(int), matches, evidence_class]
    writer = (draw.random(tokens)[:, None] > np.cumsum(of_token, axis=1)).sum(axis=1)
    word = np.where(draw.random(tokens) < 0.7, writer, draw.integers(0, 3, tokens))
    knowing = zip(EXPERTS, (entropies, matches, evidences), strict=True)
    return {
        name: Scores.of_classes(np.log(np.where(word == place, 0.8, 0.1)), evidence)
        for place, (name, evidence) in enumerate(knowing)
    }


def random_weights(matches: int = MATCHES) -> np.ndarray:
    weights = np.random.default_rng(1).dirichlet((1, 1, 1), size=(ENTROPIES, matches, EVIDENCES + 1))
    weights[:, :, 0, CACHE] = 0.0
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def without(scores: dict[str, Scores], name: str) -> dict[str, Scores]:
    return {other: each for other, each in scores.items() if other != name}


def taken(scores: dict[str, Scores], wanted: np.ndarray) -> dict[str, Scores]:
    return {name: Scores(*(part[wanted] for part in each[:4])) for name, each in scores.items()}


def test_the_planted_weights_are_found_in_their_buckets() -> None:
    weights = random_weights()
    fit = fitted(planted(weights), order=MATCHES)
    assert fit.weights.weights.shape == weights.shape
    np.testing.assert_allclose(fit.weights.classes["network"].borders, range(1, ENTROPIES), atol=0.1)
    np.testing.assert_allclose(fit.weights.classes["cache"].borders, range(1, EVIDENCES), atol=0.1)
    np.testing.assert_allclose(fit.weights.weights[:, :, 1:], weights[:, :, 1:], atol=0.1)


def test_a_cache_that_is_always_heard_pulls_down_nothing_where_it_is_silent() -> None:
    """The weights of the silent cache are those of all tokens as if it were switched off."""
    scores = planted(random_weights(), heard=1.0)
    fit, static = fitted(scores, order=MATCHES), fitted(without(scores, "cache"), order=MATCHES)
    np.testing.assert_allclose(fit.weights.weights[:, :, 0, :2], static.weights.weights, atol=1e-9)
    assert math.isclose(fit.perplexity["static"], static.perplexity["mixture"])


def test_where_the_cache_is_silent_the_others_share_everything() -> None:
    weights = fitted(planted(random_weights()), order=MATCHES).weights.weights[:, :, 0]
    assert np.all(weights[..., CACHE] == 0.0)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-12)


def test_the_mixture_beats_each_expert_and_the_cache_is_worth_something() -> None:
    perplexity = fitted(planted(random_weights()), order=MATCHES).perplexity
    assert perplexity.keys() == {"network", "ngram", "static", "mixture"}
    assert perplexity["mixture"] < 0.98 * perplexity["static"]
    assert perplexity["static"] < 0.98 * min(perplexity["network"], perplexity["ngram"])


def test_buckets_are_worth_something() -> None:
    scores = planted(random_weights())
    blind = scores["ngram"]._replace(evidence=np.zeros(60_000))
    one = fitted({**scores, "ngram": blind}, order=1)
    assert fitted(scores, order=MATCHES).perplexity["mixture"] < 0.995 * one.perplexity["mixture"]


@pytest.mark.parametrize("tokens", [1, 5, 40])
def test_a_rare_bucket_keeps_near_the_common_weights(tokens: int) -> None:
    """Of which n tokens take it no further than n of n + `PRIOR_TOKENS`."""
    scores = planted(random_weights(matches=3), tokens=20_000)
    entropies, matches, evidences = (scores[name].evidence for name in EXPERTS)
    rare = (matches == 2) & (entropies < 1) & np.isfinite(evidences) & (evidences < 1)
    network = scores["network"].log_probabilities > np.log(0.5)
    wanted = np.isin(np.arange(len(rare)), np.flatnonzero(rare & network)[:tokens])  # all of them the network's
    fit = fitted(taken(scores, (matches < 2) | wanted), order=4)
    unseen = fit.weights.weights[:, 3, 1:]
    np.testing.assert_allclose(unseen, np.broadcast_to(unseen[0, 0], unseen.shape))
    common, found = unseen[0, 0, 0], fit.weights.weights[0, 2, 1, 0]
    assert common < found < common + (1 - common) * tokens / (tokens + PRIOR_TOKENS)
    silent = fit.weights.weights[:, 3, 0]
    np.testing.assert_allclose(silent, np.broadcast_to(silent[0], silent.shape))


def test_a_bucket_that_never_occurred_has_the_weights_of_the_text_as_a_whole() -> None:
    weights = np.empty((ENTROPIES, 1, EVIDENCES + 1, 3))
    weights[:] = (0.7, 0.2, 0.1)
    weights[:, :, 0] = (0.4, 0.6, 0.0)
    fit = fitted(planted(weights, heard=0.5), order=2)
    np.testing.assert_allclose(fit.weights.weights[:, 1, 1:], weights[:, 0, 1:], atol=0.05)
    assert fit.weights.weights[0, 1, 0, 0] == pytest.approx((0.7 + 0.4) / 2, abs=0.1)  # as if it were silent everywhere


@pytest.mark.parametrize("expert", EXPERTS)
def test_one_expert_that_knows_everything_gets_almost_all_the_weight(expert: str) -> None:
    evidence = {"network": 1.0, "ngram": 0.0, "cache": 1.0}
    scores = {
        name: Scores.of_classes(np.full(5000, np.log(0.9 if name == expert else 1e-9)), np.full(5000, evidence[name]))
        for name in EXPERTS
    }
    found = fitted(scores, order=1).weights.of({name: np.array([each]) for name, each in evidence.items()})
    assert found[0, EXPERTS.index(expert)] > 0.99


def test_an_expert_that_is_not_there_is_not_weighed() -> None:
    fit = fitted(without(planted(random_weights(), tokens=5000), "network"), order=MATCHES)
    assert fit.weights.experts == ("ngram", "cache")
    np.testing.assert_allclose(fit.weights.weights[:, 0], [[1.0, 0.0]] * MATCHES)
    assert fit.perplexity.keys() == {"ngram", "static", "mixture"}


@pytest.mark.parametrize("heard", [0.0, 0.9, 1.0])
def test_a_fitted_mixture_can_be_written_and_read(heard: float) -> None:
    fit = fitted(planted(random_weights(), tokens=2000, heard=heard), order=5)
    again = MixtureWeights.from_dict(fit.weights.as_dict())
    np.testing.assert_array_equal(again.weights, fit.weights.weights)
    assert (again.classes, again.temperature) == (fit.weights.classes, fit.weights.temperature)
    assert fit.as_dict() == {"tokens": 2000, "perplexity": fit.perplexity}


def test_below_the_evidence_floor_the_cache_is_trusted_less() -> None:
    scores = planted(random_weights())
    weights = fitted(scores, order=MATCHES).weights
    borders, floor = weights.classes["cache"]
    assert floor is not None
    evidence = scores["cache"].evidence
    assert abs((evidence[np.isfinite(evidence)] < floor).mean() - LEAST_EVIDENCE) < 0.01

    def odds(evidence: float) -> float:
        """Of the cache against the network."""
        found = weights.of({"network": np.array([1.5]), "ngram": np.array([1]), "cache": np.array([evidence])})[0]
        assert math.isclose(found.sum(), 1.0)
        return float(found[CACHE] / found[0])

    assert floor + 0.1 < borders[0]
    assert math.isclose(odds(floor), odds(floor + 0.1))
    for missing in (0.5, 1.0, 3.0):
        assert math.isclose(odds(floor - missing), odds(floor) * math.exp(-missing) ** 2)


@pytest.fixture(scope="module")
def model(trained_model: str) -> Model:
    return Model.open(trained_model)


def documents(model: Model, *texts: str) -> Iterator[EncodedChunk]:
    return (encode(TextChunk("", text, begins_document=True), model.tokenizer, model.vocabulary) for text in texts)


@pytest.mark.parametrize("tokens", [20, 100, 500])
def test_a_short_text_says_little_of_the_cache(tokens: int) -> None:
    """That the few lines held out repeat themselves is chance; that they are few says nothing of long sessions."""
    scores = planted(np.eye(3)[CACHE] + np.zeros((ENTROPIES, MATCHES, EVIDENCES + 1, 3)), tokens=tokens)
    remembered = np.array([-np.inf, *np.log(np.arange(1, tokens))])
    scores["cache"] = scores["cache"]._replace(evidence=remembered)
    weights = fitted(scores, order=MATCHES).weights
    floor = weights.classes["cache"].floor
    assert floor is not None
    assert floor == pytest.approx(math.log(LEAST_EVIDENCE * LONG_SESSION), abs=0.7)
    heard = weights.weights[..., 1:, CACHE]
    assert heard.max() < 0.1 + tokens / (tokens + PRIOR_TOKENS)
    assert heard.min() > 0.1


def test_held_out_text_is_scored_as_sessions_read_it(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that the model lacks is known again, documents begin anew, and the pieces they come in show nowhere."""
    found = result_of(score_within(model.mixture, model.vocabulary, documents(model, TEXT, TEXT)))
    monkeypatch.setattr(mixing, "STRIDE", 7)
    in_pieces = result_of(score_within(model.mixture, model.vocabulary, documents(model, TEXT, TEXT)))
    [chunk] = documents(model, TEXT)
    unknown = np.array([token not in model.vocabulary for token in chunk.types])[chunk.type_ids]
    unknown &= chunk.type_ids != 0
    tokens = np.where(unknown, model.vocabulary.size, chunk.ids)
    once, _ = model.mixture.score_apart(model.mixture.initial_state(), tokens)
    for scores in (found, in_pieces):
        for name, expected in once.items():
            logs, again = expected.log_probabilities, scores[name].log_probabilities
            np.testing.assert_allclose(again, np.tile(logs, 2), rtol=1e-4, atol=1e-4)
        assert np.count_nonzero(scores["cache"].itself) == 2 * (unknown.sum() - 1) == 10
        assert np.flatnonzero(np.isneginf(scores["cache"].evidence)).tolist() == [0, 1, len(tokens), len(tokens) + 1]


def test_as_much_is_scored_as_there_is_time_and_room_for(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "STRIDE", 7)
    for most, scored in [(3, 3), (40, 40), (100, 100), (10**6, 2 * len(next(documents(model, TEXT)).ids))]:
        scores = result_of(
            score_within(model.mixture, model.vocabulary, documents(model, TEXT, TEXT), most_tokens=most)
        )
        assert [len(each.log_probabilities) for each in scores.values()] == [scored] * 4
    first = result_of(score_within(model.mixture, model.vocabulary, documents(model, TEXT), seconds=0.0))
    assert len(first["ngram"].evidence) == 7


@pytest.mark.parametrize("scale", [0.92, 1.0, 1.08])
def test_the_temperature_undoes_what_made_a_network_too_sure_or_unsure(model: Model, scale: float) -> None:
    chunk = TextChunk("", TEXT, begins_document=True, ends_document=True)
    encoded = encode(chunk, model.tokenizer, model.vocabulary)
    counts = np.bincount(encoded.ids, minlength=model.vocabulary.size)
    frequencies = np.log(np.maximum(counts, 1e-9) / counts.sum())
    # It always gives the text's own frequencies, but to a power.
    state = SimpleNamespace(output=[scale * frequencies])
    network: Any = SimpleNamespace(
        vocabulary_size=model.vocabulary.size,
        scores=lambda outputs: outputs,
        initial_state=lambda: state,
        read=lambda *_: state,
    )
    assert fitted_temperature(network, [encoded]) == scale


def test_a_text_of_nothing_leaves_the_temperature_alone(model: Model) -> None:
    network = model.mixture.find(RecurrentNetwork)
    assert network is not None
    assert fitted_temperature(network, []) == 1.0
