"""A text that is edited is the text that those edits make, whoever makes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.engine.edits import Edit, EditedText
from autocomplete.errors import UsageError


@given(st.text(), st.data())
def test_edits_make_what_an_editor_makes(text: str, data: st.DataObject) -> None:
    characters = list(text)
    edits = []
    for _ in range(data.draw(st.integers(0, 5))):
        start = data.draw(st.integers(0, len(characters)))
        stop = data.draw(st.integers(start, len(characters)))
        written = data.draw(st.text(max_size=5))
        characters[start:stop] = written
        edits.append(Edit(start, stop, written))
    cursor = data.draw(st.integers(0, len(characters)))
    edited = EditedText(text, 0).edited(edits, cursor)
    assert edited == ("".join(characters), cursor)
    assert edited.before + edited.after == edited.text
    together = EditedText(text, 0)
    for edit in edits:
        together = together.edited([edit])
    assert together.text == edited.text


def test_the_cursor_stands_behind_what_was_written_last() -> None:
    text = EditedText("best food", 4)
    assert text.edited([]).cursor == 4
    assert text.edited([Edit(5, 9, "friend"), Edit(0, 1, "")]).cursor == 0
    assert text.edited([Edit(9, 9, " in")]).before == "best food in"


@pytest.mark.parametrize("edit", [Edit(-1, 0, "a"), Edit(2, 1, "a"), Edit(0, 4, "a"), Edit(4, 4, "a")])
def test_what_lies_outside_the_text_is_refused(edit: Edit) -> None:
    with pytest.raises(UsageError, match="do not stand in a text of 3"):
        EditedText("abc", 0).edited([edit])
    for cursor in (-1, 4):
        with pytest.raises(UsageError, match="cannot stand"):
            EditedText("abc", 0).edited([], cursor)
