"""A character model reads letters in another case, without accents or with a slip, as a model of words does."""

import itertools
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.config import NetworkSettings
from autocomplete.interface.cli.app import run
from autocomplete.predict.characters import CharacterRanker
from autocomplete.predict.context import Before
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.letters import LetterReader
from autocomplete.predict.lexicon import CASE_SLIP, NEVER_MENDED
from autocomplete.predict.suggester import Suggester
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import Joining, Vocabulary

ANY_TEXT = st.lists(
    st.sampled_from(["las ", "Las", "VEG", "egs", "how", "brulee", "q", "-", "'", " ", "?", "\n", "É"])
).map("".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of n-grams alone."""
    draw = random.Random(3)
    starts = ["best food in Las Vegas", "how to boil an egg", "weather in Paris", "vegetable soup", "buy tomatoes"]
    starts += ["it's 2010", "at two o'clock", "gluten-free bread", "I don't know", "crème brûlée"]
    lines = [draw.choice(starts) + draw.choice(["", " please", " for two", "?"]) for _ in range(400)]
    corpus = tmp_path_factory.mktemp("readings") / "lines.txt"
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = corpus.parent / "model"
    assert run(["train", str(corpus), "--model", str(made), "--level", "char", "--no-network"]) == 0
    return made


@pytest.fixture(scope="module")
def suggester(folder: Path) -> Suggester:
    return Suggester.open(folder)


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("best food in Las Veg", "best food in Las Vegas"),
        ("best food in Las veg", "best food in Las Vegas"),
        ("best food in Las VEG", "best food in Las VEGAS"),
        ("BEST FOOD IN LAS VEG", "BEST FOOD IN LAS VEGAS"),
        ("best food in las veg", "best food in las Vegas"),
        ("best food in las ", "best food in las Vegas"),
        ("buy tom", "buy tomatoes"),
        ("Buy Tom", "Buy Tomatoes"),
        ("VEG", "VEGETABLE"),
        ("weather in par", "weather in Paris"),
        ("How To Boi", "How To Boil"),
    ],
)
def test_capitals_are_those_of_the_corpus_or_of_what_was_typed(suggester: Suggester, typed: str, result: str) -> None:
    assert suggester.suggest(typed, k=1)[0].result == result


@given(typed=ANY_TEXT)
def test_a_short_list_begins_the_longer_one_with_the_same_probabilities(suggester: Suggester, typed: str) -> None:
    """To a thousandth: what adds no more to a word is not followed where few words are wanted."""
    longer = suggester.suggest(typed, k=10)
    known = {item.result: item.probability for item in longer}
    for k in (1, 2, 3, 5):
        shorter = suggester.suggest(typed, k=k)
        assert [item.probability for item in shorter] == pytest.approx(
            [item.probability for item in longer[:k]], rel=1e-3
        )
        assert [item.probability for item in shorter] == pytest.approx(
            [known[item.result] for item in shorter], rel=1e-3
        )


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("best food in Las Vgeas", "best food in Las Vegas"),  # swapped
        ("best food in Las vegsa", "best food in Las Vegas"),  # at the end
        ("best food in Las Vehas", "best food in Las Vegas"),  # wrong
        ("best food in Las Vgas", "best food in Las Vegas"),  # missing
        ("best food in Las Veggas", "best food in Las Vegas"),  # too many
        ("weather in aPris", "weather in Paris"),
        ("buy TMOA", "buy TOMATOES"),
    ],
)
def test_one_slip_of_the_finger_is_mended_but_never_surely(suggester: Suggester, typed: str, result: str) -> None:
    first, *_ = suggester.suggest(typed, k=8)
    assert (first.result, first.kind) == (result, "complete")
    assert 0.5 < first.probability <= 1 - NEVER_MENDED


@pytest.mark.parametrize(("typed", "result"), [("at two oclo", "at two o'clock"), ("at two OCLO", "at two O'CLOCK")])
def test_a_missing_apostrophe_is_mended(suggester: Suggester, typed: str, result: str) -> None:
    first = suggester.suggest(typed, k=1)[0]
    assert first.result == result
    assert first.probability > 0.5


@pytest.mark.parametrize(
    "typed", ["gluten-", "Vegas'", "don't-", "it'", "2020", "in 2051", "20100", "2001", "Ve9as", "don'5"]
)
def test_a_digit_or_a_mark_is_no_slip(suggester: Suggester, typed: str) -> None:
    marks = "".join(letter for letter in typed if not letter.isalpha())
    for item in suggester.suggest(typed, k=50):
        assert "".join(letter for letter in item.result if not letter.isalpha()).startswith(marks)


def test_a_likely_word_is_not_mended(suggester: Suggester) -> None:
    found = suggester.suggest("best food in Las Veg", k=20)
    assert all(item.text.startswith("Veg") for item in found if item.kind == "complete" and item.probability > 0.01)


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("creme brul", "creme brûlée"),
        ("creme brulee", "creme brûlée"),
        ("creme ", "creme brûlée"),
        ("BRUL", "BRÛLÉE"),
        ("Brulee", "Brûlée"),
        ("brûlee", "brûlée"),
    ],
)
def test_accents_need_not_be_typed_however_many_there_are(suggester: Suggester, typed: str, result: str) -> None:
    first = suggester.suggest(typed, k=1)[0]
    assert first.result == result
    assert first.probability > 0.5


@pytest.mark.parametrize("typed", ["crème brulee", "bru", "creme"])
def test_what_lacks_its_accents_is_not_counted_twice(suggester: Suggester, typed: str) -> None:
    assert 0.5 < sum(item.probability for item in suggester.suggest(typed, k=200)) <= 1.0 + 1e-4


@pytest.mark.parametrize("before", ["", "crème ", "😀"])
def test_accents_may_be_characters_of_their_own(suggester: Suggester, before: str) -> None:
    composed = suggester.suggest(before + "brûl", k=1)[0]
    apart = suggester.suggest(before + "bru\u0302l", k=1)[0]
    assert composed.result == apart.result == before + "brûlée"
    assert (composed.replace, apart.replace) == (4, 5)
    assert composed.probability == apart.probability


def test_a_finished_word_is_gone_on_after_and_not_written_anew(suggester: Suggester) -> None:
    found = suggester.suggest("best food in las vegas", k=8)
    assert "please" in [item.text for item in found if item.kind == "next"][:3]
    assert "Vegas" not in [item.text for item in found if item.kind == "complete"]


@given(typed=ANY_TEXT)
def test_what_was_typed_stays_until_a_suggestion_is_taken(suggester: Suggester, typed: str) -> None:
    found = suggester.suggest(typed, k=50)
    for item in found:
        assert item.result == typed[: len(typed) - item.replace] + item.insert != typed
        assert item.kind == "complete" or item.replace == 0
        assert not any(letter.isspace() for letter in typed[len(typed) - item.replace :])
    assert sum(item.probability for item in found) <= 1.0 + 1e-4
    assert len({item.result for item in found}) == len(found)


@pytest.mark.parametrize("typed", ["best food in las vegsa", "BUY TMOA", "q" * 1100 + "Q"])
def test_key_by_key_is_as_all_at_once(folder: Path, suggester: Suggester, typed: str) -> None:
    for length in range(max(0, len(typed) - 20), len(typed)):
        suggester.suggest(typed[:length])
    assert suggester.suggest(typed) == Suggester.open(folder).suggest(typed)


def test_both_cases_of_a_beginning_share_its_probability() -> None:
    alphabet = ["<unk>", "<eos>", " ", "a", "A", "b"]
    draw, shape = np.random.default_rng(4), NetworkSettings(layers=1, embedding_size=4, hidden_size=4)
    weights = {name: draw.normal(size=size).astype(np.float32) for name, size in shape.weight_shapes(6).items()}
    weights["output/bias"][[1, 2]] += 2.0  # words end soon, so that a search by brute force can end too
    network = RecurrentNetwork(weights, shape)

    def chance(text: str, *, ends: bool) -> float:
        state, product = network.initial_state(), 1.0
        for token in map(alphabet.index, text):
            product *= math.exp(network.log_probabilities(state.output)[0, token])
            state = network.read(state, [token])
        return product * (float(np.exp(network.log_probabilities(state.output)[0, :3]).sum()) if ends else 1.0)

    vocabulary = Vocabulary(alphabet, [1] * 6, Joining(frozenset(), frozenset()))
    letters = LetterReader(Mixture([network]), vocabulary, mends=True)
    ranker = CharacterRanker(letters, Tokenizer("char", "lines"))
    of_begun = {"a": chance("a", ends=False), "A": CASE_SLIP * chance("A", ends=False)}
    rests = ["".join(letters) for count in range(1, 6) for letters in itertools.product("aAb", repeat=count)]
    words = {
        first + rest: chance(first + rest, ends=True) * (1.0 if first == "a" else CASE_SLIP)
        for first, rest in itertools.product(of_begun, rests)
    }
    expected = sorted(words, key=words.__getitem__, reverse=True)[:6]
    found = sorted(ranker.candidates(Before("a"), mode="complete", count=6), key=lambda item: -item.probability)
    assert [item.text for item in found] == expected
    total = sum(of_begun.values())
    np.testing.assert_allclose(
        [item.probability for item in found], [words[word] / total for word in expected], rtol=1e-3
    )
