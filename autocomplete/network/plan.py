"""From a corpus, a budget and this machine's measured speed to a network and a number of epochs."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp

from autocomplete.config import NetworkSettings, Size
from autocomplete.network.events import Plan
from autocomplete.network.kernels.products import Precision
from autocomplete.network.recipes import RECIPES, adapted
from autocomplete.network.training import BUDGET_SHARE, Trainer

# Share of the machine's product rate that a whole training step reaches (half on two cores with AVX-512, a third with
# bfloat16 tiles); only for choosing a size and its dropout, the number of epochs comes from the measured throughput.
STEP_EFFICIENCY = 0.4
# Forward and backward: two floating-point operations a multiplication, three products a weight.
OPERATIONS_PER_WEIGHT = 6
# A larger network pays only when it sees the text this often.
LEAST_EPOCHS = 6
# Rows read side by side at most, unless more are asked for.
MOST_ROWS = 32
# bfloat16 products must beat float32 by this factor to be worth their rounding.
BFLOAT16_GAIN = 1.5
# However long reading, starting and compiling took, training has this share of the budget.
TRAINING_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Measured rates of matrix products, floating-point operations a second."""

    float32_rate: float
    bfloat16_rate: float

    @property
    def precision(self) -> Precision:
        """The faster operands, float32 unless bfloat16 clearly pays."""
        return "bfloat16" if self.bfloat16_rate > BFLOAT16_GAIN * self.float32_rate else "float32"

    def rate(self, precision: Precision) -> float:
        """Operations a second with these operands."""
        return self.bfloat16_rate if precision == "bfloat16" else self.float32_rate


def measure_machine(width: int = 1024, repeats: int = 8) -> Machine:
    """Time square matrix products with float32 and with bfloat16 operands: the best of each, whatever runs beside."""

    def rate(dtype: jnp.dtype) -> float:
        operand = jnp.ones((width, width), dtype)
        product = jax.jit(lambda left, right: jnp.matmul(left, right, preferred_element_type=jnp.float32))
        product(operand, operand).block_until_ready()
        seconds = []
        for _ in range(repeats):
            began = time.perf_counter()
            product(operand, operand).block_until_ready()
            seconds.append(time.perf_counter() - began)
        return 2 * width**3 / min(seconds)

    return Machine(float32_rate=rate(jnp.dtype(jnp.float32)), bfloat16_rate=rate(jnp.dtype(jnp.bfloat16)))


def choose_size(
    *,
    tokens: int,
    vocabulary_size: int,
    budget_seconds: float,
    operations_per_second: float,
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> Size:
    """Return the largest network that the corpus can feed and the budget can train.

    Args:
        tokens: Training tokens.
        vocabulary_size: Tokens in the vocabulary.
        budget_seconds: Time for training.
        operations_per_second: The machine's product rate at the precision used.
        changes: Settings that replace the recipes' own.
    """
    best: Size = "tiny"
    for size, recipe in RECIPES.items():
        passes = passes_within(
            budget_seconds,
            adapted(recipe, changes).network,
            tokens=tokens,
            vocabulary_size=vocabulary_size,
            operations_per_second=operations_per_second,
        )
        if tokens >= recipe.least_tokens and passes >= LEAST_EPOCHS:
            best = size
    return best


def weights_per_token(network: NetworkSettings, vocabulary_size: int) -> int:
    """Multiplications of one forward step: every matrix meets one row, but the input's vectors are only looked up.

    A tail's words meet only the rows whose target is among them: by Zipf's law, log(stop / start) / log(V) of them.
    """
    shapes = network.weight_shapes(vocabulary_size)
    shapes.pop("input/embedding", None)
    matrices = {name: float(math.prod(shape)) for name, shape in shapes.items() if len(shape) == 2}
    for number, tail in enumerate(network.tails(vocabulary_size)):
        matrices[f"output/tails/{number}/embedding"] *= math.log(tail.stop / tail.start) / math.log(vocabulary_size)
    return round(sum(matrices.values()))


def passes_within(
    budget_seconds: float,
    network: NetworkSettings,
    *,
    tokens: int,
    vocabulary_size: int,
    operations_per_second: float,
) -> float:
    """Return about how many passes over a corpus fit a time; the arguments are those of `choose_size`."""
    operations = OPERATIONS_PER_WEIGHT * weights_per_token(network, vocabulary_size)
    return STEP_EFFICIENCY * operations_per_second * budget_seconds / (operations * tokens)


def batch_size_for(tokens: int, *, bptt: int, parts: int = 1) -> int:
    """Return how many rows to read side by side: fewer on a small corpus, for enough steps an epoch.

    Args:
        tokens: Of the corpus.
        bptt: Time steps of a window.
        parts: What the rows must be divisible by.
    """
    rows = max(4, min(MOST_ROWS, tokens // (bptt * 20)))
    return max(1, rows // parts) * parts


def seconds_to_train(budget_seconds: float, *, spent_seconds: float, closing_seconds: float) -> float:
    """Return the time for training.

    Args:
        budget_seconds: For the whole run.
        spent_seconds: What reading, starting and compiling took of it.
        closing_seconds: Kept back of it for what follows training.
    """
    return max(budget_seconds - spent_seconds - closing_seconds, TRAINING_SHARE * budget_seconds)


def make_plan(trainer: Trainer, *, size: str, remaining_seconds: float) -> Plan:
    """Decide about how many steps to take, by the throughput that was measured.

    Args:
        trainer: The network on its corpus.
        size: Name of the recipe, for the report.
        remaining_seconds: Time for training.
    """
    settings = trainer.settings
    tokens_per_second, validation_seconds = trainer.speed()
    step_seconds = settings.batch_size * settings.bptt / tokens_per_second
    epoch_steps = len(trainer.train_windows)
    epoch_seconds = epoch_steps * step_seconds + settings.validations_per_epoch * validation_seconds
    if settings.epochs is not None:
        total_steps = settings.epochs * epoch_steps
    else:
        # One validation more than the epochs have: the last.
        affordable = int((BUDGET_SHARE * remaining_seconds - validation_seconds) / epoch_seconds * epoch_steps)
        total_steps = min(max(affordable, trainer.least_steps), trainer.most_steps)
    return Plan(
        size=size,
        network=trainer.network,
        settings=settings,
        total_steps=total_steps,
        epochs=total_steps / epoch_steps,
        tokens_per_second=tokens_per_second,
        seconds=math.ceil(total_steps / epoch_steps * epoch_seconds + validation_seconds),
    )
