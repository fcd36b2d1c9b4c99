"""A training run tells what happens in order, ends with a finished model, and is stopped without loss."""

import contextlib
import dataclasses
import math
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autocomplete import Suggester, bundle, train
from autocomplete.config import Meeting, NetworkSettings, TrainingSettings
from autocomplete.corpus.ingest import IngestProgress
from autocomplete.corpus.store import CorpusReport
from autocomplete.errors import CorpusError, TrainingInterrupted, UsageError
from autocomplete.evaluation.calibration import Calibration
from autocomplete.evaluation.card import Card, CardProgress
from autocomplete.evaluation.mixing import MixtureFit
from autocomplete.network.events import Finished, Plan, Progress
from autocomplete.network.plan import Machine, make_plan
from autocomplete.network.training import FLOOR_PASSES
from autocomplete.runs import network
from autocomplete.runs.events import (
    CardMissing,
    CharactersBegun,
    CharactersLeftOut,
    Counted,
    DivergenceError,
    ModelReady,
    Planned,
    RunEvent,
    RunStopped,
    Withheld,
)
from autocomplete.runs.publishing import Outcome
from autocomplete.runs.request import Request
from autocomplete.runs.train import reading_run, training_run
from autocomplete.runs.workspace import claimed

LINES = "best food in Las Vegas\nhow to boil an egg\nflights from New York to Boston\nun café crème\n" * 20
ONE_MODEL = [CorpusReport, Counted, MixtureFit, Calibration, Card]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


def steps(events: Iterator[RunEvent] | list[RunEvent]) -> list[type]:
    """The events of a run, without those that only say how far a step is."""
    return [type(event) for event in events if not isinstance(event, IngestProgress | CardProgress)]


def stopped_at(request: Request, kind: type) -> None:
    """Run until the first event of a kind, and ask to stop there."""
    events: list[RunEvent] = []
    for event in training_run(request, should_stop=lambda: any(isinstance(event, kind) for event in events)):
        events.append(event)  # noqa: PERF402 - the list is asked while it grows


def test_ngrams_are_a_model_once_they_are_counted_and_finished_at_the_end(text: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    events: list[RunEvent] = []
    for event in training_run(Request(folder=folder, paths=[str(text)], ngrams_only=True)):
        events.append(event)
        if isinstance(event, Counted):
            assert Suggester.open(folder).suggest("best food in Las ", k=1)[0].text == "Vegas"
    assert steps(events) == [*ONE_MODEL, ModelReady]
    assert events[-1] == ModelReady(folder=folder)
    manifest = bundle.read_manifest(folder)
    assert manifest.network is None
    assert manifest.mixture is not None
    assert "report" in manifest.card
    assert {path.suffix for path in folder.iterdir()} == {".json", ".sqlite"}


def test_characters_stand_beside_words(text: Path, tmp_path: Path) -> None:
    request = Request(
        folder=tmp_path / "m", paths=[str(text)], ngrams_only=True, characters=True, training={"budget_seconds": 1.0}
    )
    events = list(training_run(request))
    assert steps(events) == [*ONE_MODEL, CharactersBegun, *ONE_MODEL, ModelReady]
    assert CharactersBegun(folder=tmp_path / "m" / "characters") in events
    assert bundle.read_manifest(tmp_path / "m").level == "word"
    assert bundle.read_manifest(tmp_path / "m" / "characters").level == "char"


def test_no_characters_stand_beside_what_turns_out_to_be_commands(tmp_path: Path) -> None:
    (tmp_path / ".bash_history").write_text("git status\ncd src && make -j4\ngit commit -m 'x'\n" * 60, "utf-8")
    request = Request(
        folder=tmp_path / "m",
        paths=[str(tmp_path / ".bash_history")],
        ngrams_only=True,
        characters=True,
        training={"budget_seconds": 1.0},
    )
    assert steps(training_run(request)) == [*ONE_MODEL, CharactersLeftOut, ModelReady]
    assert bundle.read_manifest(tmp_path / "m").layout == "commands"
    assert not (tmp_path / "m" / "characters").exists()


def test_a_program_trains_by_settings_and_nothing_is_printed(
    text: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    events: list[RunEvent] = []
    folder = train(text, model=tmp_path / "m", budget=1, on_event=events.append, ngrams_only=True, order=3)
    assert folder == tmp_path / "m"
    assert steps(events) == [*ONE_MODEL, ModelReady]
    assert bundle.read_manifest(folder).card["ngrams"]["order"] == 3
    assert Suggester.open(folder).suggest("best food in Las ", k=1)[0].text == "Vegas"
    train([text], model=str(tmp_path / "m"), budget=1, ngrams_only=True, force=True)
    assert capfd.readouterr() == ("", "")


def test_events_cross_between_processes(text: Path, tmp_path: Path) -> None:
    events = list(training_run(Request(folder=tmp_path / "m", paths=[str(text)], ngrams_only=True)))
    assert [type(pickle.loads(pickle.dumps(event))) for event in events] == [type(event) for event in events]


def test_a_model_is_replaced_only_when_the_new_one_is_finished(text: Path, tmp_path: Path) -> None:
    request = Request(folder=tmp_path / "m", paths=[str(text)], ngrams_only=True, training={"budget_seconds": 1.0})
    list(training_run(request))
    with pytest.raises(UsageError, match="holds a model"):
        list(training_run(request))
    before = bundle.read_manifest(tmp_path / "m")
    again = Request(folder=tmp_path / "m", paths=[str(text), str(text)], ngrams_only=True, force=True)
    for event in training_run(again):
        if not isinstance(event, ModelReady):
            assert bundle.read_manifest(tmp_path / "m") == before
    assert bundle.read_manifest(tmp_path / "m") != before


def test_a_stop_while_reading_leaves_nothing(text: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingInterrupted, match="nothing was learned"):
        stopped_at(Request(folder=tmp_path / "m", paths=[str(text)]), IngestProgress)
    assert not (tmp_path / "m").exists()


def test_a_stop_before_the_network_leaves_the_ngrams(text: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingInterrupted, match="no network was trained"):
        stopped_at(Request(folder=tmp_path / "m", paths=[str(text)]), Counted)
    assert Suggester.open(tmp_path / "m").suggest("best food in Las ", k=1)[0].text == "Vegas"
    assert not (tmp_path / "m" / bundle.WORK_FOLDER).exists()


def test_a_stop_before_the_card_leaves_the_model_in_place(text: Path, tmp_path: Path) -> None:
    with pytest.raises(CardMissing):
        stopped_at(Request(folder=tmp_path / "m", paths=[str(text)], ngrams_only=True), MixtureFit)
    assert bundle.read_manifest(tmp_path / "m").mixture is not None
    assert not (tmp_path / "m" / bundle.WORK_FOLDER).exists()


def test_a_stop_among_the_words_begins_no_characters(text: Path, tmp_path: Path) -> None:
    with pytest.raises(CardMissing):
        stopped_at(Request(folder=tmp_path / "m", paths=[str(text)], ngrams_only=True, characters=True), MixtureFit)
    assert not (tmp_path / "m" / bundle.CHARACTERS).exists()


def training_that_ends(monkeypatch: pytest.MonkeyPatch, reason: str, best_nats: float = math.inf) -> None:
    """Let networks be trained in no time, with this end."""
    finished = Finished(reason=reason, progress=Progress(step=9, total_steps=9, best_nats=best_nats))
    plan = Plan(
        size="tiny", network=NetworkSettings(), settings=TrainingSettings(), total_steps=9, epochs=1.0,
        tokens_per_second=1.0, seconds=1.0,
    )  # fmt: skip

    def network_run(_request: Request, publisher: Any, **_: Any) -> Any:
        publisher.space.plan.write_text("a plan")
        yield finished
        return Outcome(plan, finished)

    monkeypatch.setattr(network, "network_run", network_run)


@pytest.mark.parametrize(
    ("reason", "error", "left"),
    [("interrupted", RunStopped, True), ("diverged", DivergenceError, False), ("patience", None, False)],
)
def test_only_a_run_that_was_stopped_is_left_to_be_resumed(
    reason: str,
    error: type[Exception] | None,
    left: bool,
    text: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training_that_ends(monkeypatch, reason)
    run = training_run(Request(folder=tmp_path / "m", paths=[str(text)]))
    if error is None:
        events = list(run)
        assert [type(event) for event in events if isinstance(event, Finished | Withheld)] == [Finished, Withheld]
        assert isinstance(events[-1], ModelReady)
    else:
        with pytest.raises(error):
            list(run)
    assert (tmp_path / "m" / bundle.WORK_FOLDER / "run.json").exists() == left
    assert bundle.is_model(tmp_path / "m")


@pytest.mark.parametrize("leave", [lambda run: run.close(), lambda run: run.throw(KeyboardInterrupt)])
def test_who_listens_no_more_ends_the_run(leave: Callable[[Any], None], text: Path, tmp_path: Path) -> None:
    run = training_run(Request(folder=tmp_path / "m", paths=[str(text)], ngrams_only=True))
    for event in run:
        if isinstance(event, Counted):
            break
    with contextlib.suppress(KeyboardInterrupt):
        leave(run)
    with claimed(tmp_path / "m", force=True):  # no other run is at work there
        assert bundle.is_model(tmp_path / "m")


def test_a_text_is_looked_at_and_nothing_is_left(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path / "home"))
    *_, report = reading_run(Request.of(text, model="m"))
    assert isinstance(report, CorpusReport)
    assert report.train_tokens > 0
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt"}


def test_only_a_text_of_ones_own_is_looked_at(text: Path, tmp_path: Path) -> None:
    for request in (
        Request(folder=tmp_path, resume=True),
        Request(folder=tmp_path, paths=[str(text)], meeting=Meeting(processes=2)),
    ):
        with pytest.raises(UsageError):
            list(reading_run(request))


def test_an_unusable_text_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(CorpusError):
        train(tmp_path / "empty.txt", model=tmp_path / "m", ngrams_only=True)
    assert not (tmp_path / "m").exists()


def test_a_longer_window_than_the_text_is_refused(text: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="longer than the corpus"):
        train(text, model=tmp_path / "m", bptt=100_000)
    assert not (tmp_path / "m").exists()


def test_a_budget_that_was_over_before_training_began_still_makes_a_network_that_has_read_the_text(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_plan(*given: Any, **named: Any) -> Plan:
        return dataclasses.replace(make_plan(*given, **named), seconds=99.0)

    monkeypatch.setattr(network, "measure_machine", lambda: Machine(float32_rate=1e9, bfloat16_rate=1e9))
    monkeypatch.setattr(network, "make_plan", slow_plan)
    request = Request(
        folder=tmp_path / "m",
        paths=[str(text)],
        network={"embedding_size": 8, "hidden_size": 8},
        training={"budget_seconds": 1e-3},
    )
    told = list(training_run(request))
    (planned,) = (event for event in told if isinstance(event, Planned))
    (finished,) = (event for event in told if isinstance(event, Finished))
    assert planned.longer
    assert planned.plan.epochs == FLOOR_PASSES
    assert (finished.reason, finished.progress.step) == ("budget", planned.plan.total_steps)
    assert bundle.read_manifest(tmp_path / "m").card["results"]["epochs"] == FLOOR_PASSES
