"""What is said above the line: notices, failures and their cure, and candidates read aloud."""

from functools import partial
from typing import Any

from prompt_toolkit.application import Application, run_in_terminal

from autocomplete.interface.repl.screen import spoken_list
from autocomplete.interface.repl.situation import Situation
from autocomplete.interface.repl.typewriter import Typewriter
from autocomplete.interface.repl.worker import Trouble
from autocomplete.interface.terminal import escaped, say


class Voice:
    """Speaks above the line, or below the last one where none has begun.

    Args:
        app: prompt_toolkit's application, which draws the line.
        situation: What may be spoken of.
        typewriter: Writes the line where a terminal can only append; else None.

    Attributes:
        awaited: Whether candidates are read aloud once they have come.
    """

    def __init__(self, app: Application[Any], situation: Situation, typewriter: Typewriter | None) -> None:
        self.awaited = False
        self._app = app
        self._situation = situation
        self._typewriter = typewriter
        self._warned = ""  # what was told of a failure last

    def say(self, text: str, *, on_error: bool = False) -> None:
        """Print a text."""
        lines = text.split("\n")
        show = partial(say, *lines, on_error=on_error)
        if not self._app.is_running:
            show()
        elif self._typewriter is not None:
            self._typewriter.say("\n".join(map(escaped, lines)))
        else:
            run_in_terminal(show)

    def notify(self, notice: str) -> None:
        """Say something in the toolbar, or above the line where there is none."""
        self._situation.notice = notice
        if self._situation.plain:
            self.say(notice)

    def refuse(self, trouble: Trouble) -> None:
        """Say why what was asked for was not done."""
        self.say(f"error: {trouble}", on_error=True)

    def warn(self, notice: str, trouble: Trouble, *, again: bool = False) -> None:
        """Tell of a failure, where it is told afresh; else only once, as every key may fail in the same way."""
        told = f"{notice}: {trouble}"
        if again or self.awaited or told != self._warned:
            self.say(told)
        self._warned, self.awaited = told, False

    def read_candidates(self) -> None:
        """Read the candidates aloud."""
        self.awaited = False
        candidates = self._situation.session.candidates
        self._situation.read = tuple(item.result for item in candidates)
        self.say(spoken_list(candidates, explaining=self._situation.explaining))

    def read_choice(self) -> None:
        """Read the chosen candidate aloud, where there is one."""
        chosen = self._situation.session.chosen
        if chosen is not None:
            self.say(spoken_list([chosen], explaining=self._situation.explaining).removeprefix("1: "))
