"""Laws of the experts together: distributions, who gave what, and weights by what each knows."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.errors import ModelError
from autocomplete.predict.experts.cache import Cache
from autocomplete.predict.experts.loading import load_mixture
from autocomplete.predict.experts.mixture import EvidenceClasses, Mixture, MixtureState, MixtureWeights
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.protocol import Expert
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.text.vocabulary import UNKNOWN
from examples.own_expert import Again
from tests.predict.experts.asking import VOCABULARY, counted, random_network, random_weights, session, stream

SUBSETS = {
    "all": ("network", "ngram", "cache"), "static": ("network", "ngram"), "network": ("network",), "ngram": ("ngram",),
    "ngram with cache": ("ngram", "cache"), "network with cache": ("network", "cache"),
}  # fmt: skip


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Mixture:
    experts: list[Expert[Any]] = [random_network(), counted(tmp_path_factory.mktemp("ngrams")), Cache(VOCABULARY)]
    return Mixture(experts, random_weights())


@pytest.fixture(params=SUBSETS)
def mixture(request: pytest.FixtureRequest, every: Mixture) -> Mixture:
    return every.only(*SUBSETS[request.param])


def test_forecasts_sum_to_one(mixture: Mixture) -> None:
    state = mixture.initial_state()
    for token in session(60, seed=2):
        found = mixture.explain(state)
        assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert len(found.probabilities) == VOCABULARY + len(found.further)
        assert found.probabilities.min() >= 0.0
        state = mixture.step(state, [int(token)])


def test_gifts_add_up_and_shares_sum_to_one(mixture: Mixture) -> None:
    state = mixture.initial_state()
    for token in session(40, seed=3):
        found = mixture.explain(state)
        np.testing.assert_allclose(np.sum(list(found.gifts.values()), axis=0), found.probabilities, atol=1e-6)
        assert sum(found.weights.values()) == pytest.approx(1.0)
        assert all(sum(each.values()) == pytest.approx(1.0) for each in found.shares_of(range(VOCABULARY)))
        state = mixture.step(state, [int(token)])


def test_static_scores_are_those_of_a_mixture_without_cache(every: Mixture) -> None:
    tokens = session(300, seed=6)
    parts, _ = every.score_apart(every.initial_state(), tokens)
    without = every.only("network", "ngram")
    static, _ = without.score(without.initial_state(), tokens)
    del parts["cache"]
    np.testing.assert_allclose(every.mixed(parts).log_probabilities, static.log_probabilities, atol=1e-9)
    with_cache, _ = every.score(every.initial_state(), tokens)
    assert not np.allclose(with_cache.log_probabilities, static.log_probabilities)


def test_the_mixture_is_that_of_the_bucket(every: Mixture) -> None:
    seen = set()
    network, ngrams, classes = every.find(RecurrentNetwork), every.find(NgramExpert), every.weights.classes
    assert network is not None
    assert ngrams is not None
    state = every.step(every.initial_state(), [2])
    for token in stream(200, seed=5).tolist():
        state = every.step(state, [token])
        found = every.explain(state)
        entropy, match, evidence = (float(found.evidence[name][0]) for name in ("network", "ngram", "cache"))
        assert match == ngrams.model.match_length(state.parts[1][0])
        expected = np.exp(network.log_probabilities(state.parts[0].output))[0]
        assert entropy == pytest.approx(-(expected * np.log(expected)).sum(), abs=1e-4)
        entropy_class = sum(entropy > border for border in classes["network"].borders)
        evidence_class = 1 + sum(evidence > border for border in classes["cache"].borders)
        weights = every.weights.weights[entropy_class, int(match), evidence_class].copy()
        weights[2] *= np.exp(2 * min(evidence - 5.0, 0.0))
        np.testing.assert_allclose(list(found.weights.values()), weights / weights.sum(), rtol=1e-6)
        seen.add((match, entropy_class, evidence_class))
    assert len(seen) > 5


def test_a_word_typed_once_is_expected_afterwards(every: Mixture) -> None:
    name = VOCABULARY + 4
    state = every.initial_state()
    for token in [2, 3, name, 4, 2, 3]:
        state = every.step(state, [token])
    found = every.explain(state)
    assert found.further.tolist() == [name]
    assert found.probabilities[VOCABULARY] > 0.05
    assert found.shares_of([VOCABULARY])[0]["cache"] > 0.0


def test_a_further_word_is_the_unknown_one_to_network_and_ngrams(every: Mixture) -> None:
    static = every.only("network", "ngram")
    one = static.step(static.initial_state(), [VOCABULARY + 7])
    other = static.step(static.initial_state(), [UNKNOWN])
    np.testing.assert_array_equal(static.explain(one).probabilities, static.explain(other).probabilities)


def test_below_the_floor_the_cache_hardly_counts(every: Mixture) -> None:
    """As after the first few words of a session."""
    classes = {**every.weights.classes, "cache": every.weights.classes["cache"]._replace(floor=50.0)}
    cautious = every.with_weights(MixtureWeights(classes, every.weights.weights))
    state = every.step(every.step(every.initial_state(), [3]), [4])
    assert every.explain(state).weights["cache"] > 0.01
    assert cautious.explain(state).weights["cache"] < 1e-9


def test_rows_of_a_batch_do_not_mix(mixture: Mixture) -> None:
    one = mixture.step(mixture.step(mixture.initial_state(), [4]), [2])
    pair = mixture.step(mixture.initial_state().rows([0, 0]), [3, 4])
    pair = mixture.step(pair, [5, 2])
    expected = mixture.explain(one).probabilities
    np.testing.assert_allclose(mixture.explain(pair.rows([1])).probabilities, expected, atol=1e-6)


def test_a_batch_is_forecast_as_its_rows(mixture: Mixture) -> None:
    """Words that only one of the sequences has written are nothing to the others."""
    rows = [session(30, seed=seed) for seed in (1, 2, 3)]
    apart = [mixture.initial_state() for _ in rows]
    together = mixture.initial_state().rows([0, 0, 0])
    for tokens in zip(*rows, strict=True):
        apart = [mixture.step(state, [token]) for state, token in zip(apart, tokens, strict=True)]
        together = mixture.step(together, tokens)
    for state in (together, MixtureState.joined(apart)):
        batch = mixture.forecast(state)
        np.testing.assert_allclose(batch.probabilities.sum(axis=1), 1.0, atol=1e-5)
        for row, alone in zip(batch.probabilities, apart, strict=True):
            expected = mixture.forecast(alone)
            np.testing.assert_allclose(row[:VOCABULARY], expected.probabilities[0, :VOCABULARY], atol=1e-6)
            of_word = dict(zip(batch.further.tolist(), row[VOCABULARY:], strict=True))
            for token, chance in zip(expected.further.tolist(), expected.probabilities[0, VOCABULARY:], strict=True):
                assert of_word.pop(token) == pytest.approx(chance, abs=1e-6)
            assert not any(of_word.values())


def test_states_are_not_changed_by_reading_on(every: Mixture) -> None:
    state = every.initial_state()
    for token in session(40, seed=9).tolist():
        state = every.step(state, [token])
    before = every.explain(state).probabilities.copy()
    for token in (3, 4):
        every.step(every.step(state, [token]), [VOCABULARY])
    np.testing.assert_array_equal(every.explain(state).probabilities, before)


def test_shorter_ngrams_are_those_that_longer_ones_fall_back_on(every: Mixture) -> None:
    ngrams = every.find(NgramExpert)
    assert ngrams is not None
    shorter = ngrams.truncated(2)
    assert shorter.model.order == 2
    np.testing.assert_allclose(shorter.model.distribution([5, 3]), ngrams.model.distribution([3]), atol=1e-7)


def test_the_order_of_the_experts_changes_who_is_asked_first_and_nothing_else(every: Mixture) -> None:
    network, ngrams, cache = every.experts
    other = Mixture([ngrams, network, cache], every.weights)
    one, two = every.initial_state(), other.initial_state()
    for token in session(40, seed=4).tolist():
        one, two = every.step(one, [token]), other.step(two, [token])
        np.testing.assert_allclose(every.explain(one).probabilities, other.explain(two).probabilities, atol=1e-6)


def test_nobody_is_mixed_whose_weight_nobody_knows(every: Mixture) -> None:
    network, ngrams, cache = every.experts
    only_two = MixtureWeights.unfitted([network, ngrams])
    with pytest.raises(ValueError, match="'cache'"):
        Mixture([network, cache], only_two)
    with pytest.raises(ValueError, match="'ngram'"):  # fitted for n-grams of another order
        Mixture([network, every.find(NgramExpert).truncated(2)], only_two)  # type: ignore[union-attr]


def test_an_expert_is_given_a_share_and_the_others_keep_theirs(every: Mixture) -> None:
    weights = every.weights.with_expert(Again(VOCABULARY), 0.25)
    evidence = {"network": np.array([0.5]), "ngram": np.array([1]), "cache": np.array([9.0])}
    before, after = every.weights.of(evidence)[0], weights.of({**evidence, "again": np.zeros(1)})[0]
    np.testing.assert_allclose(after, [*(0.75 * before), 0.25])
    np.testing.assert_allclose(weights.of(evidence)[0], before)


def test_weights_come_in_the_order_of_the_evidence(every: Mixture) -> None:
    evidence = {"network": np.array([0.5]), "ngram": np.array([1]), "cache": np.array([9.0])}
    backwards = dict(reversed(evidence.items()))
    np.testing.assert_allclose(every.weights.of(evidence), every.weights.of(backwards)[:, ::-1])


def test_where_nobody_was_ever_of_use_those_that_speak_count_alike() -> None:
    classes = {"one": EvidenceClasses(), "other": EvidenceClasses(), "silent": EvidenceClasses((), 3.0)}
    weights = MixtureWeights(classes, np.zeros((1, 1, 2, 3)))
    evidence = {name: np.array([4.0]) for name in classes}
    np.testing.assert_allclose(weights.of(evidence), [[0.5, 0.5, 0.0]])
    np.testing.assert_allclose(weights.of({"silent": np.array([4.0])}), [[1.0]])


def damaged(mixture: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**mixture, **changes}


def test_a_mixture_that_is_none_is_refused(trained_model: str) -> None:
    folder = Path(trained_model)
    manifest = bundle.read_manifest(folder)
    vocabulary = bundle.read_vocabulary(folder, manifest)
    assert manifest.mixture is not None
    assert load_mixture(folder, manifest, vocabulary).find(Cache) is not None
    fitted = dict(manifest.mixture)
    weights, classes = np.array(fitted["weights"]), fitted["classes"]
    swapped = [{**classes[0], "borders": [2.0, 1.0, 3.0]}, *classes[1:]]
    bottomless = [*classes[:2], {**classes[2], "floor": float("nan")}]
    shorter = {"borders": classes[1]["borders"][:1], "floor": None}
    for mixture, why in [
        (damaged(fitted, weights=weights[:, :2].tolist(), classes=[classes[0], shorter, classes[2]]), "'ngram'"),
        (damaged(fitted, weights=(0.5 * weights).tolist()), "sum to 1"),
        (damaged(fitted, weights=(weights - 0.5).tolist()), "sum to 1"),
        (damaged(fitted, weights=weights[..., :2].tolist()), "each expert"),
        (damaged(fitted, experts=["network", "ngram", "ngram"]), "each expert"),
        (damaged(fitted, experts=["network", "ngram", 3]), "names"),
        (damaged(fitted, experts=["network", "ngram", "crystal ball"]), "'cache'"),
        (damaged(fitted, weights="many"), "numbers"),
        (damaged(fitted, classes=swapped), "ascend"),
        (damaged(fitted, classes=bottomless), "sum to 1"),
        (damaged(fitted, temperature=0.0), "temperature"),
        ({"weights": weights.tolist()}, "without 'experts'"),
    ]:
        with pytest.raises(ModelError, match=why):
            load_mixture(folder, dataclasses.replace(manifest, mixture=mixture), vocabulary)
    bare = {"vocabulary": manifest.files["vocabulary"]}
    with pytest.raises(ModelError, match="neither"):
        load_mixture(folder, dataclasses.replace(manifest, files=bare, network=None), vocabulary)


def test_weights_survive_being_written(every: Mixture) -> None:
    again = MixtureWeights.from_dict(every.weights.as_dict())
    np.testing.assert_array_equal(again.weights, every.weights.weights)
    assert (again.classes, again.temperature) == (every.weights.classes, every.weights.temperature)


def test_the_memory_of_a_beam_is_that_of_its_survivors(every: Mixture) -> None:
    state = every.initial_state().rows([0, 0, 0])
    state = every.step(state, [2, 3, 4]).rows([2, 0])
    expected = every.step(every.initial_state(), [4])
    np.testing.assert_allclose(
        every.explain(state.rows([0])).probabilities, every.explain(expected).probabilities, atol=1e-6
    )
