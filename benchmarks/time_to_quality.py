"""Training time until a held-out perplexity is reached: ours, and a plain PyTorch LSTM on the same cores.

    python -m benchmarks.time_to_quality --train FILE --valid FILE                        until 120 and 100
    python -m benchmarks.time_to_quality --train FILE --valid FILE --size small --epochs 8 --set learning_rate=0.005

One trains after the other, each in a process of its own. PyTorch has the recipe of its `word_language_model` example:
two tied layers of 200 units, dropout 0.2, plain SGD at 20, a quarter of that after each pass that does not improve,
the gradient's norm clipped at 0.25, 20 rows of 35 tokens, float32. Both are validated equally often a pass. The clock
runs from the making of the network on, our compilation included, and stands while the held-out text is scored.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from autocomplete.config import CorpusSettings, NetworkSettings, TrainingSettings
from autocomplete.corpus.ingest import ingest
from benchmarks.report import Column, Row, number, show
from benchmarks.torch_lstm import torch_is_installed
from benchmarks.train_once import OURS, TORCH
from benchmarks.train_shapes import Precision, RecipeName

COLUMNS = (
    Column("perplexity", "perplexity", ",g"),
    Column("program", "program"),
    Column("seconds", "seconds", ",.1f"),
    Column("passes", "passes", ".2f"),
    Column("over_torch", "time / torch", ".2f"),
    Column("best_perplexity", "best seen", ",.1f"),
    Column("trained_seconds", "trained s", ",.0f"),
    Column("tokens_per_second", "tokens/s", ",.0f"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    for path in (options.train, options.valid):
        if not path.is_file():
            raise SystemExit(f"{path}: no such file.")
    programs = [OURS, TORCH] if torch_is_installed() else [OURS]
    recipe = {
        "size": options.size,
        "epochs": options.epochs,
        "precision": options.precision,
        "changes": dict(options.changes),
    }
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        settings = CorpusSettings(pretokenized=True)
        for _ in ingest([options.train], valid_paths=[options.valid], settings=settings, folder=Path(folder)):
            pass
        curves = {
            program: trained(
                program,
                store=folder,
                recipe=recipe,
                validations=options.validations,
                target=min(options.targets),
                budget_seconds=options.budget,
            )
            for program in programs
        }
    facts = {"validations": options.validations, "budget_seconds": options.budget, **recipe}
    show("time_to_quality", rows(curves, options.targets), COLUMNS, settings=facts)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_to_quality", description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True, metavar="FILE", help="training text, tokenised already")
    parser.add_argument("--valid", type=Path, required=True, metavar="FILE", help="text to score, likewise")
    parser.add_argument("--targets", type=number(1, float), nargs="+", default=[120.0, 100.0], help="(120 100)")
    parser.add_argument("--budget", type=number(0, float), default=3600.0, help="most seconds of training each (3600)")
    parser.add_argument("--validations", type=number(1), default=8, help="in each pass (8)")
    parser.add_argument("--size", choices=get_args(RecipeName), default="medium", help="our recipe (medium)")
    parser.add_argument("--epochs", type=number(1), default=6, help="passes that our learning rate decays over (6)")
    parser.add_argument("--precision", choices=get_args(Precision), default="bfloat16", help="of ours (bfloat16)")
    parser.add_argument(
        "--set", dest="changes", type=_change, nargs="+", default=[], metavar="NAME=VALUE",
        help="settings of our network or training, such as hidden_size=650 learning_rate=0.005",
    )  # fmt: skip
    return parser


def _change(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        if name not in {each.name for kind in (NetworkSettings, TrainingSettings) for each in dataclasses.fields(kind)}:
            raise ValueError(f"{name} is no setting")
        return name, json.loads(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a setting as learning_rate=0.005") from error


def trained(
    program: str, *, store: str, recipe: Mapping[str, Any], validations: int, target: float, budget_seconds: float
) -> list[dict[str, float]]:
    """Train until the target, the budget or the plan's end; every validation, and the messages on standard error."""
    limits = {"validations": validations, "target": target, "budget_seconds": budget_seconds}
    command = [sys.executable, "-m", "benchmarks.quality_once", program, store, json.dumps({**recipe, **limits})]
    curve: list[dict[str, float]] = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            point = json.loads(line)
            curve.append(point)
            reached = f"{point['passes']:.2f} passes, perplexity {point['perplexity']:.2f}"
            print(f"{program}: {point['seconds']:,.1f} s, {reached}", file=sys.stderr)
    if process.returncode != 0:
        raise SystemExit(f"Training with {program} failed; its message stands above.")
    return curve


def rows(curves: Mapping[str, Sequence[Mapping[str, float]]], targets: Sequence[float]) -> list[Row]:
    """Return a row for each target and program: the first validation that reached it, or None where none did."""
    found: list[Row] = []
    for target in sorted(targets, reverse=True):
        reached = {
            program: next((point for point in curve if point["perplexity"] <= target), None)
            for program, curve in curves.items()
        }
        peer = reached.get(TORCH)
        for program, curve in curves.items():
            point, last = reached[program], curve[-1]
            found.append(
                {
                    "perplexity": target,
                    "program": program,
                    "seconds": None if point is None else round(point["seconds"], 2),
                    "passes": None if point is None else round(point["passes"], 3),
                    "over_torch": None
                    if point is None or peer is None
                    else round(point["seconds"] / peer["seconds"], 4),
                    "best_perplexity": round(min(each["perplexity"] for each in curve), 3),
                    "trained_seconds": round(last["seconds"], 2),
                    "tokens_per_second": round(last["tokens"] / last["seconds"], 1),
                }
            )
    return found


if __name__ == "__main__":
    sys.exit(main())
