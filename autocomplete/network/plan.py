"""From a corpus, a budget and this machine's measured speed to a network and a number of epochs."""

import dataclasses
import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import jax
import jax.numpy as jnp

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network.kernels.products import Precision
from autocomplete.network.training import BUDGET_SHARE, Trainer

Size = Literal["tiny", "small", "medium", "large"]

# Share of the machine's product rate that a whole training step reaches (0.32 for `medium` on two cores
# with bfloat16 units); only for choosing a size, the number of epochs comes from the measured throughput.
STEP_EFFICIENCY = 0.3
# Forward and backward: two floating-point operations a multiplication, three products a weight.
OPERATIONS_PER_WEIGHT = 6
# A larger network pays only when it sees the text this often.
LEAST_EPOCHS = 6
# bfloat16 products must beat float32 by this factor to be worth their rounding.
BFLOAT16_GAIN = 1.5
# The recipes' learning rates suit all cells but one: after 536 steps on 300,000 words of PTB (1 x 256 units, peak
# 0.005), an LSTM came to a held-out perplexity of 378; a GRU to 316, a feed-forward network to 310 and a ReLU RNN to
# 323, each better than at half the rate or less; a tanh RNN came to 490 there, to 470 at 0.4 of it and to 696 at 0.2.
TANH_RNN_RATE = 0.4
# Of plain SGD with a norm clipped at 1. On 300,000 words of PTB in 4 passes (1 x 256 units) it came to a held-out
# perplexity of 215, RMSprop at Adam's rate to 179 (at 0.6 of it 200, at 0.2 289), Adam to 155.
SGD_RATE = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A network with the regularisation and learning rate that suit it.

    Attributes:
        network: The network's shape.
        input_dropout: Variational dropout of the embedded tokens.
        output_dropout: Variational dropout of what the output layer reads; between layers the same.
        learning_rate: Peak rate of Adam, and of RMSprop, for an LSTM.
        least_tokens: Corpora with fewer tokens over-fit it.
    """

    network: NetworkSettings
    input_dropout: float
    output_dropout: float
    learning_rate: float
    least_tokens: int


# One wide layer, projected to a narrow output: on PTB, in the same time on two cores, 1 x 768 units were far ahead
# of 2 x 640 (held-out perplexity 197 against 256 after the first pass, in 60 % of its time).
RECIPES: dict[Size, Recipe] = {
    "tiny": Recipe(
        network=NetworkSettings(layers=1, embedding_size=128, hidden_size=256),
        input_dropout=0.3,
        output_dropout=0.3,
        learning_rate=5e-3,
        least_tokens=0,
    ),
    "small": Recipe(
        network=NetworkSettings(layers=1, embedding_size=200, hidden_size=512),
        input_dropout=0.3,
        output_dropout=0.4,
        learning_rate=4e-3,
        least_tokens=200_000,
    ),
    "medium": Recipe(
        network=NetworkSettings(layers=1, embedding_size=320, hidden_size=768),
        input_dropout=0.35,
        output_dropout=0.45,
        learning_rate=3e-3,
        least_tokens=400_000,
    ),
    "large": Recipe(
        network=NetworkSettings(layers=1, embedding_size=400, hidden_size=1152),
        input_dropout=0.4,
        output_dropout=0.5,
        learning_rate=2e-3,
        least_tokens=2_000_000,
    ),
}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be trained and how long it should take.

    Attributes:
        size: The recipe's name, or `custom`.
        network: The network's shape.
        settings: All training settings, resolved.
        total_steps: Steps to take.
        epochs: The same in passes over the training text.
        tokens_per_second: Measured training throughput.
        seconds: Estimated time of training and validation.
    """

    size: str
    network: NetworkSettings
    settings: TrainingSettings
    total_steps: int
    epochs: float
    tokens_per_second: float
    seconds: float


def measure_machine(width: int = 1024, repeats: int = 5) -> Machine:
    """Time square matrix products with float32 and with bfloat16 operands."""

    def rate(dtype: jnp.dtype) -> float:
        operand = jnp.ones((width, width), dtype)
        product = jax.jit(lambda left, right: jnp.matmul(left, right, preferred_element_type=jnp.float32))
        product(operand, operand).block_until_ready()
        seconds = []
        for _ in range(repeats):
            began = time.perf_counter()
            product(operand, operand).block_until_ready()
            seconds.append(time.perf_counter() - began)
        return 2 * width**3 / statistics.median(seconds)

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
        operations = OPERATIONS_PER_WEIGHT * adapted(recipe, changes).network.weights_per_token(vocabulary_size)
        seconds = LEAST_EPOCHS * tokens * operations / (STEP_EFFICIENCY * operations_per_second)
        if tokens >= recipe.least_tokens and seconds <= budget_seconds:
            best = size
    return best


def batch_size_for(tokens: int, *, bptt: int, parts: int = 1, largest: int = 32) -> int:
    """Return how many rows to read side by side: fewer on a small corpus, for enough steps an epoch.

    Args:
        tokens: Of the corpus.
        bptt: Time steps of a window.
        parts: What the rows must be divisible by.
        largest: Most rows.
    """
    rows = max(4, min(largest, tokens // (bptt * 20)))
    return max(1, rows // parts) * parts


def make_plan(trainer: Trainer, *, size: str, remaining_seconds: float) -> Plan:
    """Measure throughput and decide how many steps to take.

    Args:
        trainer: The network on its corpus.
        size: Name of the recipe, for the report.
        remaining_seconds: What is left of the budget, measuring included.
    """
    settings = trainer.settings
    began = time.monotonic()
    tokens_per_second, validation_seconds = trainer.speed()
    remaining_seconds -= time.monotonic() - began
    step_seconds = settings.batch_size * settings.bptt / tokens_per_second
    epoch_steps = len(trainer.train_windows)
    epoch_seconds = epoch_steps * step_seconds + settings.validations_per_epoch * validation_seconds
    if settings.epochs is not None:
        total_steps = settings.epochs * epoch_steps
    else:
        # One validation more than the epochs have: the last.
        affordable = int((BUDGET_SHARE * remaining_seconds - validation_seconds) / epoch_seconds * epoch_steps)
        total_steps = max(1, min(affordable, settings.max_epochs * epoch_steps))
    return Plan(
        size=size,
        network=trainer.network,
        settings=settings,
        total_steps=total_steps,
        epochs=total_steps / epoch_steps,
        tokens_per_second=tokens_per_second,
        seconds=math.ceil(total_steps / epoch_steps * epoch_seconds + validation_seconds),
    )


def adapted(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """Return a recipe with some of its network's settings replaced, and its learning rate fitted to the cell.

    A feed-forward network has one layer, whatever the recipe's had.
    """
    one_layer = {"layers": 1} if changes.get("cell") == "feedforward" else {}
    network = dataclasses.replace(recipe.network, **{**one_layer, **changes})
    squashed = network.cell == "rnn" and network.effective_activation == "tanh"
    rate = TANH_RNN_RATE * recipe.learning_rate if squashed else recipe.learning_rate
    return dataclasses.replace(recipe, network=network, learning_rate=rate)


def with_recipe(settings: TrainingSettings, recipe: Recipe) -> TrainingSettings:
    """Return settings with a recipe's regularisation, and its learning rate or that of plain SGD."""
    return dataclasses.replace(
        settings,
        input_dropout=recipe.input_dropout,
        hidden_dropout=recipe.output_dropout,
        output_dropout=recipe.output_dropout,
        learning_rate=SGD_RATE if settings.optimizer == "sgd" else recipe.learning_rate,
    )
