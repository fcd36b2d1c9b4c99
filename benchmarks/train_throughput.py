"""Training tokens a second beside torch.nn.LSTM, and how much of the machine's product rate a step reaches.

    python -m benchmarks.train_throughput --quick                            one shape, a minute
    python -m benchmarks.train_throughput                                    five shapes, about 20 minutes
    python -m benchmarks.train_throughput --shapes tiny small medium large   the recipes
    python -m benchmarks.train_throughput --shapes 512x10000x32x35           hidden x vocabulary x rows x time steps

Every program and precision trains in a process of its own. They and the plain matrix products that they are compared
with take turns (A B A B ...), one at a time, so that a machine that slows down slows all of them. Tokens are random,
since the time does not depend on them. A step is what training does: forward, backward, clipping, optimiser.
PyTorch trains as it comes, and once more with its C library told to keep freed memory, as ours is.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from benchmarks.memory import PeakMemory
from benchmarks.report import Column, Row, Spread, Value, number, show, spread
from benchmarks.torch_lstm import torch_is_installed
from benchmarks.train_once import OURS, TORCH
from benchmarks.train_shapes import EXACT, OUTPUT_LAYERS, SHAPES, Precision, Shape

if TYPE_CHECKING:
    from autocomplete.network.plan import Machine

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
# What a first step is followed by before any is timed; the peak of the memory is sampled meanwhile.
_UNTIMED_STEPS = 3
# Threads of the program that just ran still wait actively for more work.
_SETTLE_SECONDS = 0.3
_LOGIT_BYTES = 4
# PyTorch in a process whose glibc is told what `autocomplete.network` tells that of ours.
TORCH_KEPT = f"{TORCH}, memory kept"

COLUMNS = (
    Column("shape", "shape"),
    Column("program", "program"),
    Column("precision", "precision"),
    Column("output", "output layer"),
    Column("tokens_per_second", "tokens/s", ",.0f"),
    Column("gflop_per_second", "GFLOP/s", ",.1f"),
    Column("share_of_product_rate", "of product rate", ".0%"),
    Column("step_megabytes", "step MB", ",.0f"),
    Column("peak_resident_megabytes", "peak RSS MB", ",.0f"),
    Column("logits_megabytes", "full logits MB", ",.0f"),
)
TORCH_COLUMNS = tuple(Spread(f"over_torch_{precision}", f"x torch {precision}", ".2f") for precision in PRECISIONS)


@dataclass(kw_only=True)
class Contender:
    """A program at one precision, waiting in a process of its own.

    Attributes:
        program: Ours, PyTorch as it comes, or PyTorch with its memory kept.
        precision: Operands of its matrix products.
        output: How it computes the loss.
        process: Where it trains.
        round_seconds: Median seconds a step in each round.
        step_bytes: Memory that the compiled step works in, where that is known.
        resident_bytes: Peak of the process's resident memory up to the first timed step.
    """

    program: str
    precision: Precision
    output: str
    process: "subprocess.Popen[str]"
    round_seconds: list[float] = field(default_factory=list)
    step_bytes: int | None = None
    resident_bytes: int = 0

    def prepare(self) -> None:
        """Wait until the program is loaded and compiled and has taken its first steps."""
        with PeakMemory(self.process.pid) as memory:
            self.step_bytes = self._answer(_UNTIMED_STEPS)["step_bytes"]
        self.resident_bytes = memory.resident_bytes

    def train(self, steps: int) -> None:
        """Take the steps of a round."""
        time.sleep(_SETTLE_SECONDS)
        self.round_seconds.append(statistics.median(self._answer(steps)["seconds"]))

    def _answer(self, steps: int) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(steps, file=self.process.stdin, flush=True)
        except BrokenPipeError:  # it has ended, and answers nothing
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()  # else it would be written once more where the process is left
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"Training with {self.program} in {self.precision} failed; its message stands above.")
        return json.loads(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    with_torch = torch_is_installed()
    shapes = options.shapes or ([Shape.named(SHAPES[0])] if options.quick else [Shape.named(name) for name in SHAPES])
    rounds = options.rounds or (2 if options.quick else 7)
    rows: list[Row] = []
    for shape in shapes:
        rows += measured(shape, rounds=rounds, steps=options.steps, with_torch=with_torch)
    columns = (*COLUMNS, *TORCH_COLUMNS) if with_torch else COLUMNS
    settings = {"shapes": [shape.name for shape in shapes], "rounds": rounds, "steps": options.steps}
    show("train_throughput", rows, columns, settings={**settings, "torch": with_torch})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_throughput", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the first shape alone, two rounds")
    parser.add_argument("--shapes", nargs="+", type=Shape.named, metavar="SHAPE", help="recipes, or as 200x10000x20x35")
    parser.add_argument("--rounds", type=number(1), help="turns of each contender (7)")
    parser.add_argument("--steps", type=number(1), default=3, help="training steps a turn (3)")
    return parser


def measured(shape: Shape, *, rounds: int, steps: int, with_torch: bool) -> list[Row]:
    """Train one shape with every contender in turn; return a row for each."""
    from autocomplete.network.plan import measure_machine

    machines = []
    with _contenders(shape, with_torch=with_torch) as contenders:
        for contender in contenders:
            contender.prepare()
        for _ in range(rounds):
            machines.append(measure_machine())
            for contender in contenders:
                contender.train(steps)
    return [_row(shape, contender, machines, contenders) for contender in contenders]


@contextlib.contextmanager
def _contenders(shape: Shape, *, with_torch: bool) -> Iterator[list[Contender]]:
    """Start a process for each program, precision and output layer; they end with the block."""
    from autocomplete.network.allocation import ALLOCATION

    keeping = ":".join(f"glibc.malloc.{name}={value}" for name, (_, value) in ALLOCATION.items())
    wanted = [(OURS, precision, output) for output in OUTPUT_LAYERS for precision in PRECISIONS]
    if with_torch:
        peers = [TORCH, TORCH_KEPT] if platform.libc_ver()[0] == "glibc" else [TORCH]
        wanted += [(program, precision, EXACT) for program in peers for precision in PRECISIONS]
    with contextlib.ExitStack() as started:
        contenders = []
        for program, precision, output in wanted:
            kept = program == TORCH_KEPT
            command = [sys.executable, "-m", "benchmarks.train_once", shape.name, TORCH if kept else program]
            process = subprocess.Popen(
                [*command, precision, output],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "GLIBC_TUNABLES": keeping} if kept else None,
            )
            started.enter_context(process)
            contenders.append(Contender(program=program, precision=precision, output=output, process=process))
        yield contenders


def _row(shape: Shape, contender: Contender, machines: Sequence["Machine"], contenders: Sequence[Contender]) -> Row:
    from autocomplete.network.plan import OPERATIONS_PER_WEIGHT, weights_per_token

    tokens = shape.training.batch_size * shape.training.bptt
    seconds = statistics.median(contender.round_seconds)
    # Every matrix once a token, the embedding in the output layer: look-ups, gates and softmax are left out.
    multiplications = weights_per_token(shape.with_output(contender.output).network, shape.vocabulary)
    operations_per_second = OPERATIONS_PER_WEIGHT * multiplications * tokens / seconds
    product_rate = statistics.median(machine.rate(contender.precision) for machine in machines)
    return {
        "shape": shape.name,
        "layers": shape.network.layers,
        "embedding_size": shape.network.embedding_size,
        "hidden_size": shape.network.hidden_size,
        "vocabulary": shape.vocabulary,
        "batch_size": shape.training.batch_size,
        "bptt": shape.training.bptt,
        "optimizer": shape.training.optimizer,
        "program": contender.program,
        "precision": contender.precision,
        "output": contender.output,
        "tokens_per_second": round(tokens / seconds, 1),
        "step_ms": round(1000 * seconds, 3),
        "multiplications_per_token": multiplications,
        "gflop_per_second": round(operations_per_second / 1e9, 2),
        "product_gflop_per_second": round(product_rate / 1e9, 2),
        "share_of_product_rate": round(operations_per_second / product_rate, 4),
        "step_megabytes": None if contender.step_bytes is None else round(contender.step_bytes / 1e6, 1),
        "peak_resident_megabytes": round(contender.resident_bytes / 1e6, 1),
        "logits_megabytes": round(_LOGIT_BYTES * tokens * shape.vocabulary / 1e6, 1),
        **over_torch(contender, contenders),
    }


def over_torch(contender: Contender, contenders: Sequence[Contender]) -> Mapping[str, Value]:
    """Return how many times the tokens a second of each precision of PyTorch as it comes, round by round."""
    found: dict[str, Value] = {}
    for precision in PRECISIONS:
        ratios = [
            torch_seconds / seconds
            for other in contenders
            if (other.program, other.precision) == (TORCH, precision)
            for torch_seconds, seconds in zip(other.round_seconds, contender.round_seconds, strict=True)
        ]
        found |= spread(f"over_torch_{precision}", ratios)
    return found


if __name__ == "__main__":
    sys.exit(main())
