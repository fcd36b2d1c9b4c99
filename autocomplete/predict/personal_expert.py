"""What the personal database makes of the present: one more expert, heard where a person's own lines match.

The continuations of ever longer ends of the context are interpolated as Witten & Bell (1991) do: each length keeps the
share n / (n + t) of what it is given, n being how often the context was written and t how many words followed it, and
passes the rest on to the next shorter one. What the shortest passes on is nobody's: it is how little the person's
lines say here, and the expert's weight falls with it. Where no context matches, the weight is 0.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import END, END_TOKEN
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.errors import AutocompleteError
from autocomplete.predict.personal import ORDER, Continuations, PersonalStore
from autocomplete.predict.personal_file import BusyError
from autocomplete.predict.predictor import Forecast
from autocomplete.predict.prefixes import PrefixIndex, without_marks

FloatArray = npt.NDArray[np.float32]

# The expert's largest weight: what blending a personal n-gram was given in Smart Compose (Chen et al. 2019).
LARGEST_WEIGHT = 0.4
# Of the unknown words that the other experts expect, the share of learned ones, at most; it falls with how seldom the
# person's own lines repeat such words. Half of a news text holds 2.8 % of the unknown words of its other half, where
# this expects 2.9 %.
LARGEST_LEARNED_SHARE = 0.4
# Contexts kept decoded.
_CONTEXTS = 1024


class PersonalRecollection(NamedTuple):
    """What the person's lines say of the next word.

    Attributes:
        tokens: Ids, each once, (N,); those behind the vocabulary's are words that it lacks.
        shares: Of each; they sum to 1. (N,).
        weight: Of the expert, 0 to `LARGEST_WEIGHT`.
    """

    tokens: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]
    weight: float


class PersonalExpert:
    """Recalls what a person's lines say, by the ids that a session gives to words.

    After a failure it is silent, and the store's `fault` says why: what was learned never stops a prediction.

    Args:
        store: What was learned.
        vocabulary: The words that the model knows.
        id_of: The id of a word as the session reads it; behind the vocabulary's where it lacks the word.
        text_of: The word of an id.
    """

    def __init__(
        self,
        store: PersonalStore,
        *,
        vocabulary: Vocabulary,
        id_of: Callable[[str], int],
        text_of: Callable[[int], str],
    ) -> None:
        self._store = store
        self._id_of = id_of
        self._text_of = text_of
        self._vocabulary = vocabulary
        self._size = vocabulary.size
        self._version: tuple[object, ...] = ()
        self._recalled = lru_cache(maxsize=_CONTEXTS)(self._recall)
        self._lexicon: _Lexicon | None = None

    def changed(self) -> bool:
        """Whether something was learned or forgotten since this was last asked, by this program or another."""
        with self._told_as_fault():
            version = self._store.version()
            if version != self._version:
                self._version = version
                self._recalled.cache_clear()
                self._lexicon = None
                return True
        return False

    def joined(self, forecast: Forecast, tokens: Sequence[int]) -> Forecast:
        """Mix what is recalled after `tokens`, which begin a text, into the forecast of the other experts."""
        context = [END, *tokens][-(ORDER - 1) :]
        if END in context:
            context = context[len(context) - 1 - context[::-1].index(END) :]
        recalled = None
        with self._told_as_fault():
            recalled = self._recalled(tuple(context))
        return forecast if recalled is None else _mixed(forecast, recalled, self._size, self._text_of)

    def beginning_with(self, prefix: str) -> dict[str, float]:
        """Learned words that the vocabulary lacks and that begin with a prefix but for case, else but for accents.

        With each the part of the unknown words expected that is this one; all learned words together have
        `learned_share`.
        """
        lexicon = self._learned()
        found = {} if lexicon is None else lexicon.beginning_with(prefix)
        return {word: part for word, part in found.items() if self._id_of(word) >= self._size}

    def learned_share(self) -> float:
        """Of the unknown words that the other experts expect, the part that is a learned one."""
        lexicon = self._learned()
        return 0.0 if lexicon is None else lexicon.share

    def _learned(self) -> "_Lexicon | None":
        if self._lexicon is None and self._version != () and self._store.fault is None:
            with self._told_as_fault():
                self._lexicon = _Lexicon(self._store.words(), self._vocabulary)
        return self._lexicon

    def _recall(self, context: tuple[int, ...]) -> PersonalRecollection | None:
        if self._version == () or self._store.fault is not None:
            return None
        words = [END_TOKEN if token == END else self._text_of(token) for token in context]
        return recollection(self._store.continuations(words), id_of=self._id_of)

    @contextlib.contextmanager
    def _told_as_fault(self) -> Iterator[None]:
        """Fall silent where the database fails; where it is only busy, for this moment."""
        try:
            yield
        except BusyError:
            return
        except AutocompleteError as error:
            self._store.fault = error
            self._recalled.cache_clear()


class _Lexicon:
    """The learned words that the vocabulary lacks.

    Attributes:
        share: Of the unknown words that are expected, the part that is one of these.
    """

    def __init__(self, words: Mapping[str, int], vocabulary: Vocabulary) -> None:
        unknown = {word: count for word, count in words.items() if word not in vocabulary and word[0].isalnum()}
        self._words = list(unknown)
        self._counts = list(unknown.values())
        self._written = sum(self._counts)
        again = self._written - len(self._words)  # how often such a word was not written for the first time
        self.share = LARGEST_LEARNED_SHARE * (again + 1) / (self._written + 2) if self._words else 0.0
        self._index = PrefixIndex(self._words)
        self._plain_index = PrefixIndex(self._words, without_marks)

    def beginning_with(self, prefix: str) -> dict[str, float]:
        """The words that begin so, and the part of the unknown words that each is."""
        found = self._index.beginning_with(prefix).tolist() or self._plain_index.beginning_with(prefix).tolist()
        return {self._words[place]: self.share * self._counts[place] / self._written for place in found}


def recollection(found: Sequence[Continuations], *, id_of: Callable[[str], int]) -> PersonalRecollection | None:
    """Interpolate continuations of contexts, shortest first; None where there are none."""
    chances: dict[int, float] = {}
    passed_on = 1.0
    for words, counts in reversed(found):
        if words:
            total = sum(counts) + len(counts)
            for word, count in zip(words, counts, strict=True):
                token = END if word == END_TOKEN else id_of(word)
                chances[token] = chances.get(token, 0.0) + passed_on * count / total
            passed_on *= len(counts) / total
    if not chances:
        return None
    shares = np.array(list(chances.values()))
    weight = LARGEST_WEIGHT * (1 - passed_on)
    return PersonalRecollection(np.array(list(chances), np.int64), shares / shares.sum(), weight)


def _mixed(forecast: Forecast, recalled: PersonalRecollection, size: int, text_of: Callable[[int], str]) -> Forecast:
    """The forecast with the personal expert as one more, its further words behind those of the others."""
    known = set(forecast.further.tolist())
    # In the order of their letters, so that equally likely ones rank alike however the session came here.
    new = sorted((token for token in recalled.tokens.tolist() if token >= size and token not in known), key=text_of)
    further = np.concatenate([forecast.further, np.array(new, np.int64)])
    place_of = {token: size + place for place, token in enumerate(further.tolist())}
    places = [place_of[token] if token >= size else token for token in recalled.tokens.tolist()]
    own = np.zeros(size + len(further), np.float32)
    own[places] = recalled.weight * recalled.shares
    rest = np.float32(1 - recalled.weight)
    nothing = np.zeros(len(new), np.float32)
    gifts = {name: np.concatenate([rest * gift, nothing]) for name, gift in forecast.gifts.items()}
    gifts["personal"] = own
    weights = {name: (1 - recalled.weight) * weight for name, weight in forecast.weights.items()}
    return Forecast(
        probabilities=np.concatenate([rest * forecast.probabilities, nothing]) + own,
        further=further,
        weights={**weights, "personal": recalled.weight},
        gifts=gifts,
        match=forecast.match,
        entropy_nats=forecast.entropy_nats,
        evidence=forecast.evidence,
    )
