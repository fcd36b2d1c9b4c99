"""Perplexity after the same training with bfloat16 and with float32 products, seed by seed.

    python -m benchmarks.precision_quality --train FILE --valid FILE              the smallest recipe, four seeds
    python -m benchmarks.precision_quality --train FILE --valid FILE --size small --epochs 5 --seeds 0 1

Both begin with the same weights and draw the same dropout; each trains in a process of its own. Two trainings that
round otherwise part as two seeds do, so that single ones differ by chance: what counts is the mean of the pairs.
"""

import argparse
import math
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from benchmarks.report import Column, Row, number, show
from benchmarks.time_to_quality import Curve, add_texts, ingest_texts, trained
from benchmarks.train_once import OURS
from benchmarks.train_shapes import Precision, RecipeName

_PRECISIONS: tuple[Precision, ...] = get_args(Precision)
# `trained` is to go on to the end of the plan.
_NEVER = {"target": 1.0, "budget_seconds": math.inf}

COLUMNS = (
    Column("seed", "seed"),
    *(Column(f"{precision}_perplexity", f"{precision} perplexity", ",.2f") for precision in _PRECISIONS),
    Column("difference_percent", "difference %", "+.2f"),
    Column("standard_error_percent", "standard error %", ".2f"),
    *(Column(f"{precision}_seconds", f"{precision} s", ",.0f") for precision in _PRECISIONS),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    recipe = {"size": options.size, "epochs": options.epochs, "output": options.output, "validations": 1}
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="precision-") as folder:
        ingest_texts(options, Path(folder))
        for seed in options.seeds:
            asked = {**recipe, **_NEVER, "changes": {"seed": seed}}
            curves = {each: trained(OURS, folder, {**asked, "precision": each}) for each in _PRECISIONS}
            found.append(row(seed, curves))
    show("precision_quality", [*found, mean(found)], COLUMNS, settings={**recipe, "seeds": options.seeds})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision_quality", description=__doc__.splitlines()[0])
    add_texts(parser)
    parser.add_argument("--size", choices=get_args(RecipeName), default="tiny", help="our recipe (tiny)")
    parser.add_argument("--epochs", type=number(1, float), default=3.0, help="passes (3)")
    parser.add_argument("--seeds", type=number(0), nargs="+", default=[0, 1, 2, 3], help="a pair each (0 1 2 3)")
    return parser


def row(seed: int, curves: Mapping[Precision, Curve]) -> Row:
    """Return where both trainings of a seed ended, and by how much bfloat16 is the worse."""
    ends = {precision: curve[-1] for precision, curve in curves.items()}
    perplexities = {f"{precision}_perplexity": round(end["perplexity"], 4) for precision, end in ends.items()}
    ratio = ends["bfloat16"]["perplexity"] / ends["float32"]["perplexity"]
    return {
        "seed": seed,
        **perplexities,
        "difference_percent": round(100 * (ratio - 1), 3),
        "standard_error_percent": None,
        **{f"{precision}_seconds": round(end["seconds"], 1) for precision, end in ends.items()},
    }


def mean(rows: Sequence[Mapping[str, Any]]) -> Row:
    """Return the mean of all seeds; of the differences with its standard error, where there are two and more."""
    named = [column.key for column in COLUMNS if column.key not in {"seed", "standard_error_percent"}]
    differences = [each["difference_percent"] for each in rows]
    error = statistics.stdev(differences) / math.sqrt(len(rows)) if len(rows) > 1 else None
    return {
        "seed": "mean",
        **{key: round(statistics.fmean(each[key] for each in rows), 4) for key in named},
        "standard_error_percent": None if error is None else round(error, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
