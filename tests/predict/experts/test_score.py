"""Law 10: what a text was worth to an expert is what it would have forecast before each token."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocomplete.config import NetworkSettings
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.experts.cache import Cache
from autocomplete.predict.experts.copy import Copy
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.personal import PersonalExpert
from autocomplete.predict.experts.protocol import Expert, Opinion, Scores, is_silent
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.word_ids import OpenVocabulary
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import UNKNOWN, Joining, Vocabulary
from examples.own_expert import Again
from tests.predict.experts.asking import EMBEDDING, VOCABULARY, counted, random_network, random_weights, session

WORDS = ["<unk>", "<eos>", "tea", "and", "cake", "at", "noon", "or", "later"]
EVERY = ["network", "ngram", "cache", "copy", "personal", "again"]
FURTHER = ["Sanddorn", "Quendel", "Ulfert"]


@pytest.fixture
def personal(tmp_path: Path) -> PersonalExpert:
    """Of somebody who wrote of tea, in words that the vocabulary lacks too."""
    store = PersonalStore(tmp_path, Tokenizer("word", "lines"))
    for line in ["tea and Sanddorn at noon", "tea and cake or Quendel", "Quendel and tea later", "tea and Sanddorn"]:
        assert store.learn(line)
    vocabulary = Vocabulary(WORDS, [1] * VOCABULARY, Joining(frozenset(), frozenset()))
    words = OpenVocabulary(vocabulary)
    words.encode(FURTHER)
    expert = PersonalExpert(store, vocabulary=vocabulary, ids_of=words.encode, text_of=words.text)
    assert expert.changed()
    return expert


@pytest.fixture
def experts(personal: PersonalExpert, tmp_path: Path) -> dict[str, Expert[Any]]:
    silent: list[Expert[Any]] = [Cache(VOCABULARY), Copy(VOCABULARY), personal]
    found: list[Expert[Any]] = [random_network(), counted(tmp_path), *silent, Again(VOCABULARY)]
    return {expert.name: expert for expert in found}


def outputs(count: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(count, EMBEDDING)).astype(np.float32)


def chance(found: Opinion, token: int) -> float:
    """Of a token; a word that the vocabulary lacks is one of all such words together."""
    probabilities = found.probabilities[0].astype(np.float64)
    if token in (UNKNOWN, *range(VOCABULARY, VOCABULARY + 9)):
        return float(probabilities[UNKNOWN] + probabilities[VOCABULARY:].sum())
    return float(probabilities[token])


def told(found: Opinion, token: int) -> tuple[float, float]:
    """Of the probability of a word that the vocabulary lacks, the shares that nobody tells apart and its own."""
    probabilities, whole = found.probabilities[0], chance(found, token)
    if token == UNKNOWN or token < VOCABULARY:
        return (float(probabilities[UNKNOWN]) / whole if token == UNKNOWN and whole else 1.0), 0.0
    own = float(probabilities[VOCABULARY:][found.further == token].sum())
    return (float(probabilities[UNKNOWN]) / whole, own / whole) if whole else (1.0, 0.0)


def check(scores: Scores, before: list[Opinion], tokens: np.ndarray) -> None:
    """Scores are what was forecast before each token."""
    chances = [chance(found, token) for found, token in zip(before, tokens.tolist(), strict=True)]
    np.testing.assert_allclose(np.exp(scores.log_probabilities), chances, rtol=2e-4, atol=1e-6)
    shares = [told(found, token) for found, token in zip(before, tokens.tolist(), strict=True)]
    np.testing.assert_allclose(np.stack([scores.unseen, scores.itself], axis=1), shares, rtol=1e-3, atol=1e-4)


def pieces(tokens: np.ndarray) -> Iterator[slice]:
    """Pieces that end anywhere."""
    ends = [0, 1, 8, 190, 191, 500, len(tokens)]
    return (slice(start, stop) for start, stop in pairwise(ends))


@pytest.mark.parametrize("name", EVERY)
def test_an_expert_scores_a_text_as_it_would_forecast_it(experts: dict[str, Expert[Any]], name: str) -> None:
    expert, tokens = experts[name], session(700, seed=3)
    seen = outputs(len(tokens))
    before, evidence, state = [], [], expert.initial_state()
    for place, token in enumerate(tokens.tolist()):
        now = seen[place : place + 1]
        before.append(expert.forecast(state, now))
        evidence.append(before[-1].evidence)
        state = expert.step(state, [token], now)
    after, parts = expert.initial_state(), []
    for piece in pieces(tokens):
        scores, after = expert.score(after, tokens[piece], seen[piece])
        parts.append(scores)
    scores = Scores.joined(parts)
    check(scores, before, tokens)
    np.testing.assert_allclose(scores.evidence, np.concatenate(evidence), rtol=1e-4, atol=1e-4)
    last, other = (expert.forecast(each, seen[:1]) for each in (state, after))
    np.testing.assert_allclose(last.probabilities, other.probabilities, atol=1e-5)


@pytest.mark.parametrize("name", EVERY)
def test_an_expert_reads_a_text_as_it_would_read_its_tokens(experts: dict[str, Expert[Any]], name: str) -> None:
    expert, tokens = experts[name], session(60, seed=4)
    seen = outputs(len(tokens))
    begun = state = expert.step(expert.initial_state(), [2], seen[:1])
    read = expert.read_text(begun, tokens.tolist(), seen)
    assert len(read) == len(tokens)
    for place, token in enumerate(tokens.tolist()):
        now = seen[place : place + 1]
        state = expert.step(state, [token], now)
        one, other = expert.forecast(state, now), expert.forecast(read[place], now)
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
        np.testing.assert_allclose(one.evidence, other.evidence, rtol=1e-5)


CELLS = [
    NetworkSettings(layers=2, embedding_size=6, hidden_size=5),
    NetworkSettings(embedding_size=6, hidden_size=8, mogrifier=3),
    NetworkSettings(cell="gru", layers=2, embedding_size=6, hidden_size=5),
    NetworkSettings(cell="rnn", layers=2, embedding_size=6, hidden_size=5),
    NetworkSettings(cell="rnn", activation="relu", embedding_size=6, hidden_size=8),
    NetworkSettings(cell="feedforward", window=4, embedding_size=6, hidden_size=8),
]


@pytest.mark.parametrize("settings", CELLS, ids=str)
def test_a_network_of_any_cell_reads_a_text_as_it_would_read_its_tokens(settings: NetworkSettings) -> None:
    draw = np.random.default_rng(3)
    shapes = settings.weight_shapes(VOCABULARY)
    weights = {name: (draw.normal(size=shape) / 2).astype(np.float32) for name, shape in sorted(shapes.items())}
    network = RecurrentNetwork(weights, settings)
    begun = state = network.initial_state()
    tokens = session(20, seed=4).tolist()
    nothing = np.empty((1, 0), np.float32)
    for token, other in zip(tokens, network.read_text(begun, tokens, nothing), strict=True):
        state = network.step(state, [token], nothing)
        np.testing.assert_allclose(state.output, other.output, rtol=1e-5, atol=1e-6)
        for one, two in zip(state.layers, other.layers, strict=True):
            for part, same in zip(one, two, strict=True):
                np.testing.assert_allclose(part, same, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", EVERY)
def test_an_expert_forecasts_distributions_or_says_nothing(experts: dict[str, Expert[Any]], name: str) -> None:
    expert = experts[name]
    state, silent = expert.initial_state(), 0
    for token in session(60, seed=5).tolist():
        found = expert.forecast(state, outputs(1))
        assert found.probabilities.min() >= 0.0
        nothing = bool(is_silent(found.evidence)[0])
        assert found.probabilities.sum() == pytest.approx(0.0 if nothing else 1.0, abs=1e-5)
        assert not nothing or expert.classing.may_be_silent
        silent += nothing
        state = expert.step(state, [token], outputs(1))
    assert silent < 40


@pytest.mark.parametrize(
    "names",
    [
        ("network", "ngram", "cache"), ("network", "ngram"), ("network",), ("ngram", "cache"), ("network", "cache"),
        ("network", "ngram", "cache", "personal"), ("ngram", "cache", "again"), ("again", "personal"),
        ("ngram", "copy"), ("network", "ngram", "cache", "copy"), ("copy", "ngram", "personal", "cache"),
        ("network", "ngram", "cache", "copy", "personal", "again"),
    ],
    ids=", ".join,
)  # fmt: skip
def test_a_mixture_scores_a_text_as_it_would_forecast_it(
    experts: dict[str, Expert[Any]], names: tuple[str, ...]
) -> None:
    mixture = Mixture([experts[name] for name in names], random_weights().with_expert(experts["again"], 0.2))
    tokens = session(700, seed=3)
    before, state = [], mixture.initial_state()
    for token in tokens.tolist():
        before.append(mixture.forecast(state))
        assert before[-1].probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        state = mixture.step(state, [token])
    after, parts = mixture.initial_state(), []
    for piece in pieces(tokens):
        scores, after = mixture.score(after, tokens[piece])
        parts.append(scores)
    check(Scores.joined(parts), before, tokens)
    np.testing.assert_allclose(mixture.forecast(state).probabilities, mixture.forecast(after).probabilities, atol=1e-5)
