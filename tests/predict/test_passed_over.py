"""Words shown and typed past leave the list: unless far surer than the rest, and until a letter is deleted."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.predict.model import Model
from autocomplete.predict.passed_over import MOST_LISTS, NOTHING, NOTICED, PassedOver
from autocomplete.predict.session import Session
from autocomplete.predict.suggestion import Suggestion
from tests.predict.asking import ANY_TEXT


def word(typed: str, text: str, probability: float) -> Suggestion:
    half = len(typed) - len(typed.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return Suggestion.applied(
        typed, text=text, kind="complete", replace=half, insert=text, probability=probability, experts={}
    )


def weighed(passed: PassedOver, typed: str, **chances: float) -> dict[str, float]:
    found = passed.at(typed).weighed([word(typed, text, chance) for text, chance in chances.items()], typed)
    return {item.text: item.probability for item in found}


def shown(*lists: tuple[str, Sequence[str]]) -> PassedOver:
    passed = NOTHING
    for typed, texts in lists:
        passed = passed.shown(typed, [word(typed, text, 0.1).result for text in texts])
    return passed


def test_who_types_on_has_said_no() -> None:
    passed = shown(("we a", ["accident", "all"]))
    found = weighed(passed, "we ac", accident=0.6, across=0.2, act=0.1)
    assert found["across"] > found["act"] > found["accident"]
    assert found["accident"] / found["act"] == pytest.approx(0.6 * (1 - NOTICED) / 0.1)
    assert sum(found.values()) < 1.0


def test_what_is_far_surer_than_the_rest_stays() -> None:
    found = weighed(shown(("we a", ["accident"])), "we ac", accident=0.97, across=0.02, act=0.01)
    assert max(found, key=lambda text: found[text]) == "accident"
    again = shown(("we a", ["accident"]), ("we ac", ["accident"]))
    found = weighed(again, "we acc", accident=0.97, accept=0.02)
    assert max(found, key=lambda text: found[text]) == "accept"


def test_before_its_first_letter_a_word_is_passed_over_too() -> None:
    found = weighed(shown(("we ", ["accident"])), "we a", accident=0.6, all=0.2)
    assert found["all"] > found["accident"]


@pytest.mark.parametrize("mark", [".", ",", "?", "們"])
def test_what_follows_a_finished_word_is_no_other_form_of_it(mark: str) -> None:
    passed = shown(("an acc", ["accident"]))
    typed = "an accident"
    found = [
        Suggestion.applied(typed, text=text, kind="next", replace=0, insert=insert, probability=0.1, experts={})
        for text, insert in [(mark, mark), ("happened", " happened")]
    ]
    assert [item.probability for item in passed.at(typed).weighed(found, typed)] == pytest.approx([0.1, 0.1])


def test_other_forms_of_a_word_that_was_passed_over_move_up() -> None:
    found = weighed(shown(("an acc", ["accident"])), "an acci", accident=0.8, accidents=0.06, accidie=0.1)
    assert sorted(found, key=lambda text: -found[text]) == ["accidents", "accidie", "accident"]
    # Though they were shown beside it.
    found = weighed(shown(("an acci", ["accident", "accidents"])), "an accid", accident=0.5, accidents=0.3)
    assert found["accidents"] > found["accident"]
    # Not what only follows a finished word.
    passed = NOTHING.shown("an", ["an accident", "and"])
    assert weighed(passed, "and", andes=0.1)["andes"] == weighed(shown(("an", ["and"])), "and", andes=0.1)["andes"]
    assert weighed(NOTHING.shown("an", ["an accident"]), "ant", anthem=0.1) == pytest.approx({"anthem": 0.1})


@pytest.mark.parametrize(
    ("after", "passed"),
    [
        ("we ac", True),
        ("we acc", True),
        ("we a", False),  # the same text: nothing was typed
        ("we ", False),  # Backspace
        ("we x", False),
        ("we ac ", False),  # the next word
        ("we all a", False),
        ("he ac", False),
        ("we a\nac", False),
        ("", False),
    ],
)
def test_that_holds_within_the_word_and_no_longer(after: str, passed: bool) -> None:
    assert (shown(("we a", ["accident"])).at(after) != NOTHING) is passed


def test_backspace_brings_all_of_them_back() -> None:
    passed = shown(("a", ["and"]), ("ac", ["act"]), ("acc", ["accept"]))
    assert passed.at("acci").times() == {"and": 1, "act": 1, "accept": 1}
    assert passed.at("ac") == NOTHING
    passed = passed.shown("ac", ["act"])
    assert passed.at("acc").times() == {"act": 1}


def test_a_list_that_is_drawn_again_counts_once() -> None:
    passed = shown(("a", ["and"]), ("a", ["and", "act"]), ("a", ["and", "act"]))
    assert passed.at("ac").times() == {"and": 1, "act": 1}


def test_of_a_phrase_the_first_word_is_passed_over() -> None:
    passed = NOTHING.shown("see L", ["see Las Vegas in May", "see London"])
    assert passed.at("see La").times() == {"Las": 1, "London": 1}


def test_what_stays_keeps_its_place_and_the_surest_comes_first() -> None:
    passed = shown(("w", ["was", "with", "will", "were"])).at("wi")
    results = [word("wi", text, 0.1).result for text in ("with", "wide", "will", "win", "wife")]
    assert [results[number] for number in passed.seated(results)] == ["with", "wide", "will", "win", "wife"]
    results = [word("wi", text, 0.1).result for text in ("wide", "win", "were", "wife", "with")]
    assert [results[number] for number in passed.seated(results)] == ["wide", "with", "win", "were", "wife"]
    assert NOTHING.seated(results) == [0, 1, 2, 3, 4]


def test_what_is_kept_of_an_endless_word_is_bounded() -> None:
    passed = NOTHING
    for length in range(1, 3000):
        passed = passed.shown("x" * length, ["x" * length + "y"])
    assert len(passed.lists) == MOST_LISTS


@given(text=ANY_TEXT, results=st.lists(ANY_TEXT, max_size=5), more=ANY_TEXT)
def test_any_text_can_be_passed_over(text: str, results: list[str], more: str) -> None:
    passed = NOTHING.shown(text, results).at(text + more)
    items = [word(text + more, each, 0.2) for each in {*results, "a"} if each]
    found = passed.weighed(items, text + more)
    assert sum(item.probability for item in found) <= 1.0 + 1e-6 or len(items) > 5
    assert all(0.0 <= item.probability <= 1.0 for item in found)
    assert sorted(passed.seated([item.result for item in found])) == list(range(len(found)))


def test_a_session_that_is_told_suggests_it_less(trained_model: str) -> None:
    session = Session(Model.open(trained_model))
    typed = ["best food in ", "best food in L"]
    first = session.suggest(typed[0], k=3)
    assert "Las" in [item.text for item in first]
    passed = NOTHING.shown(typed[0], [item.result for item in first])
    for context in ("", "how to boil an egg\n"):
        before = session.suggest(typed[1], k=5, context=context)
        now = session.suggest(typed[1], k=5, context=context, passed_over=passed)
        assert [item.probability for item in now] != [item.probability for item in before]
    before, now = session.suggest(typed[1], k=5), session.suggest(typed[1], k=5, passed_over=passed)
    chance = {item.text: item.probability for item in before}, {item.text: item.probability for item in now}
    assert chance[1]["Las"] < chance[0]["Las"]
    assert sum(chance[1].values()) <= 1.0 + 1e-4
    assert session.suggest(typed[1], k=5) == before  # nothing is remembered
