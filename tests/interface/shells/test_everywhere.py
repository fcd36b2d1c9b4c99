"""Each shell with the real engine and a model: what a person does, from `init` to the word in the line."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interface.shells.terminal import Home, needs
from tests.tmux import Tmux

SOURCES = {
    "zsh": 'eval "$(autocomplete init zsh)"',
    "bash": 'eval "$(autocomplete init bash)"',
    "fish": "autocomplete init fish | source",
}
# Each several times: what follows a word is sure.
LINES = ["best food in Las Vegas", "git checkout main", "git commit -m done", "make test"]


@pytest.fixture
def places(folder: Path) -> Iterator[dict[str, str]]:
    """Where models and the engine are; with a model, and a program of our name."""
    lines = folder / "queries.txt"
    lines.write_text("\n".join(LINES * 60) + "\n", encoding="utf-8")
    program = folder / "bin" / "autocomplete"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m autocomplete "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    found = {"AUTOCOMPLETE_HOME": str(folder / "models"), "XDG_RUNTIME_DIR": str(folder)}
    environment = {**os.environ, **found, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [str(program), "train", str(lines), "--layout", "lines", "--model", "shell", "--no-network"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    yield {**found, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    subprocess.run([str(program), "serve", "--stop"], env=environment, check=True, capture_output=True)


@pytest.mark.parametrize("shell", [pytest.param(shell, marks=needs(shell)) for shell in SOURCES])
def test_a_person_gets_the_word_that_was_meant(folder: Path, places: dict[str, str], shell: str) -> None:
    home = Home(folder, shell)
    home.write(text=SOURCES[shell])
    terminal = home.open(**places)
    try:
        _types(terminal, shell)
    finally:
        terminal.close()


@pytest.mark.parametrize("options", ["", " --learn"], ids=["without", "with"])
@pytest.mark.parametrize("shell", [pytest.param("zsh", marks=needs("zsh")), pytest.param("bash", marks=needs("bash"))])
def test_what_is_typed_is_kept_nowhere_unless_it_is_to_be_learned(
    folder: Path, places: dict[str, str], shell: str, options: str
) -> None:
    home = Home(folder, shell)
    home.write(text=f'eval "$(autocomplete init {shell}{options})"')
    terminal = home.open(**places)
    try:
        terminal.type("true weather in Zanzibolt")
        terminal.press("M-i", "Enter")
        terminal.type("echo the 'end'")
        terminal.press("Enter")
        terminal.until("\nthe end\n")
        _until(lambda: not options or bool(_files_with(b"Zanzibolt", folder)))
    finally:
        terminal.close()
    assert {name.partition(".")[0] for name in _files_with(b"Zanzibolt", folder)} == (
        {"personal"} if options else set()
    )


def _files_with(text: bytes, folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()}


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _types(terminal: Tmux, shell: str) -> None:
    terminal.type("best food in la")
    if shell == "zsh":
        terminal.until("la → Las")
        terminal.press("Right")
        terminal.until("in Las Vegas")
        terminal.press("M-f")
    else:
        terminal.press("M-j")
        terminal.until("in Las")
        terminal.type(" ")
        terminal.press("M-j")
    terminal.type("!")
    terminal.until(lambda shown: "$ best food in Las Vegas!" in shown)


def test_each_shell_that_is_found_is_tried() -> None:
    assert {shell for shell in SOURCES if shutil.which(shell)} >= {"bash"}
