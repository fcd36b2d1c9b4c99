"""Laws of sampling: what is drawn keeps the contract, and as often as its probability says."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.errors import UsageError
from autocomplete.predict.ranking import Sampling
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion
from tests.predict.asking import ANY_TEXT, MODES, check, several


@several
@given(typed=ANY_TEXT, mode=MODES, k=st.integers(1, 6), seed=st.integers(0, 99), temperature=st.floats(0.01, 100))
def test_what_is_drawn_keeps_the_contract(
    suggester: Suggester, typed: str, mode: Mode, k: int, seed: int, temperature: float
) -> None:
    found = suggester.suggest(typed, k=k, mode=mode, words=2, sampling=Sampling(temperature, seed))
    check(typed, found)
    assert len(found) <= k


def test_the_same_seed_draws_the_same(suggester: Suggester) -> None:
    seen = set()
    for seed in range(12):
        first, again = (
            suggester.suggest("", k=3, words=2, sampling=Sampling(temperature=1.5, seed=seed)) for _ in range(2)
        )
        assert first == again
        seen.add(tuple(item.result for item in first))
    assert len(seen) > 1


def items(chances: list[float]) -> list[Suggestion]:
    return [
        Suggestion.applied("", text=str(n), kind="next", replace=0, insert=str(n), probability=chance, experts={})
        for n, chance in enumerate(chances)
    ]


@pytest.mark.parametrize("temperature", [5e-324, 1e308])
def test_no_temperature_is_too_low_or_too_high(temperature: float) -> None:
    listed = items([0.5, 0.3, 0.2])
    drawn = [Sampling(temperature, seed).draw(listed, 3) for seed in range(9)]
    assert all(len(each) == 3 for each in drawn)
    first = {each.text for each in (Sampling(temperature, seed).draw(listed, 1)[0] for seed in range(40))}
    assert len(first) == (1 if temperature < 1 else 3)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_draw_is_as_likely_as_the_probabilities_say(temperature: float) -> None:
    """Chi-square over 4,000 seeds: 16.3 is passed by chance once in a thousand times with 3 degrees of freedom."""
    chances, draws = np.array([0.4, 0.2, 0.1, 0.05]), 4000  # the rest is what is not suggested
    expected = chances ** (1 / temperature) / (chances ** (1 / temperature)).sum() * draws
    drawn = Counter(Sampling(temperature, seed).draw(items(chances.tolist()), 1)[0].text for seed in range(draws))
    observed = np.array([drawn[str(n)] for n in range(len(chances))])
    assert ((observed - expected) ** 2 / expected).sum() < 16.3


def test_second_draws_are_without_the_first() -> None:
    chances, draws = [0.5, 0.3, 0.2], 4000
    pairs = Counter(tuple(item.text for item in Sampling(1.0, seed).draw(items(chances), 2)) for seed in range(draws))
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        a, b = chances[one], chances[other]
        chance = a * b / (1 - a) + b * a / (1 - b)
        assert abs(pairs[str(one), str(other)] / draws - chance) < 4 * math.sqrt(chance * (1 - chance) / draws)


@pytest.mark.parametrize("typed", ["", "best food in L", "best food in Las", "weather "])
def test_a_temperature_near_zero_gives_the_ranking(suggester: Suggester, typed: str) -> None:
    """But for ties: where two are within a hundredth of each other, chance may still decide."""
    ranked = suggester.suggest(typed, k=2)
    for seed in range(5):
        drawn = suggester.suggest(typed, k=2, sampling=Sampling(temperature=1e-5, seed=seed))
        assert [item.result for item in drawn] == [item.result for item in ranked]


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_a_temperature_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(UsageError, match="temperature"):
        Sampling(temperature=wrong)


def test_a_seed_is_no_negative_number() -> None:
    with pytest.raises(UsageError, match="seed"):
        Sampling(seed=-1)
