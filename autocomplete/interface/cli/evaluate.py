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
    as_json: options.Json = False,
) -> None:
    """Measure a model on text: perplexity, keystrokes saved, confidence and speed, beside its baselines."""
    from autocomplete.interface.report import card_lines

    if paths:
        most = DEFAULT_WORDS if words is None else words
        card = measured_card(paths, model, limit=limit, words=most, encoding=encoding, allow_train=allow_train)
    elif limit is not None or words is not None or allow_train:
        raise UsageError(
            "There is no text to measure the model on.", "Name files or folders, or leave out the options."
        )
    else:
        card = _kept(model)
    if as_json:
        print(json.dumps({"schema": SCHEMA_VERSION, "model": model, **card}))
    else:
        print("\n".join(card_lines(card)))


def _kept(model: str) -> "Mapping[str, Any]":
    """The card that was written when the model was trained."""
    from autocomplete import bundle

    folder = bundle.existing_model(model)
    card = bundle.read_manifest(folder).card.get("report")
    if card is None:
        raise UsageError(f"{folder}: training ended before a report card was written.", "Name held-out text.")
    return card  # type: ignore[no-any-return]


def measured_card(
    paths: list[str], model: str, *, limit: int | None, words: int, encoding: str, allow_train: bool
) -> "Mapping[str, Any]":
    """Measure the model on text, as `Card.as_dict` gives it.

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
    from autocomplete.predict.suggester import load_model

    loaded = load_model(model)
    texts = read_texts(paths, tokenizer=loaded.tokenizer, settings=CorpusSettings(encoding=encoding))
    if not allow_train:
        texts = _held_out(texts, loaded.manifest)
    with tempfile.TemporaryDirectory(prefix="eval-") as folder:
        # Read once: standard input comes only once, and the text is scored, then typed by every system.
        kept = Path(folder) / "texts.jsonl"
        keep_texts(kept, texts)
        return _last(report_card(loaded, lambda: kept_texts(kept), limit_tokens=limit, limit_words=words)).as_dict()


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


def _last(steps: "Iterable[CardProgress | Card]") -> "Card":
    """Run an evaluation to its end, saying now and then how far it is."""
    from autocomplete.evaluation.card import Card

    spoke_at = time.monotonic()
    for step in steps:
        if isinstance(step, Card):
            if step.score.tokens == 0:
                break
            return step
        if time.monotonic() - spoke_at >= PROGRESS_SECONDS:
            of = "" if step.total is None else f" of {step.total:,}"
            print(f"{step.stage}: {step.done:,}{of}", file=sys.stderr)
            spoke_at = time.monotonic()
    raise CorpusError("The text holds no tokens.", "Give text with words in it.")
