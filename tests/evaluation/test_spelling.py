"""Spelling is a distribution over the words that a model lacks: together they never have more than there is."""

import math
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocomplete.evaluation.perplexity import Spelling
from autocomplete.predict.words import RARE_SHARE
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN_TOKEN, Joining, Vocabulary

WORDS = st.lists(st.text("ab", min_size=1, max_size=4), unique=True, max_size=6)


def spelling(*known: str, rare: tuple[str, ...] = (), counts: int = 1) -> Spelling:
    tokens = [UNKNOWN_TOKEN, END_TOKEN, *known]
    joining = Joining(frozenset(), frozenset(), None)
    return Spelling(Vocabulary(tokens, [counts] * len(tokens), joining, list(rare)))


def chance(found: Spelling, word: str) -> float:
    return math.exp(-found.nats(word))


def words_of(alphabet: str, longest: int) -> Iterator[str]:
    """All of them, the empty one too."""
    return ("".join(letters) for length in range(longest + 1) for letters in product(alphabet, repeat=length))


@settings(deadline=None)
@given(known=WORDS, rare=WORDS)
def test_all_words_together_have_at_most_probability_one(known: list[str], rare: list[str]) -> None:
    rare = [word for word in rare if word not in known]
    found = spelling(*known, rare=tuple(rare))
    assert sum(chance(found, word) for word in words_of("abc", 6)) <= 1.0 + 1e-9


def test_short_words_have_almost_all_of_it_where_known_words_are_short() -> None:
    found = spelling("a", "ab", "ba", "b", "aab", "bab", "abba")
    assert 0.8 < sum(chance(found, word) for word in words_of("ab", 12)) < 1.0


@given(rare=st.lists(st.text("ab", min_size=1, max_size=4), unique=True, min_size=1, max_size=6))
def test_rare_words_are_alike_and_share_what_was_measured(rare: list[str]) -> None:
    found = spelling("c", "ca", rare=tuple(rare))
    assert len({found.nats(word) for word in rare}) == 1
    assert sum(chance(found, word) for word in rare) == pytest.approx(RARE_SHARE)


def test_what_rare_words_have_others_lack() -> None:
    """The letters of a rare word count like those of a known one."""
    with_rare, without = spelling("ab", rare=("ba",)), spelling("ab", "ba")
    for word in ("a", "abab", "zz"):
        assert chance(with_rare, word) == pytest.approx((1 - RARE_SHARE) * chance(without, word))


@given(word=st.text(max_size=30), known=WORDS)
def test_no_word_is_impossible(word: str, known: list[str]) -> None:
    nats = spelling(*known).nats(word)
    assert 0.0 < nats < math.inf


def test_a_model_without_words_spells_all_the_same() -> None:
    """Then each letter, and the end, is one of Unicode's, alike."""
    assert spelling().nats("né") == pytest.approx(3 * math.log(0x110000 + 1))


def test_letters_that_follow_each_other_are_likelier() -> None:
    found = spelling("the", "then", "there", "this", "that", "rest")
    assert found.nats("thes") < found.nats("tshe") < found.nats("tshq") < found.nats("tsЖq")


def test_where_words_begin_and_end_counts() -> None:
    found = spelling("xay", "xby", "xcy", "xdy")
    assert found.nats("xey") < found.nats("yex")
    assert found.nats("xay") < found.nats("xa")


def test_each_word_counts_once_however_frequent_and_specials_never() -> None:
    assert spelling("ab", "ba", counts=1000).nats("aba") == spelling("ab", "ba").nats("aba")
    assert spelling("ab").nats("unk") == spelling("ab").nats("xyz")
