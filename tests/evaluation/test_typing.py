"""A text is typed word by word: what is asked at each position, what is noted of it, and how often it was right."""

import math
import random
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.evaluation.typing import (
    LIST,
    RULES,
    SHOWN,
    NextWordHits,
    Offer,
    TopSuggestions,
    TypedWord,
    keys_for,
    type_text,
    words_of,
)
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion
from tests.evaluation.completers import Fickle, Nothing, WordList


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
        ("R&D a & b 3&4", ["R&D", "a", "b", "3", "4"]),
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("docker compose up -d && ls\n./a.sh", ["docker", "compose", "up", "-d", "ls", "./a.sh"]),
        ("git commit -m 'fix it' | cat > \"$HOME\"", ["git", "commit", "-m", "'fix", "it", "cat", '"$HOME"']),
        ("make --jobs=4 2>&1; )", ["make", "--jobs=", "4", "2>&1"]),
    ],
)
def test_the_words_of_commands_are_their_arguments(text: str, words: list[str]) -> None:
    assert [text[start:stop] for start, stop in words_of(text, "commands")] == words


@given(st.text() | st.text("aé1'-., \u0301_").map(str))
def test_words_cover_every_letter_once_and_in_order(text: str) -> None:
    spans = list(words_of(text))
    covered = [place for start, stop in spans for place in range(start, stop)]
    assert covered == sorted(set(covered))
    assert all(span.start < span.stop for span in spans)
    assert {place for place, character in enumerate(text) if character.isalnum()} <= set(covered)


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
    assert asked[1::2] == [(text, mode, LIST if mode == "next" else 10) for text, mode in expected]


def test_lists_within_a_word_have_room_for_all_that_was_passed_over() -> None:
    """As much as the longest list for each letter typed, so that no rule misses a candidate."""
    asked: list[int] = []

    class Listening(Fickle):
        def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
            asked.append(k)
            return super().suggest(text, k=k, mode=mode)

    class Endless(Fickle):
        def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
            return super().suggest(text, k=LIST, mode=mode)

    many = [f"ab{first}{second}" for first in "abcdefgh" for second in "abcdefgh"]
    for word, whole in zip(
        type_text(Listening(many), "abca abhh " * 8, timed_every=0),
        type_text(Endless(many), "abca abhh " * 8, timed_every=0),
        strict=True,
    ):
        assert [keys_for(word, rule) for rule in RULES] == [keys_for(whole, rule) for rule in RULES]
    assert asked == [LIST, 10, 15, 20] * 16


def test_only_words_that_shall_be_timed_are_asked_for_twice() -> None:
    asked: list[int] = []

    class Listening(Nothing):
        def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
            asked.append(k)
            return []

    words = list(type_text(Listening(), "a b c d e", timed_every=2))
    assert [math.isnan(word.offers[0].seconds) for word in words] == [False, True, False, True, False]
    assert asked == [5, LIST, LIST] * 2 + [5, LIST]
    top = TopSuggestions()
    for word in words:
        top.add(word)
    assert (top.positions, len(top.seconds)) == (5, 3)


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
            if k != SHOWN[-1]:
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
            if k != SHOWN[-1]:
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


@given(text=st.text(max_size=30))
def test_any_text_can_be_typed(suggester: Suggester, text: str) -> None:
    for word in type_text(suggester, text):
        assert len(word.offers) == len(word.word)
        for offer in word.offers:
            assert len(offer.candidates) == len(set(offer.candidates)) <= LIST
            assert (offer.rank is None) == (word.word not in offer.candidates)
