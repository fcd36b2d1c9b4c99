"""Cells in columns, and figures that could not be measured."""

import math
from collections.abc import Sequence

from autocomplete.corpus.perplexity import MOST_PERPLEXITY

# Perplexities from here on are written as powers of ten.
READABLE_PERPLEXITY = 1e7


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells in columns: the first to the left, the others to the right."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def or_dash(value: float | None, form: str) -> str:
    """A figure in a form of `format`, or a dash where there is none."""
    return "-" if value is None else f"{value:{form}}"


def perplexity_text(value: float | None, *, decimals: int = 1) -> str:
    """A perplexity as a person reads it, whatever its size; a dash where there is none."""
    if value is None or math.isnan(value):
        return "-"
    if value >= MOST_PERPLEXITY:
        return f"over {MOST_PERPLEXITY:.0e}"
    return f"{value:,.{decimals}f}" if value < READABLE_PERPLEXITY else f"{value:.1e}"


def percent(share: float | None) -> str:
    """A share in percent, or a dash where there is none."""
    return "-" if share is None else f"{100 * share:.1f} %"
