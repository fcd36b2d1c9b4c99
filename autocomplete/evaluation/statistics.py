"""How sure a measured figure is, how honest a model's confidence is, and how fast it answers."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import Float64Array, Int64Array

# Fewer documents than this are cut up: an interval from a handful of units jumps with each of them.
LEAST_DOCUMENTS = 20
CUT_BLOCKS = 40
# How many suggestions the model's own word counts for where a threshold is chosen. Thresholds were fitted on 300 words
# of five texts of 80 to 160 kB and tried on 700 others: with 50, next words were right 2 to 5 points oftener than with
# 20 on two of them, and as often on the others; 200 did no better. What a mixture claims is seldom far off.
PRIOR_SHOWN = 50.0

# Numbers drawn at once, which bounds the memory of a bootstrap over many documents.
_DRAWN_AT_ONCE = 1 << 20


def finite(value: float) -> float | None:
    """The value as JSON takes it: what is not a finite number becomes null."""
    return value if math.isfinite(value) else None


def all_finite(values: Iterable[float]) -> list[float | None]:
    """The values as JSON takes them."""
    return [finite(value) for value in values]


def blocks(documents: npt.ArrayLike) -> Int64Array:
    """Number the block that each word or token belongs to: the units that a bootstrap draws.

    The words of a document share its subject and its writer, so that drawing single words would give intervals that
    are too narrow: the units are whole documents. Where there are fewer than 20 of them, the text is cut in 40
    blocks of consecutive words, long enough that most of what neighbours share stays within a block.

    Args:
        documents: Per word, in the order of the text, the number of its document, (N,).

    Returns:
        Per word, the number of its block, from 0, (N,).
    """
    _, block = np.unique(np.asarray(documents, np.int64), return_inverse=True)
    block = block.astype(np.int64)
    if block.size and block.max() + 1 < LEAST_DOCUMENTS:
        return np.arange(block.size, dtype=np.int64) * min(CUT_BLOCKS, block.size) // block.size
    return block


def block_sums(values: npt.ArrayLike, block: Int64Array) -> Float64Array:
    """Sum the values, (N,), of each block, (B,)."""
    return np.bincount(block, weights=np.asarray(values, np.float64)).astype(np.float64)


def bootstrap_interval(
    numerators: npt.ArrayLike, denominators: npt.ArrayLike, *, seed: int, rounds: int = 1000, level: float = 0.95
) -> tuple[float, float]:
    """Percentile interval of a ratio of sums over blocks drawn with replacement (Efron 1979).

    Args:
        numerators: Per block, such as saved keys, (B,).
        denominators: Per block, such as characters, (B,), none negative.
        seed: Of the drawing: the same seed gives the same interval.
        rounds: How often B blocks are drawn.
        level: Probability that the interval is made for.

    Returns:
        Lower and upper end; nan where fewer than two blocks, which show no spread, count for anything.
    """
    ratio_of = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    count = ratio_of[1].size
    if np.count_nonzero(ratio_of[1]) < 2:
        return math.nan, math.nan
    draw = np.random.default_rng(seed)
    at_once = max(1, _DRAWN_AT_ONCE // count)
    ratios = []
    for begun in range(0, rounds, at_once):
        drawn = draw.integers(0, count, (min(at_once, rounds - begun), count))  # (rounds, B)
        above, below = (sums[drawn].sum(axis=1) for sums in ratio_of)
        ratios.append(above[below > 0.0] / below[below > 0.0])
    low, high = np.quantile(np.concatenate(ratios), [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


class ReliabilityRow(NamedTuple):
    """Predictions of like confidence.

    Attributes:
        least: Lowest confidence among them.
        most: Highest confidence among them.
        predictions: How many they are.
        confidence: Mean confidence.
        right: Share that is right.
    """

    least: float
    most: float
    predictions: int
    confidence: float
    right: float


def reliability(confidences: npt.ArrayLike, right: npt.ArrayLike, *, bins: int = 15) -> list[ReliabilityRow]:
    """Sort predictions by confidence in bins of equal mass; compare what each bin claims with what it keeps.

    Equal confidences are never parted, so that the order of the predictions changes nothing; bins that this leaves
    empty are left out.

    Args:
        confidences: Probabilities that the model gave, (N,).
        right: Whether it was right, (N,).
        bins: Most rows.
    """
    values, group = np.unique(np.asarray(confidences, np.float64), return_inverse=True)
    counts = np.bincount(group, minlength=values.size)
    rights = np.bincount(group, weights=np.asarray(right, np.float64), minlength=values.size)
    middles = np.cumsum(counts) - counts / 2.0
    bin_of = (middles * bins / max(1, group.size)).astype(np.int64)
    rows = []
    for number in np.unique(bin_of):
        here = bin_of == number
        predictions = int(counts[here].sum())
        rows.append(
            ReliabilityRow(
                least=float(values[here][0]),
                most=float(values[here][-1]),
                predictions=predictions,
                confidence=float(np.dot(values[here], counts[here])) / predictions,
                right=float(rights[here].sum()) / predictions,
            )
        )
    return rows


def calibration_error(confidences: npt.ArrayLike, right: npt.ArrayLike, *, bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017, section 2): mean distance of confidence and share right.

    In bins of equal mass (Nguyen & O'Connor 2015) rather than equal width, since most suggestions are of low
    confidence and a bin of a few would say little. nan where there are no predictions.
    """
    rows = reliability(confidences, right, bins=bins)
    total = sum(row.predictions for row in rows)
    return sum(row.predictions * abs(row.right - row.confidence) for row in rows) / total if rows else math.nan


def choose_threshold(
    confidences: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    claimed: npt.ArrayLike | None = None,
    precision: float = 0.5,
    otherwise: float | None = None,
) -> float:
    """Find the smallest confidence from which on suggestions are right often enough.

    The share of right ones has a beta prior, as strong as `PRIOR_SHOWN` suggestions that keep what the model claims: of
    few suggestions the model's word counts, of many what was seen.

    Args:
        confidences: By which suggestions are shown, (N,).
        right: Whether each was right, (N,).
        claimed: Probabilities of being right that the model gave, (N,); the confidences, unless given.
        precision: Share of all suggestions at or above the threshold that shall be right.
        otherwise: The confidence of which the model claims just that; the precision, unless given.

    Returns:
        The threshold: what is equal to it is shown. Where no confidence that was seen will do, or all of them will,
        that which the model claims to be right often enough, if it is more, or less, than all that was seen.
    """
    values, group = np.unique(np.asarray(confidences, np.float64), return_inverse=True)
    claims = np.asarray(confidences if claimed is None else claimed, np.float64)
    # Equal confidences are shown together or not at all. Sums run from the highest confidence down.
    shown = np.bincount(group, minlength=values.size)[::-1].cumsum()
    rights, believed = (
        np.bincount(group, weights=np.asarray(each, np.float64), minlength=values.size)[::-1].cumsum()
        for each in (right, claims)
    )
    kept = (rights + PRIOR_SHOWN * believed / np.maximum(shown, 1)) / (shown + PRIOR_SHOWN)
    enough = np.flatnonzero(kept >= precision)
    usual = precision if otherwise is None else otherwise
    if not enough.size:
        return max(usual, float(values[-1])) if values.size else usual
    chosen = float(values[::-1][enough[-1]])
    return min(usual, chosen) if enough[-1] == values.size - 1 else chosen


class Latency(NamedTuple):
    """How long an answer takes."""

    median_milliseconds: float
    p95_milliseconds: float
    p99_milliseconds: float


def latency(seconds: npt.ArrayLike) -> Latency:
    """Percentiles of measured times, (N,); nan where nothing was measured."""
    times = np.asarray(seconds, np.float64) * 1000.0
    if not times.size:
        return Latency(math.nan, math.nan, math.nan)
    median, p95, p99 = np.percentile(times, [50, 95, 99])
    return Latency(float(median), float(p95), float(p99))
