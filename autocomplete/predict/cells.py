"""The layers of the network in NumPy, one a cell: what each remembers, and one step. States go in and come out."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from autocomplete.config import NetworkSettings

FloatArray = npt.NDArray[np.float32]


class CellState(NamedTuple):
    """What an LSTM layer remembers of B sequences: cell and hidden state, both (B, H)."""

    cell: FloatArray
    hidden: FloatArray


class HiddenState(NamedTuple):
    """What a GRU or RNN layer remembers of B sequences, (B, H)."""

    hidden: FloatArray


class WindowState(NamedTuple):
    """What a feed-forward layer still sees of B sequences: its last inputs, oldest first, (B, window - 1, D)."""

    inputs: FloatArray


LayerState = CellState | HiddenState | WindowState


class Layer(Protocol):
    """One layer of the network; the state's type is its own."""

    def initial_state(self, batch_size: int) -> LayerState:
        """Return the state before any token: zeros."""

    def step(self, state: Any, inputs: FloatArray) -> tuple[FloatArray, LayerState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""


def _logistic(values: FloatArray) -> FloatArray:
    # As a tanh: one transcendental, no overflow at either end.
    result: FloatArray = np.tanh(values * np.float32(0.5))
    result += np.float32(1.0)
    result *= np.float32(0.5)
    return result


class LSTM:
    """Gates side by side: input, forget, candidate, output; first the rounds of a mogrifier, if there are any."""

    def __init__(self, w_input: FloatArray, w_recurrent: FloatArray, bias: FloatArray, *mogrifiers: FloatArray) -> None:
        self.w_input, self.w_recurrent, self.bias = w_input, w_recurrent, bias
        self.mogrifiers = mogrifiers
        self.size = w_recurrent.shape[0]

    def initial_state(self, batch_size: int) -> CellState:
        """Return the state before any token: zeros."""
        zeros = np.zeros((batch_size, self.size), np.float32)
        return CellState(zeros, zeros)

    def step(self, state: CellState, inputs: FloatArray) -> tuple[FloatArray, CellState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""
        size = self.size
        hidden = state.hidden
        for number, matrix in enumerate(self.mogrifiers):
            if number % 2:
                hidden = np.float32(2.0) * _logistic(inputs @ matrix) * hidden
            else:
                inputs = np.float32(2.0) * _logistic(hidden @ matrix) * inputs
        gates = inputs @ self.w_input + hidden @ self.w_recurrent + self.bias  # (B, 4H)
        kept = _logistic(gates[:, size : 2 * size]) * state.cell
        written = _logistic(gates[:, :size]) * np.tanh(gates[:, 2 * size : 3 * size])
        cell = kept + written
        hidden = _logistic(gates[:, 3 * size :]) * np.tanh(cell)  # (B, H)
        return hidden, CellState(cell, hidden)


class GRU:
    """Gates side by side: reset, update, candidate; the reset gate comes after the recurrent product."""

    def __init__(self, w_input: FloatArray, w_recurrent: FloatArray, bias: FloatArray) -> None:
        self.w_input, self.w_recurrent, self.bias = w_input, w_recurrent, bias
        self.size = w_recurrent.shape[0]

    def initial_state(self, batch_size: int) -> HiddenState:
        """Return the state before any token: zeros."""
        return HiddenState(np.zeros((batch_size, self.size), np.float32))

    def step(self, state: HiddenState, inputs: FloatArray) -> tuple[FloatArray, HiddenState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""
        size = self.size
        projected = inputs @ self.w_input + self.bias  # (B, 3H)
        looped = state.hidden @ self.w_recurrent  # (B, 3H)
        gates = _logistic(projected[:, : 2 * size] + looped[:, : 2 * size])
        reset, update = gates[:, :size], gates[:, size:]
        candidate = np.tanh(projected[:, 2 * size :] + reset * looped[:, 2 * size :])
        hidden = candidate + update * (state.hidden - candidate)  # (B, H)
        return hidden, HiddenState(hidden)


class RNN:
    """One squashed sum a unit."""

    def __init__(
        self,
        w_input: FloatArray,
        w_recurrent: FloatArray,
        bias: FloatArray,
        *,
        activation: Callable[[FloatArray], FloatArray],
    ) -> None:
        self.w_input, self.w_recurrent, self.bias = w_input, w_recurrent, bias
        self.activation = activation

    def initial_state(self, batch_size: int) -> HiddenState:
        """Return the state before any token: zeros."""
        return HiddenState(np.zeros((batch_size, self.w_recurrent.shape[0]), np.float32))

    def step(self, state: HiddenState, inputs: FloatArray) -> tuple[FloatArray, HiddenState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""
        hidden = self.activation(inputs @ self.w_input + state.hidden @ self.w_recurrent + self.bias)  # (B, H)
        return hidden, HiddenState(hidden)


class Feedforward:
    """A hidden tanh layer over the last inputs side by side, oldest first."""

    def __init__(self, w_input: FloatArray, bias: FloatArray, *, window: int) -> None:
        self.w_input, self.bias, self.window = w_input, bias, window

    def initial_state(self, batch_size: int) -> WindowState:
        """Return the window before any token: zeros."""
        width = self.w_input.shape[0] // self.window
        return WindowState(np.zeros((batch_size, self.window - 1, width), np.float32))

    def step(self, state: WindowState, inputs: FloatArray) -> tuple[FloatArray, WindowState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new window."""
        seen = np.concatenate([state.inputs, inputs[:, None]], axis=1)  # (B, window, D)
        hidden: FloatArray = np.tanh(seen.reshape(len(inputs), len(self.w_input)) @ self.w_input + self.bias)  # (B, H)
        return hidden, WindowState(seen[:, 1:])


def _relu(values: FloatArray) -> FloatArray:
    rectified: FloatArray = np.maximum(values, np.float32(0.0))
    return rectified


def make_layer(settings: NetworkSettings, tensors: dict[str, FloatArray]) -> Layer:
    """Return a layer of the settings' cell over its tensors, named as in `NetworkSettings.layer_shapes`."""
    match settings.cell:
        case "lstm":
            return LSTM(*tensors.values())
        case "gru":
            return GRU(**tensors)
        case "rnn":
            return RNN(**tensors, activation=_relu if settings.effective_activation == "relu" else np.tanh)
        case "feedforward":
            return Feedforward(**tensors, window=settings.effective_window)
