from collections.abc import Iterator
from pathlib import Path

import pytest

from autocomplete.corpus.readers.chats import FORMATS
from autocomplete.corpus.readers.chats.message import (
    CODE,
    EMPTY,
    LINK,
    QUOTE,
    Message,
    passages_of,
    tidy,
    without_code,
    without_emphasis,
    without_quotes,
)
from autocomplete.corpus.readers.protocol import Passage, Tally
from tests.corpus.readers.reading import formats_of

REPOSITORY = Path(__file__).parents[4]


def test_a_day_is_a_document_though_its_first_message_is_left_out() -> None:
    tally = Tally()
    messages = [
        Message("one", "monday"),
        Message("https://example.org", "tuesday"),
        Message(" \u200e ", "tuesday"),
        Message("two", "tuesday"),
        Message("three", "tuesday"),
        Message("", "wednesday"),
        Message("four", "thursday"),
    ]
    assert list(passages_of(messages, tally)) == [
        Passage("one", begins_document=True),
        Passage("two", begins_document=True),
        Passage("three", begins_document=False),
        Passage("four", begins_document=True),
    ]
    assert tally.left_out == {LINK: 1, EMPTY: 2}


def test_a_day_is_in_the_order_in_which_it_was_written() -> None:
    messages = [Message(str(moment), "a", moment=moment) for moment in (3, 1, 2)] + [Message("0", "b")]
    assert [each.text for each in passages_of(messages, Tally())] == ["1", "2", "3", "0"]


def test_a_day_without_end_is_not_held() -> None:
    taken = []

    def endless() -> Iterator[Message]:
        for number in range(100_000):
            taken.append(number)
            yield Message("a", "monday")

    passages = passages_of(endless(), Tally())
    assert next(passages).begins_document
    assert len(taken) < 70_000
    assert not any(each.begins_document for each in passages)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("*yes*", "yes"),
        ("***very* much**", "***very* much**"),
        ("**so *very* much**", "so very much"),
        ("_a_ and ~~b~~ ||c||", "a and b c"),
        ("__init__", "init"),
        ("snake_case_name 2*3*4 a*b", "snake_case_name 2*3*4 a*b"),
        ("*_* ^_^ *** ___ ** *", "*_* ^_^ *** ___ ** *"),
        ("* one\n* two", "* one\n* two"),
        ("5 * 3 and 4 * 2", "5 * 3 and 4 * 2"),
        ("(*yes*), *no*!", "(yes), no!"),
    ],
)
def test_only_what_is_between_two_marks_is_emphasis(text: str, plain: str) -> None:
    assert without_emphasis(text) == plain


@pytest.mark.parametrize(
    ("text", "plain", "blocks"),
    [
        ("a ```b``` c", "a \n c", 1),
        ("```a``````b```", "\n\n", 2),
        ("a ``` b", "a \n b", 0),
        ("a ```b``` c ``` d", "a \n c \n d", 1),
        ("run `ls` now", "run ls now", 0),
    ],
)
def test_blocks_of_code_are_left_out_and_counted(text: str, plain: str, blocks: int) -> None:
    tally = Tally()
    assert without_code(text, tally) == plain
    assert tally.left_out[CODE] == blocks


@pytest.mark.parametrize(
    ("text", "plain", "quotes"),
    [
        ("> a\n> b\nc\n>\nd", "c\nd", 2),
        ("c\n>>> all\nthat follows", "c", 1),
        (">_< or ->\n>o<", ">_< or ->\n>o<", 0),
    ],
)
def test_quotations_are_left_out_and_counted(text: str, plain: str, quotes: int) -> None:
    tally = Tally()
    assert without_quotes(text, tally) == plain
    assert tally.left_out[QUOTE] == quotes


def test_marks_of_direction_go_and_joiners_stay() -> None:
    assert tidy(" \u200fשלום\u200e  👩\u200d🌾 \n\n\u2068@Ben\u2069 ") == "שלום 👩\u200d🌾\n@Ben"


@pytest.mark.parametrize("text", ["*a " * 100_000, "*" * 300_000, "_a*" * 100_000, "> \n" * 100_000, "`" * 300_000])
def test_adverse_text_takes_linear_time(text: str) -> None:
    tally = Tally()
    without_emphasis(without_quotes(without_code(text, tally), tally))


def test_what_is_no_chat_is_not_taken_for_one() -> None:
    files = [
        *REPOSITORY.glob("*.*"),
        *REPOSITORY.glob("data/*.*"),
        *REPOSITORY.glob("data/topics/*.*"),
        *REPOSITORY.glob("tests/corpus/**/*.py"),
    ]
    chats = {each.key for each in FORMATS}
    assert [file.name for file in files if file.is_file() and chats.intersection(formats_of(file))] == []
