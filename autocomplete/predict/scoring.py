"""Log probabilities of a whole text, token by token, through the path that users get."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.predict.predictor import Mixture, Predictor, PredictorState
from autocomplete.predict.recurrent import RecurrentNetwork, RecurrentState

# Rows of output scored at a time: one product over the output matrix serves them all.
ROWS = 256

FloatArray = npt.NDArray[np.float64]


class ExpertScores(NamedTuple):
    """What each expert thought of N tokens.

    Attributes:
        lstm: The network's log probabilities in nats, (N,), or None without one.
        ngram: The n-grams' log probabilities in nats, (N,), or None without them.
        matches: Length of the context that the n-grams had seen, (N,).
    """

    lstm: FloatArray | None
    ngram: FloatArray | None
    matches: npt.NDArray[np.int8]

    def mixed(self, mixture: Mixture) -> FloatArray:
        """Log probabilities of the mixture in nats, (N,)."""
        if self.lstm is None or self.ngram is None:
            alone = self.ngram if self.lstm is None else self.lstm
            assert alone is not None
            return alone
        weights = np.array(mixture.network_weights)[self.matches]
        with np.errstate(divide="ignore"):  # a weight of 0 is -inf, which logaddexp takes
            mixed: FloatArray = np.logaddexp(np.log(weights) + self.lstm, np.log1p(-weights) + self.ngram)
        return mixed


def joined(parts: Sequence[ExpertScores]) -> ExpertScores:
    """Join the scores of consecutive stretches of a text."""

    def column(name: str) -> FloatArray | None:
        columns = [getattr(part, name) for part in parts]
        return None if columns[0] is None else np.concatenate(columns)

    return ExpertScores(column("lstm"), column("ngram"), np.concatenate([part.matches for part in parts]))


def score_stream(
    predictor: Predictor, state: PredictorState, tokens: npt.NDArray[np.int32]
) -> tuple[ExpertScores, PredictorState]:
    """Score tokens as the continuation of `state`, a memory of one sequence; returns the memory after the last.

    Args:
        predictor: The experts.
        state: The memory before the first token.
        tokens: (N,) ids.
    """
    lstm = network_state = None
    if predictor.network is not None and state.network is not None:
        lstm, network_state = _network_scores(predictor.network, state.network, tokens)
    ngram, matches = None, np.zeros(len(tokens), np.int8)
    context = state.contexts[0]
    if predictor.ngrams is not None:
        stream = np.concatenate([np.array(context, np.int32), tokens])
        scores, lengths = predictor.ngrams.scores_with_match(stream)
        ngram, matches = scores[len(context) :], lengths[len(context) :]
    lookback = 0 if predictor.ngrams is None else predictor.ngrams.order - 1
    seen = (*context, *tokens[-lookback:].tolist())[-lookback:] if lookback else ()
    return ExpertScores(lstm, ngram, matches), PredictorState(network_state, (seen,))


def _network_scores(
    network: RecurrentNetwork, state: RecurrentState, tokens: npt.NDArray[np.int32]
) -> tuple[FloatArray, RecurrentState]:
    scores = np.empty(len(tokens), np.float64)
    for start in range(0, len(tokens), ROWS):
        block = tokens[start : start + ROWS]
        outputs = np.empty((len(block), network.embedding.shape[1]), np.float32)
        for row, token in enumerate(block):
            outputs[row] = state.output[0]
            state = network.step(state, [token])
        logs = network.log_probabilities(outputs)  # (rows, V)
        scores[start : start + len(block)] = logs[np.arange(len(block)), block]
    return scores, state
