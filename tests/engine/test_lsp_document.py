"""A document is quiet after a deletion and an undo, and its lines are finished once writing goes on elsewhere."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.engine.lsp.changes import Change, History
from autocomplete.engine.lsp.document import Document, Range
from autocomplete.engine.lsp.lines import Lines, Point

Step = tuple[int, int, int, int, str]


def after(text: str, *steps: Step | str, file_type: str = "text") -> tuple[Document, list[str]]:
    """A document after some changes, of ranges or of all; and the lines that were finished."""
    document, finished = Document(file_type, text, "utf-16", "default"), []
    for step in steps:
        where = None if isinstance(step, str) else Range(*step[:4])
        finished.append(document.change(where, step if isinstance(step, str) else step[4]))
    return document, [line for line in finished if line is not None]


def typed(line: int, column: int, text: str) -> list[Step]:
    """A text typed letter by letter."""
    return [(line, column + place, line, column + place, letter) for place, letter in enumerate(text)]


def erased(line: int, column: int, count: int) -> list[Step]:
    """Letters before a column deleted one by one."""
    return [(line, column - place - 1, line, column - place, "") for place in range(count)]


TYPED = typed(0, 0, "best food")


@pytest.mark.parametrize(
    ("steps", "quiet"),
    [
        ([], False),
        (TYPED, False),
        ([*TYPED, *erased(0, 9, 1)], True),
        ([*TYPED, *erased(0, 9, 3), *typed(0, 6, "a")], False),
        ([*TYPED, *erased(0, 9, 3), (0, 6, 0, 6, "ood")], True),  # an undo of all three
        ([*TYPED, (0, 5, 0, 9, ""), (0, 5, 0, 5, "food"), *typed(0, 9, "s")], False),
        ([*TYPED, (0, 0, 0, 9, ""), (0, 0, 0, 0, "best food")], True),  # undo, and redo
        ([*TYPED, (0, 5, 0, 9, "meal")], False),
        ([*TYPED, (0, 5, 0, 9, "meal"), (0, 5, 0, 9, "food")], True),
        ([*TYPED, (0, 5, 0, 9, "meal"), (0, 5, 0, 9, "food"), (0, 5, 0, 9, "meal")], True),
        ([*TYPED, (0, 5, 0, 9, "meal"), (0, 5, 0, 9, "fish")], False),
        ([*TYPED, (0, 0, 0, 9, "best food i")], False),  # the whole line sent for one letter
        ([*TYPED, (0, 0, 0, 9, "best foo")], True),
        (["best", "best f"], False),
        (["best f", "best "], True),
        ([*TYPED, (0, 9, 0, 9, "")], False),  # nothing changed
        ([(0, 0, 0, 0, "x" * 10_000), (0, 0, 0, 10_000, ""), (0, 0, 0, 0, "x" * 10_000)], False),  # no typing
    ],
)
def test_nothing_is_suggested_after_a_deletion_or_an_undo(steps: Sequence[Step | str], quiet: bool) -> None:
    assert after("", *steps)[0].quiet is quiet


def test_undo_after_undo_is_known() -> None:
    history, first, second = History(), Change(Point(0, 0), "a", "b"), Change(Point(3, 0), "c", "d")
    steps = [first, second, second.inverse, first.inverse, first, second, second.inverse]
    assert [history.takes_back(step) for step in steps] == [False, False, True, True, True, True, True]


@given(text=st.text("ab\n", max_size=12), removed=st.text("ab\n", max_size=6), inserted=st.text("ab\n", max_size=6))
def test_the_least_of_a_change_does_the_same(text: str, removed: str, inserted: str) -> None:
    before, place = Lines(text + removed + "ab"), Point(0, 0).behind(text)
    least = Change(place, removed, inserted).least
    assert before.replace(least.place, least.place.behind(least.removed), least.inserted) == least.removed
    assert before.text == text + inserted + "ab"
    assert not (least.removed and least.inserted and least.removed[0] == least.inserted[0])
    assert len(least.removed) <= len(removed)
    assert least.least == least


@pytest.mark.parametrize(
    ("text", "steps", "finished"),
    [
        ("", [*TYPED], []),
        ("", [*TYPED, (0, 9, 0, 9, "\n")], ["best food"]),
        ("", [*TYPED, (0, 9, 0, 9, "\r\n    ")], ["best food"]),
        ("", [*TYPED, (0, 4, 0, 4, "\n")], ["best"]),
        ("one\ntwo\n", [*typed(0, 3, "s"), *typed(1, 3, "s")], ["ones"]),
        ("one\ntwo\n", [*typed(1, 3, "s"), (0, 0, 0, 0, "\n"), *typed(0, 0, "z")], ["twos"]),
        ("one\ntwo\n", [*typed(1, 3, "s"), (0, 0, 1, 0, ""), *typed(1, 0, "z")], []),  # lines above were deleted
        ("one\ntwo\nsix", [*typed(1, 3, "s"), (0, 0, 1, 0, ""), (0, 4, 0, 4, "\n")], []),
        ("one\ntwo\nsix", [*typed(1, 3, "s"), (1, 0, 2, 0, "")], []),  # the line itself was
        ("one\ntwo\nsix", [*typed(2, 3, "s"), (0, 0, 1, 0, "")], ["sixs"]),
        ("one\ntwo\n", [*typed(0, 3, "s"), *typed(1, 3, "s"), *erased(0, 4, 1), *typed(0, 3, "s"), *typed(1, 4, "s")],
         ["ones", "twos"]),  # what was finished so before is not again
        ("one\n", [(1, 0, 1, 0, "pasted\nlines\n"), *typed(0, 3, "s")], []),
        ("one\n", [(0, 0, 0, 3, ""), (1, 0, 1, 0, "x")], []),  # only deleted
        ("", [*typed(0, 0, "  "), (0, 2, 0, 2, "\n")], []),
    ],
)  # fmt: skip
def test_a_line_is_finished_once_writing_goes_on_elsewhere(
    text: str, steps: Sequence[Step], finished: list[str]
) -> None:
    assert after(text, *steps)[1] == finished


@pytest.mark.parametrize(
    ("file_type", "line", "left"),
    [
        ("text", "best food", "best food"),
        ("mail", "> best food", None),
        ("GitCommit", "# Changes to be committed", None),
        ("markdown", "# Best food", "# Best food"),
        ("text", " ", None),
    ],
)
def test_the_last_line_is_finished_with_the_document(file_type: str, line: str, left: str | None) -> None:
    document, finished = after("", *typed(0, 0, line), file_type=file_type)
    assert finished == []
    assert document.leave() == left
    assert document.leave() is None


@given(data=st.data())
def test_no_change_however_placed_is_too_much(data: st.DataObject) -> None:
    """What lies outside of the text, or ends before it begins, is taken as the protocol says, and never fails."""
    document = Document("text", data.draw(st.text("a🙂\r\n", max_size=9)), "utf-16", "default")
    number = st.integers(0, 9)
    for _ in range(6):
        where = Range(*(data.draw(number) for _ in range(4)))
        document.change(where, data.draw(st.text("b🙂\r\n", max_size=4)))
    assert document.lines.end == Lines(document.lines.text).end
