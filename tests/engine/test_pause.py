"""A pause: for a while or until it is ended, for every program at once, whatever its file holds."""

import os
import time
from pathlib import Path

import pytest

from autocomplete.engine.pause import Pause
from autocomplete.errors import UsageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "models.paused"


def test_a_pause_is_seen_by_others_and_ends_for_them(path: Path) -> None:
    one, other = Pause(path), Pause(path)
    assert other.seconds_left() is None
    one.set(60)
    left = other.seconds_left()
    assert left is not None
    assert 59 < left <= 60
    one.set(None)
    assert other.seconds_left() == float("inf")
    other.set(0)
    assert one.seconds_left() is None
    one.set(0)


def test_a_pause_passes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pause = Pause(path)
    pause.set(60)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert pause.seconds_left() is None


@pytest.mark.parametrize("content", ["", "soon", "nan", "-inf", "1" * 10_000, "\x00", "12\n13"])
def test_a_file_that_says_nothing_pauses_nothing(path: Path, content: str) -> None:
    path.write_text(content)
    left = Pause(path).seconds_left()
    assert left is None or content.startswith("11")  # which is far away, but a time


def test_a_link_and_a_pipe_pause_nothing(path: Path) -> None:
    path.with_name("other").write_text("inf")
    path.symlink_to(path.with_name("other"))
    assert Pause(path).seconds_left() is None
    path.unlink()
    os.mkfifo(path)
    assert Pause(path).seconds_left() is None


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("-inf")])
def test_what_is_no_duration_is_refused(path: Path, seconds: float) -> None:
    with pytest.raises(UsageError, match="no duration"):
        Pause(path).set(seconds)
    assert not path.exists()


def test_a_pause_that_cannot_be_written_is_an_error_and_leaves_what_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = Pause(path)
    pause.set(None)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        pause.set(60)
    assert pause.seconds_left() == float("inf")
