"""Laws of a diagnosis: clipping takes off what it says, the same seed finds the same, the text is long enough."""

import dataclasses
import functools
import json
import math
from typing import Any

import numpy as np
import pytest

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.errors import CorpusError
from autocomplete.network.diagnosis import Diagnosing, Diagnosis, diagnose
from autocomplete.network.steps import flat_weights, make_steps
from tests.network.test_training import store

LSTM = NetworkSettings(embedding_size=8, hidden_size=12)
SMALL: dict[str, Any] = {"batch_size": 4, "bptt": 6}


@functools.cache
def diagnosis(network: NetworkSettings = LSTM, *, steps: int = 30, span: int = 6, **training: Any) -> Diagnosis:
    *_, last = diagnose(store(), [network], training={**SMALL, **training}, steps=steps, span=span)
    assert isinstance(last, Diagnosis)
    return last


@pytest.mark.parametrize(
    "clip", [{"clip_norm": 1e-3}, {"clip_value": 1e-4}, {"clip_norm": 1e-3, "clip_value": 1e-4}, {"clip_norm": 1e6}]
)
def test_the_norm_after_clipping_is_that_of_the_step_taken(clip: dict[str, Any]) -> None:
    """Plain SGD at rate 1 moves the weights by the clipped gradient itself."""
    plain: dict[str, Any] = {"optimizer": "sgd", "input_dropout": 0.0, "hidden_dropout": 0.0, "output_dropout": 0.0}
    settings = TrainingSettings(**SMALL, **clip, **plain)
    steps = make_steps(10, LSTM, settings)
    state = steps.initial_state()
    before = {name: np.array(weight, np.float64) for name, weight in flat_weights(state.weights).items()}
    draw = np.random.default_rng(0).integers(0, 10, (2, 4, 6), np.int32)
    state, metrics = steps.train(state, draw[0], draw[1], np.ones((4, 6), np.float32), np.float32(1.0))
    after = flat_weights(state.weights)
    moved = math.sqrt(sum(float(np.square(after[name] - weight).sum()) for name, weight in before.items()))
    assert float(metrics.clipped_norm) == pytest.approx(moved, rel=1e-2)
    assert (float(metrics.clipped_norm) < float(metrics.gradient_norm)) == (clip != {"clip_norm": 1e6})


def test_clipping_by_norm_leaves_the_lesser_of_norm_and_limit() -> None:
    free = diagnosis(clip_norm=1e6)
    limit = float(np.median(free.gradient_norms))
    found = diagnosis(clip_norm=limit)
    np.testing.assert_allclose(found.clipped_norms, np.minimum(found.gradient_norms, np.float32(limit)), rtol=1e-6)
    assert found.clipped_share == pytest.approx(np.mean(found.gradient_norms > limit))
    assert 0.0 < found.clipped_share < 1.0
    assert free.clipped_share == 0.0
    np.testing.assert_array_equal(free.clipped_norms, free.gradient_norms)


def test_a_clip_by_value_counts_the_steps_that_it_touches() -> None:
    assert diagnosis(clip_value=1e-6).clipped_share == 1.0
    assert diagnosis(clip_value=1e6).clipped_share == 0.0


def test_the_networks_are_looked_at_before_and_after_they_learn() -> None:
    found = diagnosis(steps=200, learning_rate=0.02)
    assert len(found.loss_nats) == len(found.gradient_norms) == len(found.clipped_norms) == 200
    assert found.untrained.perplexity == pytest.approx(10.0, rel=0.05)
    assert found.trained.perplexity < 5.0
    assert found.loss_nats[-1] < found.loss_nats[0]
    for look in (found.untrained, found.trained):
        assert look.gradients.keys() == {"cell", "hidden"}
        assert all(norms.shape == (6,) and (norms > 0.0).all() for norms in look.gradients.values())
        assert look.gates.keys() == {"input", "forget", "output"}
        assert all(0.0 < mean < 1.0 for mean in look.gates.values())
    assert found.untrained.gates["forget"] == pytest.approx(1 / (1 + math.exp(-1)), abs=0.02)  # its bias is 1


def test_a_window_reaches_no_further_and_carries_its_inputs() -> None:
    found = diagnosis(NetworkSettings(cell="feedforward", window=3, embedding_size=8, hidden_size=12))
    for look in (found.untrained, found.trained):
        assert look.gradients.keys() == {"inputs"}
        assert look.gates == {}
        assert ((look.gradients["inputs"] > 0.0) == [True, True, False, False, False, False]).all()
        assert look.as_dict()["reach"] == {"inputs": 2}


def test_the_same_seed_finds_the_same_and_another_seed_something_else() -> None:
    first, second = (json.dumps(made().as_dict()) for made in (diagnosis, diagnosis.__wrapped__))
    assert first == second
    assert first != json.dumps(diagnosis(seed=1).as_dict())


def test_networks_come_in_the_order_asked_with_progress_between() -> None:
    networks = [LSTM, dataclasses.replace(LSTM, cell="gru")]
    events = list(diagnose(store(), networks, training=SMALL, steps=60, span=6))
    assert [event.network for event in events if isinstance(event, Diagnosis)] == networks
    assert [(event.network, event.step) for event in events if isinstance(event, Diagnosing)] == [
        (network, step) for network in networks for step in (25, 50)
    ]


def test_a_loss_that_is_no_number_ends_training_and_is_reported() -> None:
    found = diagnosis(steps=200, learning_rate=float(np.finfo(np.float32).max))
    assert found.diverged_step is not None
    assert len(found.loss_nats) < 200
    assert np.isfinite(found.loss_nats[: found.diverged_step - 1]).all()
    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert document["loss_nats"][found.diverged_step - 1] is None
    assert document["trained"]["perplexity"] is None
    assert document["trained"]["reach"] == {"cell": None, "hidden": None}


def test_a_text_too_short_for_the_span_is_refused() -> None:
    with pytest.raises(CorpusError, match="a smaller span"):
        diagnosis(span=46)  # 90 tokens are held out
    assert diagnosis(span=45, steps=1).untrained.gradients["hidden"].shape == (45,)
