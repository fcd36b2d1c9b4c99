"""A program: what one device computes, and all devices together, in one line of JSON each."""

import json
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusStore
from autocomplete.network import steps
from autocomplete.network.devices import ALONE, Devices
from autocomplete.network.training import Trainer

NETWORK = NetworkSettings(cell="rnn", layers=2, embedding_size=12, hidden_size=16, cutoffs=(5,))
SETTINGS = TrainingSettings(
    batch_size=8, accumulate=2, bptt=6, learning_rate=0.1, optimizer="sgd", clip_norm=1e9, average_decay=0.9,
    embedding_dropout=0.1, weight_drop=0.2, activation_penalty=0.5, temporal_penalty=0.5,
)  # fmt: skip


def computed(devices: Devices) -> dict[str, Any]:
    """Losses and gradient norms of the steps of a pass, and the loss of what is held out before and after."""
    tokens = np.random.default_rng(0).integers(2, 10, 335, dtype=np.int32)  # rows of 30 and of 31 tokens
    store = SimpleNamespace(train=tokens[:-90], valid=tokens[-90:], vocabulary=SimpleNamespace(size=10))
    running = Trainer(cast(CorpusStore, store), NETWORK, SETTINGS, devices)
    state = running.steps.initial_state()
    losses, norms, held_out = [], [], [running.validate(state.trained)]
    for step in range(2 * len(running.train_windows)):
        state, metrics = running.take_step(state, step, SETTINGS.learning_rate)
        losses.append(float(metrics.loss_nats / metrics.tokens))
        norms.append(float(metrics.gradient_norm))
    held_out.append(running.validate(state.trained))
    compiled = running.steps.train._cache_size()  # type: ignore[attr-defined]
    return {"devices": devices.count, "losses": losses, "norms": norms, "held_out": held_out, "compiled": compiled}


if __name__ == "__main__":
    steps.ANEW_CHANCE = 0.3  # in so few steps, for some to
    for devices in (ALONE, Devices.found()):
        print(json.dumps(computed(devices)))
