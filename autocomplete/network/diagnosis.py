"""Networks looked at before and after a short training: how far back gradients reach, what clipping takes off them.

Yields what it finds and prints nothing.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from flax import nnx

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.dataset import Window, Windows
from autocomplete.corpus.perplexity import perplexity
from autocomplete.corpus.store import CorpusStore
from autocomplete.errors import CorpusError
from autocomplete.network.cells import Carry
from autocomplete.network.gradients import FloatArray, gate_means, late_gradients, norms_by_age, reach
from autocomplete.network.model import LanguageModel
from autocomplete.network.plan import batch_size_for
from autocomplete.network.recipes import RECIPES, adapted
from autocomplete.network.steps import StepMetrics, Weights, learning_rates
from autocomplete.network.training import Trainer

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
    gradients: Mapping[str, FloatArray]
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
    loss_nats: FloatArray
    gradient_norms: FloatArray
    clipped_norms: FloatArray

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
            "Give more text, or a smaller '--span'.",
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
        norms: list[dict[str, FloatArray]] = []
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


def _last_target(window: Window) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """A window's inputs (T, B), time first, and the target of the last of them, (B,)."""
    return window.inputs.T, window.targets[:, -1]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(values: FloatArray) -> list[float | None]:
    return [_number(value) for value in values.tolist()]
