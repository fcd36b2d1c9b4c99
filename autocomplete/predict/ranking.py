"""What comes first in a list: the likeliest, ties by their text, or, where chance shall decide, what is drawn."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from autocomplete.arrays import Float32Array
from autocomplete.errors import UsageError
from autocomplete.predict.experts.mixture import Forecast
from autocomplete.predict.suggestion import Suggestion


@dataclass(frozen=True, slots=True)
class LikelyWord:
    """A word of a forecast.

    Attributes:
        index: Where it stands there.
        token: Its id.
        text: The word.
        probability: How likely it is.
    """

    index: int
    token: int
    text: str
    probability: float


def likeliest_words(
    forecast: Forecast, chances: Float32Array, count: int, *, texts_of: Callable[[Sequence[int]], Sequence[str]]
) -> list[LikelyWord]:
    """The words of a forecast with the largest chances above 0, largest first, ties by their text.

    Args:
        forecast: What may follow.
        chances: What each of it counts for, (V + S,).
        count: Most words.
        texts_of: The words of some ids.
    """
    picked = _candidates(chances, count)
    size = len(chances) - len(forecast.further)
    tokens = [index if index < size else int(forecast.further[index - size]) for index in picked]
    found = zip((-chances[picked]).tolist(), texts_of(tokens), picked, tokens, strict=True)
    return [LikelyWord(index, token, text, -chance) for chance, text, index, token in sorted(found)[:count]]


def likeliest(chances: Float32Array, count: int, *, texts: Sequence[str]) -> list[int]:
    """Indices of the largest values above 0, largest first, ties by the text at an index."""
    picked = _candidates(chances, count)
    found = zip((-chances[picked]).tolist(), [texts[index] for index in picked], picked, strict=True)
    return [index for _, _, index in sorted(found)[:count]]


def _candidates(chances: Float32Array, count: int) -> list[int]:
    """Indices of the `count` largest values above 0, and of all that are as large."""
    floor = np.float32(0.0)
    if count < len(chances):
        floor = np.partition(chances, len(chances) - count)[len(chances) - count]
    picked: list[int] = np.flatnonzero((chances >= floor) & (chances > 0.0)).tolist()
    return picked


def ranked(items: Iterable[Suggestion]) -> list[Suggestion]:
    """Suggestions, most likely first."""
    return sorted(items, key=lambda item: (-item.probability, item.text, item.result))


@dataclass(frozen=True, slots=True)
class Sampling:
    """How suggestions are drawn.

    Attributes:
        temperature: Above 1 makes unlikely ones likelier, below 1 less likely; greater than 0.
        seed: The same seed, text and model give the same suggestions.
    """

    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0.0):
            raise UsageError(f"temperature {self.temperature} is not greater than 0.", "Give a number such as 0.7.")
        if self.seed < 0:
            raise UsageError(f"seed {self.seed} is negative.", "Give a whole number from 0 on.")

    def draw(self, items: Sequence[Suggestion], k: int) -> list[Suggestion]:
        """Draw `k` of them without replacement, each as likely as it says (Gumbel, 1954); likeliest first."""
        chances = np.array([max(item.probability, 1e-300) for item in items])
        noise = np.random.default_rng(self.seed).gumbel(size=len(items))
        # The order is that of log P / T + noise; neither part overflows, however large or small the temperature is.
        scale = max(1.0, self.temperature)
        order = np.argsort(-(np.log(chances) / scale + noise * (self.temperature / scale)), kind="stable")[:k]
        return ranked(items[place] for place in order.tolist())
