"""Intervals cover what they should, and confidence is judged by what it keeps: all on planted data."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autocomplete.evaluation import statistics
from autocomplete.evaluation.statistics import (
    PRIOR_SHOWN,
    block_sums,
    blocks,
    bootstrap_interval,
    calibration_error,
    choose_threshold,
    latency,
    reliability,
)

CONFIDENCES_AND_RIGHT = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]) | st.floats(0, 1), st.booleans()), max_size=60
)


def planted_ratio(seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Documents of any length, of whose characters each saves about 40 %, more or less by document."""
    draw = np.random.default_rng(seed)
    characters = draw.integers(50, 500, count)
    return draw.binomial(characters, np.clip(draw.normal(0.4, 0.05, count), 0.0, 1.0)), characters


def test_the_interval_covers_the_true_ratio_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        low, high = bootstrap_interval(*planted_ratio(seed), seed=seed, rounds=300, level=0.8)
        covered += low <= 0.4 <= high
    assert 68 <= covered <= 92  # three standard errors


def test_a_higher_level_gives_a_wider_interval() -> None:
    low, high = bootstrap_interval(*planted_ratio(1), seed=0, level=0.5)
    wide_low, wide_high = bootstrap_interval(*planted_ratio(1), seed=0, level=0.99)
    assert wide_low < low < high < wide_high


def test_the_interval_is_decided_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = bootstrap_interval(*planted_ratio(1), seed=3)
    assert one == bootstrap_interval(*planted_ratio(1), seed=3)
    assert one != bootstrap_interval(*planted_ratio(1), seed=4)
    monkeypatch.setattr(statistics, "_DRAWN_AT_ONCE", 100)  # bounded memory, the same draws
    assert one == bootstrap_interval(*planted_ratio(1), seed=3)


def test_the_interval_is_of_the_ratio_of_sums_not_of_the_mean_ratio() -> None:
    numerators, denominators = [0.0, 900.0] * 30, [10.0, 1000.0] * 30
    low, high = bootstrap_interval(numerators, denominators, seed=0)
    assert 0.85 < low <= 900 / 1010 <= high < 0.9


def test_what_never_varies_has_no_spread() -> None:
    assert bootstrap_interval([2.0] * 30, [8.0] * 30, seed=0) == (0.25, 0.25)


@pytest.mark.parametrize("denominators", [[], [5.0], [5.0, 0.0, 0.0], [0.0, 0.0]])
def test_fewer_than_two_blocks_show_no_interval(denominators: list[float]) -> None:
    assert all(map(math.isnan, bootstrap_interval(denominators, denominators, seed=0)))


def test_blocks_with_nothing_in_them_are_drawn_and_harmless() -> None:
    low, high = bootstrap_interval([1.0, 1.0, 0.0, 0.0], [2.0, 2.0, 0.0, 0.0], seed=0)
    assert (low, high) == (0.5, 0.5)


def test_many_documents_are_the_blocks() -> None:
    documents = np.repeat(np.arange(100, 120), [1, 9] * 10)
    assert blocks(documents).tolist() == (documents - 100).tolist()


@pytest.mark.parametrize(("documents", "words"), [(1, 1000), (19, 1003), (1, 40), (2, 7), (1, 1)])
def test_few_documents_are_cut_in_forty_even_runs(documents: int, words: int) -> None:
    block = blocks(np.arange(words) * documents // words)
    assert np.all(np.diff(block) >= 0)
    sizes = np.bincount(block)
    assert len(sizes) == min(40, words)
    assert sizes.max() - sizes.min() <= 1


def test_nothing_has_no_blocks() -> None:
    assert blocks([]).tolist() == []


def test_block_sums_add_up() -> None:
    assert block_sums([1, 2, 4, 8], blocks([0, 0, 0, 0])).tolist() == [1, 2, 4, 8]
    assert block_sums([True, True, False], np.array([0, 1, 1])).tolist() == [1, 1]


def planted_confidences(claimed: float, *, count: int = 60_000) -> tuple[np.ndarray, np.ndarray]:
    """Confidences of all sizes, each kept only to the share `claimed`."""
    draw = np.random.default_rng(0)
    confidences = draw.random(count) ** 3
    return confidences, draw.random(count) < confidences * claimed


def test_kept_promises_have_no_calibration_error() -> None:
    assert calibration_error(*planted_confidences(1.0)) < 0.01


def test_the_calibration_error_of_over_confidence_is_what_was_planted() -> None:
    confidences, right = planted_confidences(0.5)
    assert abs(calibration_error(confidences, right) - confidences.mean() / 2) < 0.01
    assert math.isclose(calibration_error([0.75] * 8, [True] * 2 + [False] * 6), 0.5)
    assert math.isclose(calibration_error([0.5] * 5, [True] * 5), 0.5)  # too modest is wrong as well


def test_errors_of_both_signs_do_not_cancel() -> None:
    assert math.isclose(calibration_error([0.1] * 50 + [0.9] * 50, [True] * 50 + [False] * 50), 0.9)


def test_the_bins_have_equal_mass() -> None:
    rows = reliability(*planted_confidences(1.0), bins=15)
    assert [row.predictions for row in rows] == [4000] * 15
    assert all(row.least <= row.confidence <= row.most for row in rows)
    assert all(one.most < other.least for one, other in pairwise(rows))


@given(CONFIDENCES_AND_RIGHT, st.integers(1, 20), st.randoms(use_true_random=False))
def test_the_order_of_the_predictions_changes_nothing(
    pairs: list[tuple[float, bool]], bins: int, draw: random.Random
) -> None:
    shuffled = draw.sample(pairs, len(pairs))
    one, other = ([[pair[side] for pair in pairs_] for side in (0, 1)] for pairs_ in (pairs, shuffled))
    rows = reliability(*one, bins=bins)
    assert rows == reliability(*other, bins=bins)
    assert choose_threshold(*one) == choose_threshold(*other)
    assert sum(row.predictions for row in rows) == len(pairs)
    assert len(rows) <= bins
    assert math.isclose(
        sum(row.right * row.predictions for row in rows), sum(right for _, right in pairs), abs_tol=1e-9
    )
    assert not pairs or 0.0 <= calibration_error(*one, bins=bins) <= 1.0


def test_no_predictions_have_no_calibration_error() -> None:
    assert math.isnan(calibration_error([], []))
    assert reliability([], []) == []


def test_the_threshold_is_where_precision_is_reached() -> None:
    # What is claimed is kept, so that above t the mean confidence is right: (1 + t) / 2 where it is uniform.
    draw = np.random.default_rng(1)
    confidences = draw.random(200_000)
    right = draw.random(200_000) < confidences
    for precision in (0.6, 0.75, 0.9):
        threshold = choose_threshold(confidences, right, precision=precision)
        assert abs(threshold - (2 * precision - 1)) < 0.03


@given(CONFIDENCES_AND_RIGHT, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_the_threshold_is_the_smallest_that_will_do(pairs: list[tuple[float, bool]], precision: float) -> None:
    do = []
    for threshold in sorted({confidence for confidence, _ in pairs}):
        shown = [pair for pair in pairs if pair[0] >= threshold]
        claimed, right = (sum(pair[side] for pair in shown) for side in (0, 1))
        margin = right + PRIOR_SHOWN * claimed / len(shown) - precision * (len(shown) + PRIOR_SHOWN)
        assume(abs(margin) > 1e-9)
        if margin > 0.0:
            do.append(threshold)
    found = choose_threshold([pair[0] for pair in pairs], [pair[1] for pair in pairs], precision=precision)
    seen = [confidence for confidence, _ in pairs]
    if not do:
        assert found == max([precision, *seen])
    else:
        assert found == (min(precision, do[0]) if do[0] == min(seen) else do[0])


def test_where_all_is_right_less_sure_suggestions_are_not_kept_back_either() -> None:
    """None of 98 % on was wrong: that says nothing of 60 %, and so the model's word counts."""
    assert choose_threshold([0.98, 0.99] * 100, [True] * 200, precision=0.5) == 0.5


def test_equal_confidences_are_shown_together_or_not_at_all() -> None:
    confidences = [0.9] * 300 + [0.5] * 400
    assert choose_threshold(confidences, [True] * 300 + [True] * 60 + [False] * 340, precision=0.5) == 0.5
    assert choose_threshold(confidences, [True] * 300 + [True] * 30 + [False] * 370, precision=0.5) == 0.9


@pytest.mark.parametrize("seen", range(8))
def test_a_few_words_never_say_never(seen: int) -> None:
    """However unlucky they are, what is as sure as can be is shown."""
    unsure, wrong = [0.1, 0.2, 0.3, 0.35][:seen], [False] * min(seen, 4)
    assert choose_threshold(unsure, wrong, precision=0.5) == 0.5
    assert choose_threshold([0.9] * seen, [False] * seen, precision=0.5) <= 0.9


def test_a_lucky_few_decide_nothing() -> None:
    """Of two unsure suggestions both were right: that is believed of many only."""
    assert choose_threshold([0.2] * 2, [True] * 2, precision=0.5) == 0.5
    assert choose_threshold([0.2] * 200, [True] * 200, precision=0.5) == 0.2


def test_of_many_suggestions_what_was_seen_counts_and_not_what_was_claimed() -> None:
    assert choose_threshold([0.8] * 500 + [0.99] * 100, [False] * 500 + [True] * 100, precision=0.5) == 0.99
    assert choose_threshold([0.3] * 500, [True] * 400 + [False] * 100, precision=0.7) == 0.3


def test_phrases_are_shown_by_one_measure_and_believed_by_another() -> None:
    confidences, claimed = [0.7, 0.5, 0.9], [0.49, 0.25, 0.81]
    found = choose_threshold(confidences, [False] * 3, claimed=claimed, precision=0.7)
    assert found == 0.9
    assert choose_threshold([], [], claimed=[], precision=0.5, otherwise=0.7) == 0.7


def test_latency_is_in_milliseconds() -> None:
    found = latency(np.arange(101) / 1000)
    assert (found.median_milliseconds, found.p95_milliseconds, found.p99_milliseconds) == pytest.approx((50, 95, 99))
    assert all(map(math.isnan, latency([])))
