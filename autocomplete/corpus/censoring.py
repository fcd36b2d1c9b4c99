"""Bulk text without the lines that look as if they held a secret."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from autocomplete.corpus.secrets import SecretKind, holds_card, secret_kind

# Longer lines are judged in parts of so many characters, cut where words end: a text may be one line.
LONGEST_LINE = 2_000
_OVERLAP = 100  # characters of its neighbours that each part is judged with

_BREAK = ord("\n")


class Censored(NamedTuple):
    """A text without the lines that look as if they held a secret.

    Attributes:
        text: What is left.
        left_out: How many lines, or parts of very long ones, are gone, by what they seemed to hold.
        lines: Indices of the lines that are gone, ascending.
        parted: Whether a part of a line is gone.
    """

    text: str
    left_out: Counter[SecretKind]
    lines: list[int]
    parted: bool = False


def without_secrets(text: str, content: bytes, *, suspects: Iterable[int], digits: Iterable[int]) -> Censored:
    """Leave out the lines that look as if they held a secret; of very long ones, parts.

    Args:
        text: Of several lines.
        content: The same in UTF-8.
        suspects: Indices of all lines that may hold one, but for those of cards.
        digits: Indices of all that may hold the number of a card in groups.
    """
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _BREAK)
    left_out: Counter[SecretKind] = Counter()
    gone: list[int] = []
    kept: list[bytes] = []
    parted = False
    place = 0  # behind what was kept or left out
    judges = {**dict.fromkeys(digits, _card_kind), **dict.fromkeys(suspects, secret_kind)}
    for index in sorted(judges):
        start = int(ends[index - 1]) + 1 if index else 0
        stop = int(ends[index]) if index < ends.size else len(content)
        line = content[start:stop].decode("utf-8", "surrogatepass")
        if len(line) > LONGEST_LINE:
            left = _without_parts(line, left_out)
            if len(left) < len(line):
                kept += [content[place:start], left.encode("utf-8", "surrogatepass")]
                place, parted = stop, True
        elif kind := judges[index](line):
            left_out[kind] += 1
            gone.append(index)
            kept.append(content[place:start])
            place = stop + 1
    if not left_out:
        return Censored(text, left_out, gone)
    kept.append(content[place:])
    left = b"".join(kept).decode("utf-8", "surrogatepass")
    return Censored(left.removesuffix("\n") if place > len(content) else left, left_out, gone, parted)


def _without_parts(line: str, left_out: Counter[SecretKind]) -> str:
    """A long line without its parts that look as if they held a secret, which are counted."""
    kept = []
    for part in _parts().finditer(line):
        kind = secret_kind(line[max(0, part.start() - _OVERLAP) : part.end() + _OVERLAP])
        if kind is None:
            kept.append(part[0])
        else:
            left_out[kind] += 1
    return "".join(kept)


@cache
def _parts() -> re.Pattern[str]:
    return re.compile(rf"(?s).{{1,{LONGEST_LINE}}}(?!\S)|.{{1,{LONGEST_LINE}}}")


def _card_kind(line: str) -> SecretKind | None:
    return "cards" if holds_card(line) else None
