"""How a text is cut into tokens: as running text, at white space alone, or as a shell's commands."""

from typing import Literal

Syntax = Literal["prose", "pretokenized", "commands"]

# What ends commands, joins them, directs their output or holds them together, such as `&&`, `2>` and `$(`.
OPERATOR_ENDS = "|&;<>()"
QUOTES = "\"'`"
