"""Curves as text: every value stands where the scale says, and what has no place on it is left out."""

import math

import pytest

from autocomplete.interface.chart import DECADES, MARKERS, chart, curve_line


def grid(lines: list[str]) -> list[str]:
    """The rows of the grid, behind their labels."""
    return [line.partition("│")[2] for line in lines if "│" in line]


def test_each_power_of_ten_has_its_row() -> None:
    rows = grid(chart({"falling": [10.0**-power for power in range(5)]}, height=5))
    assert rows == ["●", " ●", "  ●", "   ●", "    ●"]


def test_the_scale_names_the_highest_and_the_lowest() -> None:
    lines = chart({"a": [3e-7, 2e4]}, height=7)
    assert lines[0].startswith(" 2e+04 │")
    assert lines[6].startswith(" 3e-07 │")
    assert lines[-2].split() == ["1", "2"]


def test_each_curve_has_its_marker_and_the_first_named_is_seen_where_they_meet() -> None:
    lines = chart({"one": [1.0, 10.0], "two": [1.0, 1.0]}, height=2)
    assert grid(lines) == [" ●", "●○"]
    assert lines[-1].split() == ["●", "one", "○", "two"]


def test_what_is_zero_or_no_number_is_left_out() -> None:
    assert grid(chart({"a": [1.0, 0.0, None, math.inf, math.nan, -1.0, 100.0]}, height=2)) == ["      ●", "●"]
    assert chart({"a": [0.0, None]}) == ["no value above zero to draw"]


def test_a_long_curve_shows_the_highest_of_each_stretch() -> None:
    values = [1.0] * 100
    values[57] = 1e6
    rows = grid(chart({"a": values}, width=10, height=3))
    assert rows == ["     ●", "", "●●●●● ●●●●"]


def test_what_is_too_far_below_leaves_the_grid() -> None:
    rows = grid(chart({"a": [1.0, 10.0**-DECADES, 10.0 ** (-DECADES - 1)]}, height=3))
    assert rows == ["●", "", " ●"]


def test_values_that_hardly_differ_do_not_fill_the_grid() -> None:
    rows = grid(chart({"a": [1.0, 1.1, 1.0, 0.9]}, height=9))
    assert sum("●" in row for row in rows) <= 2


def test_every_marker_is_another() -> None:
    assert len(set(MARKERS)) == len(MARKERS)


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([3.0], "█"),
        ([2.0, 2.0], "██"),
        ([8.0, 4.5, 1.0], "█▅▁"),
        ([math.inf, 1.0, math.nan, 8.0], "█▁██"),
        (list(range(100, 0, -1)), "▇▆▅▅▄▃▂▁"),
    ],
)
def test_a_curve_in_a_line_is_high_where_its_values_are(values: list[float], drawn: str) -> None:
    assert curve_line(values, width=8) == drawn
