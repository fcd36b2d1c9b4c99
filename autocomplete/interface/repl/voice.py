"""What is said above the line: notices, failures and their cure, candidates read aloud; on a dumb terminal, all."""

import sys
from functools import partial
from typing import Any

from prompt_toolkit.application import Application, run_in_terminal

from autocomplete.engine.worker import Trouble
from autocomplete.interface.cures import spelled
from autocomplete.interface.repl.screen import PROMPT, spoken_list
from autocomplete.interface.repl.state import PromptState
from autocomplete.interface.terminal import escaped, say


class DumbTerminal:
    """A terminal that can only append, such as `TERM=dumb`: it gets what was added to the line, or the line again."""

    def __init__(self) -> None:
        self._shown = ""

    def begin(self) -> None:
        """Begin an empty line."""
        self._shown = ""
        self._write(PROMPT)

    def show(self, text: str) -> None:
        """Show what the line is now."""
        text = "\n".join(map(escaped, text.split("\n")))
        if text.startswith(self._shown):
            self._write(text[len(self._shown) :])
        else:
            self._write(f"\n{PROMPT}{text}")
        self._shown = text

    def say(self, text: str) -> None:
        """Say something else, and show the line again."""
        self._write(f"\n{text}\n{PROMPT}{self._shown}")

    def end(self) -> None:
        """End the line."""
        self._write("\n")

    def _write(self, text: str) -> None:
        # The terminal is in raw mode, where a line feed does not go back to the first column.
        sys.stdout.write(text.replace("\n", "\r\n"))
        sys.stdout.flush()


class Voice:
    """Speaks above the line, or below the last one where none has begun.

    Args:
        app: prompt_toolkit's application, which draws the line.
        state: What may be spoken of.
        dumb: Writes the line where a terminal can only append; else None.

    Attributes:
        awaited: Whether candidates are read aloud once they have come.
    """

    def __init__(self, app: Application[Any], state: PromptState, dumb: DumbTerminal | None) -> None:
        self.awaited = False
        self._app = app
        self._state = state
        self._dumb = dumb
        self._warned = ""  # what was told of a failure last

    def say(self, text: str, *, on_error: bool = False) -> None:
        """Print a text."""
        lines = text.split("\n")
        show = partial(say, *lines, on_error=on_error)
        if not self._app.is_running:
            show()
        elif self._dumb is not None:
            self._dumb.say("\n".join(map(escaped, lines)))
        else:
            run_in_terminal(show)

    def notify(self, notice: str) -> None:
        """Say something in the toolbar, or above the line where there is none."""
        self._state.notify(notice)
        if self._state.frame.settings.plain:
            self.say(notice)

    def refuse(self, trouble: Trouble) -> None:
        """Say why what was asked for was not done."""
        self.say(f"error: {_told(trouble)}", on_error=True)

    def warn(self, notice: str, trouble: Trouble, *, again: bool = False) -> None:
        """Tell of a failure, where it is told afresh; else only once, as every key may fail in the same way."""
        told = f"{notice}: {_told(trouble)}"
        if again or self.awaited or told != self._warned:
            self.say(told)
        self._warned, self.awaited = told, False

    def read_candidates(self) -> None:
        """Read the candidates aloud."""
        self.awaited = False
        self._state.heard()
        frame = self._state.frame
        self.say(spoken_list(frame.candidates, explaining=frame.explaining))

    def read_choice(self) -> None:
        """Read the chosen candidate aloud, where there is one."""
        frame = self._state.frame
        if frame.chosen is not None:
            self.say(spoken_list([frame.chosen], explaining=frame.explaining).removeprefix("1: "))


def _told(trouble: Trouble) -> str:
    """Why something failed, and what to do about it."""
    return f"{trouble.cause}\n{spelled(trouble.cure)}".rstrip()
