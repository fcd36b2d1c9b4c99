"""What an expert is: it reads tokens, and says what may come next and how much it knows.

Experts that are shared, such as the network and the n-grams, do not change once made: any number of threads may ask
them at once. A state is a value that no step changes; but states that grew out of one another may share storage, so
that those of one text belong to one thread. An expert that belongs to one person's session says so.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import BoolArray, Float32Array, Float64Array, IndexArray, Int64Array
from autocomplete.text.vocabulary import UNKNOWN

Tokens = npt.NDArray[np.integer] | Sequence[int]
# What an expert's weight depends on, a number for each of N moments, (N,), or several for a rule of its own, (N, K). A
# moment before which it has nothing to say has -inf, in the first place.
Evidence = npt.NDArray[Any]

_NOTHING_FURTHER = np.empty(0, np.int64)
_NOTHING_FURTHER.setflags(write=False)

Value = TypeVar("Value")


class Memory(Protocol):
    """What is remembered of B sequences."""

    def rows(self, indices: IndexArray | Sequence[int]) -> Self:
        """Select sequences by index, repeats allowed: the survivors of a beam."""
        ...

    @classmethod
    def joined(cls, states: Sequence[Self]) -> Self:
        """Put the sequences of several memories into one."""
        ...


class Sequences(tuple[Value, ...]):
    """A memory of B sequences that is a plain value for each."""

    __slots__ = ()

    def rows(self, indices: IndexArray | Sequence[int]) -> Self:
        """Select sequences by index, repeats allowed."""
        return type(self)(self[int(index)] for index in indices)

    @classmethod
    def joined(cls, states: Iterable[Self]) -> Self:
        """Put the sequences of several memories into one."""
        return cls(value for state in states for value in state)


class Classing(NamedTuple):
    """How the mixture sorts moments by what an expert knows: each class has weights of its own.

    Attributes:
        parts: Into how many classes of equal size, on the text that the weights are fitted on.
        borders: The borders between them where they are the same on every text, ascending; then `parts` says nothing.
        may_be_silent: Whether there are moments at which the expert has nothing to say: they are a class of their own.
        guesses: Of an expert that is weighed in its own classes alone, against all the others together, who share what
            it leaves them as if it were not there: its weight in each, 0 to 1, before anything was fitted.
    """

    parts: int = 1
    borders: tuple[float, ...] | None = None
    may_be_silent: bool = False
    guesses: tuple[float, ...] = ()


class Opinion(NamedTuple):
    """What may follow each of B sequences. Words that the vocabulary of V lacks stand behind it, S of them.

    Attributes:
        probabilities: Of every token of the vocabulary and every further word, (B, V + S); they sum to 1, or to 0 for a
            sequence of which the expert has nothing to say.
        evidence: What its weight depends on, (B,) or (B, K).
        further: Ids of the further words, (S,).
    """

    probabilities: Float32Array
    evidence: Evidence
    further: Int64Array = _NOTHING_FURTHER

    def row(self, index: int) -> "Opinion":
        """What may follow one of the sequences."""
        only = slice(index, index + 1)
        return Opinion(self.probabilities[only], self.evidence[only], self.further)

    def scores(self, token: int) -> "Scores":
        """What this is for a token that followed the one sequence."""
        row, size = self.probabilities[0].astype(np.float64), self.probabilities.shape[1] - len(self.further)
        chance, unseen, itself = float(row[token]) if token < size else 0.0, 1.0, 0.0
        if token == UNKNOWN or token >= size:
            chance = float(row[UNKNOWN] + row[size:].sum())
            if chance > 0.0:
                unseen, itself = row[UNKNOWN] / chance, row[size:][self.further == token].sum() / chance
        with np.errstate(divide="ignore"):
            return Scores(np.log([chance]), self.evidence, np.array([unseen]), np.array([itself]))


class Scores(NamedTuple):
    """What N tokens were worth to an expert, each before it was read.

    Attributes:
        log_probabilities: In nats, (N,). A word that the vocabulary lacks has that of all such words together.
        evidence: What the weight depends on, (N,) or (N, K).
        unseen: Of that probability of a word that the vocabulary lacks, the share of those that are not told apart,
            (N,); 1 for words that it has.
        itself: The share of just this word, (N,); 0 for words that the vocabulary has.
        outputs: As `Expert.outputs` gave them before each token, (N, E), or None.
    """

    log_probabilities: Float64Array
    evidence: Evidence
    unseen: Float64Array
    itself: Float64Array
    outputs: Float32Array | None = None

    @classmethod
    def of_classes(
        cls, log_probabilities: Float64Array, evidence: Evidence, outputs: Float32Array | None = None
    ) -> Self:
        """Return the scores of an expert that tells no words apart that the vocabulary lacks."""
        count = len(log_probabilities)
        return cls(log_probabilities, evidence, np.ones(count), np.zeros(count), outputs)

    @classmethod
    def joined(cls, parts: "Sequence[Scores]") -> Self:
        """Join the scores of consecutive stretches of a text, one at least; their outputs are left out."""
        *columns, _ = zip(*parts, strict=True)
        return cls(*map(np.concatenate, columns))


State = TypeVar("State", bound=Memory)


class Expert(ABC, Generic[State]):
    """Reads B sequences side by side and says what may follow each.

    Ids from the vocabulary's size on are words that it lacks, each with an id of its own; to an expert that cannot tell
    them apart they are `<unk>` (`known`).

    Every method but `initial_state` is given the `outputs` of the experts before it, (B, E): what a network made of
    each sequence, by which an expert may tell like moments; E is 0 where there is no network.

    Attributes:
        name: By which weights, reports and JSON documents call it.
        vocabulary_size: V, tokens that can come next.
        classing: How the mixture sorts moments by its evidence, to fit its weight in each class.
        weighs_itself: Whether its weight is not fitted but follows from a rule of its own, `weight`.
    """

    name: str
    vocabulary_size: int
    classing: Classing = Classing()
    weighs_itself: bool = False

    @property
    def weighed_apart(self) -> bool:
        """Whether its weight is a part of the whole that does not depend on the weights of the others."""
        return self.weighs_itself or bool(self.classing.guesses)

    @abstractmethod
    def initial_state(self) -> State:
        """Return the memory of one sequence at its start, before its first token."""

    @abstractmethod
    def step(self, state: State, tokens: Sequence[int], outputs: Float32Array, /) -> State:
        """Read one token a sequence, (B,), each after its outputs, and return the new memory."""

    def read_text(self, state: State, tokens: Sequence[int], outputs: Float32Array, /) -> list[State]:
        """Read a text that goes on from `state`, a memory of one sequence; returns the memory after each token, N.

        As `step` in turn, which an expert may know a faster way to.

        Args:
            state: The memory before the first token.
            tokens: Ids, (N,).
            outputs: Before each, (N, E).
        """
        found = []
        for place, token in enumerate(tokens):
            state = self.step(state, [token], outputs[place : place + 1])
            found.append(state)
        return found

    @abstractmethod
    def forecast(self, state: State, outputs: Float32Array, /) -> Opinion:
        """What may follow each sequence."""

    def score(self, state: State, tokens: Int64Array, outputs: Float32Array, /) -> tuple[Scores, State]:
        """Score a text that goes on from `state`, a memory of one sequence; returns the memory after it too.

        As `forecast` and `step` in turn, which an expert may know a faster way to.

        Args:
            state: The memory before the first token.
            tokens: Ids, (N,), one at least.
            outputs: Before each, (N, E).
        """
        found = []
        for place, token in enumerate(tokens.tolist()):
            now = outputs[place : place + 1]
            found.append(self.forecast(state, now).scores(token))
            state = self.step(state, [token], now)
        return Scores.joined(found), state

    def outputs(self, state: State) -> Float32Array | None:  # noqa: ARG002 - most have none
        """What the experts behind this one may tell like moments by, (B, E), or None."""
        return None

    def weight(self, evidence: Evidence, others: Mapping[str, Evidence]) -> Float64Array:
        """The weight of an expert that weighs itself, at N moments, (N,); the others have the rest.

        Args:
            evidence: Its own; where it is silent, its weight is 0.
            others: That of all experts, by name.
        """
        raise NotImplementedError(f"{self.name} is weighed by what was fitted")

    def classes(self, evidence: Evidence, others: Mapping[str, Evidence]) -> IndexArray:  # noqa: ARG002 - most need none
        """Number the classes of N moments from 1 on, (N,), of an expert with `guesses`; 0 where it is silent.

        Args:
            evidence: Its own.
            others: That of all experts, by name.
        """
        return np.searchsorted((-np.inf, *(self.classing.borders or ())), evidence)

    def known(self, tokens: Iterable[int]) -> list[int]:
        """The tokens with every word that the vocabulary lacks as `<unk>`, (N,)."""
        size = self.vocabulary_size
        return [token if token < size else UNKNOWN for token in tokens]


def is_silent(evidence: Evidence) -> BoolArray:
    """Moments at which an expert with this evidence has nothing to say, (N,)."""
    silent: BoolArray = (evidence if evidence.ndim == 1 else evidence[:, 0]) == -np.inf
    return silent
