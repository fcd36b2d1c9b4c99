"""What happens while a network is trained, and where its run stands."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.perplexity import perplexity


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands, on the host's side; saved beside the device's state.

    Attributes:
        step: Steps taken.
        total_steps: Steps planned; the learning rate has decayed by then.
        elapsed_seconds: Time spent so far, earlier runs included.
        best_nats: Best validation loss, nats a token.
        best_step: The step that reached it.
        stale_validations: Validations since then.
        rate_factor: What a `plateau` has made of the learning rate.
        reason: Why the run ended, where it did: `complete`, `budget` or `patience`.
    """

    step: int = 0
    total_steps: int
    elapsed_seconds: float = 0.0
    best_nats: float = math.inf
    best_step: int = 0
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
    """The held-out text scored. `weights` are there when they are the best so far."""

    step: int
    epoch: float
    nats: float
    elapsed_seconds: float
    weights: dict[str, npt.NDArray[np.float32]] | None

    @property
    def perplexity(self) -> float:
        """exp(nats a token)."""
        return perplexity(self.nats)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """The machine is slower or faster than measured: another number of steps fits the budget."""

    total_steps: int
    epochs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of training and why: `complete`, `budget`, `patience`, `diverged` or `interrupted`."""

    reason: str
    progress: Progress


Event = StepReport | Validation | Replanned | Finished
