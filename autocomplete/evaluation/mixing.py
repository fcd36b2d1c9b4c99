"""Fits how much the network counts beside the n-grams, by expectation maximisation on held-out text."""

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autocomplete.predict.predictor import Mixture, Predictor
from autocomplete.predict.scoring import ExpertScores, joined, score_stream

# Tokens scored between two looks at the clock.
STRIDE = 1024
# Rounds of EM; the weights of a handful of buckets settle in fewer.
ROUNDS = 60
# Tokens of either expert that every bucket is taken to have seen, so that a rare bucket keeps near an even mix.
PRIOR_TOKENS = 20.0


@dataclass(frozen=True, slots=True)
class MixtureFit:
    """A fitted mixture and what it is worth on the text it was fitted on.

    Attributes:
        mixture: The weights.
        tokens: Tokens they were fitted on.
        lstm_perplexity: Of the network alone.
        ngram_perplexity: Of the n-grams alone.
        mixed_perplexity: Of the mixture.
    """

    mixture: Mixture
    tokens: int
    lstm_perplexity: float
    ngram_perplexity: float
    mixed_perplexity: float


def score_within(
    predictor: Predictor, tokens: npt.NDArray[np.int32], *, seconds: float = math.inf, most_tokens: int = 200_000
) -> ExpertScores:
    """Score the beginning of a held-out text, as much of it as fits a time and a number of tokens."""
    began = time.monotonic()
    state = predictor.initial_state()
    parts: list[ExpertScores] = []
    for start in range(0, min(len(tokens), most_tokens), STRIDE):
        scores, state = score_stream(predictor, state, tokens[start : start + STRIDE])
        parts.append(scores)
        if time.monotonic() - began > seconds:
            break
    return joined(parts)


def fit_mixture(scores: ExpertScores, *, order: int) -> MixtureFit:
    """Fit one weight for each length of match.

    Args:
        scores: What both experts thought of held-out text.
        order: Of the n-grams; match lengths are 0 to order - 1.
    """
    assert scores.lstm is not None
    assert scores.ngram is not None
    advantage = scores.ngram - scores.lstm  # (N,), nats by which the n-grams were better
    weights = []
    for length in range(order):
        here = advantage[scores.matches == length]
        weight = 0.5
        for _ in range(ROUNDS):
            # The probability that the network is responsible for each token.
            network = 1.0 / (1.0 + np.exp(np.clip(here, -60.0, 60.0)) * (1.0 - weight) / weight)
            weight = float((network.sum() + PRIOR_TOKENS / 2) / (len(here) + PRIOR_TOKENS))
        weights.append(weight)
    mixture = Mixture(tuple(weights))
    return MixtureFit(
        mixture=mixture,
        tokens=len(advantage),
        lstm_perplexity=math.exp(-float(scores.lstm.mean())),
        ngram_perplexity=math.exp(-float(scores.ngram.mean())),
        mixed_perplexity=math.exp(-float(scores.mixed(mixture).mean())),
    )
