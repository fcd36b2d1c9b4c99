import json
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus.readers.chats.json_parts import number_of, parts
from autocomplete.corpus.readers.protocol import Material


def read(text: str, folder: Path, messages: str | None) -> list[tuple[tuple[str | int, ...], Any]]:
    path = folder / "x.json"
    path.write_text(text, encoding="utf-8")
    return [(part.path, part.value) for part in parts(Material(path.name, path), messages)]


def test_messages_are_whole_and_all_else_in_pieces(tmp_path: Path) -> None:
    value = {
        "a": 1,
        "b": [{"c": "x"}, [2, 3]],
        "messages": [{"d": [{"messages": [5]}]}, "e"],
        "f": {"messages": [None]},
    }
    assert read(json.dumps(value), tmp_path, "messages") == [
        (("a",), 1),
        (("b", 0, "c"), "x"),
        (("b", 1, 0), 2),
        (("b", 1, 1), 3),
        (("messages", 0), {"d": [{"messages": [5]}]}),
        (("messages", 1), "e"),
        (("f", "messages", 0), None),
    ]


def test_a_document_may_be_an_array_of_messages(tmp_path: Path) -> None:
    assert read('[{"a": [1]}, 2, []]', tmp_path, None) == [((0,), {"a": [1]}), ((1,), 2), ((2,), [])]
    assert read('{"a": [1]}', tmp_path, None) == [(("a", 0), 1)]


def test_text_arrives_as_it_was_written(tmp_path: Path) -> None:
    text = 'naïve 🎂 \u202e \\ " \n\t'
    assert read(json.dumps([text]), tmp_path, None) == [((0,), text)]
    assert read(json.dumps([text], ensure_ascii=False), tmp_path, None) == [((0,), text)]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5.0),
        ("1.5", 1.5),
        (None, 0.0),
        ("x", 0.0),
        ("nan", 0.0),
        ("1e999", 0.0),
        (10**400, 0.0),
        ([], 0.0),
        (True, 1.0),
    ],
)
def test_a_number_is_always_one_that_can_be_reckoned_with(value: Any, number: float) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "1e99999", "9" * 5_000 + ".5", "1e" + "9" * 5_000])
def test_a_number_beyond_all_bounds_is_none_to_reckon_with(number: str, tmp_path: Path) -> None:
    ((_, value),) = read(f'[{{"id": {number}}}]', tmp_path, None)
    assert number_of(value["id"]) == 0.0
