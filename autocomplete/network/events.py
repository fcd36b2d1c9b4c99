"""What will be trained, what happens while a network is trained, and where that stands. Plain values, without JAX."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from autocomplete.arrays import Float32Array
from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.perplexity import perplexity


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be trained and how long it should take.

    Attributes:
        size: The recipe's name, or `custom`.
        network: The network's shape.
        settings: All training settings, resolved.
        total_steps: Steps to take; where time is counted, as many as the speed measured allows.
        epochs: The same in passes over the training text.
        tokens_per_second: Measured training throughput.
        seconds: Estimated time of training and validation.
    """

    size: str
    network: NetworkSettings
    settings: TrainingSettings
    total_steps: int
    epochs: float
    tokens_per_second: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands, on the host's side; saved beside the device's state.

    Attributes:
        step: Steps taken.
        total_steps: Steps planned: all that are taken where they are counted, more or fewer where time is.
        elapsed_seconds: Time spent so far, earlier runs included.
        best_nats: Best validation loss of a network that had read enough of the text, nats a token.
        best_step: The step that reached it.
        lowest_nats: Lowest validation loss of all, nats a token; patience and a plateau go by it.
        stale_validations: Validations since that one.
        rate_factor: What a `plateau` has made of the learning rate.
        reason: Why the run ended, where it did: `complete`, `budget` or `patience`.
    """

    step: int = 0
    total_steps: int
    elapsed_seconds: float = 0.0
    best_nats: float = math.inf
    best_step: int = 0
    lowest_nats: float = math.inf
    stale_validations: int = 0
    rate_factor: float = 1.0
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """Training as it runs; means over the steps since the last report."""

    step: int
    total_steps: int
    epoch: float
    tokens_per_second: float
    loss_nats: float
    gradient_norm: float
    learning_rate: float
    elapsed_seconds: float
    remaining_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The held-out text scored. `weights` are there when they are the best so far and had read enough of the text."""

    step: int
    epoch: float
    nats: float
    elapsed_seconds: float
    weights: dict[str, Float32Array] | None

    @property
    def perplexity(self) -> float:
        """exp(nats a token)."""
        return perplexity(self.nats)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of training and why: `complete`, `budget`, `patience`, `diverged` or `interrupted`."""

    reason: str
    progress: Progress


Event = StepReport | Validation | Finished


def log_record(event: Event) -> dict[str, Any]:
    """One line of the log: the event's kind and numbers; what is not a finite number becomes null."""
    match event:
        case StepReport():
            record = {"event": "step", **dataclasses.asdict(event)}
        case Validation():
            record = {"event": "validation", **dataclasses.asdict(dataclasses.replace(event, weights=None))}
            record |= {"perplexity": event.perplexity, "best": event.weights is not None}
            del record["weights"]
        case Finished():
            record = {"event": "finished", **dataclasses.asdict(event.progress), "reason": event.reason}
    return {name: None if _not_a_number(value) else value for name, value in record.items()}


def _not_a_number(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
