"""When training is said to have diverged: a loss or weights that are no numbers, or nothing that was ever learned."""

import math
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
import pytest

from autocomplete.network import training
from autocomplete.network.events import Finished, Progress, Validation
from autocomplete.network.steps import StepMetrics
from autocomplete.network.training import Speed, Trainer
from tests.network.test_training import trainer

STEPS = 40


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    """A run whose steps change nothing, so that nothing is compiled for them."""
    idle = trainer()
    monkeypatch.setattr(idle, "speed", lambda: Speed(tokens_per_second=1000.0, validation_seconds=0.1))
    metrics = StepMetrics(*jnp.ones(4))
    monkeypatch.setattr(idle, "take_step", lambda state, step, rate: (state, metrics))
    return idle


def run(running: Trainer, *scores: float) -> tuple[Finished, list[Validation]]:
    """How a run ends whose held-out text costs these nats a token, the last of them from then on."""
    left = list(scores)
    cast(Any, running).validate = lambda _: left.pop(0) if len(left) > 1 else left[0]
    events = list(running.fit(Progress(total_steps=STEPS)))
    assert isinstance(events[-1], Finished)
    return events[-1], [event for event in events if isinstance(event, Validation)]


@pytest.mark.parametrize("nats", [math.nan, math.inf, 2089.9])
def test_a_network_that_never_learned_has_diverged(running: Trainer, nats: float) -> None:
    finished, validations = run(running, nats)
    assert finished.reason == "diverged"
    assert finished.progress.step < STEPS
    assert finished.progress.best_nats == math.inf
    assert [event.weights for event in validations] == [None]


def test_a_loss_that_is_no_number_ends_a_run_that_had_learned(running: Trainer) -> None:
    finished, validations = run(running, 1.0, math.nan)
    assert finished.reason == "diverged"
    assert finished.progress.best_nats == 1.0
    assert [event.weights is not None for event in validations] == [True, False]


@pytest.mark.parametrize("scores", [(1.0, 2089.9), (math.log(10) * 1.2,)], ids=["setback", "nothing learned"])
def test_a_high_loss_alone_is_no_divergence(running: Trainer, scores: tuple[float, ...]) -> None:
    assert run(running, *scores)[0].reason == "complete"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_divergence_whatever_the_loss(
    running: Trainer, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "flat_weights", lambda _: {"embedding": np.array([0.0, value], np.float32)})
    finished, validations = run(running, 1.0)
    assert finished.reason == "diverged"
    assert validations[0].weights is None
