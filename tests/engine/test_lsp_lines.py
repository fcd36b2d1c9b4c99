"""Texts that are edited line by line are what they would be had they been sent whole, in each encoding of columns."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.engine.lsp.lines import BEHIND, BLOCK, Encoding, Lines, Point

ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]
# Line ends, what only looks like one, and characters of one to four bytes.
ALPHABET = "ab \n\r\t\x0b\x0c\x1c\x85\u2028\u2029éß日語🙂𝕏\u0301\u200d"
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=30)


def units(text: str, encoding: Encoding) -> int:
    """Counted character by character, from what the encodings are."""
    widths: dict[Encoding, Callable[[int], int]] = {
        "utf-8": lambda code: 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF),
        "utf-16": lambda code: 1 + (code > 0xFFFF),
        "utf-32": lambda code: 1,
    }
    return sum(widths[encoding](ord(character)) for character in text)


def position(text: str, offset: int, encoding: Encoding) -> tuple[int, int]:
    """Where the protocol says a character stands, found in the whole text."""
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", text))]
    line = max(number for number, start in enumerate(starts) if start <= offset)
    return line, units(text[starts[line] : offset], encoding)


def within_an_end(text: str, offset: int) -> bool:
    return text[offset - 1 : offset + 1] == "\r\n"


@st.composite
def edit(draw: st.DrawFn, text: str) -> tuple[int, int, str]:
    """What an editor may replace, in code points of the whole text: never half of a line's end."""
    places = [place for place in range(len(text) + 1) if not within_an_end(text, place)]
    start, stop = sorted((draw(st.sampled_from(places)), draw(st.sampled_from(places))))
    return start, stop, draw(TEXTS)


@given(data=st.data(), text=TEXTS, encoding=st.sampled_from(ENCODINGS))
def test_edits_make_the_text_that_would_be_sent_whole(data: st.DataObject, text: str, encoding: Encoding) -> None:
    lines = Lines(text)
    for _ in range(4):
        start, stop, new = data.draw(edit(text))
        first, last = (lines.point(*position(text, place, encoding), encoding) for place in (start, stop))
        assert lines.replace(first, last, new) == text[start:stop]
        text = text[:start] + new + text[stop:]
        whole = Lines(text)
        assert lines.text == text
        assert lines.end == whole.end
        around = Point(0, 0).behind(text[:start])
        assert (lines.before(around), lines.after(around)) == (whole.before(around), whole.after(around))
        assert [lines.line(number) for number in range(lines.end.line + 1)] == re.split(r"\r\n|\n|\r", text)


@given(data=st.data(), text=TEXTS, encoding=st.sampled_from(ENCODINGS))
def test_a_place_is_the_same_there_and_back(data: st.DataObject, text: str, encoding: Encoding) -> None:
    offset = data.draw(st.integers(0, len(text)).filter(lambda place: not within_an_end(text, place)))
    line, column = position(text, offset, encoding)
    point = Lines(text).point(line, column, encoding)
    assert Lines(text).units(point, encoding) == column
    assert Lines(text).between(Point(0, 0), point) == text[:offset]
    assert Point(0, 0).behind(text[:offset]) == point


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [("utf-8", [0, 0, 1, 1, 1, 1, 2, 3, 3]), ("utf-16", [0, 1, 1, 2, 3, 3]), ("utf-32", [0, 1, 2, 3, 3])],
)
def test_a_unit_within_a_character_is_before_it_and_none_is_behind_the_line(
    encoding: Encoding, columns: list[int]
) -> None:
    lines = Lines("é🙂b\r\nc")
    assert [lines.point(0, column, encoding).column for column in range(len(columns))] == columns
    assert lines.point(0, 1 << 31, encoding) == Point(0, 3)
    assert lines.point(9, 4, encoding) == Point(1, 1)


def test_half_of_a_character_costs_no_more_than_its_line() -> None:
    lines = Lines("x\ud83d" * 50_000)  # what an editor may send, and no encoding has
    assert lines.point(0, 100_000, "utf-16") == Point(0, 100_000)
    assert lines.point(0, 4, "utf-8") == Point(0, 2)


def test_about_a_thousand_words_around_the_cursor_are_read() -> None:
    text = "".join(f"word{number} and more\r\n" for number in range(5000))
    lines = Lines(text)
    for line in (0, 1, 700, 2500, 4999):
        before, after = lines.before(Point(line, 4)), lines.after(Point(line, 4))
        whole = text[: text.index(f"word{line} ") + 4].replace("\r\n", "\n")
        assert whole.endswith(before)
        assert before == whole or BLOCK * 0.9 < len(before) <= 2 * BLOCK
        assert text[text.index(f"word{line} ") + 4 :].replace("\r\n", "\n").startswith(after)
        assert len(after) <= BEHIND


@pytest.mark.parametrize("text", ["words without any end " * 2000, "a line\n" * 8000])
def test_what_is_read_begins_at_the_same_place_for_long(text: str) -> None:
    begins = []
    for offset in range(4 * BLOCK, 5 * BLOCK, 64):
        point = Point(0, 0).behind(text[:offset])
        begins.append(offset - len(Lines(text).before(point)))
    assert len(set(begins)) == 1


def test_what_is_read_is_the_same_wherever_was_read_and_edited_before() -> None:
    text = "".join(f"line {number} of many\n" for number in range(4000))
    lines = Lines(text)
    for line, new in [(3000, "longer "), (10, "x\ny\n"), (3500, ""), (3400, "z"), (0, "first\n"), (3999, "end")]:
        lines.before(Point(line, 2))
        lines.replace(Point(line, 0), Point(line, 4), new)
        whole = Lines(lines.text)
        for around in (line, 2000, 3900):
            assert lines.before(Point(around, 1)) == whole.before(Point(around, 1))


def test_a_text_without_line_ends_is_cut_too() -> None:
    lines = Lines("x" * 1_000_000)
    assert len(lines.before(Point(0, 999_999))) <= 2 * BLOCK
    assert lines.after(Point(0, 10)) == "x" * BEHIND
