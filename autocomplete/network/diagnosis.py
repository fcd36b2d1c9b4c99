"""Networks looked at before and after a short training: how far back gradients reach, what clipping takes off them.

Yields what it finds and prints nothing.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from autocomplete.arrays import Float64Array, Int32Array
from autocomplete.config import Cell, NetworkSettings, TrainingSettings
from autocomplete.corpus.perplexity import perplexity
from autocomplete.corpus.store import CorpusStore, Window, Windows
from autocomplete.errors import CorpusError, Cure
from autocomplete.network.cells import GRU, LSTM, Carry
from autocomplete.network.kernels.pointwise import CellCarry, HiddenCarry
from autocomplete.network.model import LanguageModel
from autocomplete.network.plan import batch_size_for
from autocomplete.network.recipes import RECIPES, adapted
from autocomplete.network.steps import StepMetrics, Weights, learning_rates
from autocomplete.network.training import Trainer

# How far back the gradient of one token's loss reaches, and how open the gates stand, in the network as it is.
#
# Shapes are time first: (T, B, ...).


# A gradient reaches as far back as it keeps this share of its norm one token back.
REACH_SHARE = 0.01
# Where a cell's gates lie side by side in its weights; what is left out is a candidate, no gate.
GATES: Mapping[Cell, Mapping[str, int]] = {
    "lstm": {"input": 0, "forget": 1, "output": 3},
    "gru": {"reset": 0, "update": 1},
}


def late_gradients(
    model: LanguageModel, inputs: jax.Array, targets: jax.Array, carry: tuple[Carry, ...]
) -> tuple[Carry, ...]:
    """Gradients of each row's last loss with respect to the carry before each input: every field (T, B, ...).

    A zero is added to the carry before each token, and the zeros are differentiated: so all cells are asked alike, and
    none need know.

    Args:
        model: The network.
        inputs: (T, B) token ids.
        targets: (B,) the token after the last.
        carry: State before the first token.
    """

    def loss_nats(zeros: tuple[Carry, ...]) -> jax.Array:
        def step(carry: tuple[Carry, ...], now: tuple[jax.Array, tuple[Carry, ...]]) -> Any:
            token, zero = now
            output, after = model.read(token[None], jax.tree.map(jnp.add, carry, zero))
            return after, output[0]

        _, outputs = jax.lax.scan(step, carry, (inputs, zeros))  # (T, B, E)
        counted = jnp.ones((1, len(targets)), outputs.dtype)
        return model.output.loss(outputs[-1:], targets[None], counted, precision="float32")

    zeros = jax.tree.map(lambda part: jnp.zeros((len(inputs), *part.shape), part.dtype), carry)
    gradients: tuple[Carry, ...] = jax.grad(loss_nats)(zeros)
    return gradients


def norms_by_age(gradients: tuple[Carry, ...]) -> dict[str, Float64Array]:
    """Norms of the gradients (T, B, ...) over all layers by field, the latest token first: (T, B).

    In float64, for the square of what has vanished is no number of float32.
    """
    found = {}
    for field in gradients[0]._fields:
        parts = [np.asarray(getattr(layer, field), np.float64) for layer in gradients]
        squares = sum(np.square(part).reshape(*part.shape[:2], -1).sum(axis=2) for part in parts)
        found[field] = np.sqrt(squares)[::-1]
    return found


def reach(norms: Float64Array) -> int | None:
    """Most tokens back at which a gradient keeps a hundredth of its norm one token back; None where it has none."""
    if not norms[0] > 0.0 or not math.isfinite(norms[0]):
        return None
    return 1 + int(np.flatnonzero(norms >= REACH_SHARE * norms[0])[-1])


def gate_means(model: LanguageModel, cell: Cell, inputs: jax.Array, carry: tuple[Carry, ...]) -> dict[str, jax.Array]:
    """Mean of each gate over all units, layers and tokens (T, B), the carry being the state before the first."""
    if cell not in GATES:
        return {}
    found: dict[str, list[jax.Array]] = {gate: [] for gate in GATES[cell]}
    values = model.input(inputs, model.output)  # (T, B, E)
    for layer, before in zip(model.layers, carry, strict=True):
        assert isinstance(layer, LSTM | GRU)
        assert isinstance(before, CellCarry | HiddenCarry)
        hiddens, _ = layer(values, before, precision="float32")  # (T, B, H)
        for gate, place in GATES[cell].items():
            columns = slice(place * layer.hidden_size, (place + 1) * layer.hidden_size)
            looped = jnp.concatenate([before.hidden[None], hiddens[:-1]]) @ layer.w_recurrent[:, columns]
            found[gate].append(jax.nn.sigmoid(values @ layer.w_input[:, columns] + looped + layer.bias[columns]))
        values = hiddens
    return {gate: jnp.stack(parts).mean() for gate, parts in found.items()}


# Held-out rows, and windows of each, that gradients are averaged over: 32 losses where there is text enough.
ROWS = 8
WINDOWS = 4
# Steps between two reports of progress; a report reads the device.
PROGRESS_STEPS = 25
# Masks would only blur what is looked at; 300 steps over-fit 50,000 tokens of PTB little, 600 a feed-forward network.
_NO_DROPOUT = {"input_dropout": 0.0, "hidden_dropout": 0.0, "output_dropout": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosing:
    """How far a diagnosis is; `loss_nats` is a training token's."""

    network: NetworkSettings
    step: int
    total_steps: int
    loss_nats: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A network at one moment, on held-out text.

    Attributes:
        perplexity: Of the whole held-out text.
        gradients: Mean norm of the gradient of one token's loss in nats, 1, 2, … tokens back, (K,), with respect to
            each part of what is carried: `hidden`, the `cell` of an LSTM, the `inputs` in a feed-forward window.
        gates: Mean of each gate, from 0 (shut) to 1 (open); empty for a cell that has none.
    """

    perplexity: float
    gradients: Mapping[str, Float64Array]
    gates: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the look as plain JSON values; what is not a number becomes null."""
        return {
            "perplexity": _number(self.perplexity),
            "gradients": {name: _numbers(norms) for name, norms in self.gradients.items()},
            "reach": {name: reach(norms) for name, norms in self.gradients.items()},
            "gates": {name: _number(mean) for name, mean in self.gates.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One network before, during and after training.

    Attributes:
        network: Its shape.
        settings: How it was trained.
        untrained: At initialisation.
        trained: After the last step.
        loss_nats: Of a training token, each step's, (N,); training ends early where it is no longer a number.
        gradient_norms: Global norm of each step's gradient, (N,).
        clipped_norms: The same after clipping, (N,).
    """

    network: NetworkSettings
    settings: TrainingSettings
    untrained: Look
    trained: Look
    loss_nats: Float64Array
    gradient_norms: Float64Array
    clipped_norms: Float64Array

    @property
    def clipped_share(self) -> float:
        """Share of the steps whose gradient was clipped, by more than rounding."""
        return float(np.mean(self.clipped_norms < (1.0 - 1e-6) * self.gradient_norms))

    @property
    def diverged_step(self) -> int | None:
        """The first step, from 1 on, whose loss was no finite number; None where all were."""
        wrong = np.flatnonzero(~np.isfinite(self.loss_nats))
        return int(wrong[0]) + 1 if len(wrong) else None

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnosis as plain JSON values; what is not a number becomes null."""
        return {
            "title": self.network.title,
            "network": dataclasses.asdict(self.network),
            "training": {**dataclasses.asdict(self.settings), "clip_norm": _number(self.settings.effective_clip_norm)},
            "untrained": self.untrained.as_dict(),
            "trained": self.trained.as_dict(),
            "loss_nats": _numbers(self.loss_nats),
            "gradient_norms": _numbers(self.gradient_norms),
            "clipped_norms": _numbers(self.clipped_norms),
            "clipped_share": self.clipped_share,
            "diverged_step": self.diverged_step,
        }


def diagnose(
    store: CorpusStore, networks: Sequence[NetworkSettings], *, training: Mapping[str, Any], steps: int, span: int
) -> Iterator[Diagnosing | Diagnosis]:
    """Look at networks, train them for a while, and look again; yields progress and a diagnosis for each.

    Args:
        store: The corpus.
        networks: Their shapes.
        training: Settings of training that replace those of a small network.
        steps: Training steps.
        span: Most tokens that a gradient is followed back.

    Raises:
        CorpusError: The held-out text is shorter than two spans.
    """
    windows = _held_out_windows(store, span)
    for network in networks:
        trainer = Trainer(store, network, _settings(store, network, training))
        yield from _diagnosed(trainer, _Looks(trainer, store.vocabulary.size, windows), steps)


def _settings(store: CorpusStore, network: NetworkSettings, changes: Mapping[str, Any]) -> TrainingSettings:
    """A small network's settings, with the learning rate that suits the cell, and the changes wanted."""
    rate = adapted(RECIPES["tiny"], dataclasses.asdict(network)).learning_rate
    settings = TrainingSettings(**{"learning_rate": rate, **_NO_DROPOUT, **changes})
    if "batch_size" in changes:
        return settings
    return dataclasses.replace(settings, batch_size=batch_size_for(len(store.train), bptt=settings.bptt))


def _held_out_windows(store: CorpusStore, span: int) -> list[Window]:
    """Held-out text in windows of one span, the first only to be read before the others: all rows full."""
    rows = min(ROWS, len(store.valid) // (2 * span))
    if rows == 0:
        raise CorpusError(
            f"Following gradients over {span} tokens needs {2 * span:,} tokens of held-out text, and there are"
            f" {len(store.valid):,}.",
            Cure.SMALLER_SPAN,
        )
    windows = Windows(store.valid, batch_size=rows, length=span)
    return [window for window, _ in zip(windows, range(1 + WINDOWS), strict=False) if window.weights.all()]


def _diagnosed(trainer: Trainer, looks: "_Looks", steps: int) -> Iterator[Diagnosing | Diagnosis]:
    """Look, train and look again."""
    state = trainer.steps.initial_state()
    untrained = looks.at(state.weights)
    reports: list[StepMetrics] = []
    for step, rate in enumerate(learning_rates(steps, trainer.settings)):
        state, report = trainer.take_step(state, step, float(rate))
        reports.append(report)
        if step and step % PROGRESS_STEPS == 0:
            loss_nats = float(reports[-2].loss_nats / reports[-2].tokens)  # the last one is still being computed
            yield Diagnosing(network=trainer.network, step=step, total_steps=steps, loss_nats=loss_nats)
            if not math.isfinite(loss_nats):
                break
    yield _diagnosis(trainer, untrained, looks.at(state.trained), reports)


def _diagnosis(trainer: Trainer, untrained: Look, trained: Look, reports: Sequence[StepMetrics]) -> Diagnosis:
    columns = zip(*jax.device_get(reports), strict=True)
    loss_nats, tokens, gradient_norms, clipped_norms = (np.array(values, np.float64) for values in columns)
    return Diagnosis(
        network=trainer.network,
        settings=trainer.settings,
        untrained=untrained,
        trained=trained,
        loss_nats=np.asarray(loss_nats / tokens),
        gradient_norms=gradient_norms,
        clipped_norms=clipped_norms,
    )


class _Looks:
    """Looks at one network with different weights.

    Args:
        trainer: The network on its corpus.
        vocabulary_size: Tokens that it knows.
        windows: Held-out text, (B, T) each; the first is only read before the others.
    """

    def __init__(self, trainer: Trainer, vocabulary_size: int, windows: Sequence[Window]) -> None:
        network = trainer.network
        model = nnx.eval_shape(lambda: LanguageModel(vocabulary_size, network, rngs=nnx.Rngs(0)))
        graph = nnx.graphdef(model)
        self._validate = trainer.validate
        self._windows = windows
        self._carry = model.initial_carry(len(windows[0].inputs))

        @jax.jit
        def read(
            weights: Weights, inputs: jax.Array, targets: jax.Array, carry: tuple[Carry, ...]
        ) -> tuple[tuple[Carry, ...], dict[str, jax.Array], tuple[Carry, ...]]:
            model = nnx.merge(graph, weights)
            _, after = model.read(inputs, carry)
            gradients = late_gradients(model, inputs, targets, carry)
            return gradients, gate_means(model, network.cell, inputs, carry), after

        self._read = read

    def at(self, weights: Weights) -> Look:
        """Look at the network with these weights."""
        first, *others = self._windows
        *_, carry = self._read(weights, *_last_target(first), self._carry)
        norms: list[dict[str, Float64Array]] = []
        gates: list[dict[str, jax.Array]] = []
        for window in others:
            gradients, means, carry = self._read(weights, *_last_target(window), carry)
            norms.append(norms_by_age(gradients))
            gates.append(means)
        nats = self._validate(weights)
        return Look(
            perplexity=perplexity(nats),
            gradients={name: np.mean([each[name] for each in norms], axis=(0, 2)) for name in norms[0]},
            gates={gate: float(np.mean([means[gate] for means in gates])) for gate in gates[0]},
        )


def _last_target(window: Window) -> tuple[Int32Array, Int32Array]:
    """A window's inputs (T, B), time first, and the target of the last of them, (B,)."""
    return window.inputs.T, window.targets[:, -1]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(values: Float64Array) -> list[float | None]:
    return [_number(value) for value in values.tolist()]
