"""`autocomplete page`: write in a page of your browser, with suggestions."""

import html
import os
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import say
from autocomplete.places import DEFAULT_MODEL, is_path

_NAME = "page.html"


def page(
    model: options.Model = DEFAULT_MODEL,
    print_url: Annotated[
        bool, typer.Option("--print", help="Print the page's address, with its token, and open nothing.")
    ] = False,
) -> None:
    """Write in a page of your browser: suggestions, how surely each word was foreseen, and large buttons.

    It is answered by the engine on this machine, and loads nothing from anywhere else.
    """
    from autocomplete.engine.client import find_engine
    from autocomplete.engine.http.face import require_packages

    if is_path(model):
        raise UsageError(
            "A page knows models by name, and this is a path.", "Give a name: 'autocomplete models list' shows yours."
        )
    require_packages()
    client = find_engine(start=True)
    if client is None:
        raise AutocompleteError("No engine could be started.", "Look at what 'autocomplete serve' says.")
    with client:
        url = str(client.request("http")["url"])
    if model != DEFAULT_MODEL:
        url += f"&model={quote(model, safe='')}"
    if print_url:
        say(url, exact=True)
        return
    import webbrowser

    from autocomplete.engine.address import engine_address

    file = _door(engine_address().folder, url)
    if webbrowser.open(file.as_uri()):
        say("opened in your browser", on_error=True)
    else:
        say("no browser was found: 'autocomplete page --print' prints the address to open", on_error=True)


def _door(folder: Path, url: str) -> Path:
    """Write a file that leads to the page: what a browser is started with can be seen by every user of a machine."""
    file = folder / _NAME
    new = folder / f"{_NAME}.{os.getpid()}"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    shown = html.escape(url)
    with os.fdopen(descriptor, "w", encoding="utf-8") as text:
        text.write(
            '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
            f'<meta http-equiv="refresh" content="0;url={shown}"><title>autocomplete</title>'
            f'<p><a href="{shown}">autocomplete</a></p>\n'
        )
    new.replace(file)
    return file
