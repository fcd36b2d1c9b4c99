"""Figures as a person reads them."""

import math

import pytest

from autocomplete.corpus.perplexity import MOST_PERPLEXITY, perplexity
from autocomplete.interface.report import perplexity_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (41.96, "42.0"),
        (12_345.6, "12,345.6"),
        (1e7, "1.0e+07"),
        (perplexity(600.0), "3.8e+260"),
        (perplexity(2089.9), "over 1e+304"),
        (perplexity(math.inf), "over 1e+304"),
        (math.nan, "-"),
        (None, "-"),
    ],
)
def test_perplexities_are_short_whatever_their_size(value: float | None, text: str) -> None:
    assert perplexity_text(value) == text


def test_a_perplexity_is_a_finite_number_whatever_the_loss() -> None:
    assert perplexity(math.log(42.0)) == pytest.approx(42.0)
    assert perplexity(math.inf) == perplexity(1e9) == MOST_PERPLEXITY < math.inf
    assert math.isnan(perplexity(math.nan))
