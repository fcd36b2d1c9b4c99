"""The report card: everything that tells how good a model is on held-out text, beside its baselines."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from autocomplete.bundle import Thresholds
from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.evaluation.perplexity import MIXTURE, UNIGRAM, TextScore, score_text, systems_of
from autocomplete.evaluation.phrases import COVERAGE, EVERY, LENGTHS, PhraseCompleter, PhraseMatches, phrase_offers
from autocomplete.evaluation.spread import Piece, scored_pieces, typed_pieces, whole
from autocomplete.evaluation.statistics import (
    Latency,
    all_finite,
    bootstrap_interval,
    calibration_error,
    finite,
    latency,
)
from autocomplete.evaluation.typing import (
    READERS,
    RULES,
    SHOWN,
    Completer,
    KeystrokeSavings,
    NextWordHits,
    Reader,
    Rule,
    TopSuggestions,
    TypedWord,
    type_text,
    words_of,
)
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.text.prefixes import PrefixIndex
from autocomplete.text.scripts import has_spaceless, is_spaceless
from autocomplete.text.syntax import Syntax
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import JOINERS
from autocomplete.text.vocabulary import END, UNKNOWN, Vocabulary, is_word

BOOTSTRAP_SEED = 1
# Characters that the baseline looks back for a half-typed argument.
_LONGEST_TAIL = 200
# Half-typed words whose completions it keeps: the first letters of a text's words are few.
_TAILS = 4096
# Figures of fewer words than this say little.
FEW_WORDS = 30
# One word in so many is asked for as users do, too, for the time that it takes: some thousand positions of 2,000 words.
TIMED_EVERY = 10

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class CardProgress:
    """How far an evaluation is: what it does, how many tokens or words are done, and of how many, if known."""

    stage: str
    done: int
    total: int | None


class Shown(NamedTuple):
    """What a threshold does.

    Attributes:
        coverage: Share of positions where the first suggestion reaches it.
        precision: Share of those that are right.
    """

    coverage: float
    precision: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedFigures:
    """What the lists of one system would have given to somebody who types the text.

    Attributes:
        words: Words typed.
        hits: Share of next words among the first 1, 3 and 5 suggestions, before their first letter is typed.
        mean_reciprocal_rank: Of the next word.
        reciprocal_rank_interval: Bootstrap interval of 95 %.
        savings: Keystrokes saved in percent under each rule.
        noticed: The same at the prompt, for those who notice every list and for those who overlook some.
        hits_interval: Bootstrap intervals of 95 %.
        savings_interval: Bootstrap intervals of 95 %.
        calibration_error: Expected calibration error of the first suggestion.
        next_shown: What the threshold of next words does before the first letter of a word.
        completion_shown: What that of completions does within words.
        latency: Of a key, with the usual five suggestions and both readings, at the words that were timed; nan for the
            systems that it is compared with.
        phrases: Share of right phrases of 1, 2, 3 and 5 words at the quarter of places where each is most confident.
        phrases_interval: Bootstrap intervals of 95 %.
        phrase_places: Places where phrases were asked for; 0 for a system that has none.
    """

    words: int
    hits: Mapping[int, float]
    mean_reciprocal_rank: float
    reciprocal_rank_interval: Interval
    savings: Mapping[Rule, float]
    noticed: Mapping[Reader, float]
    hits_interval: Mapping[int, Interval]
    savings_interval: Mapping[Rule, Interval]
    calibration_error: float
    next_shown: Shown
    completion_shown: Shown
    latency: Latency
    phrases: Mapping[int, float]
    phrases_interval: Mapping[int, Interval]
    phrase_places: int

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; what is not a number becomes null."""
        return {
            "words": self.words,
            "hit": {str(shown): finite(rate) for shown, rate in self.hits.items()},
            "hit_interval": {str(shown): all_finite(each) for shown, each in self.hits_interval.items()},
            "mean_reciprocal_rank": finite(self.mean_reciprocal_rank),
            "reciprocal_rank_interval": all_finite(self.reciprocal_rank_interval),
            "keystroke_savings": [
                {**rule._asdict(), "percent": finite(rate), "interval": all_finite(self.savings_interval[rule])}
                for rule, rate in self.savings.items()
            ],
            "keystrokes_noticed": [
                {**reader._asdict(), "percent": finite(rate)} for reader, rate in self.noticed.items()
            ],
            "calibration_error": finite(self.calibration_error),
            "next_shown": {name: finite(value) for name, value in self.next_shown._asdict().items()},
            "completion_shown": {name: finite(value) for name, value in self.completion_shown._asdict().items()},
            "latency_ms": {name: finite(value) for name, value in self.latency._asdict().items()},
            "phrases": {
                "places": self.phrase_places,
                "coverage": COVERAGE,
                "exact_match": {str(words): finite(rate) for words, rate in self.phrases.items()},
                "interval": {str(words): all_finite(each) for words, each in self.phrases_interval.items()},
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The report card.

    Attributes:
        score: Perplexity and bits a character, by system.
        typed: What typing showed, by system; empty where no word was typed.
        thresholds: Suggestions at least so probable are shown unasked.
    """

    score: TextScore
    typed: Mapping[str, TypedFigures]
    thresholds: Thresholds

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON values."""
        return {
            "tokens": self.score.tokens,
            "unknown_share": self.score.unknown_share,
            "threshold": self.thresholds.next,
            "thresholds": self.thresholds._asdict(),
            "systems": {
                system: {
                    "perplexity": finite(self.score.perplexity(system)),
                    "perplexity_interval": all_finite(self.score.perplexity_interval(system, seed=BOOTSTRAP_SEED)),
                    "bits_per_character": finite(self.score.bits_per_character(system)),
                    "bits_interval": all_finite(self.score.bits_interval(system, seed=BOOTSTRAP_SEED)),
                    "typed": self.typed[system].as_dict() if system in self.typed else None,
                }
                for system in self.score.systems
            },
        }


def report_card(
    model: Model,
    texts: Callable[[], Iterator[TextChunk]],
    *,
    limit_tokens: int | None = None,
    limit_words: int | None = None,
    least_words: int = FEW_WORDS,
    seconds: float = math.inf,
) -> Iterator[CardProgress | Card]:
    """Evaluate a model; yields progress and, last, the card.

    Args:
        model: The model.
        texts: Gives the held-out text, as often as asked.
        limit_tokens: Most tokens scored.
        limit_words: Most words typed.
        least_words: Words typed against the model itself however long they take, where the text has them.
        seconds: About how long it may take: less is scored and typed then. A system that came to fewer words than the
            model and than `FEW_WORDS` has no figures of typing.
    """
    began = time.monotonic()
    score = TextScore()
    level = model.manifest.level
    scored = texts() if limit_tokens is None else scored_pieces(level, texts, limit_tokens)
    chunks = (encode(chunk, model.tokenizer, model.vocabulary) for chunk in scored)
    for score in score_text(model.mixture, model.vocabulary, chunks, limit=limit_tokens):
        yield CardProgress("scoring", score.tokens, limit_tokens)
        if time.monotonic() - began > 0.4 * seconds:
            break
    measured = _measured(model, score.systems)
    pieces = list(whole(texts())) if limit_words is None else typed_pieces(level, texts, limit_words)
    syntax = model.tokenizer.syntax
    typing = _type(
        measured, pieces, syntax, limit_words=limit_words, least_words=least_words, until=began + 0.7 * seconds
    )
    for done in typing:
        yield CardProgress("typing", done, limit_words)
    places = None if limit_words is None else -(-limit_words // EVERY)
    for done in _ask_for_phrases(measured, pieces, syntax, limit_places=places, until=began + seconds):
        yield CardProgress("phrases", done, places)
    words = max((each.meter.savings.words for each in measured), default=0)
    typed = {
        each.system: each.meter.figures(model.thresholds)
        for each in measured
        if words and each.meter.savings.words >= min(words, FEW_WORDS)
    }
    yield Card(score=score, typed=typed, thresholds=model.thresholds)


class _Meter:
    """Keeps all figures of a text that is typed against one completer."""

    def __init__(self) -> None:
        self.savings = KeystrokeSavings()
        self.hits = NextWordHits()
        self.next, self.completions = TopSuggestions(), TopSuggestions()
        self.phrases = PhraseMatches()

    def add(self, word: TypedWord, *, document: int) -> None:
        """Count a word."""
        self.savings.add(word, document=document)
        self.hits.add(word, document=document)
        self.next.add(replace(word, offers=word.offers[:1]))
        self.completions.add(replace(word, offers=word.offers[1:]))

    def figures(self, thresholds: Thresholds) -> TypedFigures:
        """All that was seen."""
        both = self.next, self.completions
        confidences, right = (
            np.concatenate([getattr(top, name) for top in both]) for name in ("probabilities", "right")
        )
        return TypedFigures(
            words=self.savings.words,
            hits={shown: self.hits.rate(shown) for shown in SHOWN},
            mean_reciprocal_rank=self.hits.mean_reciprocal_rank,
            reciprocal_rank_interval=bootstrap_interval(*self.hits.reciprocals_by_block(), seed=BOOTSTRAP_SEED),
            savings={rule: self.savings.rate(rule) for rule in RULES},
            noticed={reader: self.savings.rate_of(reader) for reader in READERS},
            hits_interval={
                shown: bootstrap_interval(*self.hits.by_block(shown), seed=BOOTSTRAP_SEED) for shown in SHOWN
            },
            savings_interval={rule: _percent_interval(self.savings, rule) for rule in RULES},
            calibration_error=calibration_error(confidences, right),
            next_shown=_shown(self.next, thresholds.next),
            completion_shown=_shown(self.completions, thresholds.complete),
            latency=latency(np.concatenate([top.seconds for top in both])),
            phrases={words: self.phrases.rate(words) for words in LENGTHS},
            phrases_interval={
                words: bootstrap_interval(*self.phrases.by_block(words), seed=BOOTSTRAP_SEED) for words in LENGTHS
            },
            phrase_places=self.phrases.places,
        )


def _shown(top: TopSuggestions, threshold: float) -> Shown:
    return Shown(top.coverage(threshold), top.precision(threshold))


class _Measured(NamedTuple):
    """A system that types.

    Attributes:
        system: Its name.
        completer: What is typed against.
        phrases: What is asked for phrases; None where there is no such thing.
        meter: What was seen.
    """

    system: str
    completer: Completer
    phrases: PhraseCompleter | None
    meter: _Meter


def _measured(model: Model, systems: tuple[str, ...]) -> list[_Measured]:
    """Who types: the model first, then the systems it is compared with, which read the text together with it."""
    if not systems:
        return []
    whole = Session(model)
    unsure = model.however_unsure()
    found = []
    for system, mixture in systems_of(model.mixture).items():
        # Who has no expert but one would be typed twice.
        if system == MIXTURE or (system in systems and mixture.experts != model.mixture.experts):
            completer, phrases = (whole.hearing(replace(each, mixture=mixture)) for each in (model, unsure))
            found.append(_Measured(system, completer, phrases, _Meter()))
    if model.manifest.level == "word":
        found.append(_Measured(UNIGRAM, FrequencyCompleter(model.vocabulary, model.tokenizer.syntax), None, _Meter()))
    return found


def _type(
    measured: Sequence[_Measured],
    pieces: Iterable[Piece],
    syntax: Syntax,
    *,
    limit_words: int | None,
    least_words: int,
    until: float,
) -> Iterator[int]:
    """Type until the limit or the end of the time; yields the number of words done.

    All type the same word before any types the next one: what several need of it is found once. When the time is over,
    the model alone goes on until its figures say something.
    """
    done = 0
    for piece in pieces if measured else ():
        left = None if limit_words is None else limit_words - done
        columns = [
            type_text(
                each.completer,
                piece.chunk.text,
                begins=piece.begins,
                limit_words=left,
                timed_every=0 if number else TIMED_EVERY,
                syntax=syntax,
            )
            for number, each in enumerate(measured)
        ]
        for word in columns[0]:
            for each, typed in zip(measured, (word, *(next(column) for column in columns[1:])), strict=False):
                each.meter.add(typed, document=piece.unit)
            done += 1
            yield done
            if time.monotonic() > until:
                if done >= least_words:
                    return
                measured, columns = measured[:1], columns[:1]


def _ask_for_phrases(
    measured: Sequence[_Measured],
    pieces: Iterable[Piece],
    syntax: Syntax,
    *,
    limit_places: int | None,
    until: float,
) -> Iterator[int]:
    """Ask for phrases until the limit or the end of the time; yields the number of places done."""
    asked = [(each.phrases, each.meter.phrases) for each in measured if each.phrases is not None]
    done = 0
    for piece in pieces:
        left = None if limit_places is None else limit_places - done
        columns = [
            islice(phrase_offers(completer, piece.chunk.text, syntax, begins=piece.begins), left)
            for completer, _ in asked
        ]
        for places in zip(*columns, strict=True):
            for (_, matches), offers in zip(asked, places, strict=True):
                matches.add(offers, document=piece.unit)
            done += 1
            yield done
            if time.monotonic() > until:
                return


class FrequencyCompleter:
    """The baseline that knows how frequent each word is, and no context.

    Args:
        vocabulary: The words and their counts.
        syntax: How text is cut into words.
    """

    def __init__(self, vocabulary: Vocabulary, syntax: Syntax = "prose") -> None:
        self._vocabulary = vocabulary
        self._syntax = syntax
        self._prefixes = PrefixIndex(vocabulary.tokens)
        self._total = sum(vocabulary.counts)
        words = [index for index, token in enumerate(vocabulary.tokens) if is_word(token, syntax)]
        self._words = np.array(words, np.intp)
        self._most_frequent = lru_cache(_TAILS)(self._find_most_frequent)

    def suggest(self, text: str, *, k: int, mode: Mode) -> list[Suggestion]:
        """Return the `k` most frequent words, or those of them that the text's last letters begin; ids fall with it."""
        tail = "" if mode == "next" else self._tail(text)
        found = []
        for word, probability in self._most_frequent(tail, k):
            has_spaces = self._syntax != "prose" or not is_spaceless(word)
            apart = has_spaces and text and not text[-1].isspace()
            space = " " if apart and not tail else ""
            found.append(
                Suggestion.applied(
                    text,
                    text=word,
                    kind="complete" if tail else "next",
                    replace=len(tail),
                    insert=space + word,
                    probability=probability,
                    experts={},
                )
            )
        return found

    def _find_most_frequent(self, tail: str, k: int) -> list[tuple[str, float]]:
        """The `k` most frequent words that begin so, and their shares of all that do but for case."""
        tokens, counts = self._vocabulary.tokens, self._vocabulary.counts
        ids = (self._words if not tail else self._prefixes.beginning_with(tail)).tolist()
        total = self._total if not tail else max(1, sum(counts[index] for index in ids))
        words = (
            (tokens[index], counts[index] / total)
            for index in ids
            if index not in (UNKNOWN, END) and tokens[index].startswith(tail) and tokens[index] != tail
        )
        return list(islice(words, k))

    def _tail(self, text: str) -> str:
        """The half-typed word at the end of a text."""
        if self._syntax == "commands":
            tokens = Tokenizer("word", "commands").spans(text[-_LONGEST_TAIL:])
            return (
                tokens[-1].text if tokens and not text[-1:].isspace() and is_word(tokens[-1].text, "commands") else ""
            )
        start = len(text)
        while start and (text[start - 1].isalnum() or text[start - 1] in JOINERS):
            start -= 1
        tail = text[start:].lstrip("".join(JOINERS))
        if has_spaceless(tail):  # it is several words, and the last may be half-typed
            return text[[*words_of(text[start:])][-1].start + start :]
        return tail


def _percent_interval(savings: KeystrokeSavings, rule: Rule) -> Interval:
    low, high = bootstrap_interval(*savings.by_block(rule), seed=BOOTSTRAP_SEED)
    return 100.0 * low, 100.0 * high
