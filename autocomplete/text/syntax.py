"""How a text is cut into tokens: as running text, at white space alone, or as a shell's commands."""

from typing import Literal

Syntax = Literal["prose", "pretokenized", "commands"]

# What ends commands, joins them, directs their output or holds them together, such as `&&`, `2>` and `$(`.
OPERATOR_ENDS = "|&;<>()"
QUOTES = "\"'`"


def is_word(token: str, syntax: Syntax) -> bool:
    """Whether a token is a word and no mark; of commands, all arguments are: no operator, and no quote by itself."""
    if syntax == "commands":
        return token[-1] not in OPERATOR_ENDS and token not in QUOTES
    return token[0].isalnum()


def closes(token: str) -> bool:
    """Whether a command's token is presumed to stand close to the one before it, such as a closing quote."""
    return token in (")", ";") or token in QUOTES


def opens(token: str) -> bool:
    """Whether a command's token stands close to the one after it, as `$(`, `--name=` and `NAME=` do."""
    return token[-1] == "(" or (token[-1] == "=" and (token[0] in "-_" or token[0].isalpha()))
