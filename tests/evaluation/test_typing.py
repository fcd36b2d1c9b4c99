"""Keystrokes are counted as presage's protocol says: the same by plain loops, from one pass and under every rule."""

import math
import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocomplete.evaluation.statistics import bootstrap_interval
from autocomplete.evaluation.typing import (
    LIST,
    RULES,
    Completer,
    KeystrokeSavings,
    NextWordHits,
    Offer,
    Rule,
    TopSuggestions,
    TypedWord,
    keys_for,
    type_text,
    words_of,
)
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Kind, Mode, Suggestion

# Most frequent first; cases mixed, one word beginning another, and a mark that takes the space away.
FREQUENT = "the , of The and to don't a in OF that is I it for then there their on with as he THE it's rain Rain x-ray"
WORDS = FREQUENT.split(" ")
TEXT = "The rain in Spain,  the Rain of THE north; don't THEN ask (it's there) for 3.5 X-Rays\nthat is why."
PLAIN_TEXTS = st.lists(st.sampled_from([*WORDS, "Then", "zebra", "(", ".", "\n", "no"]), max_size=12).map(" ".join)


@pytest.fixture(scope="module")
def suggester(trained_model: str) -> Suggester:
    return Suggester.open(trained_model)


def last_word(typed: str) -> str:
    """The letters, digits, apostrophes and hyphens at the end."""
    start = len(typed)
    while start and (typed[start - 1].isalnum() or typed[start - 1] in "'-"):
        start -= 1
    return typed[start:]


@dataclass
class WordList:
    """Suggests from a list, always in the same order, whatever stood before."""

    words: Sequence[str] = field(default_factory=lambda: list(WORDS))

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        tail = last_word(text) if mode == "complete" else ""
        found: list[Suggestion] = []
        for word in self.ordered(text):
            if not word.casefold().startswith(tail.casefold()) or word == tail:
                continue
            kind: Kind = "complete" if tail else "next"
            replace = len(text) - len(text.rstrip(" ")) if word == "," else len(tail)
            probability = 0.5 ** (len(found) + 1)
            result = text[: len(text) - replace] + word
            found.append(Suggestion(word, kind, replace, word, result, probability, experts={}))
        return found[:k]

    def ordered(self, text: str) -> Sequence[str]:
        return self.words


@dataclass
class Fickle(WordList):
    """The same words, in another order at each position."""

    seed: int = 0

    def ordered(self, text: str) -> Sequence[str]:
        words = list(self.words)
        random.Random(f"{self.seed} {text}").shuffle(words)
        return words


class Nothing:
    """Suggests nothing."""

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        return []


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


@settings(deadline=None)
@given(text=PLAIN_TEXTS, seed=st.integers(0, 1000))
def test_any_text_counts_what_plain_loops_count(text: str, seed: int) -> None:
    check_against_plain_loops(Fickle(seed=seed), text)


def test_a_real_model_counts_what_plain_loops_count(suggester: Suggester) -> None:
    text = "best food in las Vegas, How to boil an egg? Weather in PARIS today\nflights from New York to Bosnia now"
    savings = check_against_plain_loops(suggester, text)
    assert len({savings.keys(rule) for rule in RULES}) > 3


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


@settings(deadline=None)
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \n\t", []),
        ("...", []),
        ("one two", ["one", "two"]),
        ("don't stop", ["don't", "stop"]),
        ("rock ’n’ roll’s", ["rock", "n", "roll’s"]),
        ("'quoted' words'", ["quoted", "words"]),
        ("mother-in-law -- x-", ["mother-in-law", "x"]),
        ("3.5 and 1,000.25, v1.a 1.", ["3.5", "and", "1,000.25", "v1", "a", "1"]),
        ("snake_case a/b", ["snake", "case", "a", "b"]),
        ("👩‍👩‍👧 hi👍🏽you ❤️", ["hi", "you"]),
        ("cafe\u0301s", ["cafe\u0301s"]),
        ("\u0301 x\u0323\u0301y", ["x\u0323\u0301y"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("١٢٫٥ ٣.٤", ["١٢", "٥", "٣.٤"]),
        ("don''t a--b 1..2 1.,2", ["don", "t", "a", "b", "1", "2", "1", "2"]),
    ],
    ids=ascii,
)
def test_words_of_odd_text(text: str, words: list[str]) -> None:
    assert [text[start:stop] for start, stop in words_of(text)] == words


@given(st.text() | st.text("aé1'-., \u0301_").map(str))
def test_words_cover_every_letter_once_and_in_order(text: str) -> None:
    spans = list(words_of(text))
    covered = [place for start, stop in spans for place in range(start, stop)]
    assert covered == sorted(set(covered))
    assert all(span.start < span.stop for span in spans)
    assert {place for place, character in enumerate(text) if character.isalnum()} <= set(covered)


@given(st.lists(st.from_regex(r"[a-z]{1,4}(['-][a-z]{1,4}){0,2}", fullmatch=True)).map(" ".join))
def test_a_mark_inside_a_word_costs_what_cutting_there_would(text: str) -> None:
    cut = text.replace("'", " ").replace("-", " ")
    assert savings_of(Nothing(), text).characters == savings_of(Nothing(), cut).characters


def test_each_position_is_timed_as_users_ask_and_listed_in_its_mode() -> None:
    asked: list[tuple[str, Mode, int]] = []

    class Listening(WordList):
        def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
            asked.append((text, mode, k))
            return super().suggest(text, k=k, mode=mode)

    for word in type_text(Listening(), "It is"):
        assert len(word.offers) == len(word.word)
    expected = [("", "next"), ("I", "complete"), ("It ", "next"), ("It i", "complete")]
    assert asked[0::2] == [(text, "auto", 5) for text, _ in expected]
    assert asked[1::2] == [(text, mode, LIST) for text, mode in expected]


def test_only_the_list_that_users_get_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    class Slow(Nothing):
        def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
            nonlocal now
            now += 1.0 + len(text) if k == 5 else 100.0
            return []

    monkeypatch.setattr("time.perf_counter", lambda: now)
    assert [offer.seconds for word in type_text(Slow(), "a be") for offer in word.offers] == [1.0, 3.0, 4.0]


def test_words_come_as_they_are_typed_and_no_more_than_wanted() -> None:
    asked = []

    class Listening(Nothing):
        def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
            if k == LIST:
                asked.append(text)
            return []

    typed = type_text(Listening(), "one two three")
    assert next(typed).word == "one"
    assert asked == ["", "o", "on"]
    assert [(word.word, word.start) for word in type_text(Nothing(), "one two three", limit_words=2)] == [
        ("one", 0),
        ("two", 4),
    ]


def test_decomposed_text_is_typed_in_its_composed_form() -> None:
    composed = unicodedata.normalize("NFC", "cafe\u0301")
    [word] = type_text(WordList([composed]), "cafe\u0301")
    assert (word.word, word.characters, word.offers[0].rank) == ("café", 5, 1)


def test_a_comma_in_the_list_is_told_from_the_words() -> None:
    [_, word] = type_text(WordList([",", "b"]), "a  b")
    assert word.offers[0].candidates == ("\b\b,", "b")
    assert word.offers[0].probabilities == (0.5, 0.25)
    assert word.offers[0].rank == 2


@pytest.mark.parametrize("separator", [" ", "\n", "\n\n", " \n", ""])
def test_a_long_text_is_seen_from_few_beginnings(separator: str) -> None:
    draw = random.Random(3)
    text = separator.join("".join(draw.choice(["the ", "rain ", "then, "]) for _ in range(8)) for _ in range(60))
    beginnings = set()

    class Watching(WordList):
        def suggest(self, text_seen: str, *, k: int, mode: Mode) -> list[Suggestion]:
            if k == LIST:
                seen_of_word.append(text_seen)
            return super().suggest(text_seen, k=k, mode=mode)

    seen_of_word: list[str] = []
    whole = list(type_text(WordList(), text))
    for word, uncut in zip(type_text(Watching(), text, context_characters=100), whole, strict=True):
        for letters, seen in enumerate(seen_of_word):
            stop = word.start + letters
            assert text[:stop].endswith(seen)
            assert min(stop, 100) <= len(seen) < 200 + letters
            beginning = stop - len(seen)
            assert beginning == 0 or text[beginning - 1].isspace()
            beginnings.add(beginning)
        seen_of_word.clear()
        assert [(offer.candidates, offer.rank) for offer in word.offers] == [
            (offer.candidates, offer.rank) for offer in uncut.offers
        ]
    assert len(text) / 100 < len(beginnings) <= len(text) / 50
    if "\n" in separator:
        assert all(text[beginning - 1] == "\n" for beginning in beginnings - {0})


def test_a_long_text_without_spaces_is_cut_all_the_same() -> None:
    seen = []

    class Watching(Nothing):
        def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
            seen.append(len(text))
            return []

    for _ in type_text(Watching(), "a," * 500, context_characters=100):
        pass
    assert 100 <= max(seen) < 200


def planted(word: str, *ranks: int | None, probabilities: Sequence[float] | None = None) -> TypedWord:
    """A word that stands at these ranks at its positions."""
    offers = []
    for place, rank in enumerate(ranks):
        others = [f"{word}{place}{number}" for number in range(10)]
        candidates = others if rank is None else [*others[: rank - 1], word, *others[rank:]]
        first = probabilities[place] if probabilities else 0.5
        offers.append(Offer(tuple(candidates), rank, rank, (first, *[0.01] * 9), seconds=0.25))
    return TypedWord(word, 0, tuple(offers))


def test_hits_and_ranks_of_the_next_word_count_the_first_list_only() -> None:
    hits = NextWordHits()
    assert math.isnan(hits.rate(1))
    assert math.isnan(hits.mean_reciprocal_rank)
    for document, rank in enumerate([1, 2, 4, None]):
        hits.add(planted("ab", rank, 1), document=document)
    assert [hits.rate(shown) for shown in (1, 3, 5)] == [0.25, 0.5, 0.75]
    assert hits.mean_reciprocal_rank == (1 + 1 / 2 + 1 / 4) / 4
    hit, words = hits.by_block(3)
    assert (hit.tolist(), words.tolist()) == ([1, 1, 0, 0], [1, 1, 1, 1])


def test_the_case_of_the_next_word_counts() -> None:
    hits = NextWordHits()
    for word in type_text(WordList(["the", "The"]), "The"):
        assert (word.offers[0].rank, word.offers[0].rank_ignoring_case) == (2, 1)
        hits.add(word)
    assert (hits.rate(1), hits.rate(3)) == (0.0, 1.0)


def test_coverage_and_precision_count_every_position() -> None:
    top = TopSuggestions()
    assert math.isnan(top.coverage(0.0))
    top.add(planted("ab", 2, 1, probabilities=[0.2, 0.9]))
    top.add(planted("cd", 1, None, probabilities=[0.5, 0.1]))
    for word in type_text(Nothing(), "e"):
        top.add(word)
    assert top.positions == 5
    assert [top.coverage(threshold) for threshold in (0.0, 0.2, 0.5, 0.95)] == [0.8, 0.6, 0.4, 0.0]
    assert [top.precision(threshold) for threshold in (0.0, 0.2, 0.5)] == [0.5, 2 / 3, 1.0]
    assert math.isnan(top.precision(0.95))
    assert top.right.tolist() == [False, True, True, False]
    assert top.seconds[:4].tolist() == [0.25] * 4


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


@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=30))
def test_any_text_can_be_typed(suggester: Suggester, text: str) -> None:
    for word in type_text(suggester, text):
        assert len(word.offers) == len(word.word)
        for offer in word.offers:
            assert len(offer.candidates) == len(set(offer.candidates)) <= LIST
            assert (offer.rank is None) == (word.word not in offer.candidates)
