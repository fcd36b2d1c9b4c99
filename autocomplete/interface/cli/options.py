"""Options that several commands share, and how their values are read."""

import re
from typing import Annotated, Any

import typer

from autocomplete.errors import UsageError, require_one_of

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def choice(*allowed: str) -> dict[str, Any]:
    """What makes an option of `typer.Option` one of some words: shown in the help, completed, and checked."""

    def check(param: typer.CallbackParam, value: str | None) -> str | None:
        if value is not None:
            require_one_of(param.opts[0], value, allowed)
        return value

    def complete(incomplete: str) -> list[str]:
        return [word for word in allowed if word.startswith(incomplete)]

    return {"metavar": "|".join(allowed), "callback": check, "autocompletion": complete}


def model_names(incomplete: str) -> list[str]:
    """Complete the name of a model for the shell."""
    from autocomplete import bundle

    return [name for name in bundle.model_names() if name.startswith(incomplete)]


Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME|PATH",
        help="A model's name, or the path of its folder.",
        autocompletion=model_names,
    ),
]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Encoding of the files; else found.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Plot = Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw a picture too: a PNG file.")]

Html = Annotated[
    str | None, typer.Option("--html", metavar="FILE", help="Write a page for a browser too: an HTML file.")
]


def examples(*commands: str) -> str:
    """What a help page ends with."""
    return "\n\n".join(["Examples:", *commands])


def seconds(text: str) -> float:
    """Read a duration such as `90`, `90s`, `5m`, `1.5h` into seconds; a UsageError where it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|min|h|)", text.strip())
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"'{text}' is not a duration.", "Write one such as 90s, 5m or 1.5h.")
    return float(match[1]) * _UNITS[match[2]]


def blocked_words(block: list[str] | None) -> frozenset[str]:
    """Read `--block`, once for each word."""
    for word in block or ():
        if len(word.split()) != 1:
            raise UsageError(f"'--block {word}' is not one word.", "Block the words one by one: '--block A --block B'.")
    return frozenset(block or ())
