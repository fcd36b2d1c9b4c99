"""EM finds the weights that made a text, and a fitted mixture beats both experts."""

import numpy as np

from autocomplete.evaluation.mixing import fit_mixture
from autocomplete.predict.scoring import ExpertScores


def planted(tokens: int = 40_000) -> ExpertScores:
    """A text of two words that the network wrote to 80 % after no match, to 20 % after a short one.

    The network writes the first word nine times of ten, the n-grams the second.
    """
    draw = np.random.default_rng(0)
    matches = draw.integers(0, 2, tokens).astype(np.int8)
    by_network = draw.random(tokens) < np.where(matches == 0, 0.8, 0.2)
    first = draw.random(tokens) < np.where(by_network, 0.9, 0.1)
    return ExpertScores(np.log(np.where(first, 0.9, 0.1)), np.log(np.where(first, 0.1, 0.9)), matches)


def test_the_planted_weights_are_found() -> None:
    fit = fit_mixture(planted(), order=3)
    none, short, never = fit.mixture.network_weights
    assert abs(none - 0.8) < 0.03
    assert abs(short - 0.2) < 0.03
    assert never == 0.5  # nothing seen, nothing claimed


def test_the_mixture_beats_both_experts() -> None:
    fit = fit_mixture(planted(), order=2)
    assert fit.mixed_perplexity < 0.95 * min(fit.lstm_perplexity, fit.ngram_perplexity)


def test_one_expert_that_knows_everything_gets_almost_all_the_weight() -> None:
    sure, lost = np.full(5000, np.log(0.9)), np.full(5000, np.log(1e-9))
    fit = fit_mixture(ExpertScores(sure, lost, np.zeros(5000, np.int8)), order=1)
    assert fit.mixture.network_weights[0] > 0.99
    fit = fit_mixture(ExpertScores(lost, sure, np.zeros(5000, np.int8)), order=1)
    assert fit.mixture.network_weights[0] < 0.01
