"""Options of the commands that read people's files."""

from typing import Annotated, get_args

import typer

from autocomplete.config import FormatName
from autocomplete.errors import require_one_of

_FORMATS: tuple[str, ...] = get_args(FormatName)


def _known_format(param: typer.CallbackParam, value: str | None) -> str | None:
    if value is not None:
        require_one_of(param.opts[0], value, _FORMATS)
    return value


def _complete_format(incomplete: str) -> list[str]:
    return [name for name in _FORMATS if name.startswith(incomplete)]


As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="FORMAT",
        callback=_known_format,
        autocompletion=_complete_format,
        help=f"What the files are; else told by their content, except code. One of {', '.join(_FORMATS)}.",
    ),
]
Field = Annotated[
    str | None,
    typer.Option("--field", metavar="NAME", help="Column or key that holds the text of CSV or JSON; else found."),
]
Sender = Annotated[
    list[str] | None,
    typer.Option(
        "--sender",
        metavar="NAME",
        help="Whose words of mail and chats: a name or address, repeat for others of theirs; else yours.",
    ),
]
Everyone = Annotated[bool, typer.Option("--everyone", help="Everyone's words of mail and chats.")]
