"""Our block in somebody's configuration file."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.errors import UsageError
from autocomplete.interface.shells.rc import BEGIN, END, read_rc, with_block, without_block, write_rc

PATH = Path(".zshrc")
OTHERS = b"# >>> conda initialize >>>\nx\n# <<< conda initialize <<<\n"


@given(st.binary().filter(lambda text: BEGIN not in text and END not in text))
def test_what_is_put_in_is_taken_out_again_to_the_byte(text: bytes) -> None:
    """But for the end of a last line that had none."""
    whole = text if not text or text.endswith(b"\n") else text + b"\n"
    assert without_block(with_block(text, ["ours"], PATH), PATH) == whole


@given(st.binary().filter(lambda text: BEGIN not in text and END not in text))
def test_putting_it_in_twice_is_putting_it_in_once(text: bytes) -> None:
    once = with_block(text, ["ours"], PATH)
    assert with_block(once, ["ours"], PATH) == once


def test_a_block_is_changed_where_it_stands() -> None:
    text = b"a\n" + BEGIN + b"\nold\nlines\n" + END + b"\nb\xff\n" + OTHERS
    expected = b"a\n" + BEGIN + b"\nnew\n" + END + b"\nb\xff\n" + OTHERS
    assert with_block(text, ["new"], PATH) == expected


def test_of_two_blocks_one_is_left() -> None:
    text = BEGIN + b"\nold\n" + END + b"\na\n" + BEGIN + b"\nold\n" + END + b"\n"
    assert with_block(text, ["new"], PATH) == BEGIN + b"\nnew\n" + END + b"\na\n"


@pytest.mark.parametrize(
    "text",
    [
        BEGIN + b"\nours\n",
        b"a\n" + END + b"\n",
        BEGIN + b"\n" + OTHERS + END + b"\n",
        BEGIN + b"\n" + BEGIN + b"\nx\n" + END,
    ],
)
def test_a_mark_without_its_other_is_told_and_nothing_is_guessed(text: bytes) -> None:
    with pytest.raises(UsageError, match="without its other mark"):
        without_block(text, PATH)


def test_a_long_file_without_an_end_takes_no_longer_than_it_is() -> None:
    text = (BEGIN + b"\n") * 20_000
    with pytest.raises(UsageError):
        without_block(text, PATH)


def test_a_linked_file_is_written_where_it_is_and_keeps_its_permissions(tmp_path: Path) -> None:
    place = tmp_path / "dotfiles" / "zshrc"
    place.parent.mkdir()
    place.write_bytes(b"a\n")
    place.chmod(0o640)
    link = tmp_path / ".zshrc"
    link.symlink_to(place)
    write_rc(link, b"b\n")
    assert link.is_symlink()
    assert (place.read_bytes(), stat.S_IMODE(place.stat().st_mode)) == (b"b\n", 0o640)
    assert list(place.parent.iterdir()) == [place]


def test_a_file_that_is_not_there_is_empty_and_made_with_its_folders(tmp_path: Path) -> None:
    place = tmp_path / "config" / "fish" / "config.fish"
    assert read_rc(place) == b""
    write_rc(place, b"a\n")
    assert read_rc(place) == b"a\n"


def test_where_writing_fails_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / ".zshrc"
    place.write_bytes(b"a\n")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_rc(place, b"b\n")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {".zshrc": b"a\n"}
