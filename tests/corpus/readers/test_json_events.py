import contextlib
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.corpus.readers.json_events import Event, JsonError, JsonParser, NestingError, json_events
from autocomplete.corpus.readers.protocol import Material
from autocomplete.errors import CorpusError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def events_of(text: str, size: int = 1 << 20) -> list[Event]:
    """What the parser gives of a text that comes in pieces."""
    parser = JsonParser()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    found = [event for piece in pieces for event in parser.events(piece)]
    return [*found, *parser.events("", is_last=True)]


def built(events: list[Event]) -> object:
    """The value that events are of."""
    top: list[object] = []
    open_: list[tuple[object, str]] = [(top, "")]
    for kind, value in events:
        holder, key = open_[-1]
        if kind.startswith("end"):
            open_.pop()
        elif kind == "map_key":
            open_[-1] = (holder, value)
        else:
            new: object = {} if kind == "start_map" else [] if kind == "start_array" else value
            if isinstance(holder, dict):
                holder[key] = new
            elif isinstance(holder, list):
                holder.append(new)
            if kind.startswith("start"):
                open_.append((new, ""))
    (value,) = top
    return value


@given(VALUES, st.integers(1, 9), st.booleans(), st.sampled_from([None, 1]))
def test_json_in_pieces_is_what_json_is(value: object, size: int, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert json.dumps(built(events_of(text, size))) == json.dumps(value)


@given(st.text(alphabet='[]{},:"\\\\ntrue1.e- \t', max_size=12))
def test_what_json_is_not_is_refused(text: str) -> None:
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        with pytest.raises((JsonError, ValueError)):
            built(events_of(text))
    else:
        assert json.dumps(built(events_of(text))) == json.dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        '["a" "b"]',
        '{"a" "b"}',
        '{"a", "b"}',
        '{"a": 1,}',
        "[1,]",
        "[,1]",
        "[1,,2]",
        "{1: 2}",
        '{"a":}',
        "[1}",
        "]",
        '["\\x"]',
        "[nul]",
        "[01]",
        "[1.]",
        "[+1]",
        "['a']",
        '["a"',
        '"a',
        "{",
        "[1",
        "x",
        "1 :",
        "[1 2]",
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_what_is_wrong_is_found_in_any_piece(text: str, size: int) -> None:
    with pytest.raises(JsonError, match="at line 1"):
        events_of(text, size)


def test_what_ends_other_parsers_is_read() -> None:
    assert [event.value for event in events_of('["\\ud800A", "\\ud83d\\ude00", "a\nb"]')[1:-1]] == [
        "\ufffdA",
        "😀",
        "a\nb",
    ]
    assert math.isnan(events_of("NaN")[0].value)
    assert events_of("-Infinity 12 true null")[1:] == [Event("value", 12), Event("value", True), Event("value")]
    assert events_of("9" * 100_000) == [Event("value")]


def test_depth_has_an_end() -> None:
    with pytest.raises(NestingError, match="nested over 500 deep, at line 3"):
        events_of("[\n\n" + '{"a":[' * 100_000)


@pytest.mark.parametrize("piece", [" ", ",", "\\\\", '\\"', "1", "a", "[", '""', "{", ":", "\n"])
@pytest.mark.parametrize("opening", ["", '["', "["])
def test_adversarial_json_is_read_in_linear_time(piece: str, opening: str, tmp_path: Path) -> None:
    path = tmp_path / "some file"
    path.write_text(opening + piece * 300_000)
    with contextlib.suppress(CorpusError):
        for _ in json_events(Material("some file", path)):
            pass
