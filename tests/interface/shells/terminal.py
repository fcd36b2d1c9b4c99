"""A shell in a real terminal, with the text of `autocomplete init` loaded."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from autocomplete.interface.shells import Wishes, init_text
from tests.interface.shells import server
from tests.tmux import Tmux

# What `init` does unless told otherwise.
NO_WISHES = Wishes()
_SHELLS = {
    "zsh": ("zsh -i", ".zshrc", "PS1='$ '; unset zle_bracketed_paste\n"),
    "bash": ("bash --noprofile --rcfile .bashrc -i", ".bashrc", "PS1='$ '; unset HISTFILE\n"),
    "fish": (
        "fish -i",
        "config/fish/config.fish",
        "function fish_prompt; echo '$ '; end; set -g fish_greeting; set -g fish_history ''\n",
    ),
}


def needs(*programs: str) -> list[pytest.MarkDecorator]:
    """The marks of tests that need programs, a real terminal beside them."""
    missing = [program for program in ("tmux", *programs) if shutil.which(program) is None]
    return [pytest.mark.heavy, pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")]


@dataclass(frozen=True)
class Home:
    """The folder of a person who has nothing but a shell.

    Attributes:
        folder: The home itself, in which the shell begins.
        shell: Which.
    """

    folder: Path
    shell: str

    @property
    def socket(self) -> Path:
        return self.folder / "s"

    def write(
        self, wishes: Wishes = NO_WISHES, *, before: str = "", after: str = "", starts: bool = False, text: str = ""
    ) -> None:
        """Write what the shell reads at its start.

        Args:
            wishes: What `init` is asked for.
            before: What stands before its text.
            after: What stands behind it.
            starts: Whether the server that the shell starts can be started: the one of the tests.
            text: In the place of what `init` prints.
        """
        text = text or self._started(init_text(self.shell, wishes, self.socket), starts)
        _, name, first = _SHELLS[self.shell]
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join([first, before, text, after, ""]), encoding="utf-8")

    def _started(self, text: str, starts: bool) -> str:
        """The text with another program in the place of the engine."""
        program = ["-c", "1"] if not starts else [str(Path(server.__file__)), str(self.socket)]
        ours = ["-P", "-m", "autocomplete", "serve", "--background"]
        quote = "'\\''" if self.shell == "zsh" else "'"
        ours, program = ([f"{quote}{word}{quote}" for word in words] for words in (ours, program))
        assert " ".join(ours) in text
        return text.replace(" ".join(ours), " ".join(program))

    def open(self, **environment: str) -> Tmux:
        """Open a terminal in which the shell runs and waits for a command."""
        # Without it, fish would read every manual page of the system in the background.
        (self.folder / "data/fish/generated_completions").mkdir(parents=True, exist_ok=True)
        places = {"HOME": self.folder, "ZDOTDIR": self.folder, "XDG_CONFIG_HOME": self.folder / "config"}
        places |= {"TMUX_TMPDIR": self.folder, "XDG_DATA_HOME": self.folder / "data"}
        clean = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        rest = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path)}
        terminal = Tmux({**clean, **rest, **{name: str(place) for name, place in places.items()}, **environment})
        terminal.open(f"cd '{self.folder}'; {_SHELLS[self.shell][0]}")
        try:
            terminal.until("$")
        except BaseException:
            terminal.close()
            raise
        return terminal
