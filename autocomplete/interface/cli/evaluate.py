"""`autocomplete eval`: how well a model predicts text that it has not seen."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import CorpusError, UsageError
from autocomplete.interface.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autocomplete.bundle import Manifest
    from autocomplete.corpus.encoding import EncodedChunk
    from autocomplete.evaluation.perplexity import Score

PROGRESS_SECONDS = 5.0
SYSTEMS = {
    "mixture": "the model, as users get it",
    "lstm": "its recurrent network alone",
    "ngram": "its n-grams alone",
    "unigram": "word frequencies alone",
}


def evaluate(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Held-out text: files, folders, or '-'.")],
    model: options.Model = DEFAULT_MODEL,
    limit: Annotated[int | None, typer.Option(min=1, help="Score at most so many tokens.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the files.")] = "utf-8",
    allow_train: Annotated[
        bool, typer.Option("--allow-train", help="Accept text that the model was trained on.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Measure a model on text: perplexity, beside what knowing only word frequencies gives."""
    from autocomplete.config import CorpusSettings
    from autocomplete.corpus.encoding import encode_texts
    from autocomplete.evaluation.perplexity import evaluate as scores
    from autocomplete.predict.suggester import load_model

    manifest, vocabulary, tokenizer, predictor = load_model(model)
    chunks = encode_texts(paths, tokenizer=tokenizer, vocabulary=vocabulary, settings=CorpusSettings(encoding=encoding))
    if not allow_train:
        chunks = _held_out(chunks, manifest)
    score = _last(scores(predictor, vocabulary, chunks, limit=limit))
    result = {
        "schema": 1,
        "model": model,
        "tokens": score.tokens,
        "unknown_share": score.unknown / score.tokens,
        "perplexity": {system: score.perplexity(system) for system in score.nats},
        "bits_per_character": score.bits_per_character if score.unknown == 0 else None,
    }
    if as_json:
        print(json.dumps(result))
        return
    print(f"tokens              {score.tokens:,} ({100 * score.unknown / score.tokens:.2f} % unknown)")
    for system in score.nats:
        print(f"perplexity          {score.perplexity(system):.2f}  {SYSTEMS[system]}")
    if score.unknown == 0:
        print(f"bits per character  {score.bits_per_character:.3f}")


def _held_out(chunks: "Iterator[EncodedChunk]", manifest: "Manifest") -> "Iterator[EncodedChunk]":
    """Pass chunks on; refuse a file that the model was trained on."""
    trained_on = set(manifest.card.get("corpus", {}).get("train_digests", ()))
    for chunk in chunks:
        if chunk.digest in trained_on:
            raise UsageError(
                "The model was trained on this text, so the result would flatter it.",
                "Give other text, or '--allow-train'.",
            )
        yield chunk


def _last(scores: "Iterator[Score]") -> "Score":
    """Run an evaluation to its end, saying now and then how far it is."""
    score: Score | None = None
    spoke_at = time.monotonic()
    for score in scores:
        if time.monotonic() - spoke_at >= PROGRESS_SECONDS:
            print(f"{score.tokens:,} tokens, perplexity {score.perplexity():.2f} so far", file=sys.stderr)
            spoke_at = time.monotonic()
    if score is None or score.tokens == 0:
        raise CorpusError("The text holds no tokens.", "Give text with words in it.")
    return score
