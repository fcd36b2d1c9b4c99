import re
from itertools import chain

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autocomplete.text import pieces
from autocomplete.text.pieces import PieceTable

# Lengths in bytes on either side of every border between ways to compare, equal beginnings, and what UTF-8 lacks.
ALIKE = [f"abcdefghijklmnopqrstuvwxyz{tail}"[-length:] for length in (1, 2, 7, 8, 9) for tail in ("", "é")]
BEGUN_ALIKE = ["abcdefghijklmnopqrstuvwxyz"[:length] for length in (4, 8, 9, 11, 12, 13, 15, 16, 17, 26)]
ODD = ["\0", "\0\0", "a\0", "\0a", "ÿ", "\udcff", "\t", "\r", "\u3000", "你好", "🇩🇪🇩🇪🇩🇪"]
TEXTS = st.lists(st.sampled_from([*ALIKE, *BEGUN_ALIKE, *ODD, " ", "\n"])).map("".join) | st.text()


@given(texts=st.lists(TEXTS))
@example(texts=["a \n\nb a\n b \u00e4", "b"])
@example(texts=[" ".join(f"word{number % 97} {number % 89}" for number in range(300))])
def test_numbers_and_distinct_pieces_are_the_texts(texts: list[str]) -> None:
    assert_numbers_are(texts)


def test_many_pieces_find_room_and_blocks_end_between_them() -> None:
    endless = "a" * 200_000
    assert_numbers_are([" ".join(map(str, range(40_000))), f"7 {endless} 8 {endless}\n9", endless[1:]])


def test_pieces_of_equal_hash_values_find_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (0, 1 << 60, (1 << 64) - 1):
        monkeypatch.setattr(pieces, "_hashed", lambda keys, value=value: np.full(len(keys), value, np.uint64))
        assert_numbers_are([" ".join(map(str, range(100))), "7 100 99 101"])


def test_lines_are_numbered_with_the_spaces_in_them() -> None:
    table = PieceTable()
    assert table.number_lines(b"").tolist() == []
    assert table.number_lines(b"a b\n \na b").tolist() == [1, 2, 1]
    assert table.find_lines(b" \nb\n" + bytes(20)).tolist() == [2, 0, 0]
    assert table.lines(np.array([2, 1, 1])) == b" \na b\na b"
    assert len(table) == 3


def assert_numbers_are(texts: list[str]) -> None:
    """Number texts, and compare with a dictionary."""
    table = PieceTable()
    numbers = [table.number(text.encode("utf-8", "surrogatepass")).tolist() for text in texts]
    found = [re.findall(r"\n|[^ \n]+", text) for text in texts]
    distinct = list(dict.fromkeys(["\n", *chain(*found)]))
    place = {piece: place for place, piece in enumerate(distinct)}
    assert numbers == [[place[piece] for piece in each] for each in found]
    lines = "\n".join(distinct[1:]).encode("utf-8", "surrogatepass")
    assert len(table) == len(distinct)
    assert table.lines(np.arange(1, len(table))) == lines
    assert table.find_lines(lines).tolist() == list(range(1, len(table)))
