"""Perplexity of held-out text through the path that users get, beside each expert alone and the unigram baseline."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.encoding import EncodedChunk
from autocomplete.corpus.specials import UNKNOWN
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.predictor import Predictor
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
        nats: Summed negative log-likelihood by system: `mixture`, what users get, each expert that the model has
            (`lstm`, `ngram`) alone, and `unigram`, which knows the frequency of every token and no context.
    """

    tokens: int = 0
    unknown: int = 0
    characters: int = 0
    nats: dict[str, float] = field(default_factory=dict)

    def perplexity(self, system: str = "mixture") -> float:
        """exp(nats a token)."""
        return math.exp(self.nats[system] / max(self.tokens, 1))

    @property
    def bits_per_character(self) -> float:
        """Bits a character of the text; what stands behind `<unk>` is not counted, so compare where none is."""
        return self.nats["mixture"] / math.log(2) / max(self.characters, 1)


def unigram_log_probabilities(vocabulary: Vocabulary) -> npt.NDArray[np.float64]:
    """Log relative frequencies in nats, one count added to each token, (V,)."""
    counts = np.array(vocabulary.counts, np.float64) + 1.0
    logs: npt.NDArray[np.float64] = np.log(counts / counts.sum())
    return logs


def evaluate(
    predictor: Predictor, vocabulary: Vocabulary, chunks: Iterable[EncodedChunk], *, limit: int | None = None
) -> Iterator[Score]:
    """Score text; yields the sums so far, the last being the result.

    Args:
        predictor: The experts.
        vocabulary: Their tokens and training counts.
        chunks: The text; memory starts anew with each document.
        limit: Most tokens scored; characters are then counted in proportion.
    """
    unigram = unigram_log_probabilities(vocabulary)
    score = Score()
    state = predictor.initial_state()
    for chunk in chunks:
        if chunk.begins_document:
            state = predictor.initial_state()
        for start in range(0, len(chunk.ids), STRIDE):
            ids = chunk.ids[start : start + STRIDE]
            if limit is not None:
                ids = ids[: limit - score.tokens]
            experts, state = score_stream(predictor, state, ids)
            logs = {"mixture": experts.mixed(predictor.mixture), "unigram": unigram[ids]}
            logs |= {name: alone for name in ("lstm", "ngram") if (alone := getattr(experts, name)) is not None}
            score = replace(
                score,
                tokens=score.tokens + len(ids),
                unknown=score.unknown + int(np.count_nonzero(ids == UNKNOWN)),
                characters=score.characters + round(chunk.characters * len(ids) / len(chunk.ids)),
                nats={name: score.nats.get(name, 0.0) - float(log.sum()) for name, log in logs.items()},
            )
            yield score
            if limit is not None and score.tokens >= limit:
                return
