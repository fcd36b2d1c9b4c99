"""What a person sees who types into a model of the sample corpus: right to the letter."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocomplete import Suggester, Suggestion
from autocomplete.interface.cli.app import run
from autocomplete.predict.suggestion import Mode
from tests.predict.asking import with_threshold

QUERIES = Path(__file__).parent.parent / "data" / "queries.txt"

PIECES = [
    "best",
    "food in ",
    "Las",
    "VEG",
    "zwx",
    "Don",
    "'",
    "patrick's",
    "U.S.",
    "p.m",
    ".",
    ",",
    "(",
    "-",
    "/",
    "3",
    " ",
    "\n",
]


@pytest.fixture(scope="module")
def suggester(tmp_path_factory: pytest.TempPathFactory) -> Suggester:
    """Of words and characters; without networks, whose training would be most of the time, and the chance in it."""
    folder = tmp_path_factory.mktemp("golden") / "model"
    assert run(["train", str(QUERIES), "--model", str(folder), "--no-network", "--characters", "--budget", "20s"]) == 0
    return with_threshold(Suggester.open(folder), 0.3)  # how many words are typed to find one depends on the machine


def results(found: list[Suggestion]) -> list[str]:
    return [item.result for item in found]


def test_a_finished_word_and_a_beginning_are_one_list(suggester: Suggester) -> None:
    found = suggester.suggest("best food in Las", k=8)
    assert (found[0].result, found[0].kind, found[0].replace) == ("best food in Las Vegas", "next", 0)
    assert {item.kind for item in found} == {"next", "complete"}
    assert "best food in Last" in results(found)


def test_after_a_space_only_next_words_follow(suggester: Suggester) -> None:
    found = suggester.suggest("best food in Las ", k=8)
    assert (found[0].insert, found[0].result) == ("Vegas", "best food in Las Vegas")
    assert {item.kind for item in found} == {"next"}
    assert found[0].probability > 0.9


def test_a_beginning_becomes_the_likeliest_word(suggester: Suggester) -> None:
    first, *_ = suggester.suggest("best food in La", k=8)
    assert (first.text, first.kind, first.replace, first.result) == ("Las", "complete", 2, "best food in Las")
    assert suggester.suggest("best food in La", k=1, words=2)[0].result == "best food in Las Vegas"


def test_nothing_typed_begins_a_line(suggester: Suggester) -> None:
    found = suggester.suggest("", k=8)
    assert len(found) == 8
    assert results(found) == [item.text for item in found] == [item.insert for item in found]
    assert "how" in results(found)[:3]
    assert all(item.text[0].isalnum() for item in found)


@pytest.mark.parametrize("typed", ["😀", "👩‍👩‍👧", "🇫🇷 ", "best food 😀"])
def test_an_emoji_is_kept_and_gone_on_after(suggester: Suggester, typed: str) -> None:
    found = suggester.suggest(typed, k=8)
    assert found
    assert all(item.result.startswith(typed.rstrip()) for item in found)
    assert all("<unk>" not in item.result for item in found)


def test_after_an_unseen_word_the_likely_words_follow(suggester: Suggester) -> None:
    found = suggester.suggest("best food in Zwolle ", k=8)
    assert len(found) == 8
    assert max(item.probability for item in found) < 0.3  # nothing certain is known of it
    assert {"in", "for", "on", "the", "to"} & {item.text for item in found}


def test_an_unseen_word_once_written_is_offered(suggester: Suggester) -> None:
    first, *_ = suggester.suggest("food in Zwo", k=1, context="best food in Zwolle\n")
    assert (first.text, first.kind, first.replace) == ("Zwolle", "complete", 3)


def test_a_half_typed_unseen_word_is_spelled_on_but_not_surely(suggester: Suggester) -> None:
    found = [item for item in suggester.suggest("what is the antidisest", k=8) if item.kind == "complete"]
    assert found
    assert all(item.text.startswith("antidisest") and len(item.text) > len("antidisest") for item in found)
    assert found[0].probability < 0.5


def test_what_mends_a_whole_word_is_never_certain(suggester: Suggester) -> None:
    assert all(item.probability <= 0.97 for item in suggester.suggest("best food in Zwolle", k=8))


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("best food in Las Veg", "best food in Las Vegas"),
        ("best food in Las veg", "best food in Las Vegas"),
        ("best food in Las VEG", "best food in Las VEGAS"),
        ("BEST FOOD IN LAS ", "BEST FOOD IN LAS Vegas"),
        ("how to boi", "how to boil"),
        ("How to boi", "How to boil"),
        ("HOW TO BOI", "HOW TO BOIL"),
        ("Weather in par", "Weather in Paris"),
    ],
)
def test_capitals_are_those_of_the_corpus_or_of_what_was_typed(suggester: Suggester, typed: str, result: str) -> None:
    assert suggester.suggest(typed, k=1)[0].result == result


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("best food in Las Vgeas", "best food in Las Vegas"),
        ("best food in Las Vegsa", "best food in Las Vegas"),
        ("best food in Las Vehas", "best food in Las Vegas"),
        ("weather in Parsi", "weather in Paris"),
    ],
)
def test_one_slip_of_the_finger_is_mended(suggester: Suggester, typed: str, result: str) -> None:
    first, *others = suggester.suggest(typed, k=8)
    assert first.result == result
    assert first.kind == "complete"
    assert all(item.probability < 0.1 for item in others)


@pytest.mark.parametrize(
    ("curly", "straight"), [("It’s ", "It's "), ("don’t ", "don't "), ("I don’", "I don'"), ("what’", "what'")]
)
def test_a_curly_apostrophe_reads_as_a_straight_one(suggester: Suggester, curly: str, straight: str) -> None:
    found, expected = suggester.suggest(curly, k=8), suggester.suggest(straight, k=8)
    assert [item.result.replace("’", "'") for item in found] == [item.result for item in expected]
    assert [item.probability for item in found] == pytest.approx([item.probability for item in expected])
    assert all("'" not in item.result for item in found[:1])


@pytest.mark.parametrize("typed", ["best food in Las Vegas'", "how to 'boil'", "say ‘how’"])
def test_a_mark_that_closes_is_never_taken_back(suggester: Suggester, typed: str) -> None:
    found = suggester.suggest(typed, k=8)
    assert found
    assert all(item.result.startswith(typed) for item in found)


def test_a_word_of_the_session_is_mended_but_not_surely(suggester: Suggester) -> None:
    found = suggester.suggest("meet Zwollf", k=8, context="best food in Zwolle\n")
    assert found[0].result == "meet Zwolle"
    assert found[0].probability <= 0.97


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typed=st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
    context=st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
    mode=st.sampled_from(["auto", "next", "complete"]),
)
def test_a_short_list_begins_a_longer_one(suggester: Suggester, typed: str, context: str, mode: Mode) -> None:
    longest = suggester.suggest(typed, k=10, mode=mode, context=context)
    for k in (1, 2, 3):
        found = suggester.suggest(typed, k=k, mode=mode, context=context)
        assert results(found) == results(longest[:k])
        assert [item.probability for item in found] == pytest.approx([item.probability for item in longest[:k]])
