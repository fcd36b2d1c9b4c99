"""The parts of a training step, each compiled alone: what it computes, and the least that it must compute and move.

What ours computes is asked of `autocomplete.network`, with operands of the step's shapes and random values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from autocomplete.config import TrainingSettings
from autocomplete.network.kernels import pointwise
from autocomplete.network.kernels.output_layer import cross_entropy
from autocomplete.network.kernels.pointwise import CellCarry
from autocomplete.network.kernels.products import Precision, dense, operand, weight_gradient
from autocomplete.network.kernels.recurrence import LayerWeights, recurrence
from autocomplete.network.steps import make_optimizer
from benchmarks.train_shapes import Shape

_FLOAT = 4  # bytes
# What an LSTM keeps of each unit and token for the way back: four gates, the cell before and the squashed cell after.
_KEPT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a step.

    Attributes:
        name: What it is.
        run: Computes it; the result may be waited for.
        operations: Of its products: two a multiplication.
        bytes_moved: Read or written at least once, were every cache large enough for the rest.
        within: Whether the part before it holds it too.
    """

    name: str
    run: Callable[[], Any]
    operations: float
    bytes_moved: float
    within: bool = False


def parts_of(shape: Shape, settings: TrainingSettings) -> list[Part]:
    """Return the parts of a training step, as far as they can be told apart, for a stack of LSTMs."""
    parts = [_embedding(shape)]
    for layer in range(shape.network.layers):
        parts += _layer(shape, layer, settings.precision)
    if shape.network.hidden_size != shape.network.embedding_size:
        parts.append(_projection(shape, settings.precision))
    return [*parts, _output_layer(shape, settings.precision), _optimizer(shape, settings)]


def _normal(*shape: int) -> jax.Array:
    return jnp.asarray(0.1 * np.random.default_rng(0).standard_normal(shape, np.float32))


def _tokens(shape: Shape) -> jax.Array:
    """Random tokens, (T, B)."""
    return jnp.asarray(shape.windows(1)[0].inputs.T)


def _embedding(shape: Shape) -> Part:
    """Look-up, and the sum of the gradients of each word."""
    tokens, table = _tokens(shape), _normal(shape.vocabulary, shape.network.embedding_size)

    @jax.jit
    def call(table: jax.Array, gradients: jax.Array) -> tuple[jax.Array, jax.Array]:
        values, back = jax.vjp(lambda table: table[tokens], table)
        return values, back(gradients)[0]

    gradients = _normal(*tokens.shape, table.shape[1])
    moved = _FLOAT * (3 * gradients.size + table.size)  # the whole table's gradient is written, zeros too
    return Part(name="embedding", run=lambda: call(table, gradients), operations=0, bytes_moved=moved)


def _layer(shape: Shape, layer: int, precision: Precision) -> Iterator[Part]:
    """One layer forward and backward, and of the latter the products that make weight gradients."""
    shapes = shape.network.layer_shapes(layer)
    width, columns = shapes["w_input"]
    hidden = shapes["w_recurrent"][0]
    steps, rows = shape.training.bptt, shape.training.batch_size
    weights = LayerWeights(_normal(*shapes["w_input"]), _normal(*shapes["w_recurrent"]), _normal(*shapes["bias"]))
    inputs = _normal(steps, rows, width)
    carry = CellCarry(jnp.zeros((rows, hidden)), jnp.zeros((rows, hidden)))

    @jax.jit
    def forward(weights: LayerWeights, inputs: jax.Array, carry: CellCarry) -> Any:
        return jax.vjp(lambda *now: recurrence(pointwise.LSTM, *now, precision=precision), weights, inputs, carry)

    results, back = forward(weights, inputs, carry)
    backward = jax.jit(lambda back, results: back(results))
    read = [operand(_normal(steps, rows, size), precision) for size in (width, hidden)]
    d_raw = operand(_normal(steps, rows, columns), precision)
    products = jax.jit(lambda read, d_raw: [weight_gradient(each, d_raw, jnp.float32) for each in read])

    tokens, matrices = steps * rows, (width + hidden) * columns
    operations = 2.0 * tokens * matrices
    operands = operand(jnp.zeros(()), precision).itemsize * tokens
    kept = _FLOAT * tokens * _KEPT * hidden + operands * (width + hidden)
    through = _FLOAT * tokens * (width + hidden)  # inputs and hiddens, or their gradients
    made = operands * (width + hidden + columns) + _FLOAT * matrices
    yield Part(
        name=f"recurrence {layer + 1} forward",
        run=lambda: forward(weights, inputs, carry),
        operations=operations,
        bytes_moved=kept + through + _FLOAT * matrices,
    )
    yield Part(
        name=f"recurrence {layer + 1} backward",
        run=lambda: backward(back, results),
        operations=2 * operations,
        bytes_moved=kept + through + operands * columns + made,
    )
    yield Part(
        name="weight-gradient products",
        run=lambda: products(read, d_raw),
        operations=operations,
        bytes_moved=made,
        within=True,
    )


def _projection(shape: Shape, precision: Precision) -> Part:
    """From hidden units to the width of the embedding, forward and backward."""
    size, width = shape.network.hidden_size, shape.network.embedding_size
    steps, rows = shape.training.bptt, shape.training.batch_size
    values, weight, gradients = _normal(steps, rows, size), _normal(size, width), _normal(steps, rows, width)

    @jax.jit
    def call(values: jax.Array, weight: jax.Array, gradients: jax.Array) -> Any:
        results, back = jax.vjp(lambda *now: dense(*now, precision=precision), values, weight)
        return results, back(gradients)

    return Part(
        name="projection",
        run=lambda: call(values, weight, gradients),
        operations=6.0 * steps * rows * weight.size,
        bytes_moved=_FLOAT * 2 * (values.size + gradients.size + weight.size),
    )


def _output_layer(shape: Shape, precision: Precision) -> Part:
    """Logits, loss and their gradients."""
    targets = _tokens(shape).reshape(-1)
    hidden = _normal(targets.size, shape.network.embedding_size)
    embedding, bias = _normal(shape.vocabulary, shape.network.embedding_size), _normal(shape.vocabulary)
    counted = jnp.ones(targets.size)

    @jax.jit
    def call(hidden: jax.Array, embedding: jax.Array, bias: jax.Array) -> Any:
        def loss(hidden: jax.Array, embedding: jax.Array, bias: jax.Array) -> jax.Array:
            return cross_entropy(hidden, embedding, bias, targets, counted, precision=precision)

        return jax.value_and_grad(loss, argnums=(0, 1, 2))(hidden, embedding, bias)

    return Part(
        name="output layer",
        run=lambda: call(hidden, embedding, bias),
        operations=6.0 * targets.size * embedding.size,
        bytes_moved=_FLOAT * 2 * (hidden.size + embedding.size),  # in full, the logits alone would be V values a token
    )


def _optimizer(shape: Shape, settings: TrainingSettings) -> Part:
    """Means of the gradients, their norm, clipping, and the new weights."""
    optimizer = make_optimizer(settings)
    gradients = {name: _normal(*size) for name, size in shape.network.weight_shapes(shape.vocabulary).items()}
    weights = jax.tree.map(jnp.copy, gradients)
    remembered = optimizer.init(weights)
    tokens = float(settings.batch_size * settings.bptt)

    @jax.jit
    def call(weights: Any, gradients: Any, remembered: Any) -> Any:
        gradients = jax.tree.map(lambda gradient: gradient / tokens, gradients)
        updates, after = optimizer.update(gradients, remembered, weights)
        changed = jax.tree.map(lambda weight, update: weight - settings.learning_rate * update, weights, updates)
        return changed, after, optax.tree.norm(gradients)

    count, moments = (sum(leaf.size for leaf in jax.tree.leaves(tree)) for tree in (weights, remembered))
    return Part(
        name="optimiser",
        run=lambda: call(weights, gradients, remembered),
        operations=0,
        # Gradients twice, for the norm comes first; weights and moments are read and written.
        bytes_moved=_FLOAT * (4 * count + 2 * moments),
    )
