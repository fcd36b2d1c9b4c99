"""Options that several commands share, and how their values are read."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from autocomplete.errors import UsageError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def choice(*allowed: str) -> dict[str, Any]:
    """What makes an option of `typer.Option` one of some words: shown in the help, completed, and checked."""

    def check(param: typer.CallbackParam, value: str | None) -> str | None:
        if value is not None:
            require_choice(param.opts[0], value, allowed)
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
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Plot = Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw a picture too: a PNG file.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any other setting; '--NAME VALUE' means the same."),
]


def examples(*commands: str) -> str:
    """What a help page ends with."""
    return "\n\n".join(["Examples:", *commands])


def seconds(text: str) -> float:
    """Read a duration such as `90`, `90s`, `5m`, `1.5h` into seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|min|h|)", text.strip())
    if match is None or float(match[1]) <= 0:
        raise typer.BadParameter(f"'{text}' is not a duration such as 90s, 5m or 1.5h.")
    return float(match[1]) * _UNITS[match[2]]


def blocked_words(block: list[str] | None) -> frozenset[str]:
    """Read `--block`, once for each word."""
    for word in block or ():
        if len(word.split()) != 1:
            raise UsageError(f"'--block {word}' is not one word.", "Block the words one by one: '--block A --block B'.")
    return frozenset(block or ())


def require_choice(name: str, value: object, allowed: Sequence[str]) -> None:
    """Refuse a value that is none of the allowed ones, naming the nearest."""
    if value not in allowed:
        import difflib

        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"'{name} {value}' is none of {', '.join(allowed)}.", f"{hint}Choose one of them.")
