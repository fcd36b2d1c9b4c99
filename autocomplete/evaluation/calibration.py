"""Chooses from which confidence on suggestions are shown unasked: next words, completions and phrases apart."""

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from autocomplete.bundle import Thresholds
from autocomplete.evaluation.phrases import PhraseCompleter, PhraseOffer, phrase_offers
from autocomplete.evaluation.spread import Piece
from autocomplete.evaluation.statistics import choose_threshold
from autocomplete.evaluation.typing import Completer, Offer, TypedWord, type_text
from autocomplete.text.syntax import Syntax

# What is shown unasked is at least so sure, as a part of the share that shall be right on the whole. Without that,
# words would be completed from 0 to 15 % on, after a letter already: completions are right more often than not.
LEAST_SURE = 0.5
# Nor is a model mute: something is shown at so many of the places at least, the surest. On 9 kB of prose next words
# were else shown at 1 % of them, which looks broken.
LEAST_SHOWN = 0.03
# Lengths of the phrases that are asked for, in words. What is shown of a phrase ends where it is no longer sure, mostly
# after two or three.
PHRASES = (2, 3)


@dataclass(frozen=True, slots=True)
class Spoken:
    """How often something is shown.

    Attributes:
        places: Where it could be.
        shown: Where it is.
        right: Where it is, and is right.
    """

    places: int
    shown: int
    right: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What held-out text says of a model's confidence.

    Attributes:
        words: Words of held-out text that were typed to find out.
        thresholds: Suggestions at least so probable are right often enough.
        next: How often a next word is shown then, before the first letter.
        complete: How often the rest of a word is, after a letter.
    """

    words: int
    thresholds: Thresholds
    next: Spoken
    complete: Spoken

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {
            "words": self.words,
            "thresholds": self.thresholds._asdict(),
            "next": asdict(self.next),
            "complete": asdict(self.complete),
        }


def typed_within(
    completer: Completer,
    pieces: Iterable[Piece],
    *,
    most_words: int,
    least_words: int = 1,
    seconds: float = math.inf,
    should_stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    syntax: Syntax = "prose",
) -> Generator[int, None, list[TypedWord]]:
    """Type words of pieces of a held-out text, the least number of them however long it takes.

    A generator that yields the number of words done and returns them. The `clock`, in seconds, is asked after each.
    """
    began = clock()
    words: list[TypedWord] = []
    for piece in pieces:
        left = most_words - len(words)
        for word in type_text(
            completer, piece.chunk.text, begins=piece.begins, limit_words=left, timed_every=0, syntax=syntax
        ):
            words.append(word)
            yield len(words)
            if should_stop() or (clock() - began > seconds and len(words) >= least_words):
                return words
    return words


def phrases_within(
    completer: PhraseCompleter,
    pieces: Iterable[Piece],
    *,
    most_places: int,
    should_stop: Callable[[], bool] = lambda: False,
    syntax: Syntax = "prose",
) -> Generator[int, None, list[PhraseOffer]]:
    """Ask for phrases in pieces of a held-out text, of which the completer shows any, however unsure.

    A generator that yields the number of places done and returns what was offered.
    """
    offers: list[PhraseOffer] = []
    places = 0
    for piece in pieces:
        found = phrase_offers(completer, piece.chunk.text, syntax, begins=piece.begins, lengths=PHRASES)
        for of_place in islice(found, most_places - places):
            offers += of_place
            places += 1
            yield places
            if should_stop():
                return offers
    return offers


def calibrate(words: Sequence[TypedWord], phrases: Sequence[PhraseOffer] = (), *, precision: float) -> Calibration:
    """Choose the thresholds.

    Next words, before the first letter, and completions have thresholds of their own: with some letters of a word
    known, the first suggestion is right more often than not, and a threshold over both would let every guess of a next
    word through, or, chosen for next words alone, hardly a completion.

    The probabilities themselves are left as they are. The weights of the mixture are fitted on held-out text, which
    calibrates it; dividing its logarithms by a temperature (Guo et al. 2017), fitted by likelihood on two corpora,
    came out at 1.05 and 1.15 and made the calibration error no smaller.

    Args:
        words: Typed.
        phrases: Offered.
        precision: Share of the suggestions shown that shall be right.
    """
    before = [word.offers[0] for word in words]
    within = [offer for word in words for offer in word.offers[1:]]
    offered = [offer for offer in phrases if offer.probability > 0.0]
    thresholds = Thresholds(
        next=_chosen(before, precision),
        complete=_chosen(within, precision),
        phrase=choose_threshold(
            [offer.probability ** (1 / offer.words) for offer in offered],
            [offer.right for offer in offered],
            claimed=[offer.probability for offer in offered],
            precision=precision,
            otherwise=precision ** (1 / PHRASES[0]),
        ),
    )
    return Calibration(
        words=len(words),
        thresholds=thresholds,
        next=_spoken(before, thresholds.next),
        complete=_spoken(within, thresholds.complete),
    )


def _chosen(offers: Sequence[Offer], precision: float) -> float:
    """The threshold of the first suggestions, none of which may be a mere guess that the others' success pays for.

    Where it lets through less than `LEAST_SHOWN` of the places, as it does where a model is seldom right, it comes down
    to the surest so many, as far as the model's own confidence bears that: to the square of the precision, 0.25 of 0.5
    and 0.81 of 0.9, for who wants to see little that is wrong would rather see nothing.
    """
    first = list(_first(offers))
    found = choose_threshold([chance for chance, _ in first], [right for _, right in first], precision=precision)
    surest = sorted((chance for chance, _ in first), reverse=True)[: math.ceil(LEAST_SHOWN * len(offers))]
    if surest:
        found = min(found, max(surest[-1], precision**2))
    return max(found, LEAST_SURE * precision)


def _first(offers: Iterable[Offer]) -> Iterator[tuple[float, bool]]:
    """Of each list, how probable the first suggestion is said to be, and whether it is right."""
    return ((offer.probabilities[0], offer.rank == 1) for offer in offers if offer.candidates)


def _spoken(offers: Sequence[Offer], threshold: float) -> Spoken:
    shown = [right for chance, right in _first(offers) if chance >= threshold]
    return Spoken(len(offers), len(shown), sum(shown))
