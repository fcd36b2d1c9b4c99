"""One word has one row: a capital that only the beginning of a sentence gives is no other word."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.capitals import Beginning, Capitals
from autocomplete.predict.suggester import Suggester
from autocomplete.text.vocabulary import Joining, Vocabulary
from tests.predict.asking import check

PROSE = """\
The kettle is on the stove.
The stove needs the gas turned on.
We think the kettle leaks.
What the kettle needs is a new lid.
He told us what the lid costs.
Can we fix the lid?
We can fix it in May.
It may rain in May.
May was cold, and June may be warm.
She told us that the US team won.
Us two will cook.
In the US they told us so.
Paris is far away.
We fly to Paris in June.
"""
QUERIES = """\
what is the weather
what does the fox say
what time is it
who sings this song
who wrote this book
What is a fjord
Who are you
can i swim here
can dogs eat rice
Can cats swim
i can't swim
I can't sing
Can't sleep
can't you sing
"""
RISE = """\
Şehir büyük ama ırmak küçük.
ırmak kıyısında ışık yanıyor.
Irmak soğuk akıyor.
Işık sönünce şehir susar.
Bu ışık ırmak kadar eski.
"""


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Suggester]:
    """Trains a model of n-grams on some lines, each of which occurs ten times."""

    def of(text: str) -> Suggester:
        folder = tmp_path_factory.mktemp("capitals")
        (folder / "corpus.txt").write_text(text * 10, encoding="utf-8")
        assert run(["train", str(folder / "corpus.txt"), "--model", str(folder / "model"), "--no-network"]) == 0
        return Suggester.open(folder / "model")

    return of


@pytest.fixture(scope="module")
def prose(train: Callable[[str], Suggester]) -> Suggester:
    return train(PROSE)


@pytest.fixture(scope="module")
def queries(train: Callable[[str], Suggester]) -> Suggester:
    return train(QUERIES)


# Words that a corpus has in two meanings, which capitals tell apart.
OWN = {"may", "May", "us", "US", "Us"}


def without_twins(words: list[str]) -> list[str]:
    return [word for word in words if word not in OWN]


@pytest.mark.parametrize("typed", ["", "the ", "we ", "t", "we t", "w", "he told us w", "He c", "c", "a kettle ", "i"])
def test_no_word_is_in_a_list_twice_but_for_case(prose: Suggester, typed: str) -> None:
    found = prose.suggest(typed, k=40)
    check(typed, found)
    words = without_twins([item.text for item in found if item.kind == ("complete" if typed.strip(" ") else "next")])
    assert len({word.casefold() for word in words}) == len(set(words))


@pytest.mark.parametrize("typed", ["wh", "c", "i can'", "t", "w", "i c", "", "is ", "what is "])
def test_nor_in_a_corpus_whose_lines_begin_small_or_not(queries: Suggester, typed: str) -> None:
    words = [
        item.text
        for item in queries.suggest(typed, k=40)
        if item.kind == ("complete" if typed[-1:].strip() else "next")
    ]
    assert len({word.casefold() for word in words}) == len(words)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("he needs t", "the"),
        ("we think t", "the"),
        ("it is w", "what"),
        ("he told us c", "can"),
        ("it c", "can"),
        ("in p", "Paris"),
    ],
)
def test_within_a_sentence_a_word_is_written_as_there(prose: Suggester, typed: str, shown: str) -> None:
    words = [item.text for item in prose.suggest(typed, k=20, mode="complete")]
    assert shown in words
    assert not {shown.swapcase(), shown.capitalize()} - {shown} & set(words)


@pytest.mark.parametrize(
    ("typed", "shown"), [("t", "The"), ("w", "We"), ("T", "The"), ("", "The"), ("We fly.\nt", "The")]
)
def test_where_a_sentence_begins_it_is_written_as_there(prose: Suggester, typed: str, shown: str) -> None:
    words = [item.text for item in prose.suggest(typed, k=10)]
    assert shown in words
    assert shown.lower() not in words


@pytest.mark.parametrize(("typed", "shown"), [("wh", "what"), ("c", "can"), ("w", "what")])
def test_also_where_that_is_small(queries: Suggester, typed: str, shown: str) -> None:
    assert queries.suggest(typed, k=1)[0].text == shown


def test_the_chances_of_both_are_added(queries: Suggester) -> None:
    """Of ten lines that begin so, each of two spellings has its part."""
    known = queries.model.vocabulary
    chances = np.zeros(known.size, np.float32)
    chances[[known.id("what"), known.id("What"), known.id("who")]] = 0.25, 0.5, 0.125
    capitals = Capitals(known, None)
    expected: list[tuple[Beginning, str]] = [("yes", "what"), ("maybe", "What"), ("no", "what")]
    for begins, shown in expected:
        found = capitals.together(chances, begins)
        assert found[known.id(shown)] == pytest.approx(0.75)
        assert found.sum() == pytest.approx(chances.sum())
        assert found[known.id("who")] == pytest.approx(0.125)
    assert chances[known.id("what")] == 0.25  # what was given stays


@pytest.mark.parametrize(("typed", "both"), [("it m", {"may", "May"}), ("they told u", {"us", "US"})])
def test_words_that_are_two_away_from_beginnings_have_two_rows(prose: Suggester, typed: str, both: set[str]) -> None:
    assert both <= {item.text for item in prose.suggest(typed, k=10, mode="complete")}


def test_what_is_typed_is_not_offered_with_the_capital_of_a_beginning(prose: Suggester) -> None:
    for typed in ("we think the", "he told us what", "it can"):
        assert not [
            item for item in prose.suggest(typed, k=20, mode="complete") if item.text.lower() == typed.split()[-1]
        ]


def test_small_letters_that_are_rare_beside_a_name_are_the_name(train: Callable[[str], Suggester]) -> None:
    name = train("We fly to Oslo again.\nThe road to Oslo is long.\nNobody left Oslo early.\n" * 9 + "oslo in winter\n")
    assert [item.text for item in name.suggest("we fly to o", k=9, mode="complete")].count("Oslo") == 1
    assert "oslo" not in {item.text for item in name.suggest("we fly to o", k=9)}


def test_turkish_words_are_paired_as_turkish_writes_them(train: Callable[[str], Suggester]) -> None:
    found = [item.text for item in train(RISE).suggest("bu ı", k=9, mode="complete")]
    assert sorted(found) == ["ırmak", "ışık"]


def test_without_n_grams_no_capital_is_a_word_of_its_own() -> None:
    vocabulary = Vocabulary(["<unk>", "<eos>", "may", "May", "Oslo"], [0, 9, 9, 9, 9], Joining(), [])
    capitals = Capitals(vocabulary, None)
    assert capitals.own.tolist() == [True, True, True, False, True]


def test_a_vocabulary_without_twins_is_left_alone() -> None:
    vocabulary = Vocabulary(["<unk>", "<eos>", "oslo", "."], [0, 9, 9, 9], Joining(), [])
    chances = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    for begins in get_args(Beginning):
        assert (Capitals(vocabulary, None).together(chances, begins) == chances).all()
