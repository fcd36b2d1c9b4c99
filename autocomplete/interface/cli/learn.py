"""`autocomplete learn`: take in lines that a person wrote, from a file or from another program."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from autocomplete import bundle
from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import UsageError, system_cause
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import say

_STANDARD_INPUT = "-"


def learn(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="The lines; '-' or nothing is standard input.")] = "-",
    model: options.Model = DEFAULT_MODEL,
) -> None:
    """Learn from lines of yours at once, without training: each is one that you could have committed at the prompt.

    A line that begins with a space, or looks as if it held a secret, is not kept.
    """
    bundle.existing_model(model)
    if file == _STANDARD_INPUT:
        if sys.stdin.isatty():
            say("Type the lines, and end them with Ctrl-D.", on_error=True)
        _learn(sys.stdin, model)
        return
    try:
        with Path(file).open(encoding="utf-8", errors="surrogateescape") as lines:
            _learn(lines, model)
    except OSError as error:
        raise UsageError(
            f"{file}: {system_cause(error)}.", "Name a file of text, or '-' for standard input."
        ) from error


def _learn(lines: Iterable[str], model: str) -> None:
    from autocomplete.predict.suggester import Suggester

    suggester = Suggester.open(model)
    kept = read = 0
    for line in lines:
        if line.strip():
            read += 1
            kept += suggester.learn(line.rstrip("\r\n"))
    if suggester.personal is not None:
        suggester.personal.close()
    left = f"; {read - kept:,} left out, for they begin with a space or may hold a secret" if kept < read else ""
    say(f"learned {kept:,} of {read:,} lines{left}", on_error=True)
