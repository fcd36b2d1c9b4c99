"""Where the engine is reached: private, short enough, one place for one person's models, or none at all."""

import builtins
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from autocomplete.engine import address as room
from autocomplete.engine.address import LONGEST_PATH, NoPlaceError, any_engine, engine_address
from autocomplete.engine.client import find_engine
from autocomplete.version import VERSION


@pytest.fixture
def runtime(home: Path) -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"])


def test_the_folder_is_made_for_its_owner_alone(runtime: Path) -> None:
    previous = os.umask(0)
    try:
        found = engine_address(make=True)
    finally:
        os.umask(previous)
    assert found.folder == runtime / "autocomplete"
    assert stat.S_IMODE(found.folder.stat().st_mode) == 0o700
    assert found.socket.name == f"{found.models}-{VERSION}.sock"


def test_other_models_are_reached_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = engine_address(make=True)
    assert engine_address() == first
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(home / "more"))
    assert engine_address().socket != first.socket
    monkeypatch.chdir(home)
    monkeypatch.setenv("AUTOCOMPLETE_HOME", "more")
    relative = engine_address()
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(home / "more"))
    assert engine_address() == relative


def link(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)


def open_to_others(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o750)


def dangling(folder: Path) -> None:
    folder.symlink_to(folder.with_name("nowhere"))


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (link, "is a link"),
        (dangling, "is no folder"),
        (open_to_others, "others may enter it"),
        (lambda folder: folder.write_text(""), "is no folder"),
    ],
    ids=["link", "dangling", "open", "file"],
)
def test_a_folder_that_is_not_private_is_refused(runtime: Path, prepare: Any, said: str) -> None:
    prepare(runtime / "autocomplete")
    with pytest.raises(NoPlaceError, match=said):
        engine_address(make=True)
    with pytest.raises(NoPlaceError, match=said):
        find_engine(start=True)
    assert find_engine() is None


def test_a_folder_of_somebody_else_is_refused(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("TMPDIR", str(runtime))
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    (runtime / f"autocomplete-{other}").mkdir(mode=0o700)  # its name is right, and its owner is not
    with pytest.raises(NoPlaceError, match="belongs to somebody else"):
        engine_address(make=True)


def test_a_runtime_folder_of_somebody_else_is_not_used(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `su` leaves the variable."""
    monkeypatch.setenv("TMPDIR", str(runtime.parent))
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert room._folder() == runtime.parent / f"autocomplete-{owner + 1}"


@pytest.mark.parametrize("variable", [None, "", "relative", "/nowhere/at/all"])
def test_without_a_runtime_folder_the_temporary_one_serves(
    home: Path, variable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(home))
    if variable is None:
        monkeypatch.delenv("XDG_RUNTIME_DIR")
    else:
        monkeypatch.setenv("XDG_RUNTIME_DIR", variable)
    assert engine_address(make=True).folder == home / f"autocomplete-{os.geteuid()}"


@pytest.mark.parametrize("name", ["n" * 60, "ü" * 30, "é/" * 20])
def test_a_path_is_never_too_long_for_a_socket(home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    long = home / name
    long.mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    monkeypatch.setattr(room, "_TEMPORARY", str(home.parent))
    found = engine_address(make=True)
    assert len(os.fsencode(found.socket)) <= LONGEST_PATH
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(found.socket))


def test_other_versions_for_the_same_models_are_known(home: Path) -> None:
    found = engine_address(make=True)
    for name in (f"{found.models}-0.0.9.sock", "0123456789ab-0.0.8.sock", f"{found.models}-0.0.7.log"):
        (found.folder / name).touch()
    assert [other.version for other in found.others()] == ["0.0.9"]
    assert any_engine()


@pytest.mark.parametrize("hidden", ["fcntl", "AF_UNIX", "geteuid"])
def test_a_system_without_it_has_no_engine_and_needs_none(
    home: Path, hidden: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from autocomplete.interface.cli.app import run

    if hidden == "fcntl":
        original = builtins.__import__

        def without(name: str, *rest: Any) -> Any:
            if name == "fcntl":
                raise ImportError(name)
            return original(name, *rest)

        monkeypatch.delitem(sys.modules, "fcntl", raising=False)
        monkeypatch.setattr(builtins, "__import__", without)
    else:
        monkeypatch.delattr(socket if hidden == "AF_UNIX" else os, hidden)
    assert find_engine() is None
    with pytest.raises(NoPlaceError, match="no Unix sockets"):
        engine_address(make=True)
    assert run(["suggest", "best food in La", "-k", "1"]) == 0
    assert capsys.readouterr().out == "Las\n"
    assert run(["serve"]) == 1
    assert "no Unix sockets" in capsys.readouterr().err
