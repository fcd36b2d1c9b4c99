"""The line on a terminal that can only append, such as `TERM=dumb`."""

import sys

from autocomplete.interface.repl.screen import PROMPT
from autocomplete.interface.terminal import escaped


class Typewriter:
    """Writes what was added to the line, or else the line again."""

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
