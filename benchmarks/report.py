"""How every benchmark reports: a table for people, then one JSON line that also says where it ran."""

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from autocomplete.corpus.workers import available_cores

Value = str | int | float | bool | None
Row = Mapping[str, Value]

_PACKAGES = ("autocomplete-lm", "numpy", "jax", "jaxlib", "flax", "optax", "torch")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table.

    Attributes:
        key: The row's entry that it shows.
        title: Its heading, unit included.
        form: Format specification of its values, such as `,.1f`.
    """

    key: str
    title: str
    form: str = ""

    def cell(self, row: Row) -> str:
        """Return the text of this column in a row; nothing was measured where the value is None."""
        value = row[self.key]
        return "-" if value is None else format(value, self.form)


class Spread(Column):
    """A median with the least and the most of the rounds, the row's entries `key`, `key_least` and `key_most`."""

    def cell(self, row: Row) -> str:
        """Return all three, such as `2.1 (1.9 to 2.2)`."""
        median, least, most = (row[f"{self.key}{which}"] for which in ("", "_least", "_most"))
        if median is None:
            return "-"
        return f"{format(median, self.form)} ({format(least, self.form)} to {format(most, self.form)})"


def spread(key: str, values: Sequence[float]) -> dict[str, Value]:
    """Return the entries that a `Spread` shows; None where nothing was measured."""
    found = (statistics.median(values), min(values), max(values)) if values else (None, None, None)
    rounded = [None if value is None else round(value, 4) for value in found]
    return dict(zip((key, f"{key}_least", f"{key}_most"), rounded, strict=True))


def table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """Return rows as an aligned Markdown table: text to the left, numbers to the right."""
    lines = [[column.title for column in columns], *([column.cell(row) for column in columns] for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    to_left = [any(isinstance(row[column.key], str) for row in rows) for column in columns]

    def joined(cells: Sequence[str]) -> str:
        placed = zip(cells, widths, to_left, strict=True)
        return (
            "| " + " | ".join(cell.ljust(width) if left else cell.rjust(width) for cell, width, left in placed) + " |"
        )

    rule = ["-" * width if left else "-" * (width - 1) + ":" for width, left in zip(widths, to_left, strict=True)]
    return "\n".join(map(joined, [lines[0], rule, *lines[1:]]))


def machine() -> dict[str, Value]:
    """Describe this computer, and how busy others keep it."""
    return {
        "cpu": _cpu_model(),
        "cores": available_cores(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_average_1_minute": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _cpu_model() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def package_versions() -> dict[str, str]:
    """Return the versions of the packages whose speed is measured, those installed."""
    installed = {}
    for name in _PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def show(name: str, rows: Sequence[Row], columns: Sequence[Column], *, settings: Mapping[str, object]) -> None:
    """Print the table, and as the last line the rows with all that is needed to judge them.

    Args:
        name: The benchmark.
        rows: One measurement each; they may hold more than the table shows.
        columns: What the table shows.
        settings: The options of this run; paths are left out.
    """
    record = {
        "name": name,
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "packages": package_versions(),
        "settings": {key: value for key, value in settings.items() if not isinstance(value, Path)},
        "rows": rows,
    }
    print(f"\n{table(rows, columns)}\n")
    print(json.dumps(record, ensure_ascii=False), flush=True)


def number(least: float, kind: Callable[[str], float] = int) -> Callable[[str], float]:
    """Return an `argparse` type that reads a number and refuses less than `least`."""

    def read(text: str) -> float:
        value = kind(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least:g}")
        return value

    read.__name__ = "number"  # what argparse calls the type when it cannot be read
    return read
