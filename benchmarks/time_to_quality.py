"""Training time until a held-out perplexity is reached: ours, and a plain PyTorch LSTM on the same cores.

    python -m benchmarks.time_to_quality --train FILE --valid FILE                        until 120 and 100
    python -m benchmarks.time_to_quality --train FILE --valid FILE --size small --epochs 8 --set learning_rate=0.005

One trains after the other, each in a process of its own; ours once for each of its recipes, for whoever wants less
trains less, at a learning rate that falls sooner. PyTorch has the recipe of its `word_language_model` example:
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

from autocomplete.config import CorpusSettings, NetworkSettings, Output, TrainingSettings
from autocomplete.corpus.ingest import ingest
from benchmarks.report import Column, Row, number, show
from benchmarks.torch_lstm import torch_is_installed
from benchmarks.train_once import OURS, TORCH
from benchmarks.train_shapes import Precision, RecipeName

Curve = list[dict[str, float]]

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
    programs = [OURS, TORCH] if torch_is_installed() else [OURS]
    targets = sorted(options.targets, reverse=True)
    recipes = [
        {
            "size": size,
            "epochs": epochs,
            "output": options.output,
            "precision": options.precision,
            "changes": dict(options.changes),
        }
        for size, epochs in zip(_for_each(targets, options.size), _for_each(targets, options.epochs), strict=True)
    ]
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        ingest_texts(options, Path(folder))
        limits = {"validations": options.validations, "budget_seconds": options.budget}
        curves = {program: _curves(program, folder, targets, recipes, limits) for program in programs}
    show("time_to_quality", rows(curves, targets), COLUMNS, settings={**limits, "recipes": recipes})
    return 0


def _for_each(targets: Sequence[float], values: Sequence[Any]) -> list[Any]:
    """Return a value for each target: the last for the lowest, and the first for all that are left."""
    missing = len(targets) - len(values)
    return [values[max(0, place - missing)] for place in range(len(targets))]


def _curves(
    program: str,
    store: str,
    targets: Sequence[float],
    recipes: Sequence[Mapping[str, Any]],
    limits: Mapping[str, float],
) -> list[Curve]:
    """Train a program once for each of its recipes, as far as the lowest perplexity asks for; a curve a target."""
    if program == TORCH:
        recipes = [recipes[0]] * len(targets)  # it has its own
    found: list[Curve] = []
    for recipe in recipes:
        same = [target for target, other in zip(targets, recipes, strict=True) if other == recipe]
        seen = recipes.index(recipe)
        found.append(
            found[seen] if seen < len(found) else trained(program, store, {**recipe, **limits, "target": min(same)})
        )
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_to_quality", description=__doc__.splitlines()[0])
    add_texts(parser)
    parser.add_argument(
        "--targets", type=number(1, float), nargs="+", default=[120.0, 100.0], help="perplexities (120 100)"
    )
    parser.add_argument("--budget", type=number(0, float), default=3600.0, help="most seconds of training each (3600)")
    parser.add_argument("--validations", type=number(1), default=8, help="in each pass (8)")
    parser.add_argument(
        "--size", choices=get_args(RecipeName), nargs="+", default=["small", "medium"],
        help="our recipes, the last for the lowest perplexity (small medium)",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=number(0, float), nargs="+", default=[2, 4],
        help="passes that our learning rate decays over, likewise (2 4)",
    )  # fmt: skip
    parser.add_argument("--precision", choices=get_args(Precision), default="bfloat16", help="of ours (bfloat16)")
    parser.add_argument(
        "--set", dest="changes", type=_change, nargs="+", default=[], metavar="NAME=VALUE",
        help="settings of our network or training, such as hidden_size=650 learning_rate=0.005",
    )  # fmt: skip
    return parser


def add_texts(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is trained on, what is scored, and with what output layer."""
    parser.add_argument("--train", type=Path, required=True, metavar="FILE", help="training text, tokenised already")
    parser.add_argument("--valid", type=Path, required=True, metavar="FILE", help="text to score, likewise")
    parser.add_argument("--output", choices=("auto", *get_args(Output)), default="auto", help="as of train (auto)")


def ingest_texts(options: argparse.Namespace, folder: Path) -> None:
    """Make a corpus store of the texts."""
    for path in (options.train, options.valid):
        if not path.is_file():
            raise SystemExit(f"{path}: no such file.")
    settings = CorpusSettings(pretokenized=True)
    for _ in ingest([options.train], valid_paths=[options.valid], settings=settings, folder=folder):
        pass


def _change(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        names = {each.name for kind in (NetworkSettings, TrainingSettings) for each in dataclasses.fields(kind)}
        if name not in names - {"cutoffs"}:  # the output layer has an option of its own
            raise ValueError(f"{name} is no setting")
        return name, json.loads(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a setting as learning_rate=0.005") from error


def trained(program: str, store: str, settings: Mapping[str, Any]) -> Curve:
    """Train until the target, the budget or the plan's end; every validation, and the messages on standard error."""
    command = [sys.executable, "-m", "benchmarks.quality_once", program, store, json.dumps(settings)]
    curve: Curve = []
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


def rows(curves: Mapping[str, Sequence[Curve]], targets: Sequence[float]) -> list[Row]:
    """Return a row for each target and program: the first validation that reached it, or None where none did."""
    found: list[Row] = []
    for place, target in enumerate(targets):
        reached = {
            program: next((point for point in each[place] if point["perplexity"] <= target), None)
            for program, each in curves.items()
        }
        peer = reached.get(TORCH)
        for program, each in curves.items():
            point, curve = reached[program], each[place]
            last = curve[-1]
            found.append(
                {
                    "perplexity": target,
                    "program": program,
                    "seconds": None if point is None else round(point["seconds"], 2),
                    "passes": None if point is None else round(point["passes"], 3),
                    "over_torch": None
                    if point is None or peer is None
                    else round(point["seconds"] / peer["seconds"], 4),
                    "best_perplexity": round(min(seen["perplexity"] for seen in curve), 3),
                    "trained_seconds": round(last["seconds"], 2),
                    "tokens_per_second": round(last["tokens"] / last["seconds"], 1),
                }
            )
    return found


if __name__ == "__main__":
    sys.exit(main())
