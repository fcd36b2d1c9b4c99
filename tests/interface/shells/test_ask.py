"""What bash and fish ask by."""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from autocomplete.interface.shells import Wishes, ask, init_text
from tests.interface.shells.server import Server


def asked(
    place: Path, text: str, monkeypatch: pytest.MonkeyPatch, *, letter: str = "s", command: str = ""
) -> list[str]:
    """The lines that are printed."""
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode("utf-8", "surrogateescape"))))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out))
    status = ask.main([str(place), letter, "shell", *filter(None, [command])])
    lines = out.getvalue().decode().splitlines()
    assert status == int(any(line.startswith("!") for line in lines))
    return lines


def test_candidates_come_one_a_line(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(folder / "s", "best food in la\n", monkeypatch) == ["2\tLas", "2\tlarge"]
    assert server.asked("s") == [["shell", "best food in la", "k=5", f"cwd={Path.cwd()}"]]


def test_what_is_no_text_reaches_the_server_as_one_line(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(folder / "s", "a\tb\\n\rc \udcff", monkeypatch) == ["!\tthe model is not sure enough"]
    assert server.asked("s")[0][1] == "a\tb\\n\rc �"


def test_nothing_but_whether_it_was_done_is_said_of_other_messages(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(folder / "s", "Las", monkeypatch, letter="f") == []
    assert asked(folder / "s", "make all", monkeypatch, letter="l") == []
    assert server.asked("f") == [["shell", "Las"]]
    assert server.asked("l") == [["shell", "make all"]]


def test_a_refusal_is_told_and_cannot_act_on_the_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(folder / "s", refusal=("model", "There is no \x1b[31mmodel.", "Train one.")):
        assert asked(folder / "s", "x", monkeypatch) == ["!\tThere is no  [31mmodel. Train one."]


@pytest.mark.parametrize("says", [b"", b"1\n", b"1\t0\n", b"1\t0\tx", b"1\t-2\tx\t1\n", b"1\t9\tlong\t1\n", b"\xff\n"])
def test_garbage_is_no_candidate(folder: Path, says: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "_ANSWER", 0.05)
    with Server(folder / "s", says=says):
        (line,) = asked(folder / "s", "x", monkeypatch)
    assert line.startswith("!\t")


def test_a_line_without_an_end_is_not_read_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(folder / "s", says=b"x" * 200_000):
        assert asked(folder / "s", "x", monkeypatch) == ["!\tthe server is not there; autocomplete doctor says more"]


def test_a_server_that_somebody_else_may_have_put_there_is_told_nothing(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "link").symlink_to(".")
    nobody = ["!\tthe server is not there; autocomplete doctor says more"]
    assert asked(folder / "link" / "s", "best food in la", monkeypatch) == nobody
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert asked(folder / "s", "best food in la", monkeypatch) == nobody
    assert server.heard == []


@pytest.mark.parametrize("command", ["", "/does/not/exist", "false"])
def test_without_a_server_that_is_said(folder: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(folder / "s", "x", monkeypatch, command=command) == [
        "!\tthe server is not there; autocomplete doctor says more"
    ]


def test_a_line_that_nobody_types_is_not_sent(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(folder / "s", "x" * 5_000, monkeypatch) == ["!\tthe line is too long"]
    assert server.heard == []


# Of a command, whether the path at its end exists, or is none for all that one can tell.
PATHS = {
    "cat here.txt": True,
    "cat ./here.txt": True,
    "cat ./gone.txt": False,
    "cat sub/gone.txt": False,
    "cat gone.txt": True,  # no path, for all that one can tell
    "cd sub": True,
    "cd gone": False,
    "cd -": True,
    "cd ~": True,
    "mkdir sub/new": True,
    "mkdir ./new": True,
    "git checkout feature/one": True,
    "git add ./gone": False,
    "curl https://example.org/x": True,
    "cat $HOME/gone": True,
    "cat su*/gone": True,
    "make --file=x/y": True,
    "sub/gone": False,
    "cat ~/gone-for-good": False,
    "": True,
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands are typed."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "here.txt").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CDPATH", raising=False)
    return tmp_path


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("line", PATHS)
def test_a_path_is_offered_only_where_it_exists(line: str) -> None:
    assert ask.is_there(line) is PATHS[line]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_offers_the_same_paths(place: Path) -> None:
    text = init_text("zsh", Wishes(), place / "s").replace("[[ -o interactive", "[[ 1")
    ask_each = "for line; do _autocomplete_there $line && print yes || print no; done"
    (place / "script").write_text(f"{text}\n{ask_each}\n", encoding="utf-8")
    done = subprocess.run(["zsh", "-f", "script", *PATHS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["yes" if expected else "no" for expected in PATHS.values()]
