"""The training loop: truncated back-propagation through time, validation, the best weights kept.

The loop yields what happens and prints nothing. It never reads the result of the step just dispatched,
and it can be stopped and resumed with the same weights, bit for bit.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusStore, Windows
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.devices import ALONE, Clock, Devices
from autocomplete.network.events import Event, Finished, Progress, Replanned, StepReport, Validation
from autocomplete.network.steps import StepMetrics, Steps, TrainState, Weights, flat_weights, learning_rates, make_steps

# Steps that tell how fast this machine trains.
TIMED_STEPS = 4
# Time between progress reports; a report costs one device read, so it must not follow every step.
REPORT_SECONDS = 0.5
# A checkpoint of a 20 MB network takes about 0.1 s to write: at most one in this time.
CHECKPOINT_SECONDS = 30.0
# The share of the budget that a plan spends; the rest absorbs a machine that turns out slower.
BUDGET_SHARE = 0.94
# What a plateau leaves of the learning rate; PyTorch's word language model divides by 4 too.
PLATEAU_FACTOR = 0.25
# A plan is changed only where time is off by more than this, and between validations not more often.
REPLAN_TOLERANCE = 0.03
REPLAN_SECONDS = 30.0
# A network that knows nothing costs log(V) nats a token. Where the best so far costs this many times as much, the
# steps were too long to learn anything, though the loss is still a number.
DIVERGED_FACTOR = 2.0


class Speed(NamedTuple):
    """What this machine does: training tokens a second, seconds to score the held-out text."""

    tokens_per_second: float
    validation_seconds: float


class Trainer:
    """One network on one corpus: compiled steps and windows of text.

    Args:
        store: The consecutive-word dataset.
        network: The network's shape.
        settings: How to train it.
        devices: Those that share the rows; of several processes each reads its own.
    """

    def __init__(
        self, store: CorpusStore, network: NetworkSettings, settings: TrainingSettings, devices: Devices = ALONE
    ) -> None:
        devices.require_divided(settings)
        self.network = network
        self.settings = settings
        self.devices = devices
        rows = devices.rows(settings.batch_size)
        shape = {"batch_size": settings.batch_size, "length": settings.bptt}
        self.train_windows = Windows(store.train, **shape, rows=rows)
        self.valid_windows = Windows(store.valid, **shape, rows=rows)
        self.steps: Steps = make_steps(store.vocabulary.size, network, settings, devices)
        self.diverged_nats = DIVERGED_FACTOR * math.log(store.vocabulary.size)
        self._speed: Speed | None = None

    def speed(self) -> Speed:
        """Measure this machine once, compilation apart.

        A throw-away state is trained, so that measuring changes nothing.
        """
        if self._speed is None:
            step = self._step_seconds()
            weights, window = self.steps.initial_state().weights, self.devices.placed(self.valid_windows[0])
            for _ in range(2):  # the first call compiles
                began = time.perf_counter()
                self.steps.evaluate(weights, self.steps.initial_carry(), *window)[0].block_until_ready()
                evaluation = time.perf_counter() - began
            # All plan as process 0 does.
            step, evaluation = self.devices.exchanged(np.array([step, evaluation]))[0].tolist()
            step_tokens = self.settings.batch_size * self.settings.bptt
            self._speed = Speed(step_tokens / step, evaluation * len(self.valid_windows))
        return self._speed

    def _step_seconds(self) -> float:
        """Median time of a step."""
        state, seconds = self.steps.initial_state(), []
        for step in range(1 + TIMED_STEPS):  # the first compiles
            began = time.perf_counter()
            state, metrics = self.take_step(state, step, 0.0)
            metrics.loss_nats.block_until_ready()
            seconds.append(time.perf_counter() - began)
        return float(np.median(seconds[1:]))

    def take_step(self, state: TrainState, step: int, learning_rate: float) -> tuple[TrainState, StepMetrics]:
        """Dispatch the step after `step` others; what it reports is not waited for, and `state` is used up."""
        window = step % len(self.train_windows)
        if window == 0:  # a new pass starts without memory
            state = state._replace(carry=self.steps.initial_carry())
        rows = self.devices.placed(self.train_windows[window])
        return self.steps.train(state, *rows, np.float32(learning_rate))

    def validate(self, weights: Weights) -> float:
        """Return nats a token on the held-out text."""
        carry = self.steps.initial_carry()
        total = 0.0
        for window in self.valid_windows:
            loss, carry = self.steps.evaluate(weights, carry, *self.devices.placed(window))
            total += float(loss)
        return total / len(self.valid_windows.tokens)

    def fit(
        self,
        progress: Progress,
        *,
        deadline_seconds: float | None = None,
        least_passes: float = 0.0,
        checkpoints: Checkpoints | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """Train from `progress` to its last step; yield what happens, `Finished` last.

        Args:
            progress: Where to start; a step above zero resumes from `checkpoints`.
            deadline_seconds: `elapsed_seconds` by which to end: the plan is fitted to the speed seen.
            least_passes: Passes over the text that a network must have read to be the best.
            checkpoints: Where the state is saved; None saves nothing.
            should_stop: Asked as `Clock` says; when it answers True the state is saved and training ends.
        """
        if progress.step:
            assert checkpoints is not None
            state = checkpoints.restore(self.steps.initial_state())
        else:
            state = self.steps.initial_state()
        speed = self.speed()  # compiles, before the clock of the run starts
        clock = Clock(self.devices, should_stop, every_seconds=REPORT_SECONDS)
        fit = _Fit(self, state, progress, deadline_seconds, least_passes, checkpoints, speed, clock)
        while fit.reason is None:
            fit.advance()
            clock.step_taken(fit.progress.step)
            if fit.at_validation():
                yield from fit.validation()
            elif fit.report_due():
                yield fit.report()
                yield from fit.replan_now_and_then()
            if clock.should_stop() and fit.reason is None:
                fit.reason = "interrupted"
            fit.save(force=fit.reason is not None)
        yield Finished(reason=fit.reason, progress=fit.progress)


class _Fit:
    """The moving parts of one call of `Trainer.fit`."""

    def __init__(
        self,
        trainer: Trainer,
        state: TrainState,
        progress: Progress,
        deadline_seconds: float | None,
        least_passes: float,
        checkpoints: Checkpoints | None,
        speed: Speed,
        clock: Clock,
    ) -> None:
        self.trainer = trainer
        self.state = state
        self.progress = progress
        self.deadline_seconds = deadline_seconds
        self.least_passes = least_passes
        self.checkpoints = checkpoints
        self.clock = clock
        # A run that was killed after its last step has nothing left to do.
        self.reason: str | None = progress.reason
        self.epoch_steps = len(trainer.train_windows)
        self.interval = max(1, self.epoch_steps // trainer.settings.validations_per_epoch)
        self.rates = learning_rates(progress.total_steps, trainer.settings)
        self.lowers_rate = trainer.settings.effective_schedule == "plateau"
        self.began = self.clock.now() - progress.elapsed_seconds
        self.pending: list[StepMetrics] = []
        self.reported_at = self.saved_at = self.replanned_at = self.clock.now()
        self.timed_from = (progress.step, self.clock.now())
        self.validation_seconds = speed.validation_seconds

    @property
    def elapsed_seconds(self) -> float:
        return self.clock.now() - self.began

    @property
    def epoch(self) -> float:
        return self.progress.step / self.epoch_steps

    def advance(self) -> None:
        """Take one step."""
        step = self.progress.step
        self.state, metrics = self.trainer.take_step(self.state, step, self._rate(step))
        self.pending.append(metrics)
        self.progress = dataclasses.replace(self.progress, step=step + 1)

    def _rate(self, step: int) -> float:
        return float(self.rates[step]) * self.progress.rate_factor

    def at_validation(self) -> bool:
        past_deadline = (
            self.deadline_seconds is not None and self.elapsed_seconds + self.validation_seconds > self.deadline_seconds
        )
        return (
            self.progress.step % self.interval == 0 or self.progress.step >= self.progress.total_steps or past_deadline
        )

    def report_due(self) -> bool:
        # Two steps at least: the newest is still being computed, and is not waited for.
        timed = self.progress.step - self.timed_from[0]
        return min(timed, len(self.pending)) >= 2 and self.clock.now() - self.reported_at >= REPORT_SECONDS

    def _step_seconds(self, *, in_flight: int) -> float:
        step, moment = self.timed_from
        return (self.clock.now() - moment) / max(1, self.progress.step - in_flight - step)

    def _with_validations(self, step_seconds: float) -> float:
        """What a step takes with its share of the validations."""
        return step_seconds + self.validation_seconds / self.interval

    def report(self) -> StepReport:
        """Summarise the steps since the last report, the one in flight left out."""
        done, self.pending = self.pending[:-1], self.pending[-1:]
        self.reported_at = self.clock.now()
        losses = [float(metrics.loss_nats) for metrics in done]
        tokens = sum(float(metrics.tokens) for metrics in done)
        if not math.isfinite(sum(losses)):
            self.reason = "diverged"
        settings, step = self.trainer.settings, self.progress.step
        seconds = self._step_seconds(in_flight=1)
        return StepReport(
            step=step,
            total_steps=self.progress.total_steps,
            epoch=self.epoch,
            tokens_per_second=settings.batch_size * settings.bptt / seconds,
            loss_nats=sum(losses) / max(tokens, 1.0),
            gradient_norm=float(np.mean([float(metrics.gradient_norm) for metrics in done])),
            learning_rate=self._rate(step - 1),
            elapsed_seconds=self.elapsed_seconds,
            remaining_seconds=(self.progress.total_steps - step) * self._with_validations(seconds),
        )

    def validation(self) -> Iterator[Event]:
        """Score the held-out text, keep the best weights, and decide how to go on."""
        self.clock.tell()
        if len(self.pending) >= 2:
            yield self.report()
        self.state.step.block_until_ready()
        seconds = self._step_seconds(in_flight=0)
        began = self.clock.now()
        nats = self.trainer.validate(self.state.trained)
        self.clock.tell()
        self.validation_seconds = self.clock.now() - began
        weights = flat_weights(self.state.trained)
        if not self._sound(nats, weights):
            self.reason = "diverged"
        lowest = self.reason is None and nats < self.progress.lowest_nats
        # A network that had read too little is not kept: one that has read enough need not beat it.
        best = self.reason is None and nats < self.progress.best_nats and self.epoch >= self.least_passes
        self.progress = dataclasses.replace(
            self.progress,
            best_nats=nats if best else self.progress.best_nats,
            best_step=self.progress.step if best else self.progress.best_step,
            lowest_nats=nats if lowest else self.progress.lowest_nats,
            stale_validations=0 if lowest else self.progress.stale_validations + 1,
            rate_factor=self.progress.rate_factor * (PLATEAU_FACTOR if self.lowers_rate and not lowest else 1.0),
        )
        yield Validation(
            step=self.progress.step,
            epoch=self.epoch,
            nats=nats,
            elapsed_seconds=self.elapsed_seconds,
            weights=weights if best else None,
        )
        self._decide()
        if self.reason is None:
            yield from self._replan(seconds)
        self.pending.clear()
        self.timed_from = (self.progress.step, self.clock.now())

    def _sound(self, nats: float, weights: Mapping[str, np.ndarray]) -> bool:
        """Whether loss and weights are numbers, and the lowest loss so far is one that a network can learn from."""
        numbers = math.isfinite(nats) and all(np.isfinite(tensor).all() for tensor in weights.values())
        return numbers and min(nats, self.progress.lowest_nats) < self.trainer.diverged_nats

    def _decide(self) -> None:
        if self.reason is not None:
            return
        if self.progress.step >= self.progress.total_steps:
            self.reason = "complete"
        elif (
            self.deadline_seconds is not None
            and self.elapsed_seconds + self.validation_seconds >= self.deadline_seconds
        ):
            self.reason = "budget"
        elif self.progress.stale_validations >= self.trainer.settings.patience:
            self.reason = "patience"
        self.progress = dataclasses.replace(self.progress, reason=self.reason)

    def replan_now_and_then(self) -> Iterator[Event]:
        """Fit the plan between validations too: a pass over a large text may be longer than the budget."""
        if self.clock.now() - self.replanned_at >= REPLAN_SECONDS:
            yield from self._replan(self._step_seconds(in_flight=1))

    def _replan(self, step_seconds: float) -> Iterator[Event]:
        """Fit the plan to the budget at the speed seen so far.

        It may shrink at any time. It grows only in the first half, before the learning rate has decayed.
        """
        if self.deadline_seconds is None:
            return
        self.replanned_at = self.clock.now()
        left = BUDGET_SHARE * self.deadline_seconds - self.elapsed_seconds - self.validation_seconds
        most = self.trainer.settings.max_epochs * self.epoch_steps
        more = max(1, int(left / self._with_validations(step_seconds)))
        affordable = min(most, self.progress.step + more)
        change = affordable / self.progress.total_steps - 1.0
        may_grow = self.progress.step <= self.progress.total_steps / 2
        if change < -REPLAN_TOLERANCE or (change > REPLAN_TOLERANCE and may_grow):
            self.progress = dataclasses.replace(self.progress, total_steps=affordable)
            self.rates = learning_rates(affordable, self.trainer.settings)
            yield Replanned(total_steps=affordable, epochs=affordable / self.epoch_steps)

    def save(self, *, force: bool = False) -> None:
        """Write a checkpoint, unless one is fresh enough or the state is beyond saving."""
        self.progress = dataclasses.replace(self.progress, elapsed_seconds=self.elapsed_seconds)
        due = force or self.clock.now() - self.saved_at >= CHECKPOINT_SECONDS
        if self.checkpoints is None or not due or self.reason == "diverged":
            return
        self.checkpoints.save(self.state, dataclasses.asdict(self.progress))
        self.saved_at = self.clock.now()
