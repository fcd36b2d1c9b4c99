"""Laws of the file of pinned phrases: what a person writes there is read as it stands, a slip costs its own line."""

import os
import stat
from pathlib import Path

import pytest

from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.learned.pinned import MOST_BYTES, MOST_CHARACTERS, Pinned, PinnedFile, pinned_path

WRITTEN = """\ufeff# my own
omw = on my way
brb=be right back

  Kind regards, Ada Example\t
eq = a = b
Kind regards, Ada Example
   # indented
Grüße aus Zwolle
"""


@pytest.fixture
def file(tmp_path: Path) -> PinnedFile:
    return PinnedFile(tmp_path / "home" / "phrases.txt")


def written(file: PinnedFile, content: str | bytes) -> PinnedFile:
    file.path.parent.mkdir(exist_ok=True)
    file.path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_lines_are_abbreviations_or_phrases(file: PinnedFile) -> None:
    found = written(file, WRITTEN).read()
    assert found == Pinned(
        {"omw": "on my way", "brb": "be right back", "eq": "a = b"}, ("Kind regards, Ada Example", "Grüße aus Zwolle")
    )
    assert file.fault is None


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_of_any_system_are_line_ends(file: PinnedFile, ending: str) -> None:
    assert written(file, f"a1 = one{ending}two{ending}").read() == Pinned({"a1": "one"}, ("two",))


def test_without_a_file_nothing_is_pinned_and_none_is_made(file: PinnedFile) -> None:
    assert file.read() == Pinned({}, ())
    assert file.fault is None
    assert not file.path.exists()


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("two words = x", "before '=' stands one word"),
        ("omw =", "before '=' stands one word"),
        ("= on my way", "before '=' stands one word"),
        ("x" * (MOST_CHARACTERS + 1), "more than 1,000 characters"),
        ("bell\a", "control character"),
        ("\x1b[31mred", "control character"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_are_used(file: PinnedFile, line: str, cause: str) -> None:
    found = written(file, f"omw = on my way\n\n{line}\nlast one\n").read()
    assert found == Pinned({"omw": "on my way"}, ("last one",))
    assert file.fault is not None
    assert file.fault.cause.startswith(f"{file.path}, line 3: ")
    assert cause in file.fault.cause
    assert "\x1b" not in str(file.fault)
    written(file, "omw = on my way\n")
    assert file.read() == Pinned({"omw": "on my way"}, ())
    assert file.fault is None


def test_bytes_that_are_no_text_are_named_by_their_line(file: PinnedFile) -> None:
    assert written(file, b"one\ntwo \xff\n").read() == Pinned({}, ())
    assert file.fault is not None
    assert "line 2" in file.fault.cause


def test_a_file_of_another_size_or_kind_is_refused(file: PinnedFile) -> None:
    written(file, b"x\n" * MOST_BYTES).read()
    assert file.fault is not None
    file.path.unlink()
    file.path.mkdir()
    assert file.read() == Pinned({}, ())
    assert file.fault is not None
    with pytest.raises(AutocompleteError):
        file.add(["more"])


def test_what_is_edited_is_read_again(file: PinnedFile) -> None:
    first = written(file, "one\n").read()
    assert file.read() is first
    written(file, "one\nand two\n")
    assert file.read().phrases == ("one", "and two")
    file.path.unlink()
    assert file.read() == Pinned({}, ())


def test_what_is_added_stands_behind_what_is_there_once_and_for_its_owner_alone(file: PinnedFile) -> None:
    assert file.add(["omw = on my way", "Kind regards"]) == 2
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert file.add(["Kind regards", "brb = be right back", "brb = be right back"]) == 1
    assert file.path.read_text("utf-8") == "omw = on my way\nKind regards\nbrb = be right back\n"
    assert file.read() == Pinned({"omw": "on my way", "brb": "be right back"}, ("Kind regards",))
    written(file, "# mine, and no end of line")
    file.add(["more"])
    assert file.path.read_text("utf-8") == "# mine, and no end of line\nmore\n"


def test_a_link_to_the_file_is_followed(file: PinnedFile, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.txt"
    kept.write_text("one\n", "utf-8")
    file.path.parent.mkdir()
    file.path.symlink_to(kept)
    file.add(["two"])
    assert kept.read_text("utf-8") == "one\ntwo\n"
    assert file.path.is_symlink()
    assert file.read().phrases == ("one", "two")


@pytest.mark.parametrize("line", ["", "  ", "# hidden", "two words = x", "a\nb", "bell\a"])
def test_what_would_not_be_read_as_it_is_is_not_added(file: PinnedFile, line: str) -> None:
    with pytest.raises(UsageError):
        file.add(["first", line])
    assert not file.path.exists()


def test_what_cannot_be_written_is_told(file: PinnedFile, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the way", "utf-8")
    with pytest.raises(AutocompleteError, match=r"phrases\.txt"):
        file.add(["one"])


def test_many_long_lines_of_nothing_but_marks_are_all_refused(file: PinnedFile) -> None:
    content = ("= " * 400 + "\n") * 1000 + ("x=" * 5000 + "\n") * 10
    assert written(file, content + "one").read() == Pinned({}, ("one",))
    assert file.fault is not None


def test_there_is_one_file_for_all_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "AUTOCOMPLETE_HOME", str(tmp_path))
    assert pinned_path() == tmp_path / "phrases.txt"
