"""An editor's questions, with an engine that says what it is told to."""

import asyncio
from typing import Any

import pytest

from autocomplete.config import EngineSettings
from autocomplete.engine.lsp.editor import Completion, Cursor, Editor, EditorSettings

# A word that goes on from what was typed, and one that follows it.
COMPLETES = {
    "text": "x",
    "kind": "complete",
    "replace": 1,
    "insert": "xyz",
    "probability": 0.5,
    "experts": {"ngram": 1},
}
FOLLOWS = {"text": "y", "kind": "next", "replace": 0, "insert": "yz", "probability": 0.5, "experts": {"ngram": 1}}


def answered(suggestion: dict[str, Any], before: str, after: str = "") -> list[Completion]:
    """What is listed at a cursor where the engine suggests one thing."""
    return asyncio.run(_answered(suggestion, before, after))


async def _answered(suggestion: dict[str, Any], before: str, after: str) -> list[Completion]:
    editor = Editor(EditorSettings(engine=EngineSettings(enabled=False)), print)

    async def request(method: str, **_: Any) -> dict[str, Any]:
        return {"schema": 2, "ms": 1.0, "threshold": 0.3, "suggestions": [suggestion]}

    editor.client.request = request  # type: ignore[method-assign]
    editor.open("untitled:x", "text", before + after, "utf-32")
    found = await editor.completions(Cursor("untitled:x", 0, len(before)), invoked=True)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("suggestion", "before", "after", "text"),
    [
        (COMPLETES, "a x", "", "xyz"),
        (FOLLOWS, "a x", "", "xyz"),
        (FOLLOWS, "a x ", "b", "yz "),
        (FOLLOWS, "a x ", " b", "yz"),
        (FOLLOWS, "a x ", ".", "yz"),
        (FOLLOWS, "x", "b", None),
        (FOLLOWS, "cafe\u0301", "s", None),  # within a word, of which a mark is a part
        (FOLLOWS, "cafe\u0301", "", "cafe\u0301yz"),
        (FOLLOWS, "今天天气", "很好", "yz"),  # no space is written, nor is any needed
    ],
)
def test_what_is_inserted_stands_apart_from_what_stands_there(
    suggestion: dict[str, Any], before: str, after: str, text: str | None
) -> None:
    found = answered(suggestion, before, after)
    assert [each.text for each in found] == ([] if text is None else [text])
    for each in found:
        assert before.endswith(each.typed)
        assert each.first_units == len(before) - len(each.typed)


@pytest.mark.parametrize("insert", ["a\nb", "a\x1b[31mb", "a\u202eb"])
def test_no_control_character_is_inserted(insert: str) -> None:
    assert answered({**FOLLOWS, "insert": insert}, "x ") == []


def test_no_edit_crosses_lines() -> None:
    assert answered({**COMPLETES, "replace": 3}, "x") == []
