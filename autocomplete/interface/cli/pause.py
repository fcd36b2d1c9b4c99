"""`autocomplete pause`: everything that suggests is quiet for a while."""

from typing import Annotated

import typer

from autocomplete.engine.address import engine_address
from autocomplete.engine.pause import Pause
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import say


def pause(
    duration: Annotated[
        str | None, typer.Argument(metavar="[TIME]", help="How long, such as 30m; else until it is ended.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="End the pause.")] = False,
) -> None:
    """Have shells, editors and programs suggest and learn nothing for a while. The prompt's F4 key is its own."""
    if off and duration is not None:
        raise UsageError("A pause that ends at once has no duration.", "Give one of the two.")
    until = Pause(engine_address(make=True).paused)
    if off:
        until.set(0)
        say("suggestions go on", on_error=True)
        return
    until.set(None if duration is None else options.seconds(duration))
    lasts = "" if duration is None else f" for {duration}, or"
    say(f"quiet{lasts} until 'autocomplete pause --off'", on_error=True)
