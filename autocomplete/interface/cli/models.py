"""`autocomplete models`: list, find, describe, compare and remove models."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from autocomplete import bundle
from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import ModelError
from autocomplete.interface.cli import options
from autocomplete.interface.cli.compare import compare
from autocomplete.interface.cli.info import info
from autocomplete.interface.terminal import escaped, say, say_document

app = typer.Typer(help="List, find, describe, compare and remove models.", no_args_is_help=True)

Model = Annotated[str, typer.Argument(metavar="[MODEL]", autocompletion=options.model_names)]


@app.command("list", epilog=options.examples("autocomplete models list", "autocomplete models list --json"))
def list_models(as_json: options.Json = False) -> None:
    """List the models in your data directory; piped, their names alone, one a line."""
    bundle.finish_removals(bundle.models_root())
    names = bundle.model_names()
    if as_json:
        say_document({"models": [_row(name) for name in names]})
    elif not names:
        say(f"No models in {bundle.models_root()} yet: 'autocomplete train CORPUS' makes one.", on_error=True)
    elif sys.stdout.isatty():
        say(*_table([_row(name) for name in names]))
    else:
        say(*names, exact=True)


def _row(name: str) -> dict[str, Any]:
    """What a list says of a model; null for what it does not tell, and a `fault` where it cannot be read."""
    folder = bundle.models_root() / name
    row = {"name": name, "path": str(folder), "default": name == DEFAULT_MODEL}
    figures: dict[str, Any] = {"bytes": None, "created": None, "words": None, "keys_saved_percent": None, "fault": None}
    try:
        manifest = bundle.read_manifest(folder)
        characters = bundle.character_model(folder)
        files = [manifest, *([] if characters is None else [bundle.read_manifest(characters)])]
        figures["bytes"] = sum(entry.bytes for each in files for entry in each.files.values())
        figures |= _card_figures(manifest.card)
    except ModelError as error:
        figures["fault"] = error.cause
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:  # a card of a stranger's making
        figures["fault"] = f"its card cannot be read ({type(error).__name__}: {error})"
    return {**row, **figures}


def _card_figures(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a card tells in a list; null for what it does not tell."""
    from autocomplete.interface.report import LEAST_WORDS, keystroke_savings

    created, words = card.get("created"), card.get("corpus", {}).get("train_words")
    typed = card.get("report", {}).get("systems", {}).get("mixture", {}).get("typed")
    saved = keystroke_savings(typed)[-1]["percent"] if typed and typed["words"] >= LEAST_WORDS else None
    return {
        "created": None if created is None else datetime.fromisoformat(created).isoformat(),
        "words": None if words is None else int(words),
        "keys_saved_percent": None if saved is None else float(saved),
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows of a list in columns, with what is wrong with some, and which is the default."""
    from autocomplete.interface.report import aligned, or_dash

    cells = [["", "size, MB", "made", "words", "keys saved of 100"]]
    for row in rows:
        day = "-" if row["created"] is None else f"{datetime.fromisoformat(row['created']).astimezone():%Y-%m-%d}"
        size = None if row["bytes"] is None else row["bytes"] / 1e6
        figures = or_dash(size, ",.1f"), day, or_dash(row["words"], ","), or_dash(row["keys_saved_percent"], ".0f")
        cells.append([escaped(row["name"]) + (" *" if row["default"] else ""), *figures])
    lines = aligned(cells)
    lines += [f"{row['name']}: {row['fault']}" for row in rows if row["fault"] is not None]
    if any(row["default"] for row in rows):
        lines.append("* is the default: commands use it unless '--model' names another")
    return lines


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
