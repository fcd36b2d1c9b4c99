"""What ends a training run is published step by step, and is the same whenever it is done again."""

import dataclasses
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.bundle import Manifest
from autocomplete.config import CorpusSettings, Level
from autocomplete.corpus.ingest import ingest
from autocomplete.corpus.store import CorpusStore
from autocomplete.evaluation.calibration import Calibration
from autocomplete.evaluation.card import FEW_WORDS, Card, CardProgress
from autocomplete.evaluation.mixing import MixtureFit
from autocomplete.evaluation.spread import scored_pieces, typed_pieces
from autocomplete.evaluation.typing import words_of
from autocomplete.ngrams.build import build_ngrams
from autocomplete.predict.experts.mixture import MixtureWeights
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from autocomplete.runs import closing
from autocomplete.runs.closing import Closing, close_model
from tests.corpus.stores import stored, text_file


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lines with names in them that their neighbours repeat and that no other line has."""
    draw = random.Random(2)
    lines = []
    for _ in range(60):
        name = "".join(draw.choices("bdfghklmnprstvz", k=6)).title()
        lines += [f"how to call {name} today", f"the food of {name} is good"]
    return text_file(tmp_path_factory.mktemp("corpus") / "names.txt", "\n".join(lines) + "\n")


def model_of_ngrams(corpus: Path, folder: Path, level: Level = "word") -> CorpusStore:
    """Publish a model that has n-grams only, as training leaves it; returns the store beside it."""
    store = stored(corpus, folder=folder / "store", level=level, min_count=2)
    vocabulary = bundle.write_vocabulary(folder, store.vocabulary)

    def build(path: Path) -> None:
        build_ngrams(
            store.train,
            vocabulary_size=store.vocabulary.size,
            vocabulary_digest=vocabulary.sha256,
            path=path,
            order=4,
        )

    files = {"vocabulary": vocabulary, "ngrams": bundle.write_ngrams(folder, build)}
    layout = store.report.layout
    bundle.publish(
        folder,
        Manifest(level=level, layout=layout, pretokenized=False, network=None, files=files, card={"made": "by hand"}),
    )
    return store


@pytest.fixture
def ngrams(corpus: Path, tmp_path: Path) -> tuple[Path, CorpusStore]:
    return tmp_path, model_of_ngrams(corpus, tmp_path)


@pytest.fixture(scope="module")
def network(
    trained_model: str, small_corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, CorpusStore, Manifest]:
    """A model with a network before anything was fitted on held-out text, and what training made of it then."""
    folder = tmp_path_factory.mktemp("closing") / "model"
    shutil.copytree(trained_model, folder)
    closed = bundle.read_manifest(folder)
    card = {name: part for name, part in closed.card.items() if name not in ("mixture", "report")}
    bundle.publish(folder, dataclasses.replace(closed, mixture=None, threshold=None, card=card))
    store = stored(small_corpus, folder=folder.parent / "store", min_count=CorpusSettings().min_count)
    return folder, store, closed


def untimed(manifest: Manifest) -> dict[str, Any]:
    """All of a manifest but how fast it was."""
    found = dataclasses.asdict(manifest)
    for system in found["card"].get("report", {}).get("systems", {}).values():
        if system["typed"] is not None:
            del system["typed"]["latency_ms"]
    return found


def kinds(events: Iterator[Closing] | list[Closing]) -> list[type]:
    return [type(event) for event in events if not isinstance(event, CardProgress)]


def test_each_step_is_published_when_it_is_told(network: tuple[Path, CorpusStore, Manifest], tmp_path: Path) -> None:
    before, store, _ = network
    folder = tmp_path / "model"
    shutil.copytree(before, folder)
    opened = bundle.read_manifest(folder)
    seen = []
    for event in close_model(folder, store):
        manifest = bundle.read_manifest(folder)
        assert manifest.files == opened.files
        seen.append(event)
        match event:
            case MixtureFit():
                assert manifest.mixture == event.weights.as_dict()
                assert manifest.card == {**opened.card, "mixture": event.as_dict()}
                assert manifest.threshold is None
            case Calibration():
                assert manifest.shown_from == event.thresholds
                assert manifest.threshold == event.thresholds.next
                assert "report" not in manifest.card
            case Card():
                assert manifest.card["report"] == event.as_dict()
                assert {**opened.card, **manifest.card} == manifest.card
                assert manifest.shown_from == event.thresholds
    assert kinds(seen) == [MixtureFit, Calibration, Card]
    assert isinstance(seen[-1], Card)
    assert Suggester.open(folder).thresholds == bundle.read_manifest(folder).shown_from
    assert Model.open(folder).mixture.weights.weights.tolist() == manifest.mixture["weights"]  # type: ignore[index]
    assert {path.name for path in folder.iterdir()} == {path.name for path in before.iterdir()}


def test_closing_again_gives_what_training_gave(network: tuple[Path, CorpusStore, Manifest], tmp_path: Path) -> None:
    before, store, closed = network
    shutil.copytree(before, tmp_path / "model")
    for _ in range(2):  # once as training left it, once upon what is there
        list(close_model(tmp_path / "model", store))
        assert untimed(bundle.read_manifest(tmp_path / "model")) == untimed(closed)


def closed_until(folder: Path, store: CorpusStore, last: Callable[[Closing], bool]) -> list[Closing]:
    """Close a model, and ask to stop at the event that is the last wanted."""
    events: list[Closing] = []
    for event in close_model(folder, store, should_stop=lambda: any(map(last, events))):
        events.append(event)  # noqa: PERF402 - the list is asked while it grows
    return events


@pytest.mark.parametrize("done", [[MixtureFit], [MixtureFit, Calibration]])
def test_a_stop_between_steps_keeps_what_was_found(ngrams: tuple[Path, CorpusStore], done: list[type]) -> None:
    folder, store = ngrams
    list(close_model(folder, store))
    whole = bundle.read_manifest(folder)
    old = dataclasses.replace(whole, mixture=None, threshold=0.99, thresholds=None, card={"made": "by hand"})
    bundle.publish(folder, old)
    events = closed_until(folder, store, lambda event: isinstance(event, done[-1]))
    assert kinds(events) == done
    stopped = bundle.read_manifest(folder)
    assert stopped.mixture == whole.mixture
    assert stopped.threshold == (whole.threshold if Calibration in done else None)
    assert whole.threshold not in (None, 0.99)
    assert stopped.card == {"made": "by hand", "mixture": whole.card["mixture"]}


def test_a_stop_while_text_is_typed_sets_no_threshold(ngrams: tuple[Path, CorpusStore]) -> None:
    """A threshold from the few words until then would be a guess."""
    folder, store = ngrams
    events = closed_until(folder, store, lambda event: isinstance(event, CardProgress) and "typing" in event.stage)
    assert kinds(events) == [MixtureFit]
    assert len(events) < 6
    assert bundle.read_manifest(folder).threshold is None


def test_a_stop_while_the_card_is_written_leaves_no_card(ngrams: tuple[Path, CorpusStore]) -> None:
    folder, store = ngrams
    events = closed_until(folder, store, lambda event: isinstance(event, CardProgress) and event.stage == "scoring")
    assert kinds(events) == [MixtureFit, Calibration]
    assert bundle.read_manifest(folder).card.keys() == {"made", "mixture"}


def test_ngrams_alone_are_mixed_with_the_cache_and_not_with_a_network(ngrams: tuple[Path, CorpusStore]) -> None:
    """The names that a line before has written are the cache's."""
    folder, store = ngrams
    (fit,) = (event for event in close_model(folder, store) if isinstance(event, MixtureFit))
    published = bundle.read_manifest(folder).mixture
    assert published is not None
    mixture = MixtureWeights.from_dict(published)
    assert mixture.experts == ("ngram", "cache")
    assert len(mixture.weights) == 4
    assert np.all(mixture.weights[:, 0, 1] == 0.0)
    assert np.all(mixture.weights[:, 1:, 1] > 0.01)
    assert fit.perplexity["mixture"] < 0.98 * fit.perplexity["ngram"]
    systems = bundle.read_manifest(folder).card["report"]["systems"]
    assert systems.keys() == {"mixture", "ngram", "trigram", "unigram"}
    assert systems["mixture"]["bits_per_character"] < systems["ngram"]["bits_per_character"]
    assert systems["mixture"]["perplexity"] == pytest.approx(fit.perplexity["mixture"])  # all of the text fits here


def test_characters_without_a_network_are_the_ngrams_alone(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(closing.CARD_WORDS, "char", 2)
    monkeypatch.setitem(closing.CALIBRATION_WORDS, "char", 3)
    store = model_of_ngrams(corpus, tmp_path, "char")
    events = list(close_model(tmp_path, store, budget_seconds=0.0))
    assert kinds(events) == [MixtureFit, Calibration, Card]
    [calibrated] = [event for event in events if isinstance(event, Calibration)]
    assert calibrated.words == 3
    published = bundle.read_manifest(tmp_path).mixture
    assert published is not None
    found = MixtureWeights.from_dict(published)
    assert found.experts == ("ngram",)
    assert np.all(found.weights == 1.0)


def test_the_same_twice_where_there_is_no_budget(ngrams: tuple[Path, CorpusStore]) -> None:
    folder, store = ngrams
    found = []
    for _ in range(2):
        list(close_model(folder, store))
        found.append(untimed(bundle.read_manifest(folder)))
    assert found[0] == found[1]


def test_without_any_time_there_is_a_little_of_everything(ngrams: tuple[Path, CorpusStore]) -> None:
    folder, store = ngrams
    events = list(close_model(folder, store, budget_seconds=0.0))
    assert kinds(events) == [MixtureFit, Calibration, Card]
    [found] = [event for event in events if isinstance(event, Calibration)]
    held_out = sum(len(list(words_of(chunk.text))) for chunk in store.valid_texts())
    assert FEW_WORDS < found.words == held_out < closing.CALIBRATION_WORDS["word"]  # all there is, whatever the budget
    systems = bundle.read_manifest(folder).card["report"]["systems"]
    assert {name: system["typed"] and system["typed"]["words"] for name, system in systems.items()} == {
        **dict.fromkeys(systems),
        "mixture": FEW_WORDS,
    }
    assert Suggester.open(folder).suggest("how to", k=1)[0].text == "call"


def test_the_card_is_of_no_more_than_its_limits(
    ngrams: tuple[Path, CorpusStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(closing.CARD_WORDS, "word", 3)
    monkeypatch.setattr(closing, "SCORED_TOKENS", 11)
    folder, store = ngrams
    *_, card = close_model(folder, store)
    assert isinstance(card, Card)
    assert (card.score.tokens, card.typed["mixture"].words) == (11, 3)


def test_who_wants_more_right_is_shown_less(ngrams: tuple[Path, CorpusStore]) -> None:
    folder, store = ngrams
    found = []
    for precision in (0.0, 0.5, 0.9):
        list(close_model(folder, store, precision=precision))
        found.append(Suggester.open(folder).thresholds)
    for thresholds in zip(*found, strict=True):
        assert list(thresholds) == sorted(thresholds)
    assert found[0].next < found[-1].next


def test_what_is_fitted_rests_on_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten files held out each is read, though there is time and leave for a part of one only."""
    monkeypatch.setattr(closing, "SCORED_TOKENS", 2_000)
    files = [text_file(tmp_path / f"{number}.txt", f"speaker{number} says a word\n" * 400) for number in range(10)]
    train = text_file(tmp_path / "train.txt", "".join(f"speaker{number} says a word\n" for number in range(10)) * 30)
    *_, last = ingest(
        [train], valid_paths=files, settings=CorpusSettings(min_count=1, workers=1), folder=tmp_path / "s"
    )
    assert last.store is not None
    seen = {
        word
        for piece in typed_pieces("word", last.store.valid_texts, 300)
        for word in piece.chunk.text[piece.begins :].split()
    }
    scored = {word for chunk in scored_pieces("word", last.store.valid_texts, 2_000) for word in chunk.text.split()}
    assert {f"speaker{number}" for number in range(10)} <= seen & scored
