"""Words that the vocabulary lacks get ids of the writer's own, but not while they are half-typed."""

import itertools

import numpy as np
import pytest

from autocomplete.config import NetworkSettings
from autocomplete.predict import word_ids
from autocomplete.predict.context import Before
from autocomplete.predict.experts.cache import Cache
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.word_ids import OpenVocabulary
from autocomplete.predict.words import WordRanker
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import Joining, Vocabulary

WORDS = ["<unk>", "<eos>", "say", "egg", "Las", '"', "zwolle@egg.com"]
HALF_TYPED = ["".join(letters) for letters in itertools.product("qxz", repeat=4)]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[OpenVocabulary]:
    """The words of each writer who begins."""
    begun: list[OpenVocabulary] = []

    def open_vocabulary(vocabulary: Vocabulary) -> OpenVocabulary:
        begun.append(OpenVocabulary(vocabulary))
        return begun[-1]

    monkeypatch.setattr(word_ids, "OpenVocabulary", open_vocabulary)
    return begun


def word_ranker() -> WordRanker:
    draw, shape = np.random.default_rng(6), NetworkSettings(layers=1, embedding_size=4, hidden_size=4)
    weights = {name: draw.normal(size=s).astype(np.float32) for name, s in shape.weight_shapes(len(WORDS)).items()}
    mixture = Mixture([RecurrentNetwork(weights, shape), Cache(len(WORDS))])
    vocabulary = Vocabulary(WORDS, [1] * len(WORDS), Joining(frozenset(), frozenset(), WORDS.index('"')))
    return WordRanker(mixture, Lexicon(vocabulary), Tokenizer("word", "lines"))


def test_half_typed_words_get_no_lasting_ids(opened: list[OpenVocabulary]) -> None:
    ranker = word_ranker()
    first = list(ranker.candidates(Before('say "Zwolle eg'), mode="auto", count=5))
    size = opened[0].size
    assert size == len(WORDS) + 1  # that of the finished word
    for half_typed in HALF_TYPED:
        found = list(ranker.candidates(Before(f'say "Zwolle {half_typed}'), mode="auto", count=5))
        assert found == list(word_ranker().candidates(Before(f'say "Zwolle {half_typed}'), mode="auto", count=5))
    assert opened[0].size == size
    assert list(ranker.candidates(Before('say "Zwolle eg'), mode="auto", count=5)) == first


def test_half_typed_ends_of_addresses_get_no_lasting_ids(opened: list[OpenVocabulary]) -> None:
    ranker = word_ranker()
    for half_typed in ("e", "eg", "egg.", "egg.c", "egg.co"):
        found = list(ranker.candidates(Before(f"say zwolle@{half_typed}"), mode="auto", count=5))
        assert "zwolle@egg.com" in {item.text for item in found}
        assert found == list(word_ranker().candidates(Before(f"say zwolle@{half_typed}"), mode="auto", count=5))
    known = {opened[0].text(token) for token in range(len(WORDS), opened[0].size)}
    assert known == {"zwolle", "@", "."}


def test_a_finished_word_has_an_id_of_its_own(opened: list[OpenVocabulary]) -> None:
    ranker = word_ranker()
    for word in HALF_TYPED[:5]:
        list(ranker.candidates(Before(f'say "{word}'), mode="auto", count=5))
        list(ranker.candidates(Before(f'say "{word} '), mode="auto", count=5))
    ids = opened[0].encode(HALF_TYPED[:5])
    assert ids == list(range(len(WORDS), len(WORDS) + 5))
    assert [opened[0].text(token) for token in ids] == HALF_TYPED[:5]
