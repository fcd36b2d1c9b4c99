"""The sample corpus: what the tables give is what is stored, and it is clean text."""

import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from data import generate


@pytest.fixture(scope="module")
def text() -> str:
    return generate.QUERIES.read_text(encoding="utf-8")


def test_the_generator_reproduces_the_file_byte_for_byte(tmp_path: Path) -> None:
    written = tmp_path / "queries.txt"
    assert generate.main(["--output", str(written)]) == 0
    assert written.read_bytes() == generate.QUERIES.read_bytes()


def test_check_accepts_the_stored_file_and_refuses_a_changed_or_missing_one(tmp_path: Path) -> None:
    changed = tmp_path / "queries.txt"
    assert generate.main(["--check"]) == 0
    assert generate.main(["--check", "--output", str(changed)]) == 1
    changed.write_bytes(generate.QUERIES.read_bytes() + b"one more line\n")
    assert generate.main(["--check", "--output", str(changed)]) == 1
    assert changed.read_bytes().endswith(b"one more line\n")


def test_lines_are_many_and_all_different(text: str) -> None:
    lines = text.splitlines()
    assert len(lines) >= 5_000
    assert len(set(lines)) == len(lines)
    assert text.endswith("\n")
    assert all(lines)


def test_text_is_normalised_and_no_markup_is_left(text: str) -> None:
    assert unicodedata.is_normalized("NFC", text)
    assert not set("{}[]|@*\t\r") & set(text)
    assert all(line == " ".join(line.split()) for line in text.splitlines())


def test_las_is_followed_by_vegas_in_the_great_majority(text: str) -> None:
    words = generate.WORD.findall(text)
    after_las = Counter(after for before, after in pairwise(words) if before == "Las")
    assert after_las["Vegas"] >= 200
    assert after_las["Vegas"] >= 0.9 * after_las.total()


def test_las_is_also_a_prefix_of_other_words(text: str) -> None:
    assert {"Last", "Laser", "Lasagna", "Lastly"} <= set(generate.WORD.findall(text))


def test_the_held_out_end_looks_like_the_rest(text: str) -> None:
    lines = text.splitlines()
    cut = len(lines) * 95 // 100
    known = set(generate.WORD.findall("\n".join(lines[:cut])))
    held_out = generate.WORD.findall("\n".join(lines[cut:]))
    assert sum(word in known for word in held_out) >= 0.95 * len(held_out)


def write_topic(folder: Path, table: str) -> None:
    (folder / "slots.txt").write_text("@pet: cat | dog\n", encoding="utf-8")
    (folder / "pets.txt").write_text(table, encoding="utf-8")


def test_a_slot_never_gives_the_same_value_twice_in_a_line(tmp_path: Path) -> None:
    write_topic(tmp_path, "# Pets.\n2x a {pet} and a {pet}[ too| again]\n")
    for line in generate.corpus(tmp_path).splitlines():
        assert {"cat", "dog"} <= set(line.split())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("3x feed the {pet}\n", "3 lines wanted, 2 found"),
        ("feed the {bird}\n", "no slot is called 'bird'"),
        ("{pet} {pet} {pet}\n", "no value left"),
        ("@pet: fish\n", "shared already"),
        ("@bird: owl\n@bird: hen\n", "defined twice"),
    ],
)
def test_a_bad_table_is_refused_with_its_reason(tmp_path: Path, table: str, message: str) -> None:
    write_topic(tmp_path, table)
    with pytest.raises(generate.TableError, match=message):
        generate.corpus(tmp_path)
