"""The training loop: truncated back-propagation through time, validation, the best weights kept.

The loop yields what happens and prints nothing. It never reads the result of the step just dispatched,
and it can be stopped and resumed with the same weights, bit for bit.

Where steps are counted, the learning rate follows them. Where time is, it follows the time: a machine that gets slower
or faster takes fewer or more steps, and the rate has decayed when the time is over all the same. No plan is made anew,
and the rate never rises again.
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
from autocomplete.network.events import Event, Finished, Progress, StepReport, Validation
from autocomplete.network.steps import StepMetrics, Steps, TrainState, Weights, flat_weights, learning_rates, make_steps

# Steps that tell how fast this machine trains.
TIMED_STEPS = 4
# Steps dispatched and not yet done, at most: JAX would queue some forty, and their rates are of the time that it is.
IN_FLIGHT = 4
# Time between progress reports; a report costs one device read, so it must not follow every step.
REPORT_SECONDS = 0.5
# A checkpoint of a 20 MB network takes about 0.1 s to write: at most one in this time.
CHECKPOINT_SECONDS = 30.0
# The share of the time that training spends; the rest is for a last step and validation that are slower than others.
BUDGET_SHARE = 0.97
# A text is read in so many tokens, or so many times where it is short, whatever the time: a machine that was busy when
# training began would else leave a network that has hardly seen it. On two cores that takes some ten seconds.
FLOOR_PASSES, FLOOR_TOKENS = 5, 100_000
# A validation that would take more of the time left than this waits for the end: it is better spent on steps.
VALIDATION_SHARE = 0.1
# The learning rate of a timed run has so many values.
RATES = 10_000
# What a plateau leaves of the learning rate; PyTorch's word language model divides by 4 too.
PLATEAU_FACTOR = 0.25
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

    @property
    def most_steps(self) -> int:
        """Steps after which a timed run ends before its time."""
        return self.settings.max_epochs * len(self.train_windows)

    @property
    def least_steps(self) -> int:
        """Steps that a timed run takes whatever its time."""
        step_tokens = self.settings.batch_size * self.settings.bptt
        return min(FLOOR_PASSES * len(self.train_windows), -(-FLOOR_TOKENS // step_tokens), self.most_steps)

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
        """Train from `progress` to its last step, or to the end of the time; yield what happens, `Finished` last.

        Args:
            progress: Where to start; a step above zero resumes from `checkpoints`.
            deadline_seconds: `elapsed_seconds` by which to end, with any number of steps from the trainer's
                `least_steps` to its `most_steps`; None counts steps.
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
        self.rates = learning_rates(progress.total_steps if deadline_seconds is None else RATES, trainer.settings)
        self.lowers_rate = trainer.settings.effective_schedule == "plateau"
        self.began = self.clock.now() - progress.elapsed_seconds
        self.pending: list[StepMetrics] = []
        self.reported_at = self.saved_at = self.clock.now()
        self.timed_from = (progress.step, self.clock.now())
        self.validation_seconds = speed.validation_seconds
        self.share_done = 0.0
        self._measure_share()

    @property
    def elapsed_seconds(self) -> float:
        return self.clock.now() - self.began

    @property
    def epoch(self) -> float:
        return self.progress.step / self.epoch_steps

    def advance(self) -> None:
        """Take one step."""
        step = self.progress.step
        self.state, metrics = self.trainer.take_step(self.state, step, self._rate())
        self.pending.append(metrics)
        if len(self.pending) > IN_FLIGHT:
            self.pending[-1 - IN_FLIGHT].loss_nats.block_until_ready()
        self.progress = dataclasses.replace(self.progress, step=step + 1)
        self._measure_share()

    def _measure_share(self) -> None:
        """How much of the run is done, from 0 to 1: of its steps, or of its time.

        Until the least steps are taken, the time is as long as they make it; after the most it is over.
        """
        step, trainer = self.progress.step, self.trainer
        if self.deadline_seconds is None:
            self.share_done = step / self.progress.total_steps
            return
        within = max(BUDGET_SHARE * self.deadline_seconds - self.validation_seconds, 1e-9)
        timed = min(self.elapsed_seconds / within, step / trainer.least_steps)
        self.share_done = max(self.share_done, timed, step / trainer.most_steps)

    def _rate(self) -> float:
        place = self.progress.step if self.deadline_seconds is None else int(self.share_done * RATES)
        return float(self.rates[min(place, len(self.rates) - 1)]) * self.progress.rate_factor

    @property
    def remaining_seconds(self) -> float:
        """About how long it will still take, the last validation included; at the speed of the last steps."""
        step, seconds = self.progress.step, self._with_validations(self._step_seconds(in_flight=1))
        if self.deadline_seconds is None:
            return (self.progress.total_steps - step) * seconds
        timed = self.deadline_seconds - self.elapsed_seconds
        least, most = ((steps - step) * seconds for steps in (self.trainer.least_steps, self.trainer.most_steps))
        return max(0.0, min(max(timed, least), most))

    def at_validation(self) -> bool:
        if self.share_done >= 1.0:
            return True
        if self.progress.step % self.interval:
            return False
        return self.deadline_seconds is None or self.validation_seconds <= VALIDATION_SHARE * self.remaining_seconds

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
        seconds, remaining = self._step_seconds(in_flight=1), self.remaining_seconds
        return StepReport(
            step=step,
            total_steps=step + round(remaining / self._with_validations(seconds)),
            epoch=self.epoch,
            tokens_per_second=settings.batch_size * settings.bptt / seconds,
            loss_nats=sum(losses) / max(tokens, 1.0),
            gradient_norm=float(np.mean([float(metrics.gradient_norm) for metrics in done])),
            learning_rate=self._rate(),
            elapsed_seconds=self.elapsed_seconds,
            remaining_seconds=remaining,
        )

    def validation(self) -> Iterator[Event]:
        """Score the held-out text, keep the best weights, and decide how to go on."""
        self.clock.tell()
        if len(self.pending) >= 2:
            yield self.report()
        self.state.step.block_until_ready()
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
        self.pending.clear()
        self.timed_from = (self.progress.step, self.clock.now())

    def _sound(self, nats: float, weights: Mapping[str, np.ndarray]) -> bool:
        """Whether loss and weights are numbers, and the lowest loss so far is one that a network can learn from."""
        numbers = math.isfinite(nats) and all(np.isfinite(tensor).all() for tensor in weights.values())
        return numbers and min(nats, self.progress.lowest_nats) < self.trainer.diverged_nats

    def _decide(self) -> None:
        if self.reason is not None:
            return
        self._measure_share()
        if self.share_done >= 1.0:
            counted = self.deadline_seconds is None or self.progress.step >= self.trainer.most_steps
            self.reason = "complete" if counted else "budget"
        elif self.progress.stale_validations >= self.trainer.settings.patience:
            self.reason = "patience"
        self.progress = dataclasses.replace(self.progress, reason=self.reason)

    def save(self, *, force: bool = False) -> None:
        """Write a checkpoint, unless one is fresh enough or the state is beyond saving."""
        self.progress = dataclasses.replace(self.progress, elapsed_seconds=self.elapsed_seconds)
        due = force or self.clock.now() - self.saved_at >= CHECKPOINT_SECONDS
        if self.checkpoints is None or not due or self.reason == "diverged":
            return
        self.checkpoints.save(self.state, dataclasses.asdict(self.progress))
        self.saved_at = self.clock.now()
