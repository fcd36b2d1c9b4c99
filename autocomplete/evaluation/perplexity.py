"""Perplexity of held-out text through the path that users get, beside each expert alone and two baselines."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from autocomplete.arrays import Int64Array
from autocomplete.corpus.encoding import EncodedChunk
from autocomplete.corpus.perplexity import perplexity, unigram_log_probabilities
from autocomplete.evaluation.statistics import block_sums, blocks, bootstrap_interval
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.protocol import Scores
from autocomplete.predict.word_ids import OpenVocabulary
from autocomplete.predict.words import RARE_SHARE
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN, UNKNOWN_TOKEN, Vocabulary

# Tokens scored at a time, after which there is a progress report.
STRIDE = 1024
# What users get, the same without what remembers the session, n-grams of so short an order, and word frequencies.
MIXTURE, STATIC, TRIGRAM, UNIGRAM = "mixture", "static", "trigram", "unigram"
TRIGRAM_ORDER = 3

_EDGE = ""  # stands before the first letter of a word and behind the last
_CODE_POINTS = 0x110000


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

    Systems are `mixture`, what users get; `static`, the same without the experts that are silent at times, such as the
    cache, where that is another thing; each expert that always speaks alone, by its name; `trigram`, the n-grams cut to
    three tokens; and `unigram`, which knows how frequent each token is and no context.
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

    def perplexity(self, system: str = MIXTURE) -> float:
        """exp(nats a token), `<unk>` being one word; nan before the first token."""
        nats = sum(stretch.nats[system] for stretch in self.stretches)
        return perplexity(nats / self.tokens) if self.tokens else math.nan

    def perplexity_interval(self, system: str = MIXTURE, *, seed: int = 0) -> tuple[float, float]:
        """Bootstrap interval of 95 % over documents, or over blocks of a text that has few."""
        low, high = self._interval(lambda stretch: stretch.nats[system], lambda stretch: stretch.tokens, seed)
        return perplexity(low), perplexity(high)

    def bits_per_character(self, system: str = MIXTURE) -> float:
        """Bits a character of the text, unknown words spelled: comparable between vocabularies and levels."""
        nats = sum(stretch.spelled_nats[system] for stretch in self.stretches)
        return nats / math.log(2) / max(sum(stretch.characters for stretch in self.stretches), 1)

    def bits_interval(self, system: str = MIXTURE, *, seed: int = 0) -> tuple[float, float]:
        """Bootstrap interval of 95 % of the bits a character, drawn as that of the perplexity."""
        low, high = self._interval(lambda each: each.spelled_nats[system], lambda each: each.characters, seed)
        return low / math.log(2), high / math.log(2)

    def _interval(
        self, above: Callable[[Stretch], float], below: Callable[[Stretch], float], seed: int
    ) -> tuple[float, float]:
        block = blocks([stretch.document for stretch in self.stretches])
        sums = (block_sums([of(stretch) for stretch in self.stretches], block) for of in (above, below))
        return bootstrap_interval(*sums, seed=seed)


def session_stream(chunk: EncodedChunk, words: OpenVocabulary) -> Int64Array:
    """The tokens of a chunk as a session reads them: unknown words keep their identity, behind the vocabulary."""
    return np.array(words.encode(chunk.types), np.int64)[chunk.type_ids]


def systems_of(mixture: Mixture) -> dict[str, Mixture]:
    """The systems that a mixture makes: itself, and where they are another thing, what it is without some experts.

    Alone, an expert that is silent at times would rule most words out.
    """
    speaking = [expert.name for expert in mixture.experts if not expert.classing.may_be_silent]
    found = {MIXTURE: mixture}
    if 1 < len(speaking) < len(mixture.experts):
        found[STATIC] = mixture.only(*speaking)
    found |= {name: mixture.only(name) for name in speaking}
    ngrams = mixture.find(NgramExpert)
    if ngrams is not None and ngrams.model.order > TRIGRAM_ORDER:
        found[TRIGRAM] = Mixture([ngrams.truncated(TRIGRAM_ORDER)])
    return found


class Learner(Protocol):
    """What learns from tokens that were scored, `span` at a time."""

    span: int

    def begin(self) -> None:
        """A document begins."""

    def learn(self, tokens: Int64Array) -> Mixture:
        """These tokens were scored; return the mixture for those after them, which has the same experts."""


def score_text(
    mixture: Mixture,
    vocabulary: Vocabulary,
    chunks: Iterable[EncodedChunk],
    *,
    limit: int | None = None,
    learner: Learner | None = None,
) -> Iterator[TextScore]:
    """Score text; yields the same object again and again, with more in it each time.

    The network remembers a whole document here, where who types gets its last 512 to 1,024 tokens
    (`predict.context`).

    Args:
        mixture: The experts.
        vocabulary: Their tokens and training counts.
        chunks: The text; memory starts anew with each document.
        limit: Most tokens scored; characters are then counted in proportion.
        learner: What changes the mixture as the text goes on; None leaves it alone.
    """
    stride = STRIDE if learner is None else learner.span
    scorer = _Scorer(mixture, vocabulary)
    score = TextScore()
    document = -1
    for chunk in chunks:
        if chunk.begins_document:
            scorer.begin()
            document += 1
            if learner is not None:
                learner.begin()
        stream = session_stream(chunk, scorer.words)
        for start in range(0, len(stream), stride):
            tokens = stream[start : start + stride]
            if limit is not None:
                tokens = tokens[: limit - score.tokens]
            nats, spelled_nats = scorer.score(tokens)
            # Rounded at the borders, so that the stretches together have the characters of the chunk.
            begin, end = (round(chunk.characters * place / len(stream)) for place in (start, start + len(tokens)))
            score.stretches.append(
                Stretch(
                    document=max(document, 0),
                    tokens=len(tokens),
                    unknown=int(np.count_nonzero(scorer.known(tokens) == UNKNOWN)),
                    characters=end - begin,
                    nats=nats,
                    spelled_nats=spelled_nats,
                )
            )
            if learner is not None:
                scorer.go_on_with(learner.learn(tokens))
            yield score
            if limit is not None and score.tokens >= limit:
                return


class _Scorer:
    """The systems that a text is scored by, and what they remember of it."""

    def __init__(self, mixture: Mixture, vocabulary: Vocabulary) -> None:
        self.words = OpenVocabulary(vocabulary)
        self._systems = systems_of(mixture)
        self._size = vocabulary.size
        self._unigram = unigram_log_probabilities(vocabulary)
        self._spelling = Spelling(vocabulary)
        self.begin()

    def begin(self) -> None:
        """A document begins: nothing is remembered of what came before."""
        self._states = {
            name: self._systems[name].initial_state() for name in (MIXTURE, TRIGRAM) if name in self._systems
        }

    def go_on_with(self, mixture: Mixture) -> None:
        """Score what follows by another mixture of the same experts."""
        for system in self._systems.keys() - {TRIGRAM}:
            names = (expert.name for expert in self._systems[system].experts)
            self._systems[system] = mixture.only(*names)

    def known(self, tokens: Int64Array) -> Int64Array:
        """The tokens with every unknown word as `<unk>`."""
        return np.where(tokens < self._size, tokens, UNKNOWN)

    def score(self, tokens: Int64Array) -> tuple[dict[str, float], dict[str, float]]:
        """Summed nats of tokens by system, an unknown word being `<unk>`, and the same with unknown words spelled."""
        unknown = np.flatnonzero(tokens >= self._size)
        spelling = np.array([self._spelling.nats(self.words.text(int(token))) for token in tokens[unknown]])
        nats, spelled = {}, {}
        for system, scores in self._scores(tokens).items():
            logs = scores.log_probabilities
            nats[system] = -float(logs.sum())
            # A word that the session has written before need not be spelled again.
            with np.errstate(divide="ignore"):  # most words are no repeats
                again, anew = np.log(scores.itself[unknown]), np.log(scores.unseen[unknown]) - spelling
            spelled[system] = nats[system] - float(np.logaddexp(again, anew).sum())
        return nats, spelled

    def _scores(self, tokens: Int64Array) -> dict[str, Scores]:
        """What tokens were worth to each system; each expert is asked once."""
        parts, self._states[MIXTURE] = self._systems[MIXTURE].score_apart(self._states[MIXTURE], tokens)
        found = {}
        for system, mixture in self._systems.items():
            if system == TRIGRAM:
                found[system], self._states[system] = mixture.score(self._states[system], tokens)
            else:
                found[system] = mixture.mixed({expert.name: parts[expert.name] for expert in mixture.experts})
        return {**found, UNIGRAM: Scores.of_classes(self._unigram[self.known(tokens)], np.zeros(len(tokens)))}


class Spelling:
    """The words that a model lacks: first the rare ones of its training text, alike, then any letters.

    What their letters cost is what `<unk>` owes, so that bits a character compare between vocabularies. Letters follow
    each other as in the words that the model knows, each distinct word counted once: a bigram model of letters,
    interpolated with single letters and those with all of Unicode (Witten & Bell 1991).

    Args:
        vocabulary: Its words and rare words.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._rare = set(vocabulary.rare)
        self._followers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._letters: Counter[str] = Counter()
        known = (token for token in vocabulary.tokens if token not in (UNKNOWN_TOKEN, END_TOKEN))
        for word in (*known, *vocabulary.rare):
            for first, second in _pairs(word):
                self._followers[first][second] += 1
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
