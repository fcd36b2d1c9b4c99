"""Options that several commands share, and how their values are read."""

import re
from typing import Annotated

import typer

from autocomplete.errors import UsageError

Model = Annotated[
    str, typer.Option("--model", "-m", metavar="NAME|PATH", help="A model's name, or the path of its folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Plot = Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw a picture too: a PNG file.")]

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


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


def choice(option: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is none of the allowed ones, naming the nearest."""
    if value not in allowed:
        import difflib

        near = difflib.get_close_matches(value, allowed, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"'{option} {value}' is none of {', '.join(allowed)}.", f"{hint}Choose one of them.")
