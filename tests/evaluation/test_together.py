"""All systems type side by side what each alone would type: sharing what they read changes no figure."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocomplete.corpus.encoding import TextChunk
from autocomplete.evaluation.card import Card, report_card
from autocomplete.evaluation.perplexity import systems_of
from autocomplete.evaluation.phrases import LENGTHS, PhraseMatches, phrase_offers
from autocomplete.evaluation.typing import RULES, SHOWN, KeystrokeSavings, NextWordHits, TopSuggestions, type_text
from autocomplete.interface.cli.app import run
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session

# Case, accents, names that the model lacks and that come again, marks that join, and two documents.
DOCUMENTS = (
    "best food in Zwolle please\nun café crème? e.g. Zwolle/now\nbest food in zwolle now, don't",
    "how to boil an egg.\nHow to boil\nweather in Pariss today",
)


def texts() -> Iterator[TextChunk]:
    return (TextChunk("", text, begins_document=True) for text in DOCUMENTS)


def without_network(corpus: Path, folder: Path, *options: str) -> Model:
    assert run(["train", str(corpus), "--model", str(folder), "--no-network", "--epochs", "1", *options]) == 0
    return Model.open(folder)


@pytest.fixture(scope="module", params=["words", "words alone", "pretokenized", "characters", "characters alone"])
def model(request: pytest.FixtureRequest, small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("together") / "model"
    match request.param:
        case "words":
            return Model.open(request.getfixturevalue("trained_model"))
        case "characters":
            return Model.open(request.getfixturevalue("trained_char_model"))
        case "words alone":
            return without_network(small_corpus, folder)
        case "pretokenized":
            return without_network(small_corpus, folder, "--pretokenized")
        case _:
            return without_network(small_corpus, folder, "--level", "char")


def test_typed_together_is_typed_alone(model: Model) -> None:
    """Each system with a session of its own, letter by letter, and asked for whole lists and phrases apart."""
    words = 8 if model.manifest.level == "char" else None
    pieces = [TextChunk("", DOCUMENTS[0], begins_document=True)] if words else list(texts())
    *_, card = report_card(model, lambda: iter(pieces), limit_words=words)
    assert isinstance(card, Card)
    for system, mixture in systems_of(model.mixture).items():
        if system not in card.typed:
            continue
        # Where lines end is read as the whole model has it, whoever is heard.
        alone, unsure = (
            Session(model).hearing(replace(each, mixture=mixture)) for each in (model, model.however_unsure())
        )
        savings, hits, phrases = KeystrokeSavings(), NextWordHits(), PhraseMatches()
        before, within = TopSuggestions(), TopSuggestions()
        for number, piece in enumerate(pieces):
            for word in type_text(alone, piece.text, limit_words=words, timed_every=0):
                savings.add(word, document=number)
                hits.add(word, document=number)
                before.add(replace(word, offers=word.offers[:1]))
                within.add(replace(word, offers=word.offers[1:]))
            for place, offers in enumerate(phrase_offers(unsure, piece.text)):
                if words is None or place < -(-words // 5):
                    phrases.add(offers, document=number)
        figures = card.typed[system]
        assert figures.words == savings.words
        assert figures.savings == {rule: savings.rate(rule) for rule in RULES}
        assert figures.hits == {shown: hits.rate(shown) for shown in SHOWN}
        assert figures.mean_reciprocal_rank == pytest.approx(hits.mean_reciprocal_rank)
        np.testing.assert_equal(figures.phrases, {length: phrases.rate(length) for length in LENGTHS})
        for shown, top, least in (
            (figures.next_shown, before, model.thresholds.next),
            (figures.completion_shown, within, model.thresholds.complete),
        ):
            np.testing.assert_equal(tuple(shown), (top.coverage(least), top.precision(least)))
