"""The network as an expert: its step in NumPy, equal to the one that is trained within 1e-5.

First the layers, one a cell: what each remembers, and one step. States go in and come out.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, IndexArray, Int64Array
from autocomplete.config import NetworkSettings
from autocomplete.predict.experts.protocol import Classing, Expert, Opinion, Scores, Tokens
from autocomplete.text.vocabulary import END

# Classes of entropy: with more, perplexity on the other half of two corpora did not fall further.
ENTROPY_CLASSES = 4
# Rows of output scored at a time: one product over the output matrix serves them all.
ROWS = 256
# Rows of which only sums are kept: what scores them stays in a core's cache, which is three times as fast.
_ROWS_JUDGED = 64


class CellState(NamedTuple):
    """What an LSTM layer remembers of B sequences: cell and hidden state, both (B, H)."""

    cell: Float32Array
    hidden: Float32Array


class HiddenState(NamedTuple):
    """What a GRU or RNN layer remembers of B sequences, (B, H)."""

    hidden: Float32Array


class WindowState(NamedTuple):
    """What a feed-forward layer still sees of B sequences: its last inputs, oldest first, (B, window - 1, D)."""

    inputs: Float32Array


LayerState = CellState | HiddenState | WindowState


class Layer(Protocol):
    """One layer of the network; the state's type is its own."""

    def initial_state(self, batch_size: int) -> LayerState:
        """Return the state before any token: zeros."""

    def step(self, state: Any, inputs: Float32Array) -> tuple[Float32Array, LayerState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""

    def read_text(self, state: Any, inputs: Float32Array) -> tuple[Float32Array, list[LayerState]]:
        """Read the inputs of one sequence, (N, D); return the hidden values (N, H) and the states after each.

        One product projects all inputs, where they do not depend on the state.
        """

    def gates(self, state: Any, inputs: Float32Array) -> Mapping[str, Float32Array]:
        """How open each gate is while an input is read, 0 (shut) to 1 (open), by name, (B, H); empty without gates.

        Found anew for who asks, so that no step pays for it.
        """


def _logistic(values: Float32Array) -> Float32Array:
    # As a tanh: one transcendental, no overflow at either end.
    result: Float32Array = np.tanh(values * np.float32(0.5))
    result += np.float32(1.0)
    result *= np.float32(0.5)
    return result


class LSTM:
    """Gates side by side: input, forget, candidate, output; first the rounds of a mogrifier, if there are any."""

    def __init__(
        self, w_input: Float32Array, w_recurrent: Float32Array, bias: Float32Array, *mogrifiers: Float32Array
    ) -> None:
        self.w_input, self.w_recurrent, self.bias = w_input, w_recurrent, bias
        self.mogrifiers = mogrifiers
        self.size = w_recurrent.shape[0]

    def initial_state(self, batch_size: int) -> CellState:
        """Return the state before any token: zeros."""
        zeros = np.zeros((batch_size, self.size), np.float32)
        return CellState(zeros, zeros)

    def step(self, state: CellState, inputs: Float32Array) -> tuple[Float32Array, CellState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""
        inputs, hidden = self._mogrified(inputs, state.hidden)
        after = self._after(inputs @ self.w_input + self.bias, state.cell, hidden)
        return after.hidden, after

    def read_text(self, state: CellState, inputs: Float32Array) -> tuple[Float32Array, list[LayerState]]:
        """Read the inputs of one sequence, (N, D); return the hidden values (N, H) and the states after each."""
        if self.mogrifiers:  # what is projected depends on the state
            return _stepwise(self, state, inputs)
        states: list[LayerState] = []
        hidden = np.empty((len(inputs), self.size), np.float32)
        projected = inputs @ self.w_input + self.bias  # (N, 4H)
        for row in range(len(inputs)):
            state = self._after(projected[row : row + 1], state.cell, state.hidden)
            hidden[row] = state.hidden[0]
            states.append(state)
        return hidden, states

    def gates(self, state: CellState, inputs: Float32Array) -> Mapping[str, Float32Array]:
        """How open the gates are while an input is read, (B, H): `input`, `forget` and `output`."""
        inputs, hidden = self._mogrified(inputs, state.hidden)
        shares = _logistic(self._before_squashing(inputs @ self.w_input + self.bias, hidden))
        size = self.size
        return {"input": shares[:, :size], "forget": shares[:, size : 2 * size], "output": shares[:, 3 * size :]}

    def _mogrified(self, inputs: Float32Array, hidden: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Inputs, (B, D), and hidden values, (B, H), after the rounds in which they scale each other."""
        for number, matrix in enumerate(self.mogrifiers):
            if number % 2:
                hidden = np.float32(2.0) * _logistic(inputs @ matrix) * hidden
            else:
                inputs = np.float32(2.0) * _logistic(hidden @ matrix) * inputs
        return inputs, hidden

    def _before_squashing(self, projected: Float32Array, hidden: Float32Array) -> Float32Array:
        """What gates and candidate are made of, (B, 4H)."""
        sums = hidden @ self.w_recurrent
        sums += projected
        return sums

    def _after(self, projected: Float32Array, cell: Float32Array, hidden: Float32Array) -> CellState:
        """The state after inputs that are projected, (B, 4H), from what was remembered, (B, H) each."""
        size = self.size
        gates = self._before_squashing(projected, hidden)
        candidate = np.tanh(gates[:, 2 * size : 3 * size])
        gates = _logistic(gates)
        cell = gates[:, size : 2 * size] * cell + gates[:, :size] * candidate
        return CellState(cell, gates[:, 3 * size :] * np.tanh(cell))


class GRU:
    """Gates side by side: reset, update, candidate; the reset gate comes after the recurrent product."""

    def __init__(self, w_input: Float32Array, w_recurrent: Float32Array, bias: Float32Array) -> None:
        self.w_input, self.w_recurrent, self.bias = w_input, w_recurrent, bias
        self.size = w_recurrent.shape[0]

    def initial_state(self, batch_size: int) -> HiddenState:
        """Return the state before any token: zeros."""
        return HiddenState(np.zeros((batch_size, self.size), np.float32))

    def step(self, state: HiddenState, inputs: Float32Array) -> tuple[Float32Array, HiddenState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""
        after = self._after(inputs @ self.w_input + self.bias, state.hidden)
        return after.hidden, after

    def read_text(self, state: HiddenState, inputs: Float32Array) -> tuple[Float32Array, list[LayerState]]:
        """Read the inputs of one sequence, (N, D); return the hidden values (N, H) and the states after each."""
        return _looped(self._after, inputs @ self.w_input + self.bias, state)

    def gates(self, state: HiddenState, inputs: Float32Array) -> Mapping[str, Float32Array]:
        """How open the gates are while an input is read, (B, H): `reset`, and `update`, which keeps what was."""
        shares = self._shares(inputs @ self.w_input + self.bias, state.hidden @ self.w_recurrent)
        return {"reset": shares[:, : self.size], "update": shares[:, self.size :]}

    def _shares(self, projected: Float32Array, looped: Float32Array) -> Float32Array:
        """How open both gates are, (B, 2H), from what inputs and hidden values add to them, (B, 3H) each."""
        return _logistic(projected[:, : 2 * self.size] + looped[:, : 2 * self.size])

    def _after(self, projected: Float32Array, before: Float32Array) -> HiddenState:
        """The state after inputs that are projected, (B, 3H), from the hidden values before, (B, H)."""
        size = self.size
        looped = before @ self.w_recurrent  # (B, 3H)
        gates = self._shares(projected, looped)
        reset, update = gates[:, :size], gates[:, size:]
        candidate = np.tanh(projected[:, 2 * size :] + reset * looped[:, 2 * size :])
        return HiddenState(candidate + update * (before - candidate))


class RNN:
    """One squashed sum a unit."""

    def __init__(
        self,
        w_input: Float32Array,
        w_recurrent: Float32Array,
        bias: Float32Array,
        *,
        activation: Callable[[Float32Array], Float32Array],
    ) -> None:
        self.w_input, self.w_recurrent, self.bias = w_input, w_recurrent, bias
        self.activation = activation

    def initial_state(self, batch_size: int) -> HiddenState:
        """Return the state before any token: zeros."""
        return HiddenState(np.zeros((batch_size, self.w_recurrent.shape[0]), np.float32))

    def step(self, state: HiddenState, inputs: Float32Array) -> tuple[Float32Array, HiddenState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new state."""
        after = self._after(inputs @ self.w_input + self.bias, state.hidden)
        return after.hidden, after

    def read_text(self, state: HiddenState, inputs: Float32Array) -> tuple[Float32Array, list[LayerState]]:
        """Read the inputs of one sequence, (N, D); return the hidden values (N, H) and the states after each."""
        return _looped(self._after, inputs @ self.w_input + self.bias, state)

    def gates(self, _: HiddenState, __: Float32Array) -> Mapping[str, Float32Array]:
        """None."""
        return {}

    def _after(self, projected: Float32Array, before: Float32Array) -> HiddenState:
        """The state after inputs that are projected, (B, H), from the hidden values before, (B, H)."""
        return HiddenState(self.activation(projected + before @ self.w_recurrent))


class Feedforward:
    """A hidden tanh layer over the last inputs side by side, oldest first."""

    def __init__(self, w_input: Float32Array, bias: Float32Array, *, window: int) -> None:
        self.w_input, self.bias, self.window = w_input, bias, window

    def initial_state(self, batch_size: int) -> WindowState:
        """Return the window before any token: zeros."""
        width = self.w_input.shape[0] // self.window
        return WindowState(np.zeros((batch_size, self.window - 1, width), np.float32))

    def step(self, state: WindowState, inputs: Float32Array) -> tuple[Float32Array, WindowState]:
        """Read one input a sequence, (B, D); return the hidden values (B, H) and the new window."""
        seen = np.concatenate([state.inputs, inputs[:, None]], axis=1)  # (B, window, D)
        hidden: Float32Array = np.tanh(
            seen.reshape(len(inputs), len(self.w_input)) @ self.w_input + self.bias
        )  # (B, H)
        return hidden, WindowState(seen[:, 1:])

    def read_text(self, state: WindowState, inputs: Float32Array) -> tuple[Float32Array, list[LayerState]]:
        """Read the inputs of one sequence, (N, D); return the hidden values (N, H) and the windows after each."""
        seen = np.concatenate([state.inputs[0], inputs])  # (window - 1 + N, D)
        count, width = len(inputs), seen.shape[1]
        windows = np.lib.stride_tricks.sliding_window_view(seen, self.window, axis=0)  # (N, D, window)
        hidden: Float32Array = np.tanh(
            windows.transpose(0, 2, 1).reshape(count, self.window * width) @ self.w_input + self.bias
        )
        return hidden, [WindowState(seen[None, row + 1 : row + self.window]) for row in range(count)]

    def gates(self, _: WindowState, __: Float32Array) -> Mapping[str, Float32Array]:
        """None."""
        return {}


def _stepwise(layer: Layer, state: LayerState, inputs: Float32Array) -> tuple[Float32Array, list[LayerState]]:
    """Read the inputs of one sequence, (N, D), one by one."""
    hidden, states = [], []
    for row in range(len(inputs)):
        values, state = layer.step(state, inputs[row : row + 1])
        hidden.append(values)
        states.append(state)
    return np.concatenate(hidden), states


def _looped(
    after: Callable[[Float32Array, Float32Array], HiddenState], projected: Float32Array, state: HiddenState
) -> tuple[Float32Array, list[LayerState]]:
    """Read one sequence, whose inputs are projected, (N, …), by what a layer does with each."""
    states: list[LayerState] = []
    hidden = []
    for row in range(len(projected)):
        state = after(projected[row : row + 1], state.hidden)
        hidden.append(state.hidden)
        states.append(state)
    return np.concatenate(hidden), states


def _relu(values: Float32Array) -> Float32Array:
    rectified: Float32Array = np.maximum(values, np.float32(0.0))
    return rectified


def make_layer(settings: NetworkSettings, tensors: dict[str, Float32Array]) -> Layer:
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


class RecurrentState(NamedTuple):
    """The network's memory after some tokens.

    Attributes:
        layers: The state of each layer, of the type that its cell needs.
        output: What the output layer reads, (B, E).
    """

    layers: tuple[LayerState, ...]
    output: Float32Array

    def rows(self, indices: IndexArray | Sequence[int]) -> "RecurrentState":
        """Select sequences by index, repeats allowed: the survivors of a beam."""
        picked = np.asarray(indices, dtype=np.intp)
        layers = tuple(type(state)._make(part[picked] for part in state) for state in self.layers)
        return RecurrentState(layers, self.output[picked])

    @classmethod
    def joined(cls, states: "Sequence[RecurrentState]") -> "RecurrentState":
        """Put the sequences of several memories into one."""
        of_layers = zip(*(state.layers for state in states), strict=True)
        layers = tuple(type(parts[0])._make(map(np.concatenate, zip(*parts, strict=True))) for parts in of_layers)
        return cls(layers, np.concatenate([state.output for state in states]))


def log_softmax(logits: Float32Array) -> Float32Array:
    """Normalise scores over their last axis into log probabilities in nats."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: Float32Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


def _log_of_sum(logits: Float32Array) -> Float32Array:
    """Logarithm of the summed exponentials of scores over their last axis."""
    largest = logits.max(axis=-1, keepdims=True)
    parts = logits - largest
    np.exp(parts, out=parts)
    summed: Float32Array = largest[..., 0] + np.log(parts.sum(axis=-1))
    return summed


class _Sums(NamedTuple):
    """What a group of words adds to the sums that make a distribution, (B,) each; a factor is taken out.

    Attributes:
        largest: Logarithm of the factor: the largest score.
        total: Sum of the exponentials.
        moment: The same, each times its score.
    """

    largest: Float32Array
    total: Float32Array
    moment: Float32Array

    @classmethod
    def of(cls, scores: Float32Array, shift: Float32Array) -> "_Sums":
        """Sum over scores, (B, W), which are spent for it, and to which a shift, (B,), is to be added."""
        largest = scores.max(axis=1)
        scores -= largest[:, None]
        parts = np.exp(scores)
        total = parts.sum(axis=1)
        moment: Float32Array = np.einsum("bw,bw->b", parts, scores) + (largest + shift) * total
        return cls(largest + shift, total, moment)


class _Words(NamedTuple):
    """Words with the vectors, (W, E), and biases, (W,), that score them."""

    vectors: Float32Array
    bias: Float32Array

    def scores(self, outputs: Float32Array) -> Float32Array:
        """Scores of all words, (B, W), from (B, E)."""
        scores: Float32Array = outputs @ self.vectors.T
        scores += self.bias
        return scores


class RecurrentNetwork(Expert[RecurrentState]):
    """The language model's weights and the step over them; its evidence is the entropy of what it expects, in nats.

    Args:
        weights: Tensors named as in `NetworkSettings.weight_shapes`, float32; they may be shared, and are only read.
        settings: The network's cell and shape.
        temperature: By which the scores of the words are divided.

    Attributes:
        temperature: The same.
    """

    name = "network"
    classing = Classing(parts=ENTROPY_CLASSES)

    def __init__(
        self, weights: Mapping[str, Float32Array], settings: NetworkSettings, *, temperature: float = 1.0
    ) -> None:
        self.temperature = temperature
        self._head = _Words(weights["output/embedding"], weights["output/bias"])
        count = len(settings.cutoffs)
        names = [f"output/tails/{tail}" for tail in range(count)]
        self._tails = [_Words(weights[f"{name}/embedding"], weights[f"{name}/bias"]) for name in names]
        self._projections = [weights[f"{name}/projection"] for name in names]  # (F, E) each
        sizes = (len(self._head.bias) - count, *(len(tail.bias) for tail in self._tails))
        self._starts = np.cumsum((0, *sizes))
        self.vocabulary_size = int(self._starts[-1])
        self._table = weights.get("input/embedding")  # (V, E); without one, tokens are read by what scores them
        self._projection = weights.get("projection")  # (H, E)
        self._layers = [
            make_layer(settings, {name: weights[f"layers/{layer}/{name}"] for name in settings.layer_shapes(layer)})
            for layer in range(settings.layers)
        ]

    @property
    def output_size(self) -> int:
        """Width of what the output layer reads."""
        width: int = self._head.vectors.shape[1]
        return width

    def at_temperature(self, temperature: float) -> "RecurrentNetwork":
        """Return the same network, its scores divided by another temperature."""
        other = copy.copy(self)
        other.temperature = temperature
        return other

    def zero_state(self, batch_size: int = 1) -> RecurrentState:
        """Return the memory before anything was read: zeros."""
        layers = tuple(layer.initial_state(batch_size) for layer in self._layers)
        return RecurrentState(layers, np.zeros((batch_size, self.output_size), np.float32))

    def initial_state(self) -> RecurrentState:
        """Return the memory at the start of a sequence: the end of another was read."""
        return self.read(self.zero_state(), [END])

    def step(self, state: RecurrentState, tokens: Sequence[int], _: Float32Array, /) -> RecurrentState:
        """Read one token a sequence, (B,); words that the vocabulary lacks are the unknown one."""
        return self.read(state, self.known(tokens))

    def read_text(self, state: RecurrentState, tokens: Sequence[int], _: Float32Array, /) -> list[RecurrentState]:
        """Read a text that goes on from `state`; the products that do not wait for one another are one."""
        values = self._embedded(np.array(self.known(tokens), np.intp))  # (N, E)
        columns: list[list[LayerState]] = []
        for layer, before in zip(self._layers, state.layers, strict=True):
            values, states = layer.read_text(before, values)  # (N, H)
            columns.append(states)
        if self._projection is not None:
            values = values @ self._projection  # (N, E)
        layers = zip(*columns, strict=True)
        return [RecurrentState(each, values[row : row + 1]) for row, each in enumerate(layers)]

    def forecast(self, state: RecurrentState, _: Float32Array, /) -> Opinion:
        """What may follow each sequence."""
        logs = self.log_probabilities(state.output)  # (B, V)
        probabilities = np.exp(logs)
        return Opinion(probabilities, _entropies(probabilities, logs))

    def outputs(self, state: RecurrentState) -> Float32Array:
        """What the output layer reads of each sequence, (B, E)."""
        return state.output

    def score(self, state: RecurrentState, tokens: Int64Array, _: Float32Array, /) -> tuple[Scores, RecurrentState]:
        """Score a text that goes on from `state`; the output layer takes many tokens at a time."""
        known = np.array(self.known(tokens.tolist()))
        read = self.read_text(state, known.tolist(), _)
        outputs = np.concatenate([each.output for each in (state, *read[:-1])])
        parts = [
            self._judged(outputs[start : start + _ROWS_JUDGED], known[start : start + _ROWS_JUDGED])
            for start in range(0, len(known), _ROWS_JUDGED)
        ]
        scores, entropies = (np.concatenate(column).astype(np.float64) for column in zip(*parts, strict=True))
        return Scores.of_classes(scores, entropies, outputs), read[-1]

    def read(self, state: RecurrentState, tokens: Tokens) -> RecurrentState:
        """Read one token of the vocabulary a sequence, (B,), and return the new memory."""
        values = self._embedded(np.asarray(tokens, np.intp))  # (B, E); B may be 0
        after: list[LayerState] = []
        for layer, before in zip(self._layers, state.layers, strict=True):
            values, now = layer.step(before, values)  # (B, H)
            after.append(now)
        if self._projection is not None:
            values = values @ self._projection  # (B, E)
        return RecurrentState(tuple(after), values)

    def gates(self, state: RecurrentState, token: int) -> list[dict[str, float]]:
        """How open the gates of each layer are while one sequence reads a token: means over the units, by name."""
        values = self._embedded(np.array(self.known([token]), np.intp))  # (1, E)
        found = []
        for layer, before in zip(self._layers, state.layers, strict=True):
            found.append({name: float(share.mean()) for name, share in layer.gates(before, values).items()})
            values, _ = layer.step(before, values)  # (1, H)
        return found

    def _embedded(self, tokens: IndexArray) -> Float32Array:
        """Vectors of tokens (B,), (B, E)."""
        if self._table is not None:
            return self._table[tokens]
        if not self._tails:
            return self._head.vectors[tokens]
        groups = np.searchsorted(self._starts, tokens, side="right") - 1  # 0 for the head
        values = np.empty((len(tokens), self.output_size), np.float32)
        for group in set(groups.tolist()):
            rows = groups == group
            places = tokens[rows] - self._starts[group]
            values[rows] = (
                self._tails[group - 1].vectors[places] @ self._projections[group - 1]
                if group
                else self._head.vectors[places]
            )
        return values

    def scores(self, outputs: Float32Array) -> Float32Array:
        """Scores of every next token, (B, V), from what the output layer reads, (B, E).

        Their softmax are the probabilities that the network learned; those of a network with tails already have a sum
        of 1.
        """
        groups = [scores if offset is None else scores + offset[:, None] for scores, offset in self._groups(outputs)]
        return groups[0] if len(groups) == 1 else np.concatenate(groups, axis=1)

    def _groups(self, outputs: Float32Array) -> Iterator[tuple[Float32Array, Float32Array | None]]:
        """The same by groups of words: scores, (B, W), and what must be added to all of a row, (B,), if anything."""
        head = self._head.scores(outputs)
        if not self._tails:
            yield head, None
            return
        words, total = self._starts[1], _log_of_sum(head)
        yield head[:, :words], -total
        for number, (tail, projection) in enumerate(zip(self._tails, self._projections, strict=True)):
            scores = tail.scores(outputs @ projection.T)
            yield scores, head[:, words + number] - total - _log_of_sum(scores)

    def _judged(self, outputs: Float32Array, tokens: IndexArray) -> tuple[Float32Array, Float32Array]:
        """Log probabilities in nats of tokens, (N,), and entropies of what was expected before them, from (N, E).

        As `log_probabilities` has them; but what other words have is summed group by group, and never written down.
        """
        degree = np.float32(self.temperature)
        wanted = np.empty(len(tokens), np.float32)
        sums: list[_Sums] = []
        for start, (scores, offset) in zip(self._starts.tolist(), self._groups(outputs), strict=False):
            own = np.flatnonzero((tokens >= start) & (tokens < start + scores.shape[1]))
            shift = np.zeros(len(tokens), np.float32) if offset is None else offset
            wanted[own] = scores[own, tokens[own] - start] + shift[own]
            np.divide(scores, degree, out=scores)
            sums.append(_Sums.of(scores, shift / degree))
        largest = np.max([each.largest for each in sums], axis=0)
        total, moment = np.zeros_like(wanted), np.zeros_like(wanted)
        for each in sums:
            factor = np.exp(each.largest - largest)
            total += factor * each.total
            moment += factor * each.moment
        logs = largest + np.log(total)
        return wanted / degree - logs, logs - moment / total

    def log_probabilities(self, outputs: Float32Array) -> Float32Array:
        """Log probabilities in nats of every next token, (B, V), from what the output layer reads, (B, E)."""
        scores = self.scores(outputs)
        if self.temperature != 1.0:
            scores /= np.float32(self.temperature)
        return log_softmax(scores)


def _entropies(probabilities: Float32Array, logs: Float32Array) -> Float64Array:
    """Entropies of distributions in nats, (B,), from probabilities and their logarithms, (B, V)."""
    entropies: Float64Array = -np.einsum("bv,bv->b", probabilities, logs).astype(np.float64)
    return entropies
