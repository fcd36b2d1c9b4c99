"""Perplexity of held-out text through the path that users get, beside the unigram baseline."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.encoding import EncodedChunk
from autocomplete.corpus.specials import END, UNKNOWN
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.recurrent import RecurrentNetwork
from autocomplete.predict.scoring import score_stream

# Tokens scored between two progress reports.
STRIDE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well a text is predicted, so far.

    Attributes:
        tokens: Predicted tokens, ends of sequences and unknown words included.
        unknown: How many of them are `<unk>`.
        characters: Characters of the text they come from.
        nats: Summed negative log-likelihood of the model.
        unigram_nats: The same of a model that knows the frequency of every token and no context.
    """

    tokens: int = 0
    unknown: int = 0
    characters: int = 0
    nats: float = 0.0
    unigram_nats: float = 0.0

    @property
    def perplexity(self) -> float:
        """exp(nats a token)."""
        return math.exp(self.nats / max(self.tokens, 1))

    @property
    def unigram_perplexity(self) -> float:
        """The baseline's perplexity."""
        return math.exp(self.unigram_nats / max(self.tokens, 1))

    @property
    def bits_per_character(self) -> float:
        """Bits a character of the text; what stands behind `<unk>` is not counted, so compare where none is."""
        return self.nats / math.log(2) / max(self.characters, 1)


def unigram_log_probabilities(vocabulary: Vocabulary) -> npt.NDArray[np.float64]:
    """Log relative frequencies in nats, one count added to each token, (V,)."""
    counts = np.array(vocabulary.counts, np.float64) + 1.0
    logs: npt.NDArray[np.float64] = np.log(counts / counts.sum())
    return logs


def evaluate(
    network: RecurrentNetwork, vocabulary: Vocabulary, chunks: Iterable[EncodedChunk], *, limit: int | None = None
) -> Iterator[Score]:
    """Score text; yields the sums so far, the last being the result.

    Args:
        network: The recurrent network.
        vocabulary: Its tokens and their training counts.
        chunks: The text; the network's memory starts anew with each document.
        limit: Most tokens scored; characters are then counted in proportion.
    """
    unigram = unigram_log_probabilities(vocabulary)
    score = Score()
    state = network.step(network.initial_state(), [END])
    for chunk in chunks:
        if chunk.begins_document:
            state = network.step(network.initial_state(), [END])
        for start in range(0, len(chunk.ids), STRIDE):
            ids = chunk.ids[start : start + STRIDE]
            if limit is not None:
                ids = ids[: limit - score.tokens]
            logs, state = score_stream(network, state, ids)
            score = Score(
                tokens=score.tokens + len(ids),
                unknown=score.unknown + int(np.count_nonzero(ids == UNKNOWN)),
                characters=score.characters + round(chunk.characters * len(ids) / len(chunk.ids)),
                nats=score.nats - float(logs.sum(dtype=np.float64)),
                unigram_nats=score.unigram_nats - float(unigram[ids].sum()),
            )
            yield score
            if limit is not None and score.tokens >= limit:
                return
