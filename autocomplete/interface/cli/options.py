"""Options that several commands share, and how their values are read."""

import re
from typing import Annotated

import typer

from autocomplete.bundle import DEFAULT_MODEL

Model = Annotated[
    str, typer.Option("--model", "-m", metavar="NAME|PATH", help="A model's name, or the path of its folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

MODEL_DEFAULT = DEFAULT_MODEL

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Read a duration such as `90`, `90s`, `5m`, `1.5h` into seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|min|h|)", text.strip())
    if match is None or float(match[1]) <= 0:
        raise typer.BadParameter(f"'{text}' is not a duration such as 90s, 5m or 1.5h.")
    return float(match[1]) * _UNITS[match[2]]
