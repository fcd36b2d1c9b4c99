"""Perplexity: what a loss in nats a token means, and what knowing no context costs."""

import math

import numpy as np

from autocomplete.arrays import Float64Array, Int32Array
from autocomplete.text.vocabulary import Vocabulary

# exp of a loss beyond this is no float any more; perplexities this high are not told apart.
MOST_NATS = 700.0
MOST_PERPLEXITY = math.exp(MOST_NATS)
# Tokens scored at a time.
STRETCH = 1 << 20


def perplexity(nats: float) -> float:
    """exp(nats a token), at most `MOST_PERPLEXITY`; nan where the loss is no number."""
    return math.exp(min(nats, MOST_NATS))


def unigram_log_probabilities(vocabulary: Vocabulary) -> Float64Array:
    """Log relative frequencies in nats, one count added to each token, (V,)."""
    counts = np.array(vocabulary.counts, np.float64) + 1.0
    logs: Float64Array = np.log(counts / counts.sum())
    return logs


def unigram_nats(vocabulary: Vocabulary, tokens: Int32Array) -> float:
    """What tokens cost by their frequencies alone, nats a token; reads memory-mapped ones a stretch at a time."""
    logs = unigram_log_probabilities(vocabulary)
    total = sum(float(logs[tokens[start : start + STRETCH]].sum()) for start in range(0, len(tokens), STRETCH))
    return -total / len(tokens)
