"""One training step and one evaluation step: pure functions, compiled once, state donated."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network.cells import Carry
from autocomplete.network.model import Dropout, LanguageModel

Weights = nnx.State[Any, Any]


class TrainState(NamedTuple):
    """All that a training step changes.

    Attributes:
        weights: The network's parameters, float32.
        optimizer: Adam's moments.
        carry: State of every recurrent layer after the last window (truncated BPTT carries it on).
        step: Steps taken, int32; seeds the dropout masks.
    """

    weights: Weights
    optimizer: optax.OptState
    carry: tuple[Carry, ...]
    step: jax.Array


class StepMetrics(NamedTuple):
    """What a step reports: summed loss in nats, predicted tokens, gradient norm before clipping."""

    loss_nats: jax.Array
    tokens: jax.Array
    gradient_norm: jax.Array


class Steps(NamedTuple):
    """The compiled functions of one network and one set of settings."""

    initial_state: Callable[[], TrainState]
    train: Callable[[TrainState, np.ndarray, np.ndarray, np.ndarray, np.float32], tuple[TrainState, StepMetrics]]
    evaluate: Callable[
        [Weights, tuple[Carry, ...], np.ndarray, np.ndarray, np.ndarray], tuple[jax.Array, tuple[Carry, ...]]
    ]
    initial_carry: Callable[[], tuple[Carry, ...]]


def make_optimizer(settings: TrainingSettings) -> optax.GradientTransformation:
    """Adam after clipping by global norm; the learning rate is applied by the step."""
    return optax.chain(optax.clip_by_global_norm(settings.clip_norm), optax.scale_by_adam())


def learning_rates(total_steps: int, settings: TrainingSettings) -> np.ndarray:
    """Linear warm-up, then cosine decay to a hundredth of the peak; (total_steps,) float32."""
    schedule = optax.warmup_cosine_decay_schedule(
        init_value=settings.learning_rate / 10,
        peak_value=settings.learning_rate,
        warmup_steps=min(max(1, round(settings.warmup_fraction * total_steps)), max(1, total_steps - 1)),
        decay_steps=max(2, total_steps),
        end_value=settings.learning_rate / 100,
    )
    return np.asarray(schedule(jnp.arange(total_steps)), dtype=np.float32)


def make_steps(vocabulary_size: int, network: NetworkSettings, settings: TrainingSettings) -> Steps:
    """Build the functions that train and score one network.

    Inputs and targets are (B, T) int32, weights (B, T) float32 with 0 for padding.
    """
    abstract = nnx.eval_shape(lambda: LanguageModel(vocabulary_size, network, rngs=nnx.Rngs(0)))
    graph = nnx.graphdef(abstract)
    optimizer = make_optimizer(settings)
    dropout = Dropout.of(settings)
    mask_key = jax.random.key(settings.seed + 1)

    def initial_carry() -> tuple[Carry, ...]:
        return abstract.initial_carry(settings.batch_size)

    @jax.jit
    def initial_state() -> TrainState:
        model = LanguageModel(vocabulary_size, network, rngs=nnx.Rngs(settings.seed))
        weights = nnx.state(model, nnx.Param)
        return TrainState(weights, optimizer.init(weights), initial_carry(), jnp.zeros((), jnp.int32))

    def summed_loss(
        weights: Weights, carry: tuple[Carry, ...], inputs: jax.Array, targets: jax.Array, counted: jax.Array,
        key: jax.Array | None,
    ) -> tuple[jax.Array, tuple[Carry, ...]]:  # fmt: skip
        model = nnx.merge(graph, weights)
        outputs, after = model.read(inputs.T, carry, precision=settings.precision, dropout=dropout, key=key)
        return model.loss(outputs, targets.T, counted.T, precision=settings.precision), after

    @functools.partial(jax.jit, donate_argnums=0)
    def train(
        state: TrainState, inputs: jax.Array, targets: jax.Array, counted: jax.Array, learning_rate: jax.Array
    ) -> tuple[TrainState, StepMetrics]:
        tokens = counted.sum()

        def mean_loss(weights: Weights) -> tuple[jax.Array, tuple[Carry, ...]]:
            key = jax.random.fold_in(mask_key, state.step)
            loss, after = summed_loss(weights, state.carry, inputs, targets, counted, key)
            return loss / jnp.maximum(tokens, 1.0), after

        (loss, carry), gradients = jax.value_and_grad(mean_loss, has_aux=True)(state.weights)
        updates, optimizer_state = optimizer.update(gradients, state.optimizer)
        weights = jax.tree.map(lambda weight, update: weight - learning_rate * update, state.weights, updates)
        metrics = StepMetrics(loss * tokens, tokens, optax.tree.norm(gradients))
        return TrainState(weights, optimizer_state, carry, state.step + 1), metrics

    @jax.jit
    def evaluate(
        weights: Weights, carry: tuple[Carry, ...], inputs: jax.Array, targets: jax.Array, counted: jax.Array
    ) -> tuple[jax.Array, tuple[Carry, ...]]:
        return summed_loss(weights, carry, inputs, targets, counted, None)

    return Steps(initial_state, train, evaluate, initial_carry)


def flat_weights(weights: Weights) -> dict[str, np.ndarray]:
    """Name every parameter as in the network, joined by `/`: `layers/0/w_input`."""
    return {"/".join(map(str, path)): np.asarray(leaf[...]) for path, leaf in nnx.to_flat_state(weights)}
