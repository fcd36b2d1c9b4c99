"""Laws of training: the same seed gives the same weights, a stop changes nothing, the step compiles once."""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusStore
from autocomplete.network import training
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.events import Event, Finished, Progress, Replanned, Validation
from autocomplete.network.steps import flat_weights, learning_rates
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


@functools.cache
def trainer(**changes: Any) -> Trainer:
    """What is asked for again is compiled already."""
    return new_trainer(**changes)


def best(events: Iterator[Event]) -> dict[str, np.ndarray]:
    """The last weights that were the best."""
    kept = [event.weights for event in events if isinstance(event, Validation) and event.weights is not None]
    return kept[-1]


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


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


def test_a_deadline_shrinks_the_plan_and_ends_the_run() -> None:
    running = trainer()
    list(running.fit(Progress(total_steps=1)))  # compiles
    events = list(running.fit(Progress(total_steps=10**5), deadline_seconds=2.0))
    assert isinstance(events[-1], Finished)
    assert events[-1].reason in ("complete", "budget")
    assert any(isinstance(event, Replanned) for event in events)
    assert events[-1].progress.step < 10**5


def test_a_plan_grows_where_the_machine_is_faster_than_measured() -> None:
    running = trainer(max_epochs=20)
    list(running.fit(Progress(total_steps=1)))  # compiles
    events = list(running.fit(Progress(total_steps=2 * len(running.train_windows)), deadline_seconds=120.0))
    replanned = [event.total_steps for event in events if isinstance(event, Replanned)]
    assert replanned == [20 * len(running.train_windows)]


def test_a_plan_shorter_than_a_pass_grows_before_its_half_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(training, "REPLAN_SECONDS", 0.0)
    running = trainer(max_epochs=20, validations_per_epoch=1)
    list(running.fit(Progress(total_steps=1)))  # compiles
    events = list(running.fit(Progress(total_steps=len(running.train_windows) - 1), deadline_seconds=120.0))
    replanned = [event.total_steps for event in events if isinstance(event, Replanned)]
    assert replanned == [20 * len(running.train_windows)]


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
