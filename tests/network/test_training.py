"""Laws of training: the same seed gives the same weights, a stop changes nothing, the step compiles once."""

import copy
import dataclasses
import functools
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusStore
from autocomplete.network import training
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.events import Event, Finished, Progress, StepReport, Validation
from autocomplete.network.steps import StepMetrics, TrainState, Weights, flat_weights, learning_rates
from autocomplete.network.training import Trainer

SETTINGS = TrainingSettings(
    batch_size=4, bptt=6, learning_rate=0.02, validations_per_epoch=2, patience=100,
    input_dropout=0.05, hidden_dropout=0.05, output_dropout=0.05,
)  # fmt: skip
NETWORK = NetworkSettings(layers=2, embedding_size=12, hidden_size=16)


def store(draws: int = 120) -> CorpusStore:
    """A stream in which every token announces the next."""
    starts = np.random.default_rng(0).integers(2, 10, draws)
    stream = np.concatenate([[start, (start * 3) % 8 + 2, 1] for start in starts]).astype(np.int32)
    return cast(
        CorpusStore,
        SimpleNamespace(train=stream[:-90], valid=stream[-90:], vocabulary=SimpleNamespace(size=10)),
    )


def new_trainer(**changes: Any) -> Trainer:
    return Trainer(store(), NETWORK, dataclasses.replace(SETTINGS, **changes))


def trainer(**changes: Any) -> Trainer:
    """What is asked for again is compiled already; what a test changes of it is changed for that test alone."""
    return copy.copy(_compiled(**changes))


@functools.cache
def _compiled(**changes: Any) -> Trainer:
    return new_trainer(**changes)


def best(events: Iterator[Event]) -> dict[str, np.ndarray]:
    """The last weights that were the best."""
    kept = [event.weights for event in events if isinstance(event, Validation) and event.weights is not None]
    return kept[-1]


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_what_a_test_changes_of_a_trainer_reaches_no_other_test() -> None:
    changed = trainer()
    changed.validate = lambda weights: 0.0  # type: ignore[method-assign]
    assert trainer().steps is changed.steps
    assert "validate" not in vars(trainer())


def test_training_learns_what_follows_what() -> None:
    network = NetworkSettings(layers=1, embedding_size=16, hidden_size=16)
    events = list(Trainer(store(draws=2000), network, SETTINGS).fit(Progress(total_steps=500)))
    validations = [event for event in events if isinstance(event, Validation)]
    # The first of three tokens is one of eight at random, the other two follow from it: 8 ** (1/3) at best.
    assert validations[-1].perplexity < 2.4
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "complete"


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first = best(new_trainer().fit(Progress(total_steps=30)))
    assert same(first, best(new_trainer().fit(Progress(total_steps=30))))
    assert not same(first, best(trainer(seed=1).fit(Progress(total_steps=30))))
    starts = [flat_weights(trainer(seed=seed).steps.initial_state().weights) for seed in (0, 1)]
    assert not same(*starts)


@pytest.mark.parametrize("stop_after", [5, 13, 20])
def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path, stop_after: int) -> None:
    whole = list(trainer().fit(Progress(total_steps=40)))
    asked = iter(range(1000))
    with Checkpoints(tmp_path / "c") as checkpoints:
        first = list(
            trainer().fit(
                Progress(total_steps=40), checkpoints=checkpoints, should_stop=lambda: next(asked) >= stop_after - 1
            )
        )
    assert isinstance(first[-1], Finished)
    assert first[-1].reason == "interrupted"
    with Checkpoints(tmp_path / "c") as checkpoints:
        saved = checkpoints.progress()
        assert saved is not None
        assert saved["step"] == stop_after
        second = list(trainer().fit(Progress(**saved), checkpoints=checkpoints))
    expected = [event for event in whole if isinstance(event, Validation) and event.step > stop_after]
    found = [event for event in second if isinstance(event, Validation)]
    assert [event.nats for event in found] == [event.nats for event in expected]
    kept = [(one.weights, other.weights) for one, other in zip(found, expected, strict=True)]
    assert all((one is None) == (other is None) for one, other in kept)
    assert all(same(one, other) for one, other in kept if one is not None and other is not None)


def test_a_run_killed_after_its_last_step_is_finished_on_resume(tmp_path: Path) -> None:
    with Checkpoints(tmp_path / "c") as checkpoints:
        list(trainer().fit(Progress(total_steps=9), checkpoints=checkpoints))
    with Checkpoints(tmp_path / "c") as checkpoints:
        saved = checkpoints.progress()
        assert saved is not None
        events = list(trainer().fit(Progress(**saved), checkpoints=checkpoints))
    assert [event.reason for event in events if isinstance(event, Finished)] == ["complete"]
    assert len(events) == 1


def test_a_stop_right_after_a_saved_step_saves_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    asked = iter(range(1000))
    with Checkpoints(tmp_path / "c") as checkpoints:
        events = list(
            trainer().fit(Progress(total_steps=40), checkpoints=checkpoints, should_stop=lambda: next(asked) >= 6)
        )
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "interrupted"


def test_a_diverged_run_keeps_the_state_before(tmp_path: Path) -> None:
    running = trainer(learning_rate=float(np.finfo(np.float32).max))
    with Checkpoints(tmp_path / "c") as checkpoints:
        events = list(running.fit(Progress(total_steps=40), checkpoints=checkpoints))
        assert checkpoints.progress() is None
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "diverged"


def test_a_run_that_lost_patience_stays_ended_on_resume(tmp_path: Path) -> None:
    impatient = {"learning_rate": 2.0, "patience": 2}
    with Checkpoints(tmp_path / "c") as checkpoints:
        first = list(trainer(**impatient).fit(Progress(total_steps=2000), checkpoints=checkpoints))
    with Checkpoints(tmp_path / "c") as checkpoints:
        saved = checkpoints.progress()
        assert saved is not None
        again = list(trainer(**impatient).fit(Progress(**saved), checkpoints=checkpoints))
    assert isinstance(first[-1], Finished)
    assert [event.reason for event in again if isinstance(event, Finished)] == [first[-1].reason] == ["patience"]
    assert len(again) == 1


def test_the_best_weights_are_kept_not_the_last() -> None:
    # A rate this high wrecks what the first passes learned.
    settings = {"learning_rate": 2.0, "warmup_fraction": 0.9, "clip_norm": 1e9}
    events = list(trainer(**settings).fit(Progress(total_steps=200)))
    validations = [event for event in events if isinstance(event, Validation)]
    assert isinstance(events[-1], Finished)
    nats = [event.nats for event in validations]
    assert events[-1].progress.best_nats == min(nats) < nats[-1]
    assert [event.weights is not None for event in validations] == [
        value < min([np.inf, *nats[:place]]) for place, value in enumerate(nats)
    ]


@pytest.mark.parametrize(("least", "kept"), [(0.0, [0.5]), (0.6, [0.9, 0.8, 0.7])])
def test_a_network_that_read_too_little_is_not_kept_and_still_counts_for_patience(
    least: float, kept: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, scores = trainer(patience=3), [0.5, 0.9, 0.8, 0.7, 0.6]  # the first before half a pass
    monkeypatch.setattr(running, "validate", lambda _: scores.pop(0))
    with Checkpoints(tmp_path / "c") as checkpoints:
        events = list(running.fit(Progress(total_steps=200), least_passes=least, checkpoints=checkpoints))
        saved = checkpoints.progress()
    assert saved is not None
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.reason == "patience"
    assert finished.progress == Progress(**saved)
    validations = [event for event in events if isinstance(event, Validation)]
    assert [event.nats for event in validations] == [0.5, 0.9, 0.8, 0.7]
    assert [event.nats for event in validations if event.weights is not None] == kept
    assert (finished.progress.best_nats, finished.progress.lowest_nats) == (kept[-1], 0.5)


def test_patience_ends_a_run_that_no_longer_improves() -> None:
    events = list(trainer(learning_rate=2.0, patience=3).fit(Progress(total_steps=2000)))
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "patience"
    assert events[-1].progress.step < 2000


class Machine:
    """A machine in simulated time, whose steps take longer or shorter from some moment on.

    Args:
        running: What trains on it; its steps change nothing.
        changes: From so many seconds on, steps and validations take so many times as long.
        validation_seconds: What a validation takes at first.
    """

    STEP_SECONDS = 0.01

    def __init__(self, running: Trainer, *changes: tuple[float, float], validation_seconds: float = 0.05) -> None:
        self.running = running
        self.changes = changes
        self.validation_seconds = validation_seconds
        self.seconds = 0.0
        self.rates: list[float] = []
        self.validated_at: list[float] = []

    def now(self) -> float:
        return self.seconds

    def _spend(self, seconds: float) -> None:
        self.seconds += seconds * next((times for since, times in self.changes[::-1] if self.seconds >= since), 1.0)

    def take_step(self, state: TrainState, _step: int, rate: float) -> tuple[TrainState, StepMetrics]:
        self._spend(self.STEP_SECONDS)
        self.rates.append(rate)
        return state, StepMetrics(*[jnp.ones(())] * 4)

    def validate(self, _weights: Weights) -> float:
        self._spend(self.validation_seconds)
        self.validated_at.append(self.seconds)
        return 1.0 / len(self.validated_at)

    def fit(self, patch: pytest.MonkeyPatch, seconds: float, **wanted: Any) -> Finished:
        """Train for so many seconds; how it ended."""
        speed = training.Speed(24 / self.STEP_SECONDS, self.validation_seconds)
        clock = SimpleNamespace(
            now=self.now,
            tell=lambda: None,
            step_taken=lambda _: None,
            should_stop=wanted.pop("should_stop", lambda: False),
        )
        patch.setattr(training, "Clock", lambda *_, **__: clock)
        patch.setattr(training, "FLOOR_TOKENS", wanted.pop("floor_tokens", 24))
        for name in ("take_step", "validate"):
            patch.setattr(self.running, name, getattr(self, name))
        patch.setattr(self.running, "speed", lambda: speed)
        progress = wanted.pop("progress", Progress(total_steps=10))
        events = list(self.running.fit(progress, deadline_seconds=seconds, **wanted))
        assert isinstance(events[-1], Finished)
        return events[-1]


@pytest.mark.parametrize("times", [1 / 3, 1.0, 3.0], ids=["faster", "steady", "slower"])
@pytest.mark.parametrize("since", [0.0, 0.2, 5.0, 15.0, 19.0])
def test_the_time_is_used_and_the_rate_has_decayed_by_then_however_the_machine_changes(
    times: float, since: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(trainer(max_epochs=10**4), (since, times))
    finished = machine.fit(monkeypatch, 20.0)
    assert finished.reason == "budget"
    assert 0.85 * 20.0 <= machine.seconds <= 20.0
    assert machine.validated_at[-1] == machine.seconds  # the last network is scored
    peak = max(machine.rates)
    assert peak == pytest.approx(SETTINGS.learning_rate, rel=0.01)
    assert machine.rates[-1] < peak / 20
    assert machine.rates[0] < peak / 5


def test_a_rate_that_falls_never_rises_again_though_the_machine_wavers(monkeypatch: pytest.MonkeyPatch) -> None:
    wavering = [(second / 2, (1 / 3, 3.0)[second % 2]) for second in range(40)]
    machine = Machine(trainer(max_epochs=10**4), *wavering)
    machine.fit(monkeypatch, 20.0)
    assert 0.85 * 20.0 <= machine.seconds <= 20.0
    after = machine.rates[machine.rates.index(max(machine.rates)) :]
    assert after == sorted(after, reverse=True)


@pytest.mark.parametrize("seconds", [1e-6, 0.05, 0.5])
@pytest.mark.parametrize(("floor_tokens", "steps"), [(24 * 7, 7), (10**6, None)], ids=["tokens", "passes"])
def test_a_short_time_reads_the_least_all_the_same(
    seconds: float, floor_tokens: int, steps: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(trainer(), (0.0, 10.0))
    finished = machine.fit(monkeypatch, seconds, floor_tokens=floor_tokens)
    passes = training.FLOOR_PASSES * len(machine.running.train_windows)
    assert finished.progress.step >= (steps or passes) == machine.running.least_steps
    if seconds < 0.1:
        assert finished.progress.step == (steps or passes)
        assert machine.rates[-1] < max(machine.rates)
    assert math.isfinite(finished.progress.best_nats)


def test_the_least_is_no_more_than_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(trainer(max_epochs=1))
    finished = machine.fit(monkeypatch, 20.0, floor_tokens=10**6)
    assert (finished.reason, finished.progress.step) == ("complete", len(machine.running.train_windows))


def test_time_ends_where_the_most_passes_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(trainer(max_epochs=20))
    finished = machine.fit(monkeypatch, 120.0)
    assert (finished.reason, finished.progress.step) == ("complete", 20 * len(machine.running.train_windows))


def test_validations_never_take_the_time_that_steps_should_have(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(trainer(max_epochs=10**4), validation_seconds=2.0)
    machine.fit(monkeypatch, 10.0)
    assert machine.validated_at == [machine.seconds]
    assert len(machine.rates) * machine.STEP_SECONDS > 6.0
    assert machine.rates[-1] < max(machine.rates) / 20


def test_a_timed_run_that_was_stopped_goes_on_at_the_rate_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(trainer(max_epochs=10**4))
    with Checkpoints(tmp_path / "c") as checkpoints:
        machine.fit(monkeypatch, 20.0, checkpoints=checkpoints, should_stop=lambda: machine.seconds >= 12.0)
    before = len(machine.rates)
    with Checkpoints(tmp_path / "c") as checkpoints:
        saved = checkpoints.progress()
        assert saved is not None
        finished = machine.fit(monkeypatch, 20.0, checkpoints=checkpoints, progress=Progress(**saved))
    assert finished.progress.elapsed_seconds == pytest.approx(machine.seconds, abs=0.1)
    assert machine.rates[before] == pytest.approx(machine.rates[before - 1], rel=0.01)
    assert machine.rates[-1] < max(machine.rates) / 20


def test_few_steps_are_dispatched_ahead_of_the_time_that_their_rates_are_of(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(trainer(max_epochs=1))
    ahead: list[int] = []

    class Dispatched(float):
        def block_until_ready(self) -> None:
            ahead.append(len(machine.rates) - int(self))

    def take_step(state: TrainState, step: int, rate: float) -> tuple[TrainState, StepMetrics]:
        Machine.take_step(machine, state, step, rate)
        return state, StepMetrics(*[cast(jax.Array, Dispatched(step + 1))] * 4)

    monkeypatch.setattr(machine, "take_step", take_step)
    machine.fit(monkeypatch, 20.0)
    assert len(ahead) > len(machine.rates) / 2
    assert set(ahead) == {training.IN_FLIGHT}


def test_a_deadline_ends_a_run_on_this_machine_too() -> None:
    events = list(trainer(max_epochs=10**4).fit(Progress(total_steps=10**5), deadline_seconds=0.4))
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "budget"
    assert 0 < events[-1].progress.step < 10**5
    reports = [event for event in events if isinstance(event, StepReport)]
    assert all(report.step <= report.total_steps < 10**5 for report in reports)


def test_the_training_step_compiles_once() -> None:
    running = new_trainer()
    list(running.fit(Progress(total_steps=40)))
    running.speed()
    assert running.steps.train._cache_size() == 1  # type: ignore[attr-defined]


def test_measuring_throughput_changes_nothing() -> None:
    measured = new_trainer()
    assert measured.speed().tokens_per_second > 0
    assert same(best(measured.fit(Progress(total_steps=20))), best(trainer().fit(Progress(total_steps=20))))


def test_an_update_is_no_longer_than_the_clip_allows() -> None:
    # Adam's first step has length rate * sqrt(weights) whatever the gradient; its first moment shows the clip.
    running = trainer(clip_norm=1e-3)
    state = running.steps.initial_state()
    state, metrics = running.steps.train(state, *running.train_windows[0], np.float32(0.1))
    first_moment = flat_weights(state.optimizer[1].mu)
    norm = np.sqrt(sum(float((moment**2).sum()) for moment in first_moment.values()))
    assert float(metrics.gradient_norm) > 1e-3
    np.testing.assert_allclose(norm, 1e-3 * (1 - 0.9), rtol=1e-3)


def test_the_learning_rate_warms_up_and_decays() -> None:
    rates = learning_rates(100, SETTINGS)
    assert rates.argmax() == 5
    assert rates.max() == pytest.approx(SETTINGS.learning_rate)
    assert rates[0] < rates.max() / 5
    assert rates[-1] < rates.max() / 20
