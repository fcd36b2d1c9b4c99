"""What ends a training run: the experts are mixed, confidence is calibrated, and the report card is written."""

import dataclasses
import math
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TypeVar

from autocomplete import bundle
from autocomplete.corpus.encoding import EncodedChunk, TextChunk, encode
from autocomplete.corpus.store import CorpusStore
from autocomplete.evaluation.calibration import Calibration, calibrate, phrases_within, typed_within
from autocomplete.evaluation.card import FEW_WORDS, Card, CardProgress, report_card
from autocomplete.evaluation.mixing import MixtureFit, fit_mixture, fitted_temperature, score_within
from autocomplete.evaluation.phrases import EVERY, PhraseOffer
from autocomplete.evaluation.spread import scored_pieces, typed_pieces
from autocomplete.predict.experts.loading import load_mixture
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session

# The card is written from the text that mixture and thresholds were fitted on, which flatters it a little: weights
# fitted on one half of a validation text made the other half's perplexity 1 to 2 % worse than its own.
# Shares of a training budget that the three steps may take, together less than a fifth.
MIXING_SHARE, CALIBRATION_SHARE, CARD_SHARE = 0.04, 0.08, 0.06
CLOSING_SHARE = MIXING_SHARE + CALIBRATION_SHARE + CARD_SHARE
# What mixture and card are made from at most, spread over all held-out text, and how many words are typed: a word found
# letter by letter takes some twenty times as long.
SCORED_TOKENS = 50_000
CARD_WORDS = {"word": 500, "char": 100}
CALIBRATION_WORDS = {"word": 300, "char": 60}
# Words typed to calibrate, and for the card, whatever the budget says: of fewer, neither says anything.
LEAST_CALIBRATION_WORDS = {"word": 300, "char": 10}
LEAST_CARD_WORDS = {"word": FEW_WORDS, "char": 10}

Closing = MixtureFit | Calibration | CardProgress | Card

_Result = TypeVar("_Result")


def close_model(
    folder: Path,
    store: CorpusStore,
    *,
    budget_seconds: float = math.inf,
    precision: float = 0.5,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Closing]:
    """Fit on held-out text what prediction needs beside the experts, and publish it; yields what was found.

    Args:
        folder: The model folder.
        store: The corpus that it was trained on.
        budget_seconds: Budget of the whole run; infinite where the result must not depend on the machine's speed.
        precision: Share of suggestions above the threshold that shall be right.
        should_stop: Asked between the steps and within them; what was found by then is kept.
    """
    model = yield from _mixed(folder, store, seconds=MIXING_SHARE * budget_seconds, should_stop=should_stop)
    if should_stop():
        return
    level = model.manifest.level
    found = yield from _shown(
        "typing held-out text",
        calibrated(
            model,
            store.valid_texts,
            precision=precision,
            seconds=CALIBRATION_SHARE * budget_seconds,
            should_stop=should_stop,
        ),
    )
    if should_stop():
        return
    manifest = model.manifest.with_thresholds(found.thresholds)
    bundle.publish(folder, manifest)
    yield found
    if should_stop():
        return
    for step in report_card(
        dataclasses.replace(model, manifest=manifest),
        store.valid_texts,
        limit_tokens=SCORED_TOKENS,
        limit_words=CARD_WORDS[level],
        least_words=LEAST_CARD_WORDS[level],
        seconds=CARD_SHARE * budget_seconds,
    ):
        if isinstance(step, Card):
            bundle.publish(folder, dataclasses.replace(manifest, card={**manifest.card, "report": step.as_dict()}))
        yield step
        if should_stop():
            return


def calibrated(
    model: Model,
    texts: Callable[[], Iterator[TextChunk]],
    *,
    precision: float,
    seconds: float = math.inf,
    should_stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[int, None, Calibration]:
    """Find the thresholds on words from everywhere in a text; of a model of words as many whatever time they take.

    A generator that yields the number of words and places done, and returns what was found.
    """
    level = model.manifest.level
    pieces, session = typed_pieces(level, texts, CALIBRATION_WORDS[level]), Session(model)
    words = yield from typed_within(
        session,
        pieces,
        most_words=CALIBRATION_WORDS[level],
        least_words=LEAST_CALIBRATION_WORDS[level],
        seconds=seconds,
        should_stop=should_stop,
        clock=clock,
        syntax=model.tokenizer.syntax,
    )
    phrases: list[PhraseOffer] = []
    if level == "word" and not should_stop():  # spelled letter by letter, phrases take minutes
        phrases = yield from phrases_within(
            session.hearing(model.however_unsure()),
            pieces,
            most_places=len(words) // EVERY,
            should_stop=should_stop,
            syntax=model.tokenizer.syntax,
        )
    return calibrate(words, phrases, precision=precision)


def _mixed(
    folder: Path, store: CorpusStore, *, seconds: float, should_stop: Callable[[], bool]
) -> Generator[Closing, None, Model]:
    """Fit temperature and weights of the experts, and publish them; yields what was found, returns the model so."""
    manifest = bundle.read_manifest(folder)
    mixture = load_mixture(folder, manifest, store.vocabulary)

    pieces = list(scored_pieces(manifest.level, store.valid_texts, SCORED_TOKENS))

    def chunks() -> Iterator[EncodedChunk]:
        return (encode(chunk, store.tokenizer, store.vocabulary) for chunk in pieces)

    network, temperature = mixture.find(RecurrentNetwork), 1.0
    if network is not None:
        temperature = fitted_temperature(network, chunks())
        mixture = mixture.with_expert(network.at_temperature(temperature))
    scores = yield from _shown(
        "scoring held-out text",
        score_within(
            mixture, store.vocabulary, chunks(), seconds=seconds, most_tokens=SCORED_TOKENS, should_stop=should_stop
        ),
    )
    fit = fit_mixture(mixture, scores, temperature=temperature)
    card = {**manifest.card, "mixture": fit.as_dict()}
    manifest = dataclasses.replace(manifest, mixture=fit.weights.as_dict(), card=card).with_thresholds(None)
    bundle.publish(folder, manifest)
    yield fit
    return Model(manifest, store.vocabulary, store.tokenizer, mixture.with_weights(fit.weights))


def _shown(stage: str, steps: Generator[int, None, _Result]) -> Generator[CardProgress, None, _Result]:
    """Run a step, saying how far it is; returns what it returns."""
    while True:
        try:
            done = next(steps)
        except StopIteration as finished:
            result: _Result = finished.value
            return result
        yield CardProgress(stage, done, None)
