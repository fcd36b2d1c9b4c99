"""The engine's log: its owner's alone, small, without a word of what was written, and never in the way."""

import os
import stat
from pathlib import Path

import pytest

from autocomplete.engine.log import MOST_BYTES, EngineLog


def test_lines_are_written_for_the_owner_alone(tmp_path: Path) -> None:
    log = EngineLog(tmp_path / "log")
    log.write("serves")
    log.write("ended")
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == ["serves", "ended"]
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_a_fault_is_told_by_its_kind_and_place_alone(tmp_path: Path) -> None:
    log = EngineLog(tmp_path / "log")
    try:
        raise KeyError("zanzibolt")
    except KeyError as error:
        log.fault(error)
    log.fault(ValueError("zanzibolt"))
    first, second = (tmp_path / "log").read_text().splitlines()
    assert "KeyError in test_log.py, line " in first
    assert second.endswith(" ValueError")
    assert "zanzibolt" not in first + second


def test_the_log_stays_small(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * (MOST_BYTES + 1))
    EngineLog(tmp_path / "log").write("serves")
    assert (tmp_path / "log").stat().st_size < 100


def test_a_full_disk_and_a_link_end_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    EngineLog(tmp_path / "log").write("serves")
    assert not (tmp_path / "elsewhere").exists()
    EngineLog(tmp_path / "no" / "folder").write("serves")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    EngineLog(tmp_path / "other").write("serves")
