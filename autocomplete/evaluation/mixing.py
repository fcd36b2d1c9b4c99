"""Fits how much each expert counts, by expectation maximisation on held-out text."""

import functools
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, IndexArray, Int64Array
from autocomplete.corpus.encoding import EncodedChunk
from autocomplete.evaluation.perplexity import STRIDE, session_stream
from autocomplete.predict.experts.mixture import EXPERTS, Mixture
from autocomplete.predict.experts.predictor import Predictor
from autocomplete.predict.experts.recurrent import RecurrentNetwork, log_softmax
from autocomplete.predict.experts.scoring import ROWS, ExpertScores, joined, score_stream
from autocomplete.predict.word_ids import OpenVocabulary
from autocomplete.text.vocabulary import END, Vocabulary

# Rounds of EM; the weights of a handful of experts settle in fewer.
ROUNDS = 60
# Tokens that every bucket is taken to have seen, shared as in the text as a whole: a rare bucket keeps near that.
PRIOR_TOKENS = 20.0
# Classes of the network's entropy and of the cache's evidence, of equal size on the held-out text. With more, or
# with other measures of what the cache knows, perplexity on the other half of two corpora did not fall further.
ENTROPY_CLASSES = 4
EVIDENCE_CLASSES = 3
# The temperatures tried, and on how many tokens.
TEMPERATURES = tuple(round(0.9 + 0.01 * place, 2) for place in range(21))
TEMPERATURE_TOKENS = 2_000
# And no more logits than this, for a second or two of work; 500 tokens at least.
TEMPERATURE_LOGITS = 20_000_000
# Share of the held-out text on which the cache has less evidence than the floor.
LEAST_EVIDENCE = 0.05


@dataclass(frozen=True, slots=True)
class MixtureFit:
    """A fitted mixture and what it is worth on the text it was fitted on.

    Attributes:
        mixture: The weights.
        tokens: Tokens they were fitted on.
        perplexity: Of each expert alone, of `static`, the mixture without cache, and of `mixture`.
    """

    mixture: Mixture
    tokens: int
    perplexity: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """What the training card keeps."""
        return {"tokens": self.tokens, "perplexity": dict(self.perplexity)}


def score_within(
    predictor: Predictor,
    vocabulary: Vocabulary,
    chunks: Iterable[EncodedChunk],
    *,
    seconds: float = math.inf,
    most_tokens: int = 50_000,
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[int, None, ExpertScores]:
    """Score the beginning of a held-out text, as much of it as fits a time and a number of tokens.

    A generator that yields the number of tokens done and returns the scores of at least one piece.
    """
    began = time.monotonic()
    words = OpenVocabulary(vocabulary)
    state = predictor.initial_state()
    parts: list[ExpertScores] = []
    done = 0
    for tokens, begins_document in _pieces(chunks, words, most_tokens):
        if begins_document:
            state = predictor.initial_state()
        scores, state = score_stream(predictor, state, tokens)
        parts.append(scores)
        done += len(tokens)
        yield done
        if time.monotonic() - began > seconds or should_stop():
            break
    return joined(parts)


def _pieces(
    chunks: Iterable[EncodedChunk], words: OpenVocabulary, most_tokens: int
) -> Iterator[tuple[Int64Array, bool]]:
    """Up to `STRIDE` tokens at a time, and whether a document begins with them."""
    left, begins = most_tokens, False
    for chunk in chunks:
        begins = begins or chunk.begins_document
        stream = session_stream(chunk, words)[:left]
        for start in range(0, len(stream), STRIDE):
            yield stream[start : start + STRIDE], begins
            begins = False
        left -= len(stream)
        if left <= 0:
            return


def fitted_temperature(network: RecurrentNetwork, chunks: Iterable[EncodedChunk]) -> float:
    """Return the temperature of the network's softmax under which the beginning of a held-out text is likeliest.

    Dropout leaves a network a little unsure of itself, a long training too sure.
    """
    tokens = max(500, min(TEMPERATURE_TOKENS, TEMPERATURE_LOGITS // network.vocabulary_size))
    outputs: list[Float32Array] = []
    targets: list[int] = []
    state = network.step(network.initial_state(), [END])
    for chunk in chunks:
        if chunk.begins_document:
            state = network.step(network.initial_state(), [END])
        for token in chunk.ids[: tokens - len(targets)].tolist():
            outputs.append(state.output[0])
            targets.append(token)
            state = network.step(state, [token])
        if len(targets) >= tokens:
            break
    if not targets:
        return 1.0

    @functools.cache
    def nats(temperature: float) -> float:
        total = 0.0
        for start in range(0, len(targets), ROWS):
            rows, wanted = np.array(outputs[start : start + ROWS]), targets[start : start + ROWS]
            scores = network.scores(rows)  # (rows, V)
            total -= float(log_softmax(scores / np.float32(temperature))[np.arange(len(wanted)), wanted].sum())
        return total

    # Likelihood has one summit over temperatures, so half of those left are put aside by two of them.
    low, high = 0, len(TEMPERATURES) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if nats(TEMPERATURES[middle]) <= nats(TEMPERATURES[middle + 1]) else (middle + 1, high)
        )
    return TEMPERATURES[low]


def fit_mixture(scores: ExpertScores, *, order: int, temperature: float = 1.0) -> MixtureFit:
    """Fit the weights of the experts in every bucket of what they know.

    Args:
        scores: What the experts thought of held-out text.
        order: Of the n-grams; match lengths are 0 to order - 1.
        temperature: Of the network's softmax, with which it was scored.
    """
    heard = np.isfinite(scores.evidences)  # where the cache remembered something
    entropy_edges = _edges(scores.entropies, ENTROPY_CLASSES) if "lstm" in scores.log_probabilities else ()
    evidence_edges = _edges(scores.evidences[heard], EVIDENCE_CLASSES)
    floor = float(np.quantile(scores.evidences[heard], LEAST_EVIDENCE)) if heard.any() else 0.0
    shape = (order, len(entropy_edges) + 1, len(evidence_edges) + 2, len(EXPERTS))
    blank = Mixture(entropy_edges, evidence_edges, floor, np.zeros(shape))
    silent = np.full(len(heard), -np.inf)
    buckets = blank.buckets(scores.matches, scores.entropies, scores.evidences)
    without_cache = blank.buckets(scores.matches, scores.entropies, silent)

    chances = np.zeros((len(heard), len(EXPERTS)))  # probability of each token
    for place, name in enumerate(EXPERTS):
        if name in scores.log_probabilities:
            chances[:, place] = np.exp(scores.log_probabilities[name])
    # The buckets of a silent cache learn from all tokens, as if it were switched off everywhere.
    static = chances * (np.array(EXPERTS) != "cache")
    weights = _fitted(np.concatenate([static, chances[heard]]), np.concatenate([without_cache, buckets[heard]]), shape)
    mixture = Mixture(entropy_edges, evidence_edges, floor, weights, temperature)
    logs = {**scores.log_probabilities, "static": scores.mixed(mixture, cached=False), "mixture": scores.mixed(mixture)}
    logs.pop("cache", None)  # alone it rules most words out
    perplexity = {name: math.exp(-float(each.mean())) for name, each in logs.items()}
    return MixtureFit(mixture=mixture, tokens=len(heard), perplexity=perplexity)


def _edges(values: Float64Array, classes: int) -> tuple[float, ...]:
    """Borders between classes of equal size."""
    if not len(values):
        return (0.0,) * (classes - 1)
    borders = np.quantile(values, np.arange(1, classes) / classes)
    return tuple(float(border) for border in borders)


def _fitted(chances: Float64Array, buckets: IndexArray, shape: tuple[int, ...]) -> Float64Array:
    """Weights of the experts in each bucket, of `shape`; an expert that gives nothing gets nothing."""
    weights = np.zeros((int(np.prod(shape[:-1])), shape[-1]))
    classes = shape[2]
    for silent in (True, False):  # a silent cache must not pull down the weight it has where it is heard
        numbers = [bucket for bucket in range(len(weights)) if (bucket % classes == 0) == silent]
        part = np.isin(buckets, numbers)
        speaks = chances[part].any(axis=0) if part.any() else chances.any(axis=0)
        common = _expectation_maximisation(chances[part], speaks / speaks.sum(), 1.0)
        for bucket in numbers:
            weights[bucket] = _expectation_maximisation(chances[buckets == bucket], common, PRIOR_TOKENS)
    return weights.reshape(shape)


def _expectation_maximisation(chances: Float64Array, prior: Float64Array, prior_tokens: float) -> Float64Array:
    """The weights under which tokens, (N, experts), and `prior_tokens` shared like the prior, are most likely."""
    chances = chances[chances.any(axis=1)]
    weights = prior
    for _ in range(ROUNDS):
        # The probability that each expert is responsible for each token.
        parts = chances * weights
        responsible = parts / np.maximum(parts.sum(axis=1, keepdims=True), 1e-300)
        weights = (responsible.sum(axis=0) + prior_tokens * prior) / (len(chances) + prior_tokens)
    return weights
