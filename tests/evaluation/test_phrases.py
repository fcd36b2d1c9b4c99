"""Phrases are right only letter by letter, and lengths and systems are compared where as many are shown."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.evaluation.phrases import COVERAGE, EVERY, LENGTHS, PhraseMatches, PhraseOffer, phrase_offers
from autocomplete.evaluation.typing import words_of
from autocomplete.predict.suggestion import Mode, Suggestion

TEXT = "One two, three four five six.\nSeven eight nine ten eleven: a-b c'd 3.5 end\n\nlast words"


class Prophet:
    """Knows the text; `probability` falls with the length, and a phrase may be spoiled."""

    def __init__(self, text: str, *, spoil: str = "", replaced: str = "") -> None:
        self.text, self.spoil, self.replaced = text, spoil, replaced
        self.asked: list[str] = []

    def suggest(self, text: str, *, k: int, mode: Mode) -> Sequence[Suggestion]:
        assert mode == "next"
        assert self.text.startswith(text)
        self.asked.append(text)
        short = Suggestion.applied(text, text="x", kind="next", replace=0, insert="x", probability=0.9, experts={})
        return [short, self._phrase(text, words=1)][:k]

    def extended(self, suggestion: Suggestion, text: str, *, words: int, above: float) -> Suggestion:
        assert above <= 1 / (1 + words)  # the other one has one word
        return suggestion if suggestion.text == "x" else self._phrase(text, words=words)

    def _phrase(self, text: str, *, words: int) -> Suggestion:
        spans = [span for span in words_of(self.text) if span.start >= len(text)][:words]
        phrase = self.text[len(text) : spans[-1].stop].replace(self.spoil, self.replaced) if spans else ""
        return Suggestion.applied(
            text, text=phrase, kind="next", replace=0, insert=phrase, probability=1 / (1 + words), experts={}
        )


def test_a_completer_that_knows_the_text_is_always_right() -> None:
    found = list(phrase_offers(Prophet(TEXT), TEXT))
    assert found
    for offers in found:
        for offer in offers:
            # The other suggestion is one word long, and more probable.
            assert offer.right == (offer.words > 1)
            assert offer.probability == (1 / (1 + offer.words) if offer.words > 1 else 0.9)


def test_every_fifth_word_is_asked_at_and_no_phrase_crosses_a_line() -> None:
    prophet = Prophet(TEXT)
    found = list(phrase_offers(prophet, TEXT))
    starts = [TEXT.index(word) for word in ("One", "six", "eleven", "last")]
    assert EVERY == 5
    assert [len(text) for text in prophet.asked] == starts
    assert [[offer.words for offer in offers] for offers in found] == [[1, 2, 3, 5], [1], [1, 2, 3, 5], [1, 2]]


@pytest.mark.parametrize(("spoil", "replaced"), [(",", ""), ("two", "Two"), ("two, ", "two,")])
def test_marks_case_and_spaces_count(spoil: str, replaced: str) -> None:
    first, *_ = phrase_offers(Prophet(TEXT, spoil=spoil, replaced=replaced), TEXT)
    assert not any(offer.right for offer in first if offer.words >= 3)


def test_a_place_without_a_phrase_of_the_length_has_no_chance() -> None:
    class Curt(Prophet):
        def extended(self, suggestion: Suggestion, text: str, *, words: int, above: float) -> Suggestion:
            return suggestion

    first, *_ = phrase_offers(Curt(TEXT), TEXT)
    assert [(offer.probability, offer.right) for offer in first[1:]] == [(0.0, False)] * 3


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.sampled_from(LENGTHS))
def test_the_surest_quarter_counts(offers: list[tuple[float, bool]], words: int) -> None:
    matches = PhraseMatches()
    for number, (probability, right) in enumerate(offers):
        matches.add([PhraseOffer(words, probability, right)], document=number)
    count = math.ceil(COVERAGE * len(offers))
    # The stable order of ties is that of the text.
    surest = sorted(offers, key=lambda offer: -offer[0])[:count]
    assert matches.rate(words) == pytest.approx(sum(right for _, right in surest) / count)
    assert matches.rate(words, coverage=1.0) == pytest.approx(sum(right for _, right in offers) / len(offers))
    hits, shown = matches.by_block(words)
    assert shown.sum() == count
    assert hits.sum() == sum(right for _, right in surest)
    assert matches.places == len(offers)
    other = next(length for length in LENGTHS if length != words)
    assert math.isnan(matches.rate(other))
