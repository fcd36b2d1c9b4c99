"""Laws of suggestions: the insert contract, the typed prefix respected, incremental equal to from scratch."""

import math
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion

ODD_TEXTS = [
    "", " ", "\n", "best food in Las", "best food in Las ", "best food in La", "👩‍👩‍👧 ", "🇫🇷", "שלום עולם", "مرحبا",
    "\x00\x07", "e\u0301",
    "caf\u0065\u0301 ", "zzzqqq", "zzzq qq", "food,", "food ,", "don'", "VEG", "a" * 5000, "a " * 2000,
    "\ud800", "\u200b", "ß", "İ", "ﬁ", "line one\nline two", "...", "how  to   bo", "\ufeff", "١٢٣",
]  # fmt: skip
ANY_TEXT = st.text(max_size=40) | st.lists(st.sampled_from(["best", "food", "Las", "Veg", " ", "?", "\n", "é"])).map(
    "".join
)


@pytest.fixture(scope="module", params=["trained_model", "trained_char_model"])
def suggester(request: pytest.FixtureRequest) -> Suggester:
    return Suggester.open(request.getfixturevalue(request.param))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def check(typed: str, found: list[Suggestion]) -> None:
    for item in found:
        assert typed[: len(typed) - item.replace] + item.insert == item.result
        assert item.result != typed
        assert 0.0 <= item.probability <= 1.0
        assert item.text not in ("<unk>", "<eos>", "")
        if item.kind == "complete":
            replaced = typed[len(typed) - item.replace :]
            assert nfc(item.text).casefold().startswith(nfc(replaced).casefold())
    assert all(one.probability >= other.probability for one, other in pairwise(found))
    assert sum(item.probability for item in found) <= 1.0 + 1e-4
    assert len({item.result for item in found}) == len(found)


@pytest.mark.parametrize("typed", ODD_TEXTS, ids=ascii)
def test_odd_text_gets_an_answer_that_keeps_the_contract(suggester: Suggester, typed: str) -> None:
    check(typed, suggester.suggest(typed, k=8))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=ANY_TEXT, mode=st.sampled_from(["auto", "next", "complete"]), k=st.integers(1, 8))
def test_any_text_gets_an_answer_that_keeps_the_contract(suggester: Suggester, typed: str, mode: Mode, k: int) -> None:
    found = suggester.suggest(typed, k=k, mode=mode)
    check(typed, found)
    assert len(found) <= k
    assert mode == "auto" or {item.kind for item in found} <= {mode}


def test_what_follows_is_learned(suggester: Suggester) -> None:
    after_space = suggester.suggest("best food in Las ", k=3)[0]
    assert (after_space.text, after_space.insert) == ("Vegas", "Vegas")
    finished = suggester.suggest("best food in Las", k=3)[0]
    assert (finished.text, finished.result) == ("Vegas", "best food in Las Vegas")
    half = suggester.suggest("best food in Las Veg", k=3)[0]
    assert (half.text, half.result, half.kind) == ("Vegas", "best food in Las Vegas", "complete")


def test_typing_gives_the_same_list_as_reading_all_at_once(
    suggester: Suggester, request: pytest.FixtureRequest, trained_model: str, trained_char_model: str
) -> None:
    text = "how to boil an egg? best food"
    folder = trained_model if suggester.manifest.level == "word" else trained_char_model
    for stop in range(len(text)):
        typed = suggester.suggest(text[:stop], k=4)
        assert typed == Suggester.open(folder).suggest(text[:stop], k=4)
    for stop in reversed(range(0, len(text), 3)):  # and backspacing
        assert suggester.suggest(text[:stop]) == Suggester.open(folder).suggest(text[:stop])


def test_a_long_text_gives_the_same_typed_or_read_at_once(trained_model: str) -> None:
    typed, fresh = Suggester.open(trained_model), Suggester.open(trained_model)
    text = "best food in Las Vegas " * 260  # 1,300 tokens: more than is remembered
    for stop in range(0, len(text), 1000):
        typed.suggest(text[:stop])
    assert typed.suggest(text) == fresh.suggest(text)


def test_nothing_below_the_wanted_probability(suggester: Suggester) -> None:
    every = suggester.suggest("best food ", k=10)
    likely = suggester.suggest("best food ", k=10, min_probability=0.3)
    assert likely == [item for item in every if item.probability >= 0.3]
    assert len(likely) < len(every)


def test_word_probabilities_sum_to_one(trained_model: str) -> None:
    ranker = Suggester.open(trained_model)._ranker
    probabilities = ranker.probabilities([3, 4, 5])  # type: ignore[attr-defined]
    assert probabilities.shape[0] > 5
    assert math.isclose(float(probabilities.sum(dtype=np.float64)), 1.0, abs_tol=1e-5)


def test_what_was_typed_decomposed_is_replaced_whole(trained_model: str) -> None:
    typed = "un cafe\u0301 cre\u0300"  # each accent a character of its own
    found = Suggester.open(trained_model).suggest(typed, k=1, mode="complete")[0]
    assert (found.text, found.replace) == ("crème", 4)
    assert found.result == "un cafe\u0301 crème"


@pytest.mark.parametrize("tail", ["las", "LAS", "Las", "L", "l", "las v", "Las ve", "Las VEGAS"])
def test_all_suggestions_together_are_one_distribution(trained_model: str, tail: str) -> None:
    found = Suggester.open(trained_model).suggest(f"best food in {tail}", k=1000)
    assert 0.5 < sum(item.probability for item in found) <= 1.0 + 1e-4


def test_a_finished_word_in_another_case_is_understood(trained_model: str) -> None:
    assert Suggester.open(trained_model).suggest("best food in las ", k=1)[0].text == "Vegas"


def test_the_two_readings_share_one_scale(trained_model: str) -> None:
    suggester = Suggester.open(trained_model)
    everything = suggester.suggest("best food in L", k=1000)
    assert sum(item.probability for item in everything) <= 1.0 + 1e-4
    assert everything[0].text == "Las"
    assert everything[0].probability > 0.5
