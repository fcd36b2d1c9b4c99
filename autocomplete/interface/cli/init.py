"""`autocomplete init`: the text by which a shell asks while a person types. Its fast way is in `interface.shells`."""

from typing import Annotated

import typer

from autocomplete.engine.address import engine_address
from autocomplete.interface.cli import options
from autocomplete.interface.shells import SHELL_MODEL, SHELLS, Wishes, init_text
from autocomplete.interface.terminal import say


def init(
    shell: Annotated[str, typer.Argument(metavar="|".join(SHELLS), help="The shell that is to run it.")],
    model: options.Model = SHELL_MODEL,
    keys: Annotated[bool, typer.Option("--keys/--no-keys", help="Bind keys.")] = True,
    learn: Annotated[
        bool, typer.Option("--learn", help="Learn the commands that succeed; never one that begins with a space.")
    ] = False,
    color: Annotated[
        str, typer.Option(metavar="COLOR", help="What is suggested in zsh: 245, '#808080', 'red,bold' …; else grey.")
    ] = "",
) -> None:
    """Print the text by which a shell suggests while you type; its configuration runs it at every start."""
    wishes = Wishes(model, keys, learn, color)
    say(*init_text(shell, wishes, engine_address(make=True).socket).splitlines(), exact=True)
