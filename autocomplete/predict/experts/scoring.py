"""Log probabilities of a whole text, token by token, as `Predictor.forecast` would give them, many at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import Float32Array, Float64Array, Int8Array, Int32Array
from autocomplete.predict.experts.mixture import EXPERTS, Mixture
from autocomplete.predict.experts.predictor import Predictor, PredictorState
from autocomplete.predict.experts.recurrent import RecurrentNetwork, RecurrentState
from autocomplete.text.vocabulary import UNKNOWN

# Rows of output scored at a time: one product over the output matrix serves them all.
ROWS = 256


class ExpertScores(NamedTuple):
    """What each expert thought of N tokens, and what it knew.

    Attributes:
        log_probabilities: In nats, by expert, (N,) each; of a word outside the vocabulary, that of all such words.
        matches: Length of the context that the n-grams had seen, (N,).
        entropies: Of the network's distribution in nats, (N,).
        evidences: Of the cache, -inf where it remembered nothing, (N,).
        repeats: For words outside the vocabulary, their own part of what the cache gives to all such words, (N,).
    """

    log_probabilities: dict[str, Float64Array]
    matches: Int8Array
    entropies: Float64Array
    evidences: Float64Array
    repeats: Float64Array

    def parts(self, mixture: Mixture, *, cached: bool = True) -> dict[str, Float64Array]:
        """Logarithm of what each expert gives to the mixture's probabilities, (N,) each.

        Args:
            mixture: The weights.
            cached: Whether the cache takes part.
        """
        names = tuple(name for name in EXPERTS if name in self.log_probabilities and (cached or name != "cache"))
        evidences = self.evidences if cached else np.full(len(self.evidences), -np.inf)
        weights = mixture.weights_of(names, matches=self.matches, entropies=self.entropies, evidences=evidences)
        with np.errstate(divide="ignore"):  # a weight of 0 is -inf, which logaddexp takes
            logs = np.log(weights)
        return {name: logs[:, place] + self.log_probabilities[name] for place, name in enumerate(names)}

    def mixed(self, mixture: Mixture, *, cached: bool = True) -> Float64Array:
        """Log probabilities of the mixture in nats, (N,); `cached` says whether the cache takes part."""
        mixed: Float64Array = np.logaddexp.reduce(list(self.parts(mixture, cached=cached).values()), axis=0)
        return mixed


def joined(parts: Sequence[ExpertScores]) -> ExpertScores:
    """Join the scores of consecutive stretches of a text."""
    return ExpertScores(
        {name: np.concatenate([part.log_probabilities[name] for part in parts]) for name in parts[0].log_probabilities},
        np.concatenate([part.matches for part in parts]),
        np.concatenate([part.entropies for part in parts]),
        np.concatenate([part.evidences for part in parts]),
        np.concatenate([part.repeats for part in parts]),
    )


def score_stream(
    predictor: Predictor, state: PredictorState, tokens: npt.NDArray[np.integer]
) -> tuple[ExpertScores, PredictorState]:
    """Score tokens as the continuation of `state`, a memory of one sequence; returns the memory after the last.

    Args:
        predictor: The experts.
        state: The memory before the first token.
        tokens: (N,) ids; those behind the vocabulary are words of the session.
    """
    known = np.where(tokens < predictor.vocabulary_size, tokens, UNKNOWN).astype(np.int32)
    logs: dict[str, Float64Array] = {}
    entropies = np.zeros(len(tokens))
    outputs = np.empty((len(tokens), 0), np.float32)
    network_state = None
    if predictor.network is not None and state.network is not None:
        outputs, network_state = _outputs(predictor.network, state.network, known)
        logs["lstm"], entropies = _network_scores(predictor.network, outputs, known)
    matches = np.zeros(len(tokens), np.int8)
    context = state.contexts[0]
    if predictor.ngrams is not None:
        stream = np.concatenate([np.array(context, np.int32), known])
        scores, lengths = predictor.ngrams.scores_with_match(stream)
        logs["ngram"], matches = scores[len(context) :], lengths[len(context) :]
    evidences, repeats = np.full(len(tokens), -np.inf), np.zeros(len(tokens))
    caches = state.caches
    if predictor.cache is not None:
        size = predictor.vocabulary_size
        cached, after = predictor.cache.score(caches[0], tokens.astype(np.int64), outputs, vocabulary_size=size)
        of_all = np.where(tokens < size, cached.exact, cached.further)
        repeats = np.where(tokens < size, 0.0, cached.exact / np.maximum(of_all, 1e-300))
        evidences, caches = cached.evidence, (after,)
        with np.errstate(divide="ignore"):
            logs["cache"] = np.log(of_all)
    lookback = 0 if predictor.ngrams is None else predictor.ngrams.order - 1
    seen = (*context, *known[-lookback:].tolist())[-lookback:] if lookback else ()
    return ExpertScores(logs, matches, entropies, evidences, repeats), PredictorState(network_state, (seen,), caches)


def _outputs(
    network: RecurrentNetwork, state: RecurrentState, tokens: Int32Array
) -> tuple[Float32Array, RecurrentState]:
    """What the output layer reads before each token, (N, E), and the memory after the last."""
    outputs = np.empty((len(tokens), network.output_size), np.float32)
    for row, token in enumerate(tokens):
        outputs[row] = state.output[0]
        state = network.step(state, [token])
    return outputs, state


def _network_scores(
    network: RecurrentNetwork, outputs: Float32Array, tokens: Int32Array
) -> tuple[Float64Array, Float64Array]:
    """Log probability of each token and entropy before it, in nats, (N,) each."""
    scores, entropies = np.empty(len(tokens)), np.empty(len(tokens))
    for start in range(0, len(tokens), ROWS):
        block = tokens[start : start + ROWS]
        logs = network.log_probabilities(outputs[start : start + ROWS])  # (rows, V)
        scores[start : start + len(block)] = logs[np.arange(len(block)), block]
        entropies[start : start + len(block)] = -np.einsum("rv,rv->r", np.exp(logs), logs)
    return scores, entropies
