"""`autocomplete models`: list, find, describe, compare and remove models."""

import sys
from typing import Annotated

import typer

from autocomplete import bundle
from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.interface.cli import options
from autocomplete.interface.cli.compare import compare
from autocomplete.interface.cli.info import info
from autocomplete.interface.terminal import escaped, say, say_json

app = typer.Typer(help="List, find, describe, compare and remove models.", no_args_is_help=True)

Model = Annotated[str, typer.Argument(metavar="[MODEL]", autocompletion=options.model_names)]


@app.command("list", epilog=options.examples("autocomplete models list", "autocomplete models list --json"))
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


@app.command("path", epilog=options.examples("autocomplete models path", "du -sh $(autocomplete models path mail)"))
def path(model: Model = DEFAULT_MODEL) -> None:
    """Print the folder of a model."""
    say(str(bundle.existing_model(model)), exact=True)


@app.command(
    "info", epilog=options.examples("autocomplete models info mail", "autocomplete models info mail --plot curve.png")
)
def describe(
    model: Model = DEFAULT_MODEL, plot: options.Plot = None, html: options.Html = None, as_json: options.Json = False
) -> None:
    """Show what a model is, what it was trained on, how well it does and where its files are.

    With --plot, draw how it learned; with --html, write one page with that, the card, what it is sure of, and the keys
    that it saved.
    """
    info(model, plot=plot, html=html, as_json=as_json)


app.command(
    "compare",
    epilog=options.examples(
        "autocomplete models compare mail notes", "autocomplete models compare mail notes --text other.txt"
    ),
)(compare)


@app.command(
    "remove", epilog=options.examples("autocomplete models remove mail", "autocomplete models remove mail --yes")
)
def remove(
    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=options.model_names)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a model and all that was learned in it."""
    given = bundle.model_path(model)
    if not given.exists() and bundle.finish_removal(given):
        say(f"removed what was left of {given}", on_error=True)
        return
    unfinished = bundle.is_work(given / bundle.WORK_FOLDER)  # a run, or a removal where nothing could be moved
    folder = given if unfinished else bundle.existing_model(model)
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("removing needs a terminal to ask at, or '--yes'.", param_hint="'--yes'")
        if not typer.confirm(escaped(f"Delete the model in {folder}?"), err=True):
            return
    bundle.remove_model(folder)
    say(f"removed {folder}", on_error=True)
