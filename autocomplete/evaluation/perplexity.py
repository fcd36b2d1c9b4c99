"""Perplexity of held-out text through the path that users get, beside each expert alone and two baselines."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from autocomplete.arrays import Float64Array, Int64Array
from autocomplete.corpus.encoding import EncodedChunk
from autocomplete.evaluation.statistics import block_sums, blocks, bootstrap_interval
from autocomplete.predict.experts.predictor import REPEATED_UNKNOWN, Predictor, PredictorState
from autocomplete.predict.experts.scoring import ExpertScores, score_stream
from autocomplete.predict.word_ids import OpenVocabulary
from autocomplete.predict.words import RARE_SHARE
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN, UNKNOWN_TOKEN, Vocabulary

# The probability of a word's letters: what `<unk>` owes, so that bits a character compare between vocabularies.

_EDGE = ""  # stands before the first letter and behind the last
_CODE_POINTS = 0x110000


class Spelling:
    """The words that a model lacks: first the rare ones of its training text, alike, then any letters.

    Letters follow each other as in the words that the model knows, each distinct word counted once: a bigram model of
    letters, interpolated with single letters and those with all of Unicode (Witten & Bell 1991).

    Args:
        vocabulary: Its words and rare words.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._rare = set(vocabulary.rare)
        self._followers: dict[str, Counter[str]] = {}
        self._letters: Counter[str] = Counter()
        known = (token for token in vocabulary.tokens if token not in (UNKNOWN_TOKEN, END_TOKEN))
        for word in (*known, *vocabulary.rare):
            for first, second in _pairs(word):
                self._followers.setdefault(first, Counter())[second] += 1
                self._letters[second] += 1

    def nats(self, word: str) -> float:
        """Negative log probability of a word, given that it is none of the vocabulary's."""
        if word in self._rare:
            return math.log(len(self._rare) / RARE_SHARE)
        unseen = 1.0 - RARE_SHARE if self._rare else 1.0
        return -math.log(unseen) - sum(math.log(self._after(first, second)) for first, second in _pairs(word))

    def _after(self, first: str, second: str) -> float:
        letter = _interpolated(self._letters, second, 1.0 / (_CODE_POINTS + 1))
        return _interpolated(self._followers.get(first, {}), second, letter)


def _pairs(word: str) -> Iterable[tuple[str, str]]:
    return zip((_EDGE, *word), (*word, _EDGE), strict=True)


def _interpolated(counts: Mapping[str, int], letter: str, otherwise: float) -> float:
    """Witten-Bell: as much is left for other letters as there were different ones."""
    total, different = sum(counts.values()), len(counts)
    return (counts.get(letter, 0) + different * otherwise) / (total + different) if total else otherwise


# Tokens scored at a time, after which there is a progress report.
STRIDE = 1024


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some consecutive tokens, scored.

    Attributes:
        document: Number of the document they belong to, from 0.
        tokens: How many, ends of sequences and unknown words included.
        unknown: How many of them are unknown.
        characters: Characters of text they come from.
        nats: Summed negative log-likelihood by system, `<unk>` being one word.
        spelled_nats: The same where every unknown word is paid for letter by letter.
    """

    document: int
    tokens: int
    unknown: int
    characters: int
    nats: dict[str, float]
    spelled_nats: dict[str, float]


@dataclass(slots=True)
class TextScore:
    """How well a text is predicted, so far.

    Systems are `mixture`, what users get; `static`, the same without cache, where that is another thing; each expert
    that the model has (`lstm`, `ngram`) alone; `trigram`, the n-grams cut to three tokens; and `unigram`, which knows
    how frequent each token is and no context.
    """

    stretches: list[Stretch] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens scored."""
        return sum(stretch.tokens for stretch in self.stretches)

    @property
    def unknown_share(self) -> float:
        """Share of them that is unknown."""
        return sum(stretch.unknown for stretch in self.stretches) / max(self.tokens, 1)

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems scored."""
        return tuple(self.stretches[0].nats) if self.stretches else ()

    def perplexity(self, system: str = "mixture") -> float:
        """exp(nats a token), `<unk>` being one word; nan before the first token."""
        nats = sum(stretch.nats[system] for stretch in self.stretches)
        return _perplexity(nats / self.tokens) if self.tokens else math.nan

    def perplexity_interval(self, system: str = "mixture", *, seed: int = 0) -> tuple[float, float]:
        """Bootstrap interval of 95 % over documents, or over blocks of a text that has few."""
        low, high = self._interval(lambda stretch: stretch.nats[system], lambda stretch: stretch.tokens, seed)
        return _perplexity(low), _perplexity(high)

    def bits_per_character(self, system: str = "mixture") -> float:
        """Bits a character of the text, unknown words spelled: comparable between vocabularies and levels."""
        nats = sum(stretch.spelled_nats[system] for stretch in self.stretches)
        return nats / math.log(2) / max(sum(stretch.characters for stretch in self.stretches), 1)

    def bits_interval(self, system: str = "mixture", *, seed: int = 0) -> tuple[float, float]:
        """Bootstrap interval of 95 % of the bits a character, drawn as that of the perplexity."""
        low, high = self._interval(lambda each: each.spelled_nats[system], lambda each: each.characters, seed)
        return low / math.log(2), high / math.log(2)

    def _interval(
        self, above: Callable[[Stretch], float], below: Callable[[Stretch], float], seed: int
    ) -> tuple[float, float]:
        block = blocks([stretch.document for stretch in self.stretches])
        sums = (block_sums([of(stretch) for stretch in self.stretches], block) for of in (above, below))
        return bootstrap_interval(*sums, seed=seed)


def unigram_log_probabilities(vocabulary: Vocabulary) -> Float64Array:
    """Log relative frequencies in nats, one count added to each token, (V,)."""
    counts = np.array(vocabulary.counts, np.float64) + 1.0
    logs: Float64Array = np.log(counts / counts.sum())
    return logs


def session_stream(chunk: EncodedChunk, words: OpenVocabulary) -> Int64Array:
    """The tokens of a chunk as a session reads them: unknown words keep their identity, behind the vocabulary."""
    return np.array(words.encode(chunk.types), np.int64)[chunk.type_ids]


class Learner(Protocol):
    """What learns from tokens that were scored, `span` at a time."""

    span: int

    def begin(self) -> None:
        """A document begins."""

    def learn(self, tokens: Int64Array) -> None:
        """These tokens were scored."""


def _perplexity(nats: float) -> float:
    """exp(nats a token), as far as a float goes."""
    return math.exp(min(nats, 700.0))


def score_text(
    predictor: Predictor,
    vocabulary: Vocabulary,
    chunks: Iterable[EncodedChunk],
    *,
    limit: int | None = None,
    learner: Learner | None = None,
) -> Iterator[TextScore]:
    """Score text; yields the same object again and again, with more in it each time.

    The network remembers a whole document here, where who types gets its last 512 to 1,024 tokens (`predict.context`).

    Args:
        predictor: The experts.
        vocabulary: Their tokens and training counts.
        chunks: The text; memory starts anew with each document.
        limit: Most tokens scored; characters are then counted in proportion.
        learner: What changes the predictor as the text goes on; None leaves it alone.
    """
    stride = STRIDE if learner is None else learner.span
    scorer = _Scorer(predictor, vocabulary)
    score = TextScore()
    state, trigram_state, document = predictor.initial_state(), scorer.trigram_state(), -1
    for chunk in chunks:
        if chunk.begins_document:
            state, trigram_state, document = predictor.initial_state(), scorer.trigram_state(), document + 1
            if learner is not None:
                learner.begin()
        stream = session_stream(chunk, scorer.words)
        for start in range(0, len(stream), stride):
            tokens = stream[start : start + stride]
            if limit is not None:
                tokens = tokens[: limit - score.tokens]
            experts, state = score_stream(predictor, state, tokens)
            logs = scorer.logs(experts, tokens)
            if trigram_state is not None and scorer.trigram is not None:
                trigram, trigram_state = score_stream(scorer.trigram, trigram_state, tokens)
                logs["trigram"] = trigram.log_probabilities["ngram"]
            # Rounded at the borders, so that the stretches together have the characters of the chunk.
            begin, end = (round(chunk.characters * place / len(stream)) for place in (start, start + len(tokens)))
            score.stretches.append(
                Stretch(
                    document=max(document, 0),
                    tokens=len(tokens),
                    unknown=int(np.count_nonzero(scorer.known(tokens) == UNKNOWN)),
                    characters=end - begin,
                    nats={name: -float(log.sum()) for name, log in logs.items()},
                    spelled_nats=scorer.spelled(experts, tokens, logs),
                )
            )
            if learner is not None:
                learner.learn(tokens)
            yield score
            if limit is not None and score.tokens >= limit:
                return


class _Scorer:
    """The systems that a text is scored by."""

    def __init__(self, predictor: Predictor, vocabulary: Vocabulary) -> None:
        self.predictor = predictor
        self.words = OpenVocabulary(vocabulary)
        self.trigram: Predictor | None = None
        if predictor.ngrams is not None and predictor.ngrams.order > 3:
            self.trigram = predictor.only("ngram", order=3)
        self._size = vocabulary.size
        self._unigram = unigram_log_probabilities(vocabulary)
        self._spelling = Spelling(vocabulary)

    def trigram_state(self) -> PredictorState | None:
        return None if self.trigram is None else self.trigram.initial_state()

    def known(self, tokens: Int64Array) -> Int64Array:
        """The tokens with every unknown word as `<unk>`."""
        return np.where(tokens < self._size, tokens, UNKNOWN)

    def logs(self, experts: ExpertScores, tokens: Int64Array) -> dict[str, Float64Array]:
        """Log probabilities by system in nats, (N,) each."""
        mixture = self.predictor.mixture
        logs = {"mixture": experts.mixed(mixture)}
        alone = {name: log for name, log in experts.log_probabilities.items() if name != "cache"}
        if len(alone) > 1 and "cache" in experts.log_probabilities:
            logs["static"] = experts.mixed(mixture, cached=False)
        logs |= alone
        return {**logs, "unigram": self._unigram[self.known(tokens)]}

    def spelled(self, experts: ExpertScores, tokens: Int64Array, logs: dict[str, Float64Array]) -> dict[str, float]:
        """Summed nats by system, unknown words spelled; the mixture knows those that the session wrote before."""
        unknown = np.flatnonzero(tokens >= self._size)
        spelling = np.array([self._spelling.nats(self.words.text(int(token))) for token in tokens[unknown]])
        nats = {name: -float(log.sum()) + float(spelling.sum()) for name, log in logs.items()}
        if "cache" in experts.log_probabilities and len(unknown):
            parts = experts.parts(self.predictor.mixture)
            cached = np.exp(parts.pop("cache")[unknown])
            expected = np.exp(np.logaddexp.reduce(list(parts.values()), axis=0))[unknown]
            # As in `Predictor.forecast`: where the session holds unknown words, some of what is expected goes to them.
            repeated = np.where(cached > 0.0, REPEATED_UNKNOWN, 0.0) * expected
            with np.errstate(divide="ignore"):  # most words are no repeats
                again = np.log(experts.repeats[unknown] * (cached + repeated))
            logs_spelled = np.logaddexp(again, np.log(expected - repeated) - spelling)
            nats["mixture"] -= float((logs_spelled - (logs["mixture"][unknown] - spelling)).sum())
        return nats
