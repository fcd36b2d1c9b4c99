"""The threshold is where next words are right often enough, and nothing else moves it."""

import math
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from autocomplete.corpus.encoding import TextChunk
from autocomplete.evaluation import calibration
from autocomplete.evaluation.calibration import calibrate, typed_within
from autocomplete.evaluation.statistics import LEAST_SHOWN
from autocomplete.evaluation.typing import Offer, TypedWord
from autocomplete.predict.suggestion import Mode, Suggestion
from tests.evaluation.steps import result_of


def offer(*probabilities: float, right: int | None) -> Offer:
    """A list of so many candidates, the one at index `right` being right."""
    rank = None if right is None else right + 1
    return Offer(tuple(f"w{place}" for place in range(len(probabilities))), rank, rank, probabilities, seconds=0.0)


EMPTY = offer(right=None)
SURE_AND_WRONG = offer(0.99, right=None)
SURE_AND_RIGHT = offer(0.99, right=0)


def next_words(*within: Offer, words: int = 20_000) -> list[TypedWord]:
    """Before the first letter the confidence is anything and kept; `within` the words it is as given."""
    draw = np.random.default_rng(2)
    return [
        TypedWord("abcd", 0, (offer(claimed, right=0 if draw.random() < claimed else None), *within))
        for claimed in draw.random(words).tolist()
    ]


@pytest.mark.parametrize("precision", [0.6, 0.75, 0.9])
def test_the_threshold_is_where_next_words_are_right_often_enough(precision: float) -> None:
    """Above t the mean confidence is (1 + t) / 2 where it is uniform."""
    found = calibrate(next_words(), precision=precision)
    assert found.threshold is not None
    assert abs(found.threshold - (2 * precision - 1)) < 0.05
    assert found.words == 20_000


@pytest.mark.parametrize("within", [SURE_AND_WRONG, SURE_AND_RIGHT, EMPTY])
def test_what_stands_within_words_does_not_move_the_threshold(within: Offer) -> None:
    found = calibrate(next_words(within, within, words=500), precision=0.7)
    assert found.threshold == calibrate(next_words(words=500), precision=0.7).threshold is not None


def test_where_no_confidence_is_kept_there_is_no_threshold() -> None:
    assert calibrate([TypedWord("a", 0, (SURE_AND_WRONG,))] * 500, precision=0.5).threshold is None


def test_too_few_words_give_no_threshold() -> None:
    right = [TypedWord("a", 0, (SURE_AND_RIGHT,))] * LEAST_SHOWN
    assert calibrate(right, precision=1.0).threshold == 0.99
    assert calibrate(right[1:], precision=0.5).threshold is None
    nothing = calibrate([], precision=0.5)
    assert (nothing.words, nothing.threshold) == (0, None)


def test_words_before_which_nothing_is_offered_are_counted_but_say_nothing() -> None:
    right = [TypedWord("a", 0, (SURE_AND_RIGHT,))] * LEAST_SHOWN
    found = calibrate([*right, *[TypedWord("ab", 0, (EMPTY, SURE_AND_WRONG))] * 500], precision=1.0)
    assert (found.words, found.threshold) == (LEAST_SHOWN + 500, 0.99)


def test_only_the_first_candidate_counts() -> None:
    second = [TypedWord("a", 0, (offer(0.6, 0.4, right=1),))] * 100
    assert calibrate(second, precision=0.1).threshold is None


class Nothing:
    """Suggests nothing."""

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        return []


def texts() -> Iterator[TextChunk]:
    return (TextChunk("", text, begins_document=True) for text in ("one two three", "four five", "six"))


@pytest.mark.parametrize(("most", "typed"), [(0, 0), (1, 1), (3, 3), (4, 4), (100, 6)])
def test_no_more_words_are_typed_than_wanted(most: int, typed: int) -> None:
    words = result_of(typed_within(Nothing(), texts(), most_words=most))
    assert [word.word for word in words] == ["one", "two", "three", "four", "five", "six"][:typed]


def test_typing_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=count(step=1.0).__next__)  # a second a word
    monkeypatch.setattr(calibration, "time", clock)
    assert [word.word for word in result_of(typed_within(Nothing(), texts(), most_words=9, seconds=3.5))] == [
        "one",
        "two",
        "three",
        "four",
    ]
    assert len(result_of(typed_within(Nothing(), texts(), most_words=9, seconds=math.inf))) == 6
    assert len(result_of(typed_within(Nothing(), texts(), most_words=9, least_words=5, seconds=0.0))) == 5


def test_typing_stops_when_asked_to() -> None:
    asked = iter([False, False, True])
    words = result_of(typed_within(Nothing(), texts(), most_words=9, should_stop=lambda: next(asked)))
    assert [word.word for word in words] == ["one", "two", "three"]
