"""The layers of the language model as Flax NNX modules, one a cell. Shapes are time first: (T, B, ...)."""

import math
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from autocomplete.config import Cell, NetworkSettings
from autocomplete.network.kernels import pointwise
from autocomplete.network.kernels.pointwise import CellCarry, HiddenCarry, Pointwise
from autocomplete.network.kernels.products import Precision, dense
from autocomplete.network.kernels.recurrence import LayerWeights, recurrence


class WindowCarry(NamedTuple):
    """What a feed-forward layer still sees: the inputs before the next, oldest first, (B, window - 1, D)."""

    inputs: jax.Array


Carry = CellCarry | HiddenCarry | WindowCarry


def uniform(rngs: nnx.Rngs, shape: tuple[int, ...], bound: float) -> jax.Array:
    """Draw first weights between plus and minus `bound`."""
    return jax.random.uniform(rngs.params(), shape, jnp.float32, -bound, bound)


def kept(key: jax.Array, rate: float, shape: tuple[int, ...]) -> jax.Array:
    """Draw a dropout mask: 0 for a share of the elements, and for the others what keeps the mean.

    The share is rounded to 1 / 256, for a byte of randomness an element: a quarter of the time of the usual four.
    """
    silenced = round(256 * rate)
    return (jax.random.bits(key, shape, jnp.uint8) >= silenced) * (256 / (256 - silenced))


class _Recurrent(nnx.Module):
    """A layer whose hidden state goes round; `kernel` is what its cell computes."""

    kernel: ClassVar[Pointwise[Any]]

    def __init__(self, settings: NetworkSettings, layer: int, *, rngs: nnx.Rngs) -> None:
        shapes = settings.layer_shapes(layer)
        self.hidden_size = settings.hidden_size
        bound = 1.0 / math.sqrt(self.hidden_size)
        self.w_input = nnx.Param(uniform(rngs, shapes["w_input"], bound))
        self.w_recurrent = nnx.Param(uniform(rngs, shapes["w_recurrent"], bound))
        self.bias = nnx.Param(jnp.zeros(shapes["bias"]))

    def __call__(
        self,
        inputs: jax.Array,
        carry: Any,
        *,
        precision: Precision,
        weight_drop: float = 0.0,
        key: jax.Array | None = None,
    ) -> tuple[jax.Array, Carry]:
        """Read (T, B, D) and return the hidden states (T, B, H) with the last carry.

        With a key a share of the recurrent weights is silenced, the same ones at all time steps.
        """
        w_recurrent = self.w_recurrent[...]
        if key is not None and weight_drop:
            w_recurrent = w_recurrent * kept(key, weight_drop, w_recurrent.shape)
        weights = LayerWeights(self.w_input[...], w_recurrent, self.bias[...], self._mogrifiers())
        return recurrence(self.kernel, weights, inputs, carry, precision=precision)

    def _mogrifiers(self) -> tuple[jax.Array, ...]:
        """Weights of the rounds of gating before the cell."""
        return ()

    def _open(self, gate: int) -> None:
        """Let one of the gates start open (bias 1), so that a new network remembers before it learns to forget."""
        size = self.hidden_size
        self.bias[...] = self.bias[...].at[gate * size : (gate + 1) * size].set(1.0)


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, forget gate of Gers 2000).

    The gates lie side by side in the order input, forget, candidate, output. The forget gate starts open
    (Jozefowicz 2015). With a mogrifier, input and hidden state first scale each other (`kernels.mogrifier`).
    """

    kernel = pointwise.LSTM

    def __init__(self, settings: NetworkSettings, layer: int, *, rngs: nnx.Rngs) -> None:
        super().__init__(settings, layer, rngs=rngs)
        self._open(1)
        shapes = settings.layer_shapes(layer)
        rounds = [shapes[f"mogrifiers/{number}"] for number in range(settings.mogrifier)]
        self.mogrifiers = nnx.List([nnx.Param(uniform(rngs, shape, 1.0 / math.sqrt(shape[0]))) for shape in rounds])

    def _mogrifiers(self) -> tuple[jax.Array, ...]:
        return tuple(matrix[...] for matrix in self.mogrifiers)

    def initial_carry(self, batch_size: int) -> CellCarry:
        """Return the state before any token: zeros."""
        shape = (batch_size, self.hidden_size)
        return CellCarry(jnp.zeros(shape), jnp.zeros(shape))


class GRU(_Recurrent):
    """Gated recurrent unit, with the reset gate after the recurrent product (Cho 2014, arXiv:1406.1078v1).

    The later version of the paper resets the hidden state before the product, which needs a second product a step; this
    one needs one, and is what cuDNN computes. The gates lie side by side in the order reset, update, candidate; the
    update gate says how much of the hidden state stays, and starts open.
    """

    kernel = pointwise.GRU

    def __init__(self, settings: NetworkSettings, layer: int, *, rngs: nnx.Rngs) -> None:
        super().__init__(settings, layer, rngs=rngs)
        self._open(1)

    def initial_carry(self, batch_size: int) -> HiddenCarry:
        """Return the state before any token: zeros."""
        return HiddenCarry(jnp.zeros((batch_size, self.hidden_size)))


class TanhRNN(_Recurrent):
    """The plain recurrent network (Elman 1990; as a language model, Mikolov 2010)."""

    kernel = pointwise.TANH

    def initial_carry(self, batch_size: int) -> HiddenCarry:
        """Return the state before any token: zeros."""
        return HiddenCarry(jnp.zeros((batch_size, self.hidden_size)))


# At 1 the state of a new ReLU network is the sum of all it has read. On 300,000 words of PTB (256 units, 536 steps) 1
# came to a held-out perplexity of 648 where 0.5 and 0.2 came to 404; at a higher rate 0.5 to 323, 0.2 to 343. In all of
# them, at 512 and 768 units too, single gradients had norms up to 10**12, which the clip tamed.
RELU_LOOP = 0.5


class ReluRNN(TanhRNN):
    """The plain recurrent network of rectified linear units, its loop a scaled identity at first (Le 2015)."""

    kernel = pointwise.RELU

    def __init__(self, settings: NetworkSettings, layer: int, *, rngs: nnx.Rngs) -> None:
        super().__init__(settings, layer, rngs=rngs)
        self.w_recurrent[...] = RELU_LOOP * jnp.eye(self.hidden_size)


class Feedforward(nnx.Module):
    """One hidden tanh layer over a fixed window of inputs (Bengio 2003): the baseline that has no memory.

    Before the first input the window is empty: zeros. With dropout, the inputs carried over from the last call keep
    the mask that they were read with.
    """

    def __init__(self, settings: NetworkSettings, layer: int, *, rngs: nnx.Rngs) -> None:
        shapes = settings.layer_shapes(layer)
        self.window = settings.effective_window
        self.w_input = nnx.Param(uniform(rngs, shapes["w_input"], 1.0 / math.sqrt(shapes["w_input"][0])))
        self.bias = nnx.Param(jnp.zeros(shapes["bias"]))

    def __call__(
        self,
        inputs: jax.Array,
        carry: Any,
        *,
        precision: Precision,
        weight_drop: float = 0.0,
        key: jax.Array | None = None,
    ) -> tuple[jax.Array, Carry]:
        """Read (T, B, D) and return the hidden values (T, B, H) with the inputs that the next call still sees.

        There are no recurrent weights to drop.
        """
        assert key is None or not weight_drop
        seen = jnp.concatenate([carry.inputs.transpose(1, 0, 2), inputs])  # (window - 1 + T, B, D)
        steps = len(inputs)
        windows = jnp.concatenate([seen[first : first + steps] for first in range(self.window)], axis=2)
        hidden = jnp.tanh(dense(windows, self.w_input[...], precision=precision) + self.bias[...])  # (T, B, H)
        return hidden, WindowCarry(seen[steps:].transpose(1, 0, 2))

    def initial_carry(self, batch_size: int) -> WindowCarry:
        """Return the window before any token: zeros."""
        width = self.w_input.shape[0] // self.window
        return WindowCarry(jnp.zeros((batch_size, self.window - 1, width)))


Layer = LSTM | GRU | TanhRNN | ReluRNN | Feedforward


def make_layer(settings: NetworkSettings, layer: int, *, rngs: nnx.Rngs) -> Layer:
    """Return a new layer of the settings' cell, the first (0) or one that reads the layer below."""
    rnn = ReluRNN if settings.effective_activation == "relu" else TanhRNN
    cells: dict[Cell, type[Layer]] = {"lstm": LSTM, "gru": GRU, "rnn": rnn, "feedforward": Feedforward}
    return cells[settings.cell](settings, layer, rngs=rngs)
