"""The experts together: recurrent network, n-gram database and cache, mixed by what each knows."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete import bundle
from autocomplete.arrays import Float32Array, IndexArray, Int64Array
from autocomplete.bundle import Manifest
from autocomplete.errors import ModelError
from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.experts.cache import Cache, CacheState, Recollection
from autocomplete.predict.experts.mixture import EXPERTS, Mixture
from autocomplete.predict.experts.recurrent import RecurrentNetwork, RecurrentState
from autocomplete.text.vocabulary import END, UNKNOWN, Vocabulary

Tokens = npt.NDArray[np.integer] | Sequence[int]

# Of the unknown words that network and n-grams expect, the share that the session has written before. On the
# validation text of a user-sized corpus it was measured as 0.22.
REPEATED_UNKNOWN = 0.22


class PredictorState(NamedTuple):
    """What the experts remember of B sequences.

    Attributes:
        network: The network's memory, or None without one.
        contexts: The last tokens of each sequence, as many as the n-grams look back.
        caches: What the cache has read of each sequence; empty without a cache.
    """

    network: RecurrentState | None
    contexts: tuple[tuple[int, ...], ...]
    caches: tuple[CacheState, ...]

    def rows(self, indices: IndexArray | Sequence[int]) -> "PredictorState":
        """Select sequences by index, repeats allowed: the survivors of a beam."""
        network = None if self.network is None else self.network.rows(indices)
        contexts = tuple(self.contexts[int(index)] for index in indices)
        caches = tuple(self.caches[int(index)] for index in indices) if self.caches else ()
        return PredictorState(network, contexts, caches)

    @classmethod
    def joined(cls, states: "Sequence[PredictorState]") -> "PredictorState":
        """Put the sequences of several memories into one."""
        networks = [state.network for state in states if state.network is not None]
        contexts = tuple(context for state in states for context in state.contexts)
        caches = tuple(cache for state in states for cache in state.caches)
        return cls(RecurrentState.joined(networks) if networks else None, contexts, caches)


class Forecast(NamedTuple):
    """What may follow one sequence. Words of the session that the vocabulary lacks stand behind it, S of them.

    Attributes:
        probabilities: Of every token of the vocabulary and every further word, (V + S,); they sum to 1.
        further: Ids of the further words, (S,).
        weights: Of each expert here.
        gifts: What each expert gave to `probabilities`; their sum. (V + S,) each.
        match: Tokens of context that the n-grams have seen.
        entropy_nats: Of the network's distribution; 0 without one.
        evidence: Of the cache; -inf where it remembers nothing.
    """

    probabilities: Float32Array
    further: Int64Array
    weights: dict[str, float]
    gifts: dict[str, Float32Array]
    match: int
    entropy_nats: float
    evidence: float

    def token(self, index: int) -> int:
        """The id of what stands at an index."""
        size = len(self.probabilities) - len(self.further)
        return index if index < size else int(self.further[index - size])

    def tokens(self) -> Int64Array:
        """The id of what stands at each index, (V + S,)."""
        return np.concatenate([np.arange(len(self.probabilities) - len(self.further)), self.further])

    def shares(self, index: int) -> dict[str, float]:
        """Each expert's part in the probability of one token or further word; the parts sum to 1."""
        given = {name: float(gift[index]) for name, gift in self.gifts.items()}
        total = sum(given.values())
        return {name: part / total for name, part in given.items()} if total > 0 else given


class Predictor:
    """Gives the distribution of the next token. At least one of network and n-grams is there.

    Args:
        network: The recurrent network.
        ngrams: The n-gram database.
        cache: Remembers the session.
        mixture: The weights of the experts; a guess where nothing was fitted.
    """

    def __init__(
        self,
        *,
        network: RecurrentNetwork | None = None,
        ngrams: NgramModel | None = None,
        cache: Cache | None = None,
        mixture: Mixture | None = None,
    ) -> None:
        self.network = network
        self.ngrams = ngrams
        self.cache = cache
        order = 1 if ngrams is None else ngrams.order
        self.mixture = mixture or Mixture.unfitted(order)
        self._lookback = order - 1
        if network is not None:
            self.vocabulary_size = network.vocabulary_size
        else:
            assert ngrams is not None
            self.vocabulary_size = ngrams.facts.vocabulary_size

    @classmethod
    def load(cls, folder: Path, manifest: Manifest, vocabulary: Vocabulary) -> "Predictor":
        """Load the experts that a model folder holds."""
        network = ngrams = mixture = None
        if "weights" in manifest.files:
            weights = bundle.read_weights(folder, manifest, vocabulary_size=vocabulary.size)
            assert manifest.network is not None  # else reading has failed
            network = RecurrentNetwork(weights, manifest.network)
        if "ngrams" in manifest.files:
            ngrams = NgramModel.open(
                bundle.checked_file(folder, manifest, "ngrams", content=False),
                vocabulary_size=vocabulary.size,
                vocabulary_digest=manifest.files["vocabulary"].sha256,
            )
        if network is None and ngrams is None:
            raise _damaged(folder, "it names neither a network nor n-grams")
        if manifest.mixture is not None:
            try:
                mixture = Mixture.from_dict(manifest.mixture)
            except ValueError as error:
                raise _damaged(folder, str(error)) from error
            if mixture.order != (1 if ngrams is None else ngrams.order):
                raise _damaged(folder, f"its mixture is for n-grams of order {mixture.order}")
            if network is not None:
                network.temperature = mixture.temperature
        # Among characters every moment resembles hundreds of others; there the experts remember enough.
        width = 0 if network is None else network.output_size
        cache = Cache(width) if manifest.level == "word" else None
        return cls(network=network, ngrams=ngrams, cache=cache, mixture=mixture)

    def only(self, *experts: str, order: int | None = None) -> "Predictor":
        """Return a predictor of some of the experts, the mixture as it is: what each is worth alone.

        Args:
            experts: Names out of `EXPERTS`.
            order: Longest n-gram used; None for all.
        """
        ngrams = self.ngrams if "ngram" in experts else None
        mixture = self.mixture if ngrams is not None or self.ngrams is None else None
        if ngrams is not None and order is not None:
            ngrams, mixture = ngrams.truncated(order), None
        network = self.network if "lstm" in experts else None
        width = 0 if network is None else network.output_size
        cache = Cache(width) if "cache" in experts and self.cache is not None else None
        return Predictor(network=network, ngrams=ngrams, cache=cache, mixture=mixture)

    def initial_state(self) -> PredictorState:
        """Return the memory at the start of a sequence, before its first token."""
        network = None if self.network is None else self.network.initial_state()
        state = self._read(PredictorState(network, ((),), ()), [END])
        return state if self.cache is None else state._replace(caches=(self.cache.initial_state(),))

    def step(self, state: PredictorState, tokens: Tokens) -> PredictorState:
        """Read one token a sequence, (B,), and return the new memory; ids behind the vocabulary are the session's."""
        if self.cache is None:
            return self._read(state, tokens)
        caches = tuple(
            self.cache.append(cache, int(token), self._output(state, row))
            for row, (cache, token) in enumerate(zip(state.caches, tokens, strict=True))
        )
        return self._read(state, tokens)._replace(caches=caches)

    def forecast(self, state: PredictorState) -> Forecast:
        """What may follow one sequence, and which expert says so."""
        experts, recollection = self._experts(state)
        context = state.contexts[0]
        match = 0 if self.ngrams is None else self.ngrams.match_length(context)
        entropy = _entropy(experts["lstm"][0]) if "lstm" in experts else 0.0
        evidence = -np.inf if recollection is None else recollection.evidence
        names = tuple(name for name in EXPERTS if name in experts or (name == "cache" and evidence > -np.inf))
        weights = self.mixture.weights_of(names, matches=[match], entropies=[entropy], evidences=[evidence])[0]
        weight_of = dict(zip(names, weights.tolist(), strict=True))
        gifts = {name: np.float32(weight_of[name]) * experts[name][0] for name in names if name != "cache"}
        further = np.empty(0, np.int64)
        if recollection is not None and "cache" in names:
            gifts, further = self._with_cache(gifts, recollection, weight_of["cache"])
        probabilities: Float32Array = np.sum(list(gifts.values()), axis=0, dtype=np.float32)
        return Forecast(probabilities, further, weight_of, gifts, match, entropy, evidence)

    def probabilities(self, state: PredictorState) -> Float32Array:
        """The distribution of the next token, (B, V), without cache: for beams, whose sequences are a word long."""
        assert self.cache is None
        experts, _ = self._experts(state)
        names = tuple(experts)
        matches = [0 if self.ngrams is None else self.ngrams.match_length(context) for context in state.contexts]
        entropies = [_entropy(row) for row in experts["lstm"]] if "lstm" in experts else [0.0] * len(matches)
        silent = np.full(len(matches), -np.inf)
        weights = self.mixture.weights_of(names, matches=matches, entropies=entropies, evidences=silent)
        mixed: Float32Array = sum(
            (weights[:, [place]].astype(np.float32) * experts[name] for place, name in enumerate(names)),
            np.zeros((), np.float32),
        )
        return mixed

    def _experts(self, state: PredictorState) -> tuple[dict[str, Float32Array], Recollection | None]:
        """Each expert's distribution of the next token, (B, V), and what the cache recalls of the first sequence."""
        found: dict[str, Float32Array] = {}
        if self.network is not None and state.network is not None:
            found["lstm"] = np.exp(self.network.log_probabilities(state.network.output))
        if self.ngrams is not None:
            found["ngram"] = np.stack([self.ngrams.distribution(context) for context in state.contexts])
        if self.cache is None:
            return found, None
        return found, self.cache.recall(state.caches[0], self._output(state, 0))

    def _with_cache(
        self, gifts: dict[str, Float32Array], recollection: Recollection, weight: float
    ) -> tuple[dict[str, Float32Array], Int64Array]:
        """Add the cache's gift, and give the unknown words of the session their part of what is expected of such."""
        size = self.vocabulary_size
        unknown = recollection.tokens >= size
        # Not np.unique, which would import 15 ms of masked arrays.
        further = np.array(sorted(set(recollection.tokens[unknown].tolist())), np.int64)
        places = np.where(unknown, size + np.searchsorted(further, recollection.tokens), recollection.tokens)
        cached = np.bincount(places, weights=recollection.shares, minlength=size + len(further)) * weight
        all_gifts: dict[str, Float32Array] = {}
        mass = cached[size:].sum()
        for name, gift in gifts.items():
            among_further = np.zeros(len(further), np.float32)
            if mass > 0:
                among_further += np.float32(REPEATED_UNKNOWN * gift[UNKNOWN]) * (cached[size:] / mass)
                gift[UNKNOWN] *= np.float32(1 - REPEATED_UNKNOWN)
            all_gifts[name] = np.concatenate([gift, among_further])
        all_gifts["cache"] = cached.astype(np.float32)
        return all_gifts, further

    def _read(self, state: PredictorState, tokens: Tokens) -> PredictorState:
        known = [int(token) if token < self.vocabulary_size else UNKNOWN for token in tokens]
        network = None
        if self.network is not None and state.network is not None:
            network = self.network.step(state.network, known)
        contexts = tuple(
            (*context, token)[-self._lookback :] if self._lookback else ()
            for context, token in zip(state.contexts, known, strict=True)
        )
        return PredictorState(network, contexts, ())

    def _output(self, state: PredictorState, row: int) -> Float32Array:
        """What the network's output layer reads of one sequence; nothing without a network."""
        return np.empty(0, np.float32) if state.network is None else state.network.output[row]


def _entropy(probabilities: Float32Array) -> float:
    """In nats."""
    return -float(np.dot(probabilities, np.log(np.maximum(probabilities, np.float32(1e-30)))))


def _damaged(folder: Path, why: str) -> ModelError:
    return ModelError(
        f"{folder / bundle.MANIFEST}: the manifest is damaged ({why}).",
        "Train it again with 'autocomplete train … --force'.",
    )
