"""The threshold is where next words are right often enough, and nothing else moves it."""

from itertools import count

import numpy as np
import pytest

from autocomplete.bundle import Thresholds
from autocomplete.corpus.encoding import TextChunk
from autocomplete.evaluation.calibration import calibrate, phrases_within, typed_within
from autocomplete.evaluation.phrases import PhraseOffer
from autocomplete.evaluation.spread import Piece
from autocomplete.evaluation.typing import Offer, TypedWord
from autocomplete.predict.session import Session
from autocomplete.predict.suggester import Suggester
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


@pytest.mark.parametrize("precision", [0.7, 0.8, 0.9])
def test_the_threshold_is_where_next_words_are_right_often_enough(precision: float) -> None:
    """Above t the mean confidence is (1 + t) / 2 where it is uniform."""
    found = calibrate(next_words(), precision=precision)
    assert abs(found.thresholds.next - (2 * precision - 1)) < 0.05
    assert found.words == 20_000
    assert found.next.places == 20_000
    assert abs(found.next.right - precision * found.next.shown) < 0.01 * found.next.shown


@pytest.mark.parametrize("within", [SURE_AND_WRONG, SURE_AND_RIGHT, EMPTY])
def test_what_stands_within_words_moves_the_threshold_of_completions_alone(within: Offer) -> None:
    found = calibrate(next_words(within, within, words=500), precision=0.7)
    alone = calibrate(next_words(words=500), precision=0.7)
    assert (found.thresholds.next, found.next) == (alone.thresholds.next, alone.next)
    assert found.complete.places == 1_000
    assert alone.complete.places == 0


def test_completions_are_shown_where_they_are_right_though_next_words_are_not() -> None:
    """Half-typed, a name is sure; what comes next is not: one threshold for both would be mute or rash."""
    words = [TypedWord("abc", 0, (offer(0.2, right=None), offer(0.6, right=0), offer(0.9, right=0)))] * 100
    found = calibrate(words, precision=0.5)
    assert found.thresholds.next == 0.25
    assert found.thresholds.complete == 0.5
    assert (found.next.shown, found.complete.shown, found.complete.right) == (0, 200, 200)


def test_a_guess_is_not_shown_though_the_others_pay_for_it() -> None:
    chances = [0.9] * 90 + [0.02]
    words = [TypedWord("ab", 0, (EMPTY, offer(chance, right=0))) for chance in chances]
    assert calibrate(words, precision=0.5).thresholds.complete == 0.25
    assert calibrate(words, precision=0.0).thresholds.complete == 0.0


def test_where_no_confidence_is_kept_only_what_is_surer_is_shown() -> None:
    assert calibrate([TypedWord("a", 0, (SURE_AND_WRONG,))] * 500, precision=0.5).thresholds.next == 0.99


@pytest.mark.parametrize(("precision", "shown"), [(0.5, 6), (0.6, 6), (0.7, 2), (0.9, 0)])
def test_a_model_that_is_seldom_right_speaks_where_it_is_surest(precision: float, shown: int) -> None:
    """At 3 % of 200 places, as long as it is nearly as sure there as is wanted; who wants more sees less."""
    chances = [0.7, 0.5, 0.45, 0.4, 0.38, 0.37, 0.3, *[0.1] * 193]
    words = [TypedWord("a", 0, (offer(chance, right=None),)) for chance in chances]
    found = calibrate(words, precision=precision)
    assert found.next.shown == shown
    assert calibrate(words, precision=0.0).next.shown == 200


@pytest.mark.parametrize("words", [0, 1, 5, 19])
def test_too_few_words_leave_the_model_its_word(words: int) -> None:
    unsure = [TypedWord("ab", 0, (offer(0.1, right=None), offer(0.3, right=None)))] * words
    found = calibrate(unsure, precision=0.7)
    usual = (0.7, 0.7) if words == 0 else (0.7**2, 0.7**2)
    assert found.thresholds == pytest.approx(Thresholds(*usual, 0.7 ** (1 / 2)))
    sure = [TypedWord("ab", 0, (offer(0.9, right=None), offer(0.8, right=None)))] * words
    assert calibrate(sure, precision=0.4).thresholds.next <= 0.9


def test_words_before_which_nothing_is_offered_are_counted_but_say_nothing() -> None:
    right = [TypedWord("a", 0, (SURE_AND_RIGHT,))] * 20
    found = calibrate([*right, *[TypedWord("ab", 0, (EMPTY, SURE_AND_WRONG))] * 500], precision=0.9)
    assert (found.words, found.thresholds.next, found.next.places) == (520, 0.9, 520)


def test_only_the_first_candidate_counts() -> None:
    second = [TypedWord("a", 0, (offer(0.6, 0.4, right=1),))] * 1_000
    assert calibrate(second, precision=0.1).thresholds.next == 0.6


def test_phrases_are_judged_by_their_probability_a_word() -> None:
    sure, unsure = PhraseOffer(2, 0.81, right=True), PhraseOffer(3, 0.125, right=False)
    found = calibrate([], [sure, unsure] * 200, precision=0.45).thresholds.phrase
    assert found == pytest.approx(0.5)
    assert calibrate([], [sure, unsure] * 200, precision=0.6).thresholds.phrase == pytest.approx(0.9)
    assert calibrate([], [PhraseOffer(2, 0.0, right=False)] * 200, precision=0.5).thresholds.phrase == 0.5**0.5


class Nothing:
    """Suggests nothing."""

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        return []


def pieces() -> list[Piece]:
    texts = ("one two three", "four five", "before six")
    return [Piece(TextChunk("", text, begins_document=True), 7 * (text[0] == "b"), 0) for text in texts]


@pytest.mark.parametrize(("most", "typed"), [(0, 0), (1, 1), (3, 3), (4, 4), (100, 6)])
def test_no_more_words_are_typed_than_wanted_and_none_that_stand_before(most: int, typed: int) -> None:
    words = result_of(typed_within(Nothing(), pieces(), most_words=most))
    assert [word.word for word in words] == ["one", "two", "three", "four", "five", "six"][:typed]


def test_typing_stops_when_asked_to() -> None:
    asked = iter([False, False, True])
    words = result_of(typed_within(Nothing(), pieces(), most_words=9, should_stop=lambda: next(asked)))
    assert [word.word for word in words] == ["one", "two", "three"]


@pytest.mark.parametrize(("seconds", "least", "typed"), [(2.5, 1, 3), (2.5, 5, 5), (0.0, 1, 1), (99.0, 1, 6)])
def test_typing_ends_with_its_time_but_not_before_the_least_words(seconds: float, least: int, typed: int) -> None:
    clock = count()  # a second a word
    steps = typed_within(
        Nothing(), pieces(), most_words=9, least_words=least, seconds=seconds, clock=lambda: float(next(clock))
    )
    assert len(result_of(steps)) == typed


def test_phrases_are_asked_for_at_every_fifth_word_of_each_piece(suggester: Suggester) -> None:
    text = "best food in Las Vegas for two please now today\n"
    piece = Piece(TextChunk("", text * 3, begins_document=True), len(text), 0)
    unsure = Session(suggester.model.however_unsure())
    steps = phrases_within(unsure, [piece, piece], most_places=7)
    offers = result_of(steps)
    assert {offer.words for offer in offers} == {2, 3}
    assert len(offers) == 2 * 7
