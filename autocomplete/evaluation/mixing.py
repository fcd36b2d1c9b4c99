"""Fits how much each expert counts, by expectation maximisation on held-out text."""

import dataclasses
import functools
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, IndexArray, Int64Array
from autocomplete.corpus.encoding import EncodedChunk
from autocomplete.corpus.perplexity import perplexity
from autocomplete.evaluation.perplexity import MIXTURE, STATIC, STRIDE, session_stream
from autocomplete.predict.experts.mixture import EvidenceClasses, Mixture, MixtureWeights
from autocomplete.predict.experts.protocol import Classing, Evidence, Scores, is_silent
from autocomplete.predict.experts.recurrent import ROWS, RecurrentNetwork, log_softmax
from autocomplete.predict.word_ids import OpenVocabulary
from autocomplete.text.vocabulary import Vocabulary

# Rounds of EM; the weights of a handful of experts settle in fewer.
ROUNDS = 60
# Tokens that every bucket is taken to have seen, shared as in the text as a whole: a rare bucket keeps near that. The
# experts that are silent at times are presumed on as many more to be worth what is guessed: a few lines that happen to
# repeat themselves make no rule.
PRIOR_TOKENS = 20.0
# Tokens that the guess of an expert's weight against the others counts for in each class. What is held out of news has
# hardly any long repeats, and a dialogue has them in every tenth word: with 50, fitted on news, perplexity of dialogues
# is 56 instead of 72 with a guess of a tenth everywhere, and that of other news the same to 0.2.
PRIOR_TOKENS_APART = 50.0
# The temperatures tried, and on how many tokens.
TEMPERATURES = tuple(round(0.9 + 0.01 * place, 2) for place in range(21))
TEMPERATURE_TOKENS = 2_000
# Of one piece of the text no more, lest one document decides.
TEMPERATURE_PIECE = 250
# And no more logits than this, for a second or two of work; 500 tokens at least.
TEMPERATURE_LOGITS = 20_000_000
# Share of the held-out text on which an expert that is silent at times has less evidence than its floor.
LEAST_EVIDENCE = 0.05
# Evidence grows as the number of tokens that are remembered. Of a text with fewer than this, that share lies among the
# first few, behind which an expert would be trusted as it is in a long session: the word just typed came first.
LONG_SESSION = 1_000


@dataclass(frozen=True, slots=True)
class MixtureFit:
    """Fitted weights and what they are worth on the text they were fitted on.

    Attributes:
        weights: Of the experts.
        tokens: Tokens they were fitted on.
        perplexity: Of `mixture`, of `static`, the experts that always speak, and of each of these alone.
    """

    weights: MixtureWeights
    tokens: int
    perplexity: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """What the training card keeps."""
        return {"tokens": self.tokens, "perplexity": dict(self.perplexity)}


def score_within(
    mixture: Mixture,
    vocabulary: Vocabulary,
    chunks: Iterable[EncodedChunk],
    *,
    seconds: float = math.inf,
    most_tokens: int = 50_000,
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[int, None, dict[str, Scores]]:
    """Score the first pieces of a held-out text, as many as fit a time and a number of tokens.

    A generator that yields the number of tokens done and returns the scores of at least one piece, by expert.
    """
    began = time.monotonic()
    words = OpenVocabulary(vocabulary)
    state = mixture.initial_state()
    parts: dict[str, list[Scores]] = {expert.name: [] for expert in mixture.experts}
    done = 0
    for tokens, begins_document in _pieces(chunks, words, most_tokens):
        if begins_document:
            state = mixture.initial_state()
        scores, state = mixture.score_apart(state, tokens)
        for name, each in scores.items():
            parts[name].append(each)
        done += len(tokens)
        yield done
        if time.monotonic() - began > seconds or should_stop():
            break
    return {name: Scores.joined(each) for name, each in parts.items()}


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
    """Return the temperature of the network's softmax under which the first pieces of a held-out text are likeliest.

    Dropout leaves a network a little unsure of itself, a long training too sure.
    """
    tokens = max(500, min(TEMPERATURE_TOKENS, TEMPERATURE_LOGITS // network.vocabulary_size))
    outputs: list[Float32Array] = []
    targets: list[int] = []
    state = network.initial_state()
    for chunk in chunks:
        if chunk.begins_document:
            state = network.initial_state()
        for token in chunk.ids[: min(tokens - len(targets), TEMPERATURE_PIECE)].tolist():
            outputs.append(state.output[0])
            targets.append(token)
            state = network.read(state, [token])
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


def fit_mixture(mixture: Mixture, scores: Mapping[str, Scores], *, temperature: float = 1.0) -> MixtureFit:
    """Fit the weights of a mixture's experts in every bucket of what they know.

    Args:
        mixture: The experts, with any weights; one of them at least always speaks.
        scores: What held-out text was worth to each, by name.
        temperature: Of the network's softmax, with which it was scored.
    """
    experts = {expert.name: expert.classing for expert in mixture.experts if not expert.weighed_apart}
    speaking = [name for name, classing in experts.items() if not classing.may_be_silent]
    classes = {name: _classes(classing, scores[name].evidence) for name, classing in experts.items()}
    guess = MixtureWeights.unfitted(expert for expert in mixture.experts if expert.name in experts)
    weights = MixtureWeights(
        classes, _fitted(classes, guess.weights.reshape(-1, len(experts))[0], speaking, scores), temperature
    )
    names = list(experts)
    for expert in mixture.experts:
        if expert.classing.guesses:
            others = mixture.with_weights(weights).mixed({name: scores[name] for name in names})
            numbers = expert.classes(
                scores[expert.name].evidence, {name: each.evidence for name, each in scores.items()}
            )
            fitted = _fitted_apart(expert.classing.guesses, numbers, scores[expert.name], others)
            weights = dataclasses.replace(weights, apart={**weights.apart, expert.name: fitted})
            names.append(expert.name)
    worth = {name: scores[name] for name in speaking}
    for system, those in ((STATIC, speaking), (MIXTURE, names)):
        worth[system] = mixture.with_weights(weights).mixed({name: scores[name] for name in those})
    perplexities = {name: perplexity(-float(each.log_probabilities.mean())) for name, each in worth.items()}
    return MixtureFit(weights=weights, tokens=len(worth[MIXTURE].log_probabilities), perplexity=perplexities)


def _classes(classing: Classing, evidence: Evidence) -> EvidenceClasses:
    """The classes that an expert's evidence on held-out text makes."""
    heard = evidence[~is_silent(evidence)] if classing.may_be_silent else evidence
    borders = _borders(heard, classing.parts) if classing.borders is None else classing.borders
    if not classing.may_be_silent:
        return EvidenceClasses(borders)
    if not len(heard):
        return EvidenceClasses(borders, 0.0)
    longer = math.log(max(1.0, LONG_SESSION / max(len(heard), 1 / LEAST_EVIDENCE)))
    return EvidenceClasses(borders, float(np.quantile(heard, LEAST_EVIDENCE)) + longer)


def _borders(values: Float64Array, parts: int) -> tuple[float, ...]:
    """Borders between classes of equal size."""
    if not len(values):
        return (0.0,) * (parts - 1)
    borders = np.quantile(values, np.arange(1, parts) / parts)
    return tuple(float(border) for border in borders)


def _fitted(
    classes: Mapping[str, EvidenceClasses], guess: Float64Array, speaking: Sequence[str], scores: Mapping[str, Scores]
) -> Float64Array:
    """Weights of the experts in each bucket, from a guess, (experts,); an expert that gives nothing gets nothing.

    The buckets in which all are silent that are so at times learn from all tokens, as if those were switched off
    everywhere; the others from the tokens before which one is heard. So a silent expert does not pull down the weight
    that it has where it is heard.
    """
    shape = tuple(each.size for each in classes.values())
    blank = MixtureWeights(classes, np.zeros((*shape, len(classes))))
    chances = np.stack([np.exp(scores[name].log_probabilities) for name in classes], axis=1)  # (N, X)
    at_times = np.array([name not in speaking for name in classes])
    heard = np.array([~is_silent(scores[name].evidence) for name in classes])[at_times].any(axis=0)  # (N,)
    silent = ~np.indices(shape).reshape(len(shape), -1)[at_times].any(axis=0)  # (buckets,)
    parts = (
        (silent, chances * ~at_times, blank.buckets({name: scores[name].evidence for name in speaking})),
        (~silent, chances[heard], blank.buckets({name: scores[name].evidence for name in classes})[heard]),
    )
    weights = blank.weights.reshape(-1, len(classes))
    prior, prior_tokens = guess * ~at_times, 1.0
    for wanted, given, buckets in parts:
        prior = prior * (given.any(axis=0) if len(given) else ~at_times)
        common = _expectation_maximisation(given, prior / prior.sum(), prior_tokens)
        for bucket in np.flatnonzero(wanted).tolist():
            weights[bucket] = _expectation_maximisation(given[buckets == bucket], common, PRIOR_TOKENS)
        # Those that are silent at times are presumed to have their guess, the others what they had without them.
        prior, prior_tokens = np.where(at_times, guess, common * guess[~at_times].sum()), PRIOR_TOKENS
    return blank.weights


def _fitted_apart(guesses: Sequence[float], numbers: IndexArray, own: Scores, others: Scores) -> tuple[float, ...]:
    """The weight of an expert against the others together in each class, given the `numbers` of the tokens' classes.

    Of a word that the vocabulary lacks and the session has written before, what was given to just this one counts.
    """
    seen = (own.itself > 0.0) | (others.itself > 0.0)
    chances = np.stack(
        [
            np.exp(each.log_probabilities) * np.where(seen, each.itself, each.unseen)  # (N,)
            for each in (own, others)
        ],
        axis=1,
    )
    fitted = (
        _expectation_maximisation(chances[numbers == number], np.array([guess, 1.0 - guess]), PRIOR_TOKENS_APART)
        for number, guess in enumerate(guesses, start=1)
    )
    return tuple(float(weights[0]) for weights in fitted)


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
