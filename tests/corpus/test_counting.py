import zlib

import numpy as np

from autocomplete.corpus.counting import RepeatedLines, TypeTable


def test_counts_add_up_over_chunks() -> None:
    table = TypeTable()
    table.add(b"a\nb", np.array([[1, 2], [3, 4], [5, 6]]))
    table.add(b"b\nc", np.array([[10, 20], [30, 40], [50, 60]]))
    assert table.types() == ["a", "b", "c"]
    assert table.sums().tolist() == [[1, 12, 20], [3, 34, 40], [5, 56, 60]]
    assert not table.pruned


def test_the_table_is_bounded_and_keeps_what_is_frequent() -> None:
    table = TypeTable(most_types=100)
    for chunk in range(50):
        types = ["the", "of", *(f"rare-{chunk}-{number}" for number in range(40))]
        table.add("\n".join(types).encode(), np.ones((3, len(types)), np.int64))
        assert len(table.types()) <= 100
    counts = dict(zip(table.types(), table.sums()[0].tolist(), strict=True))
    assert table.pruned
    assert counts["the"] == counts["of"] == 50


def checksums(lines: list[str]) -> np.ndarray:
    return np.array([zlib.crc32(line.encode()) for line in lines], np.uint32)


def test_repeated_lines_are_exact_while_few() -> None:
    repeated = RepeatedLines()
    repeated.add(checksums(["a", "b", "a", "c"]))
    repeated.add(checksums(["a"]))
    assert repeated.share == 2 / 5
    assert repeated.lines == 5


def test_repeated_lines_do_not_depend_on_how_they_come() -> None:
    lines = checksums([f"line {number % 9_000}" for number in range(14_000)])
    one, by_one = RepeatedLines(), RepeatedLines()
    one.add(lines)
    for line in lines:
        by_one.add(line[None])
    assert one.share == by_one.share == 1 - 9_000 / 14_000
    assert one.lines == by_one.lines == 14_000


def test_repeated_lines_are_estimated_in_bounded_memory() -> None:
    repeated = RepeatedLines(most_lines=1000)
    for _ in range(2):
        repeated.add(checksums([f"line {number}" for number in range(20_000)]))
    assert abs(repeated.share - 0.5) < 0.05
