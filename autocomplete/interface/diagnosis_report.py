"""A diagnosis in lines for a person: tables of what the JSON document holds, and the same as curves."""

from collections.abc import Mapping, Sequence
from typing import Any

from autocomplete.interface.chart import MARKERS, chart
from autocomplete.interface.tables import aligned, or_dash, percent, perplexity_text

MOMENTS = ("untrained", "trained")
# Tokens back that have a column, as far as gradients were followed.
AGES = (1, 2, 5, 10, 20, 50, 100, 200)

_Figures = Mapping[str, Any]


def diagnosis_lines(document: _Figures) -> list[str]:
    """Tables of gradients, of training and of gates, then the curves.

    Args:
        document: What `diagnose --json` prints; figures that are no numbers are null.
    """
    cells = document["cells"]
    parts = [
        *(_gradient_table(cells, moment, document["span"], document["steps"]) for moment in MOMENTS),
        _training_table(cells),
        _gate_table(cells),
        *(_charts(f"norm of the gradient by tokens back, {moment}", curves(cells, moment)) for moment in MOMENTS),
        _charts(
            "norm of the gradient before clipping, by step", {cell["title"]: cell["gradient_norms"] for cell in cells}
        ),
    ]
    return [line for part in parts if part for line in ("", *part)][1:]


def curves(cells: Sequence[_Figures], moment: str) -> dict[str, list[float | None]]:
    """The gradients at one moment by what they are taken with respect to, such as `LSTM, cell`."""
    return {f"{cell['title']}, {part}": norms for cell in cells for part, norms in cell[moment]["gradients"].items()}


def _gradient_table(cells: Sequence[_Figures], moment: str, span: int, steps: int) -> list[str]:
    ages = sorted({age for age in AGES if age < span} | {span})
    when = f"after {steps:,} steps" if moment == "trained" else moment
    rows = [[f"gradient of a token's loss, {when}", *(f"{age} back" for age in ages), "reach"]]
    for cell in cells:
        found = cell[moment]
        for part, norms in found["gradients"].items():
            at = [or_dash(norms[age - 1], ".1e") for age in ages]
            rows.append([f"{cell['title']}, {part}", *at, or_dash(found["reach"][part], "d")])
    return aligned(rows)


def _training_table(cells: Sequence[_Figures]) -> list[str]:
    heads = ["training", "perplexity", "after it", "norm, median", "highest", "after clipping", "steps clipped"]
    rows = [heads]
    for cell in cells:
        norms = sorted(norm for norm in cell["gradient_norms"] if norm is not None)
        clipped = [norm for norm in cell["clipped_norms"] if norm is not None]
        rows.append(
            [
                cell["title"],
                *(perplexity_text(cell[moment]["perplexity"]) for moment in MOMENTS),
                or_dash(norms[len(norms) // 2] if norms else None, ".2g"),
                or_dash(max(norms, default=None), ".2g"),
                or_dash(max(clipped, default=None), ".2g"),
                percent(cell["clipped_share"]),
            ]
        )
    lines = aligned(rows)
    for cell in cells:
        if cell["diverged_step"] is not None:
            lines.append(f"{cell['title']}: the loss is no number from step {cell['diverged_step']} on")
    return lines


def _gate_table(cells: Sequence[_Figures]) -> list[str]:
    rows = [["mean of a gate, 0 shut and 1 open", *MOMENTS]]
    for cell in cells:
        for gate in cell["untrained"]["gates"]:
            means = (or_dash(cell[moment]["gates"][gate], ".3f") for moment in MOMENTS)
            rows.append([f"{cell['title']}, {gate}", *means])
    return aligned(rows) if len(rows) > 1 else []


def _charts(title: str, drawn: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Curves as text, in as many charts as there are markers for."""
    names = list(drawn)
    lines = []
    for start in range(0, len(names), len(MARKERS)):
        lines += [title, *chart({name: drawn[name] for name in names[start : start + len(MARKERS)]})]
    return lines
