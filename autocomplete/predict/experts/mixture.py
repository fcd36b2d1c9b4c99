"""The experts together: each has a weight that depends on what they know (Jelinek & Mercer 1980)."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, IndexArray, Int64Array
from autocomplete.predict.experts.protocol import Evidence, Expert, Opinion, Scores, Tokens, is_silent
from autocomplete.text.vocabulary import UNKNOWN

# Before anything was fitted: what an expert that always speaks counts, and one that is silent at times. Grave et al.
# give their cache a tenth on every corpus.
_UNFITTED, _UNFITTED_AT_TIMES = 0.45, 0.1
_UNFITTED_FLOOR = 7.0

# Of the unknown words that network and n-grams expect, the share that a long session has written before. On the
# validation text of a user-sized corpus it was measured as 0.22.
REPEATED_UNKNOWN = 0.22
# So little of it is not told apart from none.
_NEXT_TO_NOTHING = np.float32(1e-30)

_Found = TypeVar("_Found", bound=Expert[Any])


class EvidenceClasses(NamedTuple):
    """Into which classes an expert's evidence falls.

    Attributes:
        borders: Between the classes, ascending.
        floor: None for an expert that always speaks. For one that does not, class 0 is its silence, and the floor is
            the evidence that a long session hardly ever falls below. Below it the expert knows less than when it was
            weighed, as after the first few words, and its weight falls with the square of what is missing.
    """

    borders: tuple[float, ...] = ()
    floor: float | None = None

    @property
    def size(self) -> int:
        """How many classes there are."""
        return len(self.borders) + 1 + (self.floor is not None)

    def of(self, evidence: Evidence) -> IndexArray:
        """Number the classes of N moments, (N,)."""
        silence = () if self.floor is None else (-np.inf,)
        return np.array([*silence, *self.borders]).searchsorted(evidence)

    def trust(self, evidence: Evidence) -> Float64Array:
        """What the weight of an expert that is silent at times is multiplied by at N moments, (N,)."""
        assert self.floor is not None
        trust: Float64Array = np.exp(2 * np.minimum(evidence - self.floor, 0.0))
        return trust


@dataclass(frozen=True, slots=True)
class MixtureWeights:
    """Weights of the experts in each bucket of what they know: a class of each one's evidence.

    Attributes:
        classes: Of evidence, by expert.
        weights: An axis of classes an expert, in that order, and behind them one of the experts themselves.
        temperature: Of the network's softmax, by which its scores are divided: below 1 it is made surer.
        apart: Of experts that are weighed against all the others together: their weight in each class, by name.
    """

    classes: Mapping[str, EvidenceClasses]
    weights: Float64Array
    temperature: float = 1.0
    apart: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def unfitted(cls, experts: Iterable[Expert[Any]]) -> Self:
        """Return what stands in for some experts until weights are fitted: the same in all buckets."""
        classes = {expert.name: _unfitted_classes(expert) for expert in experts if not expert.classing.guesses}
        shares = np.array([_UNFITTED if each.floor is None else _UNFITTED_AT_TIMES for each in classes.values()])
        weights = np.empty((*(each.size for each in classes.values()), len(classes)))
        weights[:] = shares / shares.sum()
        return cls(classes, weights)

    @property
    def experts(self) -> tuple[str, ...]:
        """The names of the experts."""
        return tuple(self.classes)

    def buckets(self, evidence: Mapping[str, Evidence]) -> IndexArray:
        """Number the buckets of N moments by the evidence of the experts; that of an absent one is of class 0. (N,)."""
        found = np.zeros(len(next(iter(evidence.values()))), np.intp)
        for name, each in self.classes.items():
            found *= each.size
            if name in evidence and each.size > 1:
                found += each.of(evidence[name])
        return found

    def of(self, evidence: Mapping[str, Evidence]) -> Float64Array:
        """Weights of those experts that have evidence at N moments, the others being absent; they sum to 1. (N, X)."""
        weights = self.weights.reshape(-1, len(self.classes)).take(self.buckets(evidence), axis=0)
        if list(evidence) != list(self.classes):
            weights = weights[:, [self.experts.index(name) for name in evidence]]
        speaking = [self.classes[name].floor is None for name in evidence]
        for column, (name, each) in enumerate(evidence.items()):
            if not speaking[column]:
                weights[:, column] *= self.classes[name].trust(each)
        totals = weights.sum(axis=1)
        if not totals.all():  # where none of them was ever of use, those that can speak count alike
            weights[totals == 0.0] = speaking if any(speaking) else 1.0
            totals = weights.sum(axis=1)
        return weights / totals[:, None]  # type: ignore[no-any-return]

    def with_expert(self, expert: Expert[Any], share: float) -> "MixtureWeights":
        """Give an expert that nothing was fitted for one share wherever it speaks; the others have the rest."""
        classes = _unfitted_classes(expert)
        weights = np.empty((*self.weights.shape[:-1], classes.size, len(self.classes) + 1))
        weights[..., -1] = share
        if classes.floor is not None:
            weights[..., 0, -1] = 0.0  # its silence
        weights[..., :-1] = (1.0 - weights[..., -1:]) * self.weights[..., None, :]
        return replace(self, classes={**self.classes, expert.name: classes}, weights=weights)

    def as_dict(self) -> dict[str, Any]:
        """Return the weights as plain JSON values."""
        return {
            "experts": list(self.experts),
            "classes": [{"borders": list(each.borders), "floor": each.floor} for each in self.classes.values()],
            "weights": self.weights.tolist(),
            "temperature": self.temperature,
            "apart": {name: list(weights) for name, weights in self.apart.items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Rebuild from `as_dict`.

        Raises:
            ValueError: The values are no mixture.
        """
        try:
            names, classes = value["experts"], [_classes_of(**each) for each in value["classes"]]
            weights, temperature = np.array(value["weights"], np.float64), float(value["temperature"])
            # Models that were made before there were such experts have none.
            apart = {name: tuple(map(float, each)) for name, each in value.get("apart", {}).items()}
        except KeyError as error:
            raise ValueError(f"a mixture without {error}") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError("a mixture that holds other things than numbers") from error
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise ValueError("a mixture whose experts have no names")
        if any(np.any(np.diff(each.borders) < 0) or not np.isfinite(each.borders).all() for each in classes):
            raise ValueError("borders of a mixture that do not ascend")
        if len(set(names)) != len(classes) or weights.shape != (*(each.size for each in classes), len(names)):
            raise ValueError("a mixture without one weight for each expert in each bucket")
        floors = [each.floor for each in classes if each.floor is not None]
        if not (np.isfinite(floors).all() and np.all(weights >= 0) and np.allclose(weights.sum(-1), 1.0, atol=1e-6)):
            raise ValueError("mixture weights that do not sum to 1")
        if not all(0.0 <= weight <= 1.0 for each in apart.values() for weight in each):
            raise ValueError("mixture weights that are no shares")
        if not 0.0 < temperature < math.inf:
            raise ValueError("a temperature that is not above zero")
        return cls(dict(zip(names, classes, strict=True)), weights, temperature, apart)


def _unfitted_classes(expert: Expert[Any]) -> EvidenceClasses:
    """The classes of an expert's evidence that are known without held-out text."""
    return EvidenceClasses(expert.classing.borders or (), _UNFITTED_FLOOR if expert.classing.may_be_silent else None)


def _classes_of(*, borders: Sequence[float], floor: float | None) -> EvidenceClasses:
    """Classes from JSON values."""
    return EvidenceClasses(tuple(map(float, borders)), None if floor is None else float(floor))


class MixtureState(NamedTuple):
    """What the experts remember of B sequences.

    Attributes:
        parts: The memory of each.
        size: B.
    """

    parts: tuple[Any, ...]
    size: int

    def rows(self, indices: IndexArray | Sequence[int]) -> "MixtureState":
        """Select sequences by index, repeats allowed: the survivors of a beam."""
        return MixtureState(tuple(part.rows(indices) for part in self.parts), len(indices))

    @classmethod
    def joined(cls, states: "Sequence[MixtureState]") -> "MixtureState":
        """Put the sequences of several memories into one."""
        parts = tuple(type(each[0]).joined(each) for each in zip(*(state.parts for state in states), strict=True))
        return cls(parts, sum(state.size for state in states))


class Forecast(NamedTuple):
    """What may follow one sequence, and who says so. Words that the vocabulary lacks stand behind it, S of them.

    Attributes:
        probabilities: Of every token of the vocabulary and every further word, (V + S,); they sum to 1.
        further: Ids of the further words, (S,).
        weights: Of each expert that has something to say.
        gifts: What each of them gave to `probabilities`; their sum. (V + S,) each.
        evidence: Of each of them, (1,) or (1, K) each.
    """

    probabilities: Float32Array
    further: Int64Array
    weights: dict[str, float]
    gifts: dict[str, Float32Array]
    evidence: dict[str, Evidence]

    def token(self, index: int) -> int:
        """The id of what stands at an index."""
        size = len(self.probabilities) - len(self.further)
        return index if index < size else int(self.further[index - size])

    def tokens(self) -> Int64Array:
        """The id of what stands at each index, (V + S,)."""
        return np.concatenate([np.arange(len(self.probabilities) - len(self.further)), self.further])

    def shares_of(self, indices: IndexArray | Sequence[int]) -> list[dict[str, float]]:
        """Each expert's part in the probability of each of some tokens or further words; the parts sum to 1."""
        picked = np.asarray(indices, np.intp)
        given = zip(*(gift[picked].tolist() for gift in self.gifts.values()), strict=True)
        found = []
        for parts in given:
            total = sum(parts) or 1.0
            found.append({name: part / total for name, part in zip(self.gifts, parts, strict=True)})
        return found


class _Gifts(NamedTuple):
    """What B sequences are given by those experts that have something to say of one.

    Attributes:
        opinions: Of each, by name.
        weights: Of each, (B,) each.
        gifts: Of each, (B, V + S) each; their sum is the distribution.
        further: Ids of the further words, (S,).
    """

    opinions: dict[str, Opinion]
    weights: dict[str, Float64Array]
    gifts: dict[str, Float32Array]
    further: Int64Array

    def probabilities(self) -> Float32Array:
        """The distributions, (B, V + S)."""
        return reduce(np.add, self.gifts.values())


class Mixture:
    """Gives the distribution of the next token as some experts have it together.

    It does not change: any number of threads may ask it at once, as far as its experts allow. The states of one text
    belong to one thread.

    Args:
        experts: Each with a name of its own, one of them at least weighed by what was fitted. They are asked in this
            order, and each is given what those before it make of the moment (`Expert.outputs`).
        weights: What was fitted; a guess where nothing was.

    Attributes:
        experts: The same.
        weights: The same.
        vocabulary_size: V, tokens that can come next.

    Raises:
        ValueError: Two experts have one name, or nothing was fitted for one (`MixtureWeights.with_expert`).
    """

    def __init__(self, experts: Iterable[Expert[Any]], weights: MixtureWeights | None = None) -> None:
        self.experts = tuple(experts)
        self._experts = {expert.name: expert for expert in self.experts}
        self.weights = MixtureWeights.unfitted(self.experts) if weights is None else weights
        self.vocabulary_size = self.experts[0].vocabulary_size
        if len(self._experts) < len(self.experts):
            raise ValueError("two experts of one name")
        for expert in self.experts:
            fixed = expert.classing.borders
            if expert.weighed_apart:
                guesses = expert.classing.guesses
                fits = len(self.weights.apart.get(expert.name, guesses)) == len(guesses)
            else:
                known = self.weights.classes.get(expert.name)
                fits = known is not None and fixed in (None, known.borders)
            if not fits:
                raise ValueError(f"weights that are not for the expert '{expert.name}'")

    def find(self, kind: type[_Found]) -> _Found | None:
        """The expert of a kind, if there is one."""
        return next((expert for expert in self.experts if isinstance(expert, kind)), None)

    def only(self, *names: str) -> "Mixture":
        """Return some of the experts with the weights as they are: what they are worth without the others."""
        return Mixture([expert for expert in self.experts if expert.name in names], self.weights)

    def with_expert(self, expert: Expert[Any], *, share: float | None = None) -> "Mixture":
        """Return the same with one more expert, or with another one in the place of that of its name.

        Args:
            expert: Which.
            share: What an expert shall have for which no weight was fitted; None where there is one, or a rule.
        """
        weights = self.weights if share is None else self.weights.with_expert(expert, share)
        return Mixture({**self._experts, expert.name: expert}.values(), weights)

    def with_weights(self, weights: MixtureWeights) -> "Mixture":
        """Return the same experts with other weights."""
        return Mixture(self.experts, weights)

    def initial_state(self) -> MixtureState:
        """Return the memory of one sequence at its start, before its first token."""
        return MixtureState(tuple(expert.initial_state() for expert in self.experts), 1)

    def step(self, state: MixtureState, tokens: Tokens) -> MixtureState:
        """Read one token a sequence, (B,), and return the new memory."""
        ids = [int(token) for token in tokens]
        parts = [expert.step(part, ids, outputs) for expert, part, outputs in self.in_order(state)]
        return MixtureState(tuple(parts), state.size)

    def read_text(self, state: MixtureState, tokens: Sequence[int]) -> list[MixtureState]:
        """Read a text that goes on from `state`, a memory of one sequence; returns the memory after each token."""
        columns, outputs = [], np.empty((len(tokens), 0), np.float32)
        for expert, part in zip(self.experts, state.parts, strict=True):
            after = expert.read_text(part, tokens, outputs)
            columns.append(after)
            offered = [expert.outputs(each) for each in (part, *after[:-1])]
            outputs = np.concatenate([each for each in offered if each is not None] or [outputs])
        return [MixtureState(parts, 1) for parts in zip(*columns, strict=True)]

    def forecast(self, state: MixtureState) -> Opinion:
        """What may follow each sequence, as all experts have it together."""
        given = self._gifts(self.opinions(state))
        return Opinion(given.probabilities(), np.zeros(state.size), given.further)

    def explain(self, state: MixtureState) -> Forecast:
        """What may follow the one sequence, and which expert says so."""
        return self.explain_opinions(self.opinions(state))

    def opinions(self, state: MixtureState) -> dict[str, Opinion]:
        """What may follow each of B sequences as each expert has it, by name."""
        return {expert.name: expert.forecast(part, outputs) for expert, part, outputs in self.in_order(state)}

    def explain_opinions(self, heard: Mapping[str, Opinion]) -> Forecast:
        """What may follow one sequence by opinions of it, each under the name of an expert of this mixture."""
        opinions, weights, gifts, further = given = self._gifts(heard)
        return Forecast(
            probabilities=given.probabilities()[0],
            further=further,
            weights={name: float(weights[name][0]) for name in opinions},
            gifts={name: gift[0] for name, gift in gifts.items()},
            evidence={name: opinion.evidence for name, opinion in opinions.items()},
        )

    def score(self, state: MixtureState, tokens: Int64Array) -> tuple[Scores, MixtureState]:
        """Score a text that goes on from `state`, a memory of one sequence; returns the memory after it too."""
        parts, after = self.score_apart(state, tokens)
        return self.mixed(parts), after

    def score_apart(self, state: MixtureState, tokens: Int64Array) -> tuple[dict[str, Scores], MixtureState]:
        """The same for each expert, by name, before they are `mixed`."""
        found: dict[str, Scores] = {}
        parts, outputs = [], np.empty((len(tokens), 0), np.float32)
        for expert, part in zip(self.experts, state.parts, strict=True):
            scores, after = expert.score(part, tokens, outputs)
            found[expert.name] = scores
            parts.append(after)
            outputs = outputs if scores.outputs is None else scores.outputs
        return found, MixtureState(tuple(parts), 1)

    def mixed(self, parts: Mapping[str, Scores]) -> Scores:
        """What N tokens were worth to some of the experts together: the scores that their `forecast`s would give."""
        weights = self._weights({name: scores.evidence for name, scores in parts.items()})
        with np.errstate(divide="ignore"):  # a weight of 0 is -inf, which logaddexp takes
            logs = {name: np.log(weights[name]) + scores.log_probabilities for name, scores in parts.items()}
        mixed: Float64Array = np.logaddexp.reduce(list(logs.values()), axis=0)
        possible = np.where(np.isneginf(mixed), 0.0, mixed)
        masses = {name: np.exp(log - possible) for name, log in logs.items()}  # each one's part; they sum to 1
        # As `_retell` does it: where the session holds words that the vocabulary lacks, some of what is expected of
        # such goes to them.
        fitted = [name for name in parts if not self._experts[name].weighed_apart]
        further = _sum(masses[name] * (1.0 - parts[name].unseen) for name in fitted)
        expected = _sum(masses[name] * (parts[name].unseen == 1.0) for name in fitted)
        repeated = self._repeated({name: parts[name].evidence for name in fitted})
        moved = np.where(further > 0.0, repeated * expected, 0.0)
        gained = {name: 1.0 + moved / np.maximum(further, 1e-300) for name in fitted}
        return Scores(
            mixed,
            np.zeros(len(mixed)),
            _sum(masses[name] * scores.unseen for name, scores in parts.items()) - moved,
            _sum(masses[name] * scores.itself * gained.get(name, 1.0) for name, scores in parts.items()),
        )

    def in_order(self, state: MixtureState) -> Iterator[tuple[Expert[Any], Any, Float32Array]]:
        """Each expert, its memory of B sequences, and the outputs of those before it, (B, E)."""
        outputs = np.empty((state.size, 0), np.float32)
        for expert, part in zip(self.experts, state.parts, strict=True):
            yield expert, part, outputs
            offered = expert.outputs(part)
            outputs = outputs if offered is None else offered

    def _weights(self, evidence: Mapping[str, Evidence]) -> dict[str, Float64Array]:
        """The weights of those experts that have evidence at N moments, by name, (N,) each; they sum to 1.

        Those that are weighed apart take their part, in turn, of what the others have.
        """
        fitted = {name: each for name, each in evidence.items() if not self._experts[name].weighed_apart}
        weights = dict(zip(fitted, self.weights.of(fitted).T, strict=True))
        for name in (name for name in evidence if name not in fitted):
            own = self._weight_apart(self._experts[name], evidence)
            weights = {other: (1.0 - own) * weight for other, weight in weights.items()} | {name: own}
        return weights

    def _weight_apart(self, expert: Expert[Any], evidence: Mapping[str, Evidence]) -> Float64Array:
        """The weight against all the others of one that is weighed apart, at N moments, (N,); 0 where it is silent."""
        own = evidence[expert.name]
        if expert.weighs_itself:
            return expert.weight(own, evidence)
        weights = np.array([0.0, *self.weights.apart.get(expert.name, expert.classing.guesses)])
        found: Float64Array = weights[expert.classes(own, evidence)]
        return found

    def _repeated(self, evidence: Mapping[str, Evidence]) -> Float64Array:
        """Of the unknown words expected at N moments, the share that the session has written before, (N,) or (1,).

        It falls as the trust in those that are silent at times: a session of a few words has written hardly any part of
        what it may go on with, or else the first unknown word would be expected again at once.
        """
        classes = self.weights.classes
        trusts = [classes[name].trust(each) for name, each in evidence.items() if classes[name].floor is not None]
        share: Float64Array = REPEATED_UNKNOWN * (reduce(np.maximum, trusts) if trusts else np.ones(1))
        return share

    def _gifts(self, heard: Mapping[str, Opinion]) -> _Gifts:
        """What each expert gives that has something to say of one of B sequences."""
        opinions = {
            name: opinion
            for name, opinion in heard.items()
            if not (self._experts[name].classing.may_be_silent and is_silent(opinion.evidence).all())
        }
        weights = self._weights({name: opinion.evidence for name, opinion in opinions.items()})
        further = _further_of(opinions.values())
        gifts = {name: self._gift(opinion, weights[name], further) for name, opinion in opinions.items()}
        if len(further):
            fitted = [name for name in gifts if not self._experts[name].weighed_apart]
            repeated = self._repeated({name: opinions[name].evidence for name in fitted}).astype(np.float32)
            self._retell({name: gifts[name] for name in fitted}, opinions, repeated)
        return _Gifts(opinions, weights, gifts, further)

    def _gift(self, opinion: Opinion, weight: Float64Array, further: Int64Array) -> Float32Array:
        """What an expert gives by its weights, (B,), to each token and each of the further words, (B, V + S)."""
        size, share = self.vocabulary_size, weight.astype(np.float32)[:, None]
        if opinion.further is further or not len(further):
            return share * opinion.probabilities
        gift = np.zeros((len(weight), size + len(further)), np.float32)
        np.multiply(opinion.probabilities[:, :size], share, out=gift[:, :size])
        if len(opinion.further):
            order = further.argsort()
            places = size + order[further.searchsorted(opinion.further, sorter=order)]
            gift[:, places] = share * opinion.probabilities[:, size:]
        return gift

    def _retell(
        self, gifts: Mapping[str, Float32Array], opinions: Mapping[str, Opinion], repeated: Float32Array
    ) -> None:
        """Give the session's further words their part of what is expected of unknown words by who cannot tell them.

        That part is `repeated`, (B,).
        """
        size = self.vocabulary_size
        told = [gift[:, size:] for name, gift in gifts.items() if len(opinions[name].further)]
        if not told:
            return
        among = reduce(np.add, told)  # (B, S)
        mass = np.maximum(among.sum(axis=1), _NEXT_TO_NOTHING)
        moved = np.where(mass > _NEXT_TO_NOTHING, repeated, np.float32(0.0))  # (B,)
        among = among * (moved / mass)[:, None]
        for name, gift in gifts.items():
            if not len(opinions[name].further):
                np.multiply(gift[:, UNKNOWN, None], among, out=gift[:, size:])
                gift[:, UNKNOWN] *= np.float32(1.0) - moved


def _further_of(opinions: Iterable[Opinion]) -> Int64Array:
    """The further words of all, each once, in the order of the experts, (S,)."""
    told = [opinion.further for opinion in opinions if len(opinion.further)]
    if len(told) == 1:  # mostly
        return told[0]
    return np.array(list(dict.fromkeys(token for each in told for token in each.tolist())), np.int64)


def _sum(terms: Iterable[Float64Array]) -> Float64Array:
    """The sum of arrays of one shape."""
    return reduce(np.add, terms)
