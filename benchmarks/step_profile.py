"""Where the time of a training step goes: its parts apart, what each must take at least, and the host's stall.

    python -m benchmarks.step_profile                              2 x 650 units, 10,000 words, under a minute
    python -m benchmarks.step_profile --shape 256x33280x32x35      another, see train_throughput

Each part is compiled alone and given operands of the step's shapes. Parts, the whole step, the training loop and the
machine's rates take turns; each turn is the mean of a few calls, each figure the median of the turns.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np

from autocomplete.config import TrainingSettings
from autocomplete.corpus.store import Window
from autocomplete.network.events import Progress
from autocomplete.network.plan import measure_machine
from autocomplete.network.steps import StepMetrics, TrainState, Weights
from autocomplete.network.training import Trainer
from benchmarks.report import Column, Row, number, show
from benchmarks.step_parts import Part, parts_of
from benchmarks.train_shapes import SHAPES, Precision, Shape

WHOLE, LOOP, STALL, REST = "whole step", "step in the training loop", "stall between steps", "rest"
# More than any cache holds.
_COPIED_FLOATS = 1 << 26
_FLOAT_BYTES = 4

COLUMNS = (
    Column("part", "part"),
    Column("milliseconds", "ms", ",.2f"),
    Column("share", "of the step", ".0%"),
    Column("gigaoperations", "GFLOP", ",.2f"),
    Column("megabytes", "MB moved", ",.1f"),
    Column("floor_milliseconds", "floor ms", ",.2f"),
    Column("bound", "bound by"),
    Column("gap_milliseconds", "gap ms", ",.2f"),
)


class _Text:
    """What a `Trainer` asks of a corpus store: random tokens, one window of them held out."""

    def __init__(self, shape: Shape, *, windows: int) -> None:
        self.train = shape.tokens(windows)
        self.valid = shape.tokens(1)
        self.vocabulary = self
        self.size = shape.vocabulary


class TimedTrainer(Trainer):
    """The training loop as it is, with the time from its first step's dispatch to its last step's end.

    Before it validates, the loop waits for the last step; nothing is scored.
    """

    began = ended = 0.0

    def take_step(self, state: TrainState, step: int, learning_rate: float) -> tuple[TrainState, StepMetrics]:
        """Take a step, as the loop does."""
        if step == 0:
            state.step.block_until_ready()
            self.began = time.perf_counter()
        return super().take_step(state, step, learning_rate)

    def validate(self, weights: Weights) -> float:  # noqa: ARG002 - nothing is scored
        """Note that all steps are done."""
        self.ended = time.perf_counter()
        return 0.0

    def loop_seconds(self, steps: int) -> float:
        """Return the seconds a step of a run of so many."""
        for _ in self.fit(Progress(total_steps=steps)):
            pass
        return (self.ended - self.began) / steps


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    shape: Shape = options.shape
    settings = shape.settings(options.precision)
    parts = parts_of(shape, settings)
    found = measured(shape, settings, parts, rounds=options.rounds, steps=options.steps)
    rows = _rows(parts, found, rates(found, options.precision))
    facts = {"shape": shape.name, "precision": options.precision, "rounds": options.rounds, "steps": options.steps}
    show("step_profile", rows, COLUMNS, settings={**facts, **rates(found, options.precision)})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.step_profile", description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=Shape.named, default=SHAPES[2], help=f"a recipe, or as {SHAPES[2]}")
    parser.add_argument("--precision", choices=get_args(Precision), default="bfloat16", help="of products (bfloat16)")
    parser.add_argument("--rounds", type=number(1), default=7, help="turns of each part (7)")
    parser.add_argument("--steps", type=number(2), default=10, help="calls a turn (10)")
    return parser


def measured(
    shape: Shape, settings: TrainingSettings, parts: Sequence[Part], *, rounds: int, steps: int
) -> dict[str, float]:
    """Return the median seconds of a call of each part, of the whole step and of the loop, and the machine's rates."""
    trainer = TimedTrainer(_Text(shape, windows=2 * steps), shape.network, settings)  # type: ignore[arg-type]
    turns: dict[str, Callable[[], float]] = {part.name: _mean_seconds(part.run, steps) for part in parts}
    turns |= {WHOLE: _bare_seconds(trainer, steps), LOOP: lambda: trainer.loop_seconds(steps)}
    turns |= {"copy": _mean_seconds(_copy(), 3)}
    found: dict[str, list[float]] = {name: [] for name in (*turns, *get_args(Precision))}
    for turn in turns.values():
        turn()  # compiles
    for _ in range(rounds):
        for name, turn in turns.items():
            found[name].append(turn())
        machine = measure_machine()
        for precision in get_args(Precision):
            found[precision].append(machine.rate(precision))
    return {name: statistics.median(values) for name, values in found.items()}


def _mean_seconds(call: Callable[[], Any], calls: int) -> Callable[[], float]:
    """Return what times so many calls, each waited for: two that need nothing of each other could run at once."""

    def turn() -> float:
        began = time.perf_counter()
        for _ in range(calls):
            jax.block_until_ready(call())  # type: ignore[no-untyped-call]
        return (time.perf_counter() - began) / calls

    return turn


def _bare_seconds(trainer: Trainer, steps: int) -> Callable[[], float]:
    """Return what times so many compiled steps on a window that lies ready; each needs the one before."""
    state = trainer.steps.initial_state()
    window = Window(*jax.device_put(tuple(trainer.train_windows[0])))
    learning_rate = np.float32(trainer.settings.learning_rate)

    def turn() -> float:
        nonlocal state
        began = time.perf_counter()
        for _ in range(steps):
            state, _ = trainer.steps.train(state, *window, learning_rate)
        state.step.block_until_ready()
        return (time.perf_counter() - began) / steps

    return turn


def _copy() -> Callable[[], Any]:
    values = jnp.ones(_COPIED_FLOATS, jnp.float32)
    negative = jax.jit(jnp.negative)  # a plain copy would be compiled away
    return lambda: negative(values)


def rates(found: Mapping[str, float], precision: Precision) -> dict[str, float]:
    """Return operations a second of products with these operands, and bytes a second read and written by a copy."""
    copied = 2 * _FLOAT_BYTES * _COPIED_FLOATS / found["copy"]
    return {"product_gflop_per_second": found[precision] / 1e9, "copy_gigabytes_per_second": copied / 1e9}


def _rows(parts: Sequence[Part], found: Mapping[str, float], machine: Mapping[str, float]) -> list[Row]:
    rows = [_row(part, found, machine) for part in parts]
    rest = found[WHOLE] - sum(found[part.name] for part in parts if not part.within)
    stall = found[LOOP] - found[WHOLE]
    for name, seconds in ((REST, rest), (WHOLE, found[WHOLE]), (LOOP, found[LOOP]), (STALL, stall)):
        nothing = dict.fromkeys(column.key for column in COLUMNS)
        rows.append(
            {**nothing, "part": name, "milliseconds": _milliseconds(seconds), "share": round(seconds / found[WHOLE], 4)}
        )
    return rows


def _row(part: Part, found: Mapping[str, float], machine: Mapping[str, float]) -> Row:
    """Return a part beside its floor: what the products or the bytes alone would take, whichever is more."""
    seconds = found[part.name]
    floors = {
        "products": part.operations / machine["product_gflop_per_second"] / 1e9,
        "memory": part.bytes_moved / machine["copy_gigabytes_per_second"] / 1e9,
    }
    bound = max(floors, key=lambda kind: floors[kind])
    return {
        "part": f"- of it {part.name}" if part.within else part.name,
        "milliseconds": _milliseconds(seconds),
        "share": round(seconds / found[WHOLE], 4),
        "gigaoperations": round(part.operations / 1e9, 4),
        "megabytes": round(part.bytes_moved / 1e6, 3),
        "floor_milliseconds": _milliseconds(floors[bound]),
        "bound": bound,
        "gap_milliseconds": _milliseconds(seconds - floors[bound]),
    }


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 4)


if __name__ == "__main__":
    sys.exit(main())
