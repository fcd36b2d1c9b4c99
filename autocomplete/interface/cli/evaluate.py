"""`autocomplete eval`: the report card on text that the model has not seen."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import CorpusError, UsageError
from autocomplete.interface.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from autocomplete.bundle import Manifest
    from autocomplete.corpus.encoding import TextChunk
    from autocomplete.evaluation.card import Card, CardProgress
    from autocomplete.predict.model import Model

PROGRESS_SECONDS = 5.0
SCHEMA_VERSION = 1
DEFAULT_WORDS = 2_000


def evaluate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH…]",
            help="Held-out text: files, folders, or '-'. Without any: the card written after training.",
        ),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    limit: Annotated[int | None, typer.Option(min=1, help="Score at most so many tokens.")] = None,
    words: Annotated[
        int | None, typer.Option(min=0, help="Type at most so many words (2,000), letter by letter.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the files.")] = "utf-8",
    allow_train: Annotated[
        bool, typer.Option("--allow-train", help="Accept text that the model was trained on.")
    ] = False,
    dynamic: Annotated[
        bool,
        typer.Option("--dynamic", help="Also let the network go on learning from the text as it is scored (slow)."),
    ] = False,
    dynamic_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="How fast it learns then; needs '--dynamic'.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Measure a model on text: perplexity, keystrokes saved, confidence and speed, beside its baselines."""
    from autocomplete.interface.report import card_lines

    if dynamic_rate is not None and not dynamic:
        raise UsageError("'--dynamic-rate' is of the learning.", "Give '--dynamic' too.")
    if paths:
        card = measured_card(
            paths,
            model,
            limit=limit,
            words=DEFAULT_WORDS if words is None else words,
            encoding=encoding,
            allow_train=allow_train,
            learning=_learning(dynamic, dynamic_rate),
        )
    elif limit is not None or words is not None or allow_train or dynamic:
        raise UsageError(
            "There is no text to measure the model on.", "Name files or folders, or leave out the options."
        )
    else:
        card = _kept(model)
    if as_json:
        print(json.dumps({"schema": SCHEMA_VERSION, "model": model, **card}))
    else:
        print("\n".join(card_lines(card)))


def _learning(dynamic: bool, rate: float | None) -> "Mapping[str, float] | None":
    """Settings of dynamic evaluation that are not the usual; None where it is not wanted."""
    if not dynamic:
        return None
    return {} if rate is None else {"rate": rate}


def _kept(model: str) -> "Mapping[str, Any]":
    """The card that was written when the model was trained."""
    from autocomplete import bundle

    folder = bundle.existing_model(model)
    card = bundle.read_manifest(folder).card.get("report")
    if card is None:
        raise UsageError(f"{folder}: training ended before a report card was written.", "Name held-out text.")
    return card  # type: ignore[no-any-return]


def measured_card(
    paths: list[str],
    model: str,
    *,
    limit: int | None,
    words: int,
    encoding: str,
    allow_train: bool,
    learning: "Mapping[str, float] | None" = None,
) -> "Mapping[str, Any]":
    """Measure the model on text, as `Card.as_dict` gives it; with `learning`, dynamic evaluation beside.

    Raises:
        UsageError: The model was trained on the text, and that is not allowed.
        CorpusError: The text cannot be used.
        ModelError: The model cannot.
    """
    import tempfile
    from pathlib import Path

    from autocomplete.config import CorpusSettings
    from autocomplete.corpus.encoding import keep_texts, kept_texts, read_texts
    from autocomplete.evaluation.card import report_card
    from autocomplete.predict.model import Model

    loaded = Model.open(model)
    texts = read_texts(paths, tokenizer=loaded.tokenizer, settings=CorpusSettings(encoding=encoding))
    if not allow_train:
        texts = _held_out(texts, loaded.manifest)
    with tempfile.TemporaryDirectory(prefix="eval-") as folder:
        # Read once: standard input comes only once, and the text is scored, then typed by every system.
        kept = Path(folder) / "texts.jsonl"
        keep_texts(kept, texts)
        card = _last(report_card(loaded, lambda: kept_texts(kept), limit_tokens=limit, limit_words=words)).as_dict()
        if learning is None:
            return card
        return {**card, "dynamic_evaluation": _dynamic(loaded, model, kept_texts(kept), learning, limit)}


def _dynamic(
    loaded: "Model",
    model: str,
    texts: "Iterator[TextChunk]",
    learning: "Mapping[str, float]",
    limit: int | None,
) -> "dict[str, Any]":
    """Perplexities of a network that goes on learning from the text."""
    from dataclasses import asdict

    from autocomplete import bundle
    from autocomplete.evaluation.dynamic import dynamic_figures, score_dynamically
    from autocomplete.network.dynamic import DynamicNetwork, DynamicSettings

    shape = loaded.manifest.network
    if shape is None:
        raise UsageError("This model has no network that could learn.", "Leave out '--dynamic'.")
    settings = DynamicSettings(**learning)  # type: ignore[arg-type]
    size = loaded.vocabulary.size
    trained = bundle.read_weights(bundle.existing_model(model), loaded.manifest, vocabulary_size=size)
    spoken = _Spoken()
    network = DynamicNetwork(trained, shape, settings, vocabulary_size=size)
    for score in score_dynamically(loaded, network, texts, limit=limit):
        spoken.say("learning", score.tokens, limit)
    return {**asdict(settings), **dynamic_figures(score)}


def _held_out(texts: "Iterator[TextChunk]", manifest: "Manifest") -> "Iterator[TextChunk]":
    """Pass texts on; refuse a file that the model was trained on."""
    trained_on = set(manifest.card.get("corpus", {}).get("train_digests", ()))
    for text in texts:
        if text.digest in trained_on:
            raise UsageError(
                "The model was trained on this text, so the result would flatter it.",
                "Give other text, or '--allow-train'.",
            )
        yield text


class _Spoken:
    """Says now and then how far an evaluation is."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def say(self, stage: str, done: int, total: int | None) -> None:
        if time.monotonic() - self._at >= PROGRESS_SECONDS:
            of = "" if total is None else f" of {total:,}"
            print(f"{stage}: {done:,}{of}", file=sys.stderr)
            self._at = time.monotonic()


def _last(steps: "Iterable[CardProgress | Card]") -> "Card":
    """Run an evaluation to its end, saying now and then how far it is."""
    from autocomplete.evaluation.card import Card

    spoken = _Spoken()
    for step in steps:
        if isinstance(step, Card):
            if step.score.tokens == 0:
                break
            return step
        spoken.say(step.stage, step.done, step.total)
    raise CorpusError("The text holds no tokens.", "Give text with words in it.")
