"""Perplexity: what a loss in nats a token means, and what knowing no context costs."""

import math

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.vocabulary import Vocabulary

# exp of a loss beyond this is no float any more; perplexities this high are not told apart.
MOST_NATS = 700.0
MOST_PERPLEXITY = math.exp(MOST_NATS)


def perplexity(nats: float) -> float:
    """exp(nats a token), at most `MOST_PERPLEXITY`; nan where the loss is no number."""
    return math.exp(min(nats, MOST_NATS))


def unigram_log_probabilities(vocabulary: Vocabulary) -> npt.NDArray[np.float64]:
    """Log relative frequencies in nats, one count added to each token, (V,)."""
    counts = np.array(vocabulary.counts, np.float64) + 1.0
    logs: npt.NDArray[np.float64] = np.log(counts / counts.sum())
    return logs
