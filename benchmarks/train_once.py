"""Trains one shape in a process of its own, as many steps at a time as it is asked for.

    python -m benchmarks.train_once SHAPE PROGRAM PRECISION OUTPUT

Each line of standard input is a number of steps; each is answered by a JSON line with the seconds of every step, and
with the memory that the compiled step works in, where that is known. A step returns when it is done.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from autocomplete.config import TrainingSettings
from autocomplete.corpus.store import Window
from benchmarks.train_shapes import Precision, Shape

OURS, TORCH = "autocomplete", "torch.nn.LSTM"
# Different windows, so that no step finds its own rows of the embedding in the cache.
_WINDOWS = 8


def main() -> None:
    """Train as asked until standard input ends."""
    name, program, precision, output = sys.argv[1:]
    steps_of = {OURS: our_step, TORCH: torch_step}
    shape = Shape.named(name).with_output(output)
    windows = shape.windows(_WINDOWS)
    settings = shape.settings(cast(Precision, precision))
    step, step_bytes = steps_of[program](shape, settings, windows[0])
    taken = 0
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            window = windows[taken % len(windows)]
            began = time.perf_counter()
            step(window)
            seconds.append(time.perf_counter() - began)
            taken += 1
        print(json.dumps({"seconds": seconds, "step_bytes": step_bytes}), flush=True)


def our_step(shape: Shape, settings: TrainingSettings, window: Window) -> tuple[Callable[[Window], None], int]:
    """Return a training step of ours, and the bytes that it works in: weights, windows and all that is in between."""
    from autocomplete.network.steps import make_steps

    compiled = make_steps(shape.vocabulary, shape.network, settings)
    state = compiled.initial_state()
    learning_rate = np.float32(settings.learning_rate)
    train: Any = compiled.train
    memory = train.lower(state, *window, learning_rate).compile().memory_analysis()
    # What is given back in the place of an argument counts once.
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes

    def step(window: Window) -> None:
        nonlocal state
        state, metrics = compiled.train(state, *window, learning_rate)
        float(metrics.loss_nats)  # waits: the results of one compiled program are ready together

    return step, held + memory.temp_size_in_bytes


def torch_step(shape: Shape, settings: TrainingSettings, _: Window) -> tuple[Callable[[Window], None], None]:
    """Return a training step of PyTorch; nobody knows beforehand what it works in."""
    from benchmarks.torch_lstm import TorchLSTM

    model = TorchLSTM(shape.network, settings, vocabulary_size=shape.vocabulary)
    return lambda window: model.train(window, settings.learning_rate), None


if __name__ == "__main__":
    main()
