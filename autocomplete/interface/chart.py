"""Curves as text: a marker a curve on a grid of characters, the height on a logarithmic scale; or one in a line."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard

MARKERS = "●○■□▲△◆◇"
HEIGHTS = "▁▂▃▄▅▆▇█"
WIDTH, HEIGHT = 60, 12
# Beyond so many powers of ten below the highest value, curves leave the grid at its foot.
DECADES = 12

_Values = Sequence[float | None]


def chart(curves: Mapping[str, _Values], *, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    """Draw curves over 1, 2, 3, … as lines of text: the grid, its last place, and which marker is whose.

    Longer curves than `width` show the highest value of each stretch. What is zero, negative or not a number has no
    place on the scale; where curves meet, the one named first is seen.

    Args:
        curves: Values by name, all of one length, at most as many curves as there are markers.
        width: Most columns of the grid.
        height: Its rows.
    """
    assert len(curves) <= len(MARKERS)
    marked = dict(zip(MARKERS, curves.items(), strict=False))
    length = max(len(values) for values in curves.values())
    columns = min(width, length)
    found = [value for values in curves.values() for value in values if _has_place(value)]
    if not found:
        return ["no value above zero to draw"]
    top = math.log10(max(found))
    foot = max(math.log10(min(found)), top - DECADES)
    if top - foot < 1.0:  # less than one power of ten looks like noise when it fills the grid
        top, foot = (top + foot + 1.0) / 2, (top + foot - 1.0) / 2
    grid = [[" "] * columns for _ in range(height)]
    for marker, (_, values) in reversed(marked.items()):
        for column, value in enumerate(_highest(values, columns, length)):
            if value is not None and math.log10(value) >= foot - 1e-9:
                row = round((top - math.log10(value)) / (top - foot) * (height - 1))
                grid[row][column] = marker
    scale = [10 ** (top - (top - foot) * row / (height - 1)) for row in range(height)]
    labels = [f"{value:.0e}" if row % 3 == 0 or row == height - 1 else "" for row, value in enumerate(scale)]
    lines = [f"{label:>6} │{''.join(cells).rstrip()}" for label, cells in zip(labels, grid, strict=True)]
    lines.append(f"{'':>6} └{'─' * columns}")
    lines.append(f"{'':>8}1{length:>{max(columns - 1, 1 + len(str(length)))}}")
    lines.append(f"{'':>8}" + "   ".join(f"{marker} {name}" for marker, (name, _) in marked.items()))
    return lines


def curve_line(values: Sequence[float], *, width: int) -> str:
    """Draw a curve in one line: each value higher or lower between the lowest and the highest of all.

    Longer curves than `width` show the last value of each stretch; what is not finite stands at the top.
    """
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    columns = min(width, len(values))
    shown = [values[(column + 1) * len(values) // columns - 1] for column in range(columns)]
    steps = len(HEIGHTS) - 1
    return "".join(
        HEIGHTS[round((value - low) / (high - low) * steps) if math.isfinite(value) and high > low else steps]
        for value in shown
    )


def _has_place(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value) and value > 0.0


def _highest(values: _Values, columns: int, length: int) -> list[float | None]:
    """The highest value of each column's stretch, None where there is none."""
    stretches: list[list[float]] = [[] for _ in range(columns)]
    for place, value in enumerate(values):
        if _has_place(value):
            stretches[place * columns // length].append(value)
    return [max(stretch, default=None) for stretch in stretches]
