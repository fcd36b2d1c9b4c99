"""Pieces come from all of a text, in an order whose every beginning does."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.corpus.encoding import TextChunk
from autocomplete.evaluation.spread import spread


def texts(*documents: str) -> Callable[[], Iterator[TextChunk]]:
    return lambda: (TextChunk(str(number), text, begins_document=True) for number, text in enumerate(documents))


def lines(name: str, count: int) -> str:
    return "".join(f"{name} line number {number}\n" for number in range(count))


def test_of_ten_files_all_count() -> None:
    found = spread(texts(*(lines(f"file{number}", 200) for number in range(10))), pieces=20, characters=100)
    assert {piece.chunk.digest for piece in found} == {str(number) for number in range(10)}
    assert len(found) <= 30
    assert all(len(piece.chunk.text) < 200 for piece in found)


def test_a_short_file_beside_a_long_one_counts() -> None:
    found = spread(texts(lines("long", 5_000), "a few words\n", lines("other", 3_000)), pieces=5, characters=80)
    assert {piece.chunk.digest for piece in found} == {"0", "1", "2"}


def test_the_first_pieces_are_spread_as_all_are() -> None:
    found = spread(texts(lines("line", 4_000)), pieces=64, characters=50)
    numbers = [int(piece.chunk.text.split("\n")[0].split()[-1]) for piece in found]
    for count in (4, 8, 16):
        parts = {number * count // 4_000 for number in numbers[:count]}
        assert len(parts) >= count - 1


def test_pieces_begin_with_a_line_and_know_what_stands_before() -> None:
    text = lines("line", 1_000)
    for piece in spread(texts(text), pieces=7, characters=90, context=300):
        measured = piece.chunk.text[piece.begins :]
        assert measured.startswith("line ")
        assert piece.chunk.text in text
        assert piece.begins == 0 or 250 <= piece.begins <= 340


def test_a_short_text_is_cut_up_as_a_whole() -> None:
    documents = ["one two three\nfour five six\n", "seven\n", "eight nine"]
    found = spread(texts(*documents), pieces=50, characters=100)
    assert [piece.chunk.text for piece in sorted(found, key=lambda piece: piece.unit)] == documents
    assert all(piece.begins == 0 for piece in found)


def test_long_lines_are_no_reason_for_empty_pieces() -> None:
    text = ("word " * 150 + "\n") * 40
    found = spread(texts(text), pieces=30, characters=50)
    assert len(found) == 30
    assert all(piece.chunk.text.startswith("word ") for piece in found)


def test_many_documents_are_units_and_few_are_not() -> None:
    many = spread(texts(*["some words here\n" * 40] * 25), pieces=100, characters=60)
    assert {piece.unit for piece in many} == set(range(25))
    few = spread(texts(*["some words here\n" * 400] * 3), pieces=30, characters=60)
    assert sorted(piece.unit for piece in few) == list(range(len(few)))


@pytest.mark.parametrize("documents", [(), ("",), ("\n \n", "")])
def test_nothing_has_no_pieces(documents: tuple[str, ...]) -> None:
    assert spread(texts(*documents), pieces=5, characters=10) == []


@given(
    st.lists(st.text("ab \n", max_size=300), max_size=5),
    st.integers(1, 9),
    st.integers(1, 200),
    st.integers(0, 50),
)
def test_no_character_is_measured_twice(documents: list[str], pieces: int, characters: int, context: int) -> None:
    found = spread(texts(*documents), pieces=pieces, characters=characters, context=context)
    assert len(found) <= pieces + 1 + len(documents)
    for digest, text in enumerate(documents):
        measured = [piece.chunk.text[piece.begins :] for piece in found if piece.chunk.digest == str(digest)]
        assert sum(map(len, measured)) <= len(text)
        assert all(part in text for part in measured)
