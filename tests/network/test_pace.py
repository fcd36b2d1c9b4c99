"""Laws of a run whose first steps score drawn words: all words at the end, a plan that fits, a stop changes nothing."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network import pace
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.events import Progress, Replanned, Validation
from autocomplete.network.job import Planned, Request, train_model
from autocomplete.network.pace import Pace, Speed, scored_words, suited_output
from autocomplete.network.training import Trainer
from tests.network.test_training import SETTINGS, best, same, store

NETWORK = NetworkSettings(layers=1, embedding_size=16, hidden_size=16)


def trainer(**changes: Any) -> Trainer:
    """Without dropout, whose masks depend on the parts that rows are read in."""
    plain: dict[str, Any] = {"input_dropout": 0.0, "hidden_dropout": 0.0, "output_dropout": 0.0, "output": "sampled"}
    return Trainer(store(draws=2000), NETWORK, dataclasses.replace(SETTINGS, **plain, **changes))


@pytest.fixture(scope="module")
def running() -> Trainer:
    """Compiled once for all tests; a run leaves nothing in it."""
    return trainer()


def test_drawn_words_come_first_and_all_words_last_and_each_step_compiles_once(
    running: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.speed()
    taken: list[bool] = []
    take_step = running.take_step

    def noted(*arguments: Any, sampled: bool = False) -> Any:
        taken.append(sampled)
        return take_step(*arguments, sampled=sampled)

    monkeypatch.setattr(running, "take_step", noted)
    validations = [event for event in running.fit(Progress(total_steps=400)) if isinstance(event, Validation)]
    first = int(pace.SAMPLED_SHARE * 400)
    assert taken == [True] * first + [False] * (400 - first)
    assert running.steps.train._cache_size() == 2  # type: ignore[attr-defined]
    # It has learned what follows what: the first of three tokens is one of eight, so 2 at best.
    assert validations[-1].perplexity < 2.4


@pytest.mark.parametrize("stop_after", [9, 33])
def test_a_stopped_run_goes_on_with_the_right_steps(running: Trainer, tmp_path: Path, stop_after: int) -> None:
    whole = best(running.fit(Progress(total_steps=40)))
    asked = iter(range(1000))
    with Checkpoints(tmp_path / "c") as checkpoints:
        list(
            running.fit(
                Progress(total_steps=40), checkpoints=checkpoints, should_stop=lambda: next(asked) >= stop_after - 1
            )
        )
        saved = checkpoints.progress()
        assert saved is not None
        assert saved["step"] == stop_after
        assert same(best(running.fit(Progress(**saved), checkpoints=checkpoints)), whole)


def test_rows_read_in_parts_are_scored_against_the_same_words(running: Trainer) -> None:
    found = []
    for each in (running, trainer(accumulate=2)):
        _, metrics = each.take_step(each.steps.initial_state(), 0, 0.0, sampled=True)
        found.append((float(metrics.gradient_norm), float(metrics.loss_nats)))
    _, exact = running.take_step(running.steps.initial_state(), 0, 0.0)
    assert found[0] == pytest.approx(found[1], rel=1e-5)
    assert found[0] != pytest.approx((float(exact.gradient_norm), float(exact.loss_nats)), rel=1e-3)


def test_a_plan_leaves_time_for_the_slower_steps_at_the_end(running: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "settings", dataclasses.replace(running.settings, max_epochs=10**9))
    totals = []
    for slowdown in (1.0, 1000.0):
        monkeypatch.setattr(running, "_speed", Speed(1.0, 0.0, Pace(pace.SAMPLED_SHARE, slowdown)))
        events = running.fit(Progress(total_steps=10**6), deadline_seconds=60.0)
        totals.append(next(event.total_steps for event in events if isinstance(event, Replanned)))
    assert totals[0] > 5 * totals[1]


@pytest.mark.parametrize(("share", "slowdown"), [(0.0, 1.0), (0.75, 1.0), (0.75, 6.0)])
@pytest.mark.parametrize("done", [0, 100, 850])
def test_the_steps_that_a_time_allows_take_that_time(share: float, slowdown: float, done: int) -> None:
    run = Pace(share, slowdown)
    seconds = run.seconds(1000, done=done, sampled_seconds=0.1, extra_seconds=0.02)
    assert run.affordable(seconds, done=done, sampled_seconds=0.1, extra_seconds=0.02) == pytest.approx(1000, abs=2)
    assert run.affordable(0.0, done=done, sampled_seconds=0.1, extra_seconds=0.02) == done + 1
    assert run.seconds(1000, done=0, sampled_seconds=0.1, extra_seconds=0.0) == pytest.approx(100 * run.mean)


def test_only_large_vocabularies_are_drawn_from() -> None:
    assert [suited_output(size) for size in (10, 10_000, 19_999)] == 3 * ["exact"]
    assert [suited_output(size) for size in (20_000, 33_278)] == 2 * ["sampled"]


def test_a_run_chooses_for_itself_only_what_it_was_not_told(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MANY_WORDS", 5)

    def planned(**training: Any) -> TrainingSettings:
        folder = tmp_path / "-".join(map(str, training.values()))
        events = train_model(
            Request(
                folder=folder,
                paths=[str(small_corpus)],
                size="tiny",
                network={"embedding_size": 8, "hidden_size": 8},
                training={"epochs": 1, **training},
            )
        )
        found = next(event.plan.settings for event in events if isinstance(event, Planned))
        events.close()
        return found

    assert planned(bptt=7).output == "sampled"
    told = planned(output="exact", batch_size=3)
    assert (told.output, told.batch_size) == ("exact", 3)


def test_the_output_layer_costs_the_words_that_it_scores() -> None:
    exact, sampled = TrainingSettings(), TrainingSettings(output="sampled")
    assert [scored_words(size, exact) for size in (10, 33_280)] == [10, 33_280]
    share = pace.SAMPLED_SHARE
    assert scored_words(100_000, sampled) == round(share * pace.DRAWN_WORDS + (1 - share) * 100_000)
    assert scored_words(10, sampled) < 10
