"""`autocomplete models`: list, find and remove models."""

import sys
from typing import Annotated

import typer

from autocomplete import bundle
from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import escaped, say, say_json

app = typer.Typer(help="List, find and remove models.")


@app.command("list")
def list_models(as_json: options.Json = False) -> None:
    """List the models in your data directory."""
    bundle.finish_removals(bundle.models_root())
    rows = [{"name": name, "path": str(bundle.models_root() / name)} for name in bundle.model_names()]
    if as_json:
        say_json(rows)
        return
    say(*(row["name"] for row in rows), exact=True)
    if not rows:
        say(f"No models in {bundle.models_root()} yet: 'autocomplete train CORPUS' makes one.", on_error=True)


@app.command("path")
def path(model: Annotated[str, typer.Argument(metavar="[MODEL]")] = DEFAULT_MODEL) -> None:
    """Print the folder of a model."""
    say(str(bundle.existing_model(model)), exact=True)


@app.command("remove")
def remove(
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a model and all that was learned in it."""
    given = bundle.model_path(model)
    if not given.exists() and bundle.finish_removal(given):
        say(f"removed what was left of {given}", on_error=True)
        return
    folder = bundle.existing_model(model)
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("removing needs a terminal to ask at, or '--yes'.", param_hint="'--yes'")
        if not typer.confirm(escaped(f"Delete the model in {folder}?"), err=True):
            return
    bundle.remove_model(folder)
    say(f"removed {folder}", on_error=True)
