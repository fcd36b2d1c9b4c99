"""Chooses from which confidence on a suggestion is shown unasked."""

import math
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass

from autocomplete.corpus.encoding import TextChunk
from autocomplete.evaluation.statistics import choose_threshold
from autocomplete.evaluation.typing import Completer, TypedWord, type_text
from autocomplete.text.syntax import Syntax


@dataclass(frozen=True, slots=True)
class Calibration:
    """What held-out text says of a model's confidence.

    Attributes:
        words: Words of held-out text that were typed to find out.
        threshold: Suggestions at least so probable are right often enough; None where that cannot be said.
    """

    words: int
    threshold: float | None


def typed_within(
    completer: Completer,
    texts: Iterable[TextChunk],
    *,
    most_words: int,
    least_words: int = 1,
    seconds: float = math.inf,
    should_stop: Callable[[], bool] = lambda: False,
    syntax: Syntax = "prose",
) -> Generator[int, None, list[TypedWord]]:
    """Type the beginning of a held-out text, as much of it as fits a time and a number of words.

    The least number of words is typed however long it takes.
    A generator that yields the number of words done and returns them.
    """
    began = time.monotonic()
    words: list[TypedWord] = []
    for chunk in texts:
        for word in type_text(completer, chunk.text, limit_words=most_words - len(words), syntax=syntax):
            words.append(word)
            yield len(words)
            if (time.monotonic() - began > seconds and len(words) >= least_words) or should_stop():
                return words
    return words


def calibrate(words: Sequence[TypedWord], *, precision: float) -> Calibration:
    """Choose the threshold.

    It is chosen for next words, before their first letter: with some letters of a word known, the first suggestion
    is right more often than not, and a threshold over both would let every guess of a next word through.

    The probabilities themselves are left as they are. The weights of the mixture are fitted on held-out text, which
    calibrates it; dividing its logarithms by a temperature (Guo et al. 2017), fitted by likelihood on two corpora,
    came out at 1.05 and 1.15 and made the calibration error no smaller.

    Args:
        words: Typed.
        precision: Share of the suggestions shown that shall be right.
    """
    first = [word.offers[0] for word in words if word.offers[0].candidates]
    threshold = choose_threshold(
        [offer.probabilities[0] for offer in first], [offer.rank == 1 for offer in first], precision=precision
    )
    return Calibration(words=len(words), threshold=threshold)
