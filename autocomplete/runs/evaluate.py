"""An evaluation: a model measured on text that it has not seen."""

import dataclasses
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocomplete import bundle
from autocomplete.config import CorpusSettings
from autocomplete.corpus.accounts import Account
from autocomplete.corpus.encoding import TextChunk, keep_texts, kept_texts, read_sources, texts_of
from autocomplete.errors import CorpusError, UsageError
from autocomplete.evaluation.card import Card, CardProgress, report_card
from autocomplete.evaluation.dynamic import dynamic_figures, score_dynamically
from autocomplete.network import require_packages
from autocomplete.predict.model import Model


class SeenTextError(UsageError):
    """The model was trained on the text that it is to be measured on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRead:
    """The text was read: the first event.

    Attributes:
        account: How its files were read, and whose words were taken.
    """

    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an evaluation found: its last event.

    Attributes:
        card: The report card.
        dynamic: Perplexities of a network that went on learning from the text, and how it learned; None where that was
            not wanted.
    """

    card: Card
    dynamic: Mapping[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        found = self.card.as_dict()
        return found if self.dynamic is None else {**found, "dynamic_evaluation": self.dynamic}


def evaluation_run(
    model: str | Path,
    paths: Sequence[str],
    *,
    limit_tokens: int | None = None,
    limit_words: int = 2_000,
    reading: CorpusSettings | None = None,
    allow_train: bool = False,
    dynamic: Mapping[str, float] | None = None,
) -> Iterator[TextRead | CardProgress | Measured]:
    """Measure a model on text; yields `TextRead`, how far that is, and `Measured` last.

    Args:
        model: The model's name, or its folder.
        paths: The text: files, folders, `-`.
        limit_tokens: Most tokens scored.
        limit_words: Most words typed, letter by letter.
        reading: How the files are read: their encoding and format, and whose words are taken; None for the usual.
        allow_train: Whether the model may have been trained on the text.
        dynamic: Settings of dynamic evaluation that are not the usual; None does without it.

    Raises:
        SeenTextError: The model was trained on the text, and that is not allowed.
        UsageError: The model has no network that could learn, or settings make no sense.
        CorpusError: The text cannot be used.
        ModelError: The model cannot.
        AutocompleteError: Packages are missing that the network needs to learn.
    """
    if dynamic is not None:
        require_packages()
    loaded = Model.open(model)
    with tempfile.TemporaryDirectory(prefix="eval-") as folder:
        tokenizer = loaded.tokenizer
        sources = read_sources(paths, tokenizer=tokenizer, settings=reading or CorpusSettings(), work=Path(folder))
        yield TextRead(account=sources.account)
        texts = texts_of(sources, tokenizer)
        if not allow_train:
            texts = held_out(texts, loaded.manifest, bundle.read_sources(bundle.existing_model(model)))
        # Read once: standard input comes only once, and the text is scored, then typed by every system.
        kept = Path(folder) / "texts.jsonl"
        keep_texts(kept, texts)
        card = None
        for step in report_card(loaded, lambda: kept_texts(kept), limit_tokens=limit_tokens, limit_words=limit_words):
            if isinstance(step, Card):
                card = step
            else:
                yield step
        if card is None or card.score.tokens == 0:
            raise CorpusError("The text holds no tokens.", "Give text with words in it.")
        figures = None
        if dynamic is not None:
            figures = yield from _dynamic(loaded, bundle.existing_model(model), kept_texts(kept), dynamic, limit_tokens)
        yield Measured(card=card, dynamic=figures)


def held_out(
    texts: Iterator[TextChunk], manifest: bundle.Manifest, sources: bundle.SourceList | None
) -> Iterator[TextChunk]:
    """Pass texts on; refuse a file that the model was trained on."""
    of_old = set(manifest.card.get("corpus", {}).get("train_digests", ()))  # once manifests told
    trained_on = frozenset() if sources is None else sources.trained_on()
    for text in texts:
        if text.digest in of_old or (sources is not None and sources.salted(text.digest) in trained_on):
            raise SeenTextError(
                "The model was trained on this text, so the result would flatter it.",
                "Give other text, or allow this.",
            )
        yield text


def _dynamic(
    loaded: Model,
    folder: Path,
    texts: Iterator[TextChunk],
    learning: Mapping[str, float],
    limit_tokens: int | None,
) -> Generator[CardProgress, None, dict[str, Any]]:
    """Score the text with a network that goes on learning from it; a generator that returns its perplexities."""
    from autocomplete.network.dynamic import DynamicNetwork, DynamicSettings  # JAX, which the card does not need

    shape = loaded.manifest.network
    if shape is None:
        raise UsageError("This model has no network that could learn.", "Leave dynamic evaluation out.")
    settings = DynamicSettings(**learning)  # type: ignore[arg-type]
    size = loaded.vocabulary.size
    trained = bundle.read_weights(folder, loaded.manifest, vocabulary_size=size)
    network = DynamicNetwork(trained, shape, settings, vocabulary_size=size)
    for score in score_dynamically(loaded, network, texts, limit=limit_tokens):
        yield CardProgress("learning", score.tokens, limit_tokens)
    return {**dataclasses.asdict(settings), **dynamic_figures(score)}
