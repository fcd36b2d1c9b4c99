"""Keystrokes are counted as presage's protocol says: the same by plain loops, from one pass and under every rule."""

import math
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.evaluation.statistics import bootstrap_interval
from autocomplete.evaluation.typing import (
    LIST,
    RULES,
    SHOWN,
    Completer,
    KeystrokeSavings,
    Offer,
    Reader,
    Rule,
    TypedWord,
    expected_keys,
    keys_for,
    letters_at_sight,
    type_text,
    words_of,
)
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion
from tests.evaluation.completers import WORDS, Fickle, Nothing, WordList

TEXT = "The rain in Spain,  the Rain of THE north; don't THEN ask (it's there) for 3.5 X-Rays\nthat is why."
PLAIN_TEXTS = st.lists(st.sampled_from([*WORDS, "Then", "zebra", "(", ".", "\n", "no"]), max_size=12).map(" ".join)


class Oracle(WordList):
    """Knows the text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        stop = next(stop for _, stop in words_of(self.text) if stop > len(text))
        insert = self.text[len(text) : stop]
        return [Suggestion(insert, "next", 0, insert, text + insert, 1.0, experts={})]


def savings_of(completer: Completer, text: str) -> KeystrokeSavings:
    savings = KeystrokeSavings()
    for word in type_text(completer, text):
        savings.add(word)
    return savings


def words_by_hand(text: str) -> Iterator[tuple[int, int]]:
    """Words of plain text: letters and digits, and one of ' - . between two of them."""
    start = None
    for place in range(len(text) + 1):
        here = text[place : place + 1]
        inner = here in ("'", "-", ".") and text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
        if here.isalnum() or (inner and start is not None):
            start = place if start is None else start
        elif start is not None:
            yield start, place
            start = None


def keystrokes_by_hand(completer: Completer, text: str, rule: Rule) -> tuple[int, int]:
    """Keys with the list, and without: by the letter of the protocol, asking anew at every position."""
    keys = characters = 0
    for start, stop in words_by_hand(text):
        characters += stop - start + 1
        wanted = text[:stop]
        seen: list[str] = []
        position = start
        while position < stop:  # after the last letter the choice would cost what the space costs
            mode: Mode = "next" if position == start else "complete"
            results = [item.result for item in completer.suggest(text[:position], k=LIST, mode=mode)]
            if not rule.repeats:
                results = [result for result in results if result not in seen]
            results = results[: rule.shown]
            seen += results
            if not rule.match_case:
                results = [result.casefold() for result in results]
            if (wanted if rule.match_case else wanted.casefold()) in results:
                break
            position += 1  # type the next letter
        keys += position - start + 1  # the choice, or the space
    return keys, characters


def check_against_plain_loops(completer: Completer, text: str) -> KeystrokeSavings:
    savings = savings_of(completer, text)
    for rule in RULES:
        assert (savings.keys(rule), savings.characters) == keystrokes_by_hand(completer, text, rule), rule
    return savings


@pytest.mark.parametrize("completer", [WordList(), Fickle(seed=1), Fickle(seed=2)], ids=["steady", "fickle", "other"])
def test_one_pass_counts_what_plain_loops_count(completer: WordList) -> None:
    savings = check_against_plain_loops(completer, TEXT)
    assert len({savings.keys(rule) for rule in RULES}) > 4  # the rules make a difference here


@given(text=PLAIN_TEXTS, seed=st.integers(0, 1000))
def test_any_text_counts_what_plain_loops_count(text: str, seed: int) -> None:
    check_against_plain_loops(Fickle(seed=seed), text)


def test_a_real_model_counts_what_plain_loops_count(suggester: Suggester) -> None:
    text = "best food in las Vegas, How to boil an egg? Weather in PARIS today\nflights from New York to Bosnia now"
    savings = check_against_plain_loops(suggester, text)
    assert len({savings.keys(rule) for rule in RULES}) > 3


def offered(*lists: dict[str, float], right: str) -> TypedWord:
    offers = [
        Offer(tuple(each), [*each].index(right) + 1 if right in each else None, None, tuple(each.values()), math.nan)
        for each in lists
    ]
    return TypedWord(right, 0, tuple(offers))


def test_at_the_prompt_a_word_that_was_passed_over_gives_its_place_to_another() -> None:
    once = {"accident": 0.6, "across": 0.2}
    word = offered({"the": 0.3, "accident": 0.2}, once, {"accident": 0.95, "accept": 0.02}, right="accident")
    assert letters_at_sight(word, 1) == [1, 2]  # the second time though it was shown, as nothing else is as likely
    assert letters_at_sight(word, 2) == [0, 1, 2]
    assert letters_at_sight(offered(once, once, once, right="accident"), 1) == [0, 2]
    assert letters_at_sight(offered(once, once, once, right="across"), 1) == [1]


@pytest.mark.parametrize("notices", [0.0, 0.3, 0.8, 1.0])
def test_who_overlooks_lists_costs_what_many_of_them_cost_on_the_whole(notices: float) -> None:
    sights, characters, draw = [0, 2, 3, 5], 9, random.Random(1)
    costs = [next((letters + 1 for letters in sights if draw.random() < notices), characters) for _ in range(20_000)]
    assert expected_keys(sights, characters, notices) == pytest.approx(sum(costs) / len(costs), abs=0.1)


def test_who_notices_more_saves_more(suggester: Suggester) -> None:
    savings = savings_of(suggester, "best food in Las Vegas how to boil an egg")
    for shown in SHOWN:
        rates = [savings.rate_of(Reader(shown, notices)) for notices in (0.7, 0.8, 1.0)]
        assert rates == sorted(rates)
        assert rates[-1] <= savings.rate(Rule(5, repeats=False, match_case=True)) + 1e-9


def test_a_completer_that_knows_everything_costs_one_key_a_word() -> None:
    savings = savings_of(Oracle(TEXT), TEXT)
    words = len(list(words_by_hand(TEXT)))
    assert savings.words == words
    for rule in RULES:
        assert savings.keys(rule) == words
        assert math.isclose(savings.rate(rule), (1 - words / savings.characters) * 100)


def test_a_completer_that_knows_nothing_saves_nothing() -> None:
    savings = savings_of(Nothing(), TEXT)
    assert savings.characters == sum(stop - start + 1 for start, stop in words_by_hand(TEXT)) > 0
    assert {savings.rate(rule) for rule in RULES} == {0.0}


def test_the_worked_example() -> None:
    # Before `then` the list of one shows `the`, after `t` again: passed over, so `then` is shown in its place.
    savings = savings_of(WordList(["the", "then", "of"]), "then OF")
    assert savings.characters == 8
    assert savings.keys(Rule(1, repeats=False, match_case=True)) == 2 + 3
    assert savings.keys(Rule(1, repeats=True, match_case=True)) == 4 + 3  # `the` gives way after `the`
    assert savings.keys(Rule(1, repeats=False, match_case=False)) == 2 + 2
    assert savings.keys(Rule(3, repeats=True, match_case=False)) == 1 + 1
    assert math.isclose(savings.rate(Rule(3, repeats=True, match_case=False)), 75.0)


@given(text=PLAIN_TEXTS, seed=st.integers(0, 1000))
def test_leaving_out_repeats_and_showing_more_and_ignoring_case_never_cost(text: str, seed: int) -> None:
    for completer in (WordList(), Fickle(seed=seed)):
        for word in type_text(completer, text):
            for rule in RULES:
                keys = keys_for(word, rule)
                assert keys_for(word, rule._replace(repeats=False)) <= keys
                assert keys_for(word, rule._replace(match_case=False)) <= keys
                assert keys_for(word, rule._replace(shown=rule.shown + 1)) <= keys
                assert 1 <= keys <= word.characters


@given(st.lists(st.from_regex(r"[a-z]{1,4}(['-][a-z]{1,4}){0,2}", fullmatch=True)).map(" ".join))
def test_a_mark_inside_a_word_costs_what_cutting_there_would(text: str) -> None:
    cut = text.replace("'", " ").replace("-", " ")
    assert savings_of(Nothing(), text).characters == savings_of(Nothing(), cut).characters


def test_before_the_first_word_there_is_no_rate() -> None:
    assert math.isnan(KeystrokeSavings().rate(RULES[0]))


@pytest.mark.parametrize("documents", [1, 30])
def test_the_blocks_together_are_the_whole(documents: int) -> None:
    savings = KeystrokeSavings()
    for document in range(documents):
        for word in type_text(Fickle(seed=document), TEXT):
            savings.add(word, document=document)
    for rule in RULES:
        saved, characters = savings.by_block(rule)
        assert math.isclose(saved.sum() / characters.sum() * 100, savings.rate(rule))
        low, high = bootstrap_interval(saved, characters, seed=0)
        assert low * 100 <= savings.rate(rule) <= high * 100
        assert len(saved) == (30 if documents == 30 else savings.words)
