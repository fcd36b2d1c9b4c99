"""The beam over characters finds what a full search finds."""

import itertools
import math

import numpy as np
import pytest

from autocomplete.config import NetworkSettings
from autocomplete.predict.characters import CharacterRanker
from autocomplete.predict.context import Before
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.letters import LetterReader
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import Joining, Vocabulary

ALPHABET = ["<unk>", "<eos>", " ", "a", "b", "'", "."]


@pytest.fixture
def network() -> RecurrentNetwork:
    draw = np.random.default_rng(2)
    size, width = len(ALPHABET), 5
    settings = NetworkSettings(layers=1, embedding_size=width, hidden_size=width)
    shapes = settings.weight_shapes(size)
    weights = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    weights["output/bias"][[1, 2]] += 2.0  # words end soon, so that a search by brute force can end too
    return RecurrentNetwork(weights, settings)


def log_probability(network: RecurrentNetwork, text: str, word: str) -> float:
    """Log probability of the characters of `word` and then of any that ends it, after `text`."""
    state = network.initial_state()
    for character in text:
        state = network.read(state, [ALPHABET.index(character)])
    total = 0.0
    for character in word:
        total += float(network.log_probabilities(state.output)[0, ALPHABET.index(character)])
        state = network.read(state, [ALPHABET.index(character)])
    after = np.exp(network.log_probabilities(state.output)[0])
    return total + math.log(sum(after[ALPHABET.index(token)] for token in ("<unk>", "<eos>", " ", ".")))


def test_the_beam_finds_what_brute_force_finds(network: RecurrentNetwork) -> None:
    vocabulary = Vocabulary(ALPHABET, [1] * len(ALPHABET), Joining(frozenset(), frozenset()))
    letters = LetterReader(Mixture([network]), vocabulary, mends=True)
    ranker = CharacterRanker(letters, Tokenizer("char", "lines"))
    words = ["".join(letters) for n in range(1, 7) for letters in itertools.product("ab'", repeat=n)]
    words = [word for word in words if word[0] != "'" and word[-1] != "'" and "''" not in word]
    expected = sorted(((log_probability(network, "ab ", word), word) for word in words), reverse=True)[:5]
    found = sorted(ranker.candidates(Before("ab "), mode="next", count=5), key=lambda item: -item.probability)
    assert [item.text for item in found] == [word for _, word in expected]
    np.testing.assert_allclose([math.log(item.probability) for item in found], [log for log, _ in expected], atol=1e-4)
