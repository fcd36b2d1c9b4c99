"""Held-out text is whole documents, and nothing of it is trained on."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.corpus.chunks import Extent, hold_out
from autocomplete.corpus.documents import MOST_GROUPS, Beginnings
from autocomplete.corpus.sources import Source
from autocomplete.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer("word", "lines")


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=900))
def test_groups_are_whole_documents_few_and_about_equal(sizes: list[int]) -> None:
    beginnings, place = Beginnings(), 0
    places = set()
    for size in sizes:
        beginnings.note(place)
        places.add(place)
        place += size
    groups = beginnings.groups(place)
    assert groups[0] == 0
    assert set(groups) <= places
    assert list(groups) == sorted(set(groups))
    assert len(groups) <= MOST_GROUPS + 1
    if len(sizes) <= MOST_GROUPS:
        assert set(groups) == places
    else:
        assert max(b - a for a, b in zip(groups, [*groups[1:], place], strict=True)) < place / MOST_GROUPS + 2 * 2_000


def test_millions_of_documents_are_few_groups() -> None:
    beginnings = Beginnings()
    for number in range(200_000):
        beginnings.note(100 * number)
    groups = beginnings.groups(20_000_000)
    sizes = [b - a for a, b in pairwise(groups)]
    assert 200 < len(groups) <= MOST_GROUPS + 1
    assert max(sizes) < 2 * min(sizes)
    assert len(beginnings._kept) < 5_000


def source(path: Path, sizes: list[int], name: str = "a") -> Source:
    path.write_bytes(b"word\n" * (sum(sizes) // 5))
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return Source(name, path, 0, sum(sizes), name, documents=tuple(starts))


def covered(extents: list[Extent]) -> set[tuple[str, int]]:
    return {(each.source.name, place) for each in extents for place in range(each.start, each.stop, 5)}


@pytest.mark.parametrize("seed", range(12))
def test_nothing_held_out_is_trained_on_and_no_document_is_cut(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    several = [
        source(
            tmp_path / f"{number}",
            [5 * draw.randint(1, 90) for _ in range(draw.choice([2, 3, 19, 20, 100]))],
            f"{number}",
        )
        for number in range(draw.choice([1, 2, 5]))
    ]
    train, valid = hold_out(several, 0.1, TOKENIZER)
    assert not covered(train) & covered(valid)
    assert covered(train) | covered(valid) == covered([Extent(each, 0, each.stop) for each in several])
    assert valid
    assert train
    for extent in valid:
        assert extent.start in extent.source.documents
        assert extent.stop in (*extent.source.documents, extent.source.stop)
    assert [each.source.name for each in train] == sorted(each.source.name for each in train)


def test_of_many_documents_some_are_held_out_evenly_spread(tmp_path: Path) -> None:
    chat = source(tmp_path / "chat", [500] * 200)
    _, valid = hold_out([chat], 0.05, TOKENIZER)
    starts = [each.start for each in valid]
    assert sum(each.size for each in valid) == 5_000
    assert [b - a for a, b in pairwise(starts)] == [10_000] * 9


def test_of_few_documents_the_last_are_held_out_whole(tmp_path: Path) -> None:
    few = source(tmp_path / "few", [1000, 1000, 1000, 100, 100])
    train, valid = hold_out([few], 0.05, TOKENIZER)
    assert [(each.start, each.stop) for each in (*train, *valid)] == [(0, 3000), (3000, 3200)]
    backwards = source(tmp_path / "back", [100, 2000], "b")
    train, valid = hold_out([backwards], 0.05, TOKENIZER)
    assert [(each.start, each.stop) for each in (*train, *valid)] == [(100, 2100), (0, 100)]


def test_a_source_of_one_document_is_cut_where_it_must_be(tmp_path: Path) -> None:
    one = source(tmp_path / "one", [5000])
    train, valid = hold_out([one], 0.1, TOKENIZER)
    assert [(each.start, each.stop) for each in (*train, *valid)] == [(0, 4500), (4500, 5000)]


def test_a_large_text_beside_a_chat_is_held_out_of_too(tmp_path: Path) -> None:
    chat, book = source(tmp_path / "chat", [50] * 40, "a"), source(tmp_path / "book", [50_000], "b")
    _, valid = hold_out([chat, book], 0.05, TOKENIZER)
    held = {name: sum(each.size for each in valid if each.source.name == name) for name in "ab"}
    assert held["a"] == pytest.approx(100, abs=60)
    assert held["b"] == pytest.approx(2_500, abs=20)
