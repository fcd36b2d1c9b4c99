"""Which networks of a run are published: of numbers, better than unigrams, having read enough of the text."""

import contextlib
import json
import math
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.encoding import encode
from autocomplete.corpus.store import CorpusStore
from autocomplete.evaluation.card import CardProgress
from autocomplete.evaluation.perplexity import UNIGRAM, score_text
from autocomplete.network.events import Event, Finished, Plan, Progress, Validation
from autocomplete.predict.experts.loading import load_mixture
from autocomplete.runs import network as network_module
from autocomplete.runs import train as train_module
from autocomplete.runs.events import DivergenceError, Published, RunEvent, RunStopped, Withheld
from autocomplete.runs.publishing import Publisher
from autocomplete.runs.request import Request
from autocomplete.runs.workspace import SavedRun, claimed

NETWORK = NetworkSettings(embedding_size=8, hidden_size=8)
GOOD, BAD = 0.5, 6.0  # nats on either side of the unigrams of the text below
TEXT = "the quick brown fox jumps over the lazy dog\nmy dog sleeps and the fox runs\n" * 20


def validation(nats: float, *, epoch: float = 1.0, best: bool = True) -> Validation:
    weights = {"embedding": np.zeros((2, 2), np.float32)} if best else None
    return Validation(step=int(100 * epoch), epoch=epoch, nats=nats, elapsed_seconds=1.0, weights=weights)


def finished(reason: str, best_nats: float = math.inf, lowest_nats: float = math.inf) -> Finished:
    progress = Progress(step=100, total_steps=100, best_nats=best_nats, lowest_nats=min(best_nats, lowest_nats))
    return Finished(reason=reason, progress=progress)


def plan_of(epochs: float) -> Plan:
    return Plan(
        size="tiny", network=NETWORK, settings=TrainingSettings(), total_steps=max(1, round(100 * epochs)),
        epochs=epochs, tokens_per_second=1.0, seconds=1.0,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights above are none that could be fitted on held-out text."""
    monkeypatch.setattr(train_module, "close_model", lambda *_, **__: iter([CardProgress("closing", 0, None)]))


def happened(folder: Path, events: Sequence[Event], *, force: bool = False) -> list[RunEvent]:
    """What a run on `TEXT` makes of the events of its training, however it ends."""
    text = folder.with_suffix(".txt")
    text.write_text(TEXT, encoding="utf-8")
    request = Request(folder=folder, paths=[str(text)])
    saved = SavedRun(plan=plan_of(1.0), deadline_seconds=None, shown_right=0.5)
    seen: list[RunEvent] = []

    def run() -> Iterator[RunEvent]:
        with claimed(folder, force=force) as space:
            store = yield from train_module._read(request, space, lambda: False)
            publisher = Publisher(space, store)
            yield publisher.count(order=3)
            saved.save(space)
            outcome = yield from network_module._publish_best(iter(events), saved, publisher, fresh=True)
            yield from train_module._close(
                publisher, outcome, budget_seconds=math.inf, shown_right=0.5, should_stop=lambda: False
            )

    with contextlib.suppress(RunStopped, DivergenceError):
        for event in run():
            seen.append(event)  # noqa: PERF402 - kept, though the run may end in an error
    return seen


def kinds(events: Sequence[RunEvent]) -> list[str]:
    names = {Published: "Published", Withheld: "Withheld", CardProgress: "closed"}
    return [names[type(event)] for event in events if type(event) in names]


def why_withheld(events: Sequence[RunEvent]) -> str:
    (event,) = (event for event in events if isinstance(event, Withheld))
    return event.reason


def test_a_network_that_beats_the_unigrams_is_published(tmp_path: Path) -> None:
    events = happened(tmp_path / "m", [validation(GOOD), finished("complete", GOOD)])
    assert kinds(events) == ["Published", "closed"]
    manifest = bundle.read_manifest(tmp_path / "m")
    assert manifest.network == NETWORK
    assert manifest.card["results"]["withheld"] is None


def test_a_network_that_does_not_beat_the_unigrams_leaves_the_ngrams_as_the_model(tmp_path: Path) -> None:
    events = happened(tmp_path / "m", [validation(BAD), finished("complete", BAD)])
    assert kinds(events) == ["Withheld", "closed"]
    assert why_withheld(events) == "unigrams"
    manifest = bundle.read_manifest(tmp_path / "m")
    assert manifest.network is None
    assert manifest.files.keys() == {"vocabulary", "ngrams"}
    assert manifest.card["results"]["withheld"] == "unigrams"
    assert not (tmp_path / "m" / "checkpoints").exists()


@pytest.mark.parametrize(("planned", "least"), [(1.0, 0.1), (0.1, 0.1), (0.05, 0.0)])
def test_a_network_must_have_read_a_tenth_of_a_text_that_the_plan_would_read(planned: float, least: float) -> None:
    assert network_module.least_passes(plan_of(planned)) == least


def test_a_run_in_which_no_network_had_read_enough_says_so(tmp_path: Path) -> None:
    early = validation(GOOD, epoch=0.02, best=False)
    events = happened(tmp_path / "m", [early, finished("budget", lowest_nats=GOOD)])
    assert why_withheld(events) == "unread"
    assert bundle.read_manifest(tmp_path / "m").network is None


def test_a_network_that_had_read_enough_need_not_beat_one_that_had_not(tmp_path: Path) -> None:
    early, later = validation(GOOD / 2, epoch=0.02, best=False), validation(GOOD)
    events = happened(tmp_path / "m", [early, later, finished("patience", GOOD, GOOD / 2)])
    assert kinds(events) == ["Published", "closed"]


def test_of_a_run_that_diverged_at_once_the_ngrams_stay_usable(tmp_path: Path) -> None:
    events = happened(tmp_path / "m", [validation(math.nan, best=False), finished("diverged")])
    assert kinds(events) == ["Withheld", "closed"]
    assert why_withheld(events) == "diverged"
    assert bundle.read_manifest(tmp_path / "m").network is None


def test_of_a_run_that_diverged_later_the_best_network_before_stays(tmp_path: Path) -> None:
    events = happened(tmp_path / "m", [validation(GOOD), validation(math.inf, best=False), finished("diverged", GOOD)])
    assert kinds(events) == ["Published", "closed"]
    assert bundle.read_manifest(tmp_path / "m").network == NETWORK


def test_a_run_that_diverged_replaces_no_model(tmp_path: Path) -> None:
    happened(tmp_path / "m", [validation(GOOD), finished("complete", GOOD)])
    before = bundle.read_manifest(tmp_path / "m")
    events = happened(tmp_path / "m", [validation(math.nan, best=False), finished("diverged")], force=True)
    assert kinds(events) == ["Withheld"]
    assert bundle.read_manifest(tmp_path / "m") == before
    assert not (tmp_path / "m" / "checkpoints").exists()


def test_an_interrupted_run_without_a_network_can_go_on(tmp_path: Path) -> None:
    events = happened(
        tmp_path / "m", [validation(GOOD, epoch=0.02, best=False), finished("interrupted", lowest_nats=GOOD)]
    )
    assert kinds(events) == []
    assert bundle.read_manifest(tmp_path / "m").network is None
    assert (tmp_path / "m" / "checkpoints" / "run.json").is_file()


def test_neither_the_log_nor_the_manifest_holds_what_json_has_not(tmp_path: Path) -> None:
    def refuse(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    folder = tmp_path / "m"
    happened(folder, [validation(math.nan, best=False), validation(math.inf, best=False), finished("diverged")])
    for text in [(folder / "model.json").read_text(), *(folder / "log.jsonl").read_text().splitlines()]:
        json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("level", ["word", "char"])
def test_bits_a_character_while_training_are_those_of_the_card(level: str, tmp_path: Path) -> None:
    texts = {"train": TEXT, "valid": "my dög sleeps and the zebra jumps\nthe fox 🦊 naps over the dog\nthe zebra\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    request = Request.of(tmp_path / "train.txt", model=tmp_path / "m", valid=tmp_path / "valid.txt", level=level)
    with claimed(request.folder, force=False) as space:
        store = runs_end(train_module._read(request, space, lambda: False))
        publisher = Publisher(space, store)
        publisher.count(order=2)
        mixture = load_mixture(publisher.folder, bundle.read_manifest(publisher.folder), store.vocabulary)
        chunks = (encode(chunk, store.tokenizer, store.vocabulary) for chunk in store.valid_texts())
        *_, score = score_text(mixture, store.vocabulary, chunks)
        assert score.unknown_share > 0
        assert publisher.held_out.bits_per_character(publisher.unigram_nats) == pytest.approx(
            score.bits_per_character(UNIGRAM), rel=1e-6
        )


def runs_end(steps: Generator[RunEvent, None, CorpusStore]) -> CorpusStore:
    """What a run returns once it has happened."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: CorpusStore = end.value
            return found
