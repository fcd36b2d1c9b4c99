"""Training tokens a second of every recipe, and how much of the machine's product rate a step reaches.

    python -m benchmarks.train_throughput --quick          tiny and small, about half a minute
    python -m benchmarks.train_throughput                  all four recipes, about three minutes
    python -m benchmarks.train_throughput --torch          torch.nn.LSTM beside, about ten minutes

Precisions, programs and the plain matrix products that they are compared with take turns (A B A B ...), so that a
machine that slows down slows all of them. Tokens are random, since the time does not depend on them. A step is
what training does: forward, backward, clipping, Adam.
"""

import argparse
import dataclasses
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from autocomplete.config import TrainingSettings
from autocomplete.corpus.dataset import Window, Windows
from benchmarks.report import Column, Row, number, show

if TYPE_CHECKING:
    from autocomplete.network.plan import Machine
    from autocomplete.network.recipes import Recipe

Precision = Literal["float32", "bfloat16"]
Size = Literal["tiny", "small", "medium", "large"]

OURS, TORCH = "autocomplete", "torch.nn.LSTM"
QUICK_SIZES: tuple[Size, ...] = ("tiny", "small")
# Different windows, so that no step finds its own rows of the embedding in the cache.
_WINDOWS = 8
# Threads of the program that just ran still wait actively for more work.
_SETTLE_SECONDS = 0.3

COLUMNS = (
    Column("recipe", "recipe"),
    Column("vocabulary", "vocabulary", ","),
    Column("program", "program"),
    Column("precision", "precision"),
    Column("tokens_per_second", "tokens/s", ",.0f"),
    Column("step_ms", "step ms", ",.1f"),
    Column("gflop_per_second", "GFLOP/s", ",.1f"),
    Column("share_of_product_rate", "of product rate", ".0%"),
)
TORCH_COLUMN = Column("over_torch", "x torch, same precision", ".2f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One shape to train.

    Attributes:
        name: The recipe's name.
        recipe: Its network, dropout and learning rate.
        vocabulary: Tokens in the vocabulary.
        windows: Random text, read over and over.
    """

    name: Size
    recipe: "Recipe"
    vocabulary: int
    windows: Sequence[Window]

    def settings(self, precision: Precision) -> TrainingSettings:
        """Return the training settings of this shape."""
        from autocomplete.network.recipes import with_recipe

        batch_size, bptt = self.windows[0].inputs.shape
        settings = TrainingSettings(batch_size=batch_size, bptt=bptt, precision=precision)
        settings = with_recipe(settings, self.recipe, passes=1.0)
        # What `torch.nn.LSTM` does not offer is left out of both.
        return dataclasses.replace(settings, weight_drop=0.0, embedding_dropout=0.0, average_decay=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A program at one precision; `step` trains on a window and returns when that is done."""

    program: str
    precision: Precision
    step: Callable[[Window], None]
    seconds: list[float] = field(default_factory=list)

    def train(self, windows: Sequence[Window]) -> None:
        """Time a step on each window."""
        for window in windows:
            began = time.perf_counter()
            self.step(window)
            self.seconds.append(time.perf_counter() - began)

    @property
    def median_seconds(self) -> float:
        """Seconds a step."""
        return statistics.median(self.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    with_torch = options.torch and torch_is_installed()
    recipes = options.recipes or (QUICK_SIZES if options.quick else get_args(Size))
    rows: list[Row] = []
    for vocabulary in options.vocabularies:
        for name in recipes:
            case = _case(name, vocabulary, batch_size=options.batch_size, bptt=options.bptt)
            rows += measured(case, rounds=options.rounds, steps=options.steps, with_torch=with_torch)
    columns = (*COLUMNS, TORCH_COLUMN) if with_torch else COLUMNS
    show("train_throughput", rows, columns, settings={**vars(options), "recipes": recipes, "torch": with_torch})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_throughput", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny and small only")
    parser.add_argument("--recipes", nargs="+", choices=get_args(Size), help="recipes to train")
    parser.add_argument("--vocabularies", nargs="+", type=number(3), default=[10_000], help="their sizes (10000)")
    parser.add_argument("--torch", action="store_true", help="measure torch.nn.LSTM of the same shapes beside")
    parser.add_argument("--rounds", type=number(1), default=5, help="turns of each contender (5)")
    parser.add_argument("--steps", type=number(1), default=3, help="training steps a turn (3)")
    parser.add_argument("--batch-size", type=number(1), default=32, help="rows side by side (32)")
    parser.add_argument("--bptt", type=number(1), default=35, help="time steps of a window (35)")
    return parser


def torch_is_installed() -> bool:
    """Tell whether PyTorch can be measured, and say so on standard error where not."""
    found = importlib.util.find_spec("torch") is not None
    if not found:
        print("torch is not installed: it is left out. 'pip install torch' adds it.", file=sys.stderr)
    return found


def _case(name: Size, vocabulary: int, *, batch_size: int, bptt: int) -> Case:
    from autocomplete.network.recipes import RECIPES

    tokens = np.random.default_rng(0).integers(2, vocabulary, _WINDOWS * batch_size * bptt, dtype=np.int32)
    windows = list(Windows(tokens, batch_size=batch_size, length=bptt))
    return Case(name=name, recipe=RECIPES[name], vocabulary=vocabulary, windows=windows)


def measured(case: Case, *, rounds: int, steps: int, with_torch: bool) -> list[Row]:
    """Train one shape with every contender in turn; return a row for each."""
    from autocomplete.network.plan import measure_machine

    contenders = _contenders(case, with_torch=with_torch)
    for contender in contenders:
        contender.step(case.windows[0])  # compiles
    machines = []
    for turn in range(rounds):
        machines.append(measure_machine())
        windows = [case.windows[(turn * steps + step) % len(case.windows)] for step in range(steps)]
        for contender in contenders:
            time.sleep(_SETTLE_SECONDS * with_torch)
            contender.train(windows)
    return [_row(case, contender, machines, contenders) for contender in contenders]


def _contenders(case: Case, *, with_torch: bool) -> list[Contender]:
    precisions: tuple[Precision, ...] = get_args(Precision)
    contenders = [
        Contender(program=OURS, precision=precision, step=_our_step(case, precision)) for precision in precisions
    ]
    if with_torch:
        from benchmarks.torch_lstm import torch_step

        contenders += [
            Contender(
                program=TORCH,
                precision=precision,
                step=torch_step(case.recipe.network, case.settings(precision), vocabulary_size=case.vocabulary),
            )
            for precision in precisions
        ]
    return contenders


def _our_step(case: Case, precision: Precision) -> Callable[[Window], None]:
    from autocomplete.network.steps import make_steps

    settings = case.settings(precision)
    compiled = make_steps(case.vocabulary, case.recipe.network, settings)
    state = compiled.initial_state()
    learning_rate = np.float32(settings.learning_rate)

    def step(window: Window) -> None:
        nonlocal state
        state, metrics = compiled.train(state, *window, learning_rate)
        float(metrics.loss_nats)  # waits: the results of one compiled program are ready together

    return step


def _row(case: Case, contender: Contender, machines: Sequence["Machine"], contenders: Sequence[Contender]) -> Row:
    from autocomplete.network.plan import OPERATIONS_PER_WEIGHT

    tokens, seconds = case.windows[0].inputs.size, contender.median_seconds
    multiplications = case.recipe.network.weights_per_token(case.vocabulary)
    operations_per_second = OPERATIONS_PER_WEIGHT * multiplications * tokens / seconds
    product_rate = statistics.median(machine.rate(contender.precision) for machine in machines)
    peers = [
        other.median_seconds
        for other in contenders
        if other.program == TORCH and other.precision == contender.precision
    ]
    return {
        "recipe": case.name,
        "vocabulary": case.vocabulary,
        "program": contender.program,
        "precision": contender.precision,
        "tokens_per_second": round(tokens / seconds, 1),
        "tokens_per_second_best": round(tokens / min(contender.seconds), 1),
        "step_ms": round(1000 * seconds, 3),
        "multiplications_per_token": multiplications,
        "gflop_per_second": round(operations_per_second / 1e9, 2),
        "product_gflop_per_second": round(product_rate / 1e9, 2),
        "share_of_product_rate": round(operations_per_second / product_rate, 4),
        "over_torch": round(peers[0] / seconds, 3) if peers else None,
    }


if __name__ == "__main__":
    sys.exit(main())
