"""The experts together: a recurrent network and the n-gram database, mixed by what the n-grams have seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete import bundle
from autocomplete.bundle import Manifest
from autocomplete.corpus.specials import END
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.errors import ModelError
from autocomplete.predict.ngram import NgramModel
from autocomplete.predict.recurrent import RecurrentNetwork, RecurrentState

FloatArray = npt.NDArray[np.float32]


class PredictorState(NamedTuple):
    """What the experts remember of B sequences.

    Attributes:
        network: The network's memory, or None without one.
        contexts: The last tokens of each sequence, as many as the n-grams look back.
    """

    network: RecurrentState | None
    contexts: tuple[tuple[int, ...], ...]

    def rows(self, indices: npt.NDArray[np.intp] | Sequence[int]) -> "PredictorState":
        """Select sequences by index, repeats allowed: the survivors of a beam."""
        network = None if self.network is None else self.network.rows(indices)
        return PredictorState(network, tuple(self.contexts[int(index)] for index in indices))


@dataclass(frozen=True, slots=True)
class Mixture:
    """How much the network counts, by the length of the context that the n-grams have seen (Jelinek & Mercer 1980).

    Attributes:
        network_weights: For match lengths 0 to order - 1, the network's weight; the n-grams have the rest.
    """

    network_weights: tuple[float, ...]

    @classmethod
    def even(cls, order: int) -> "Mixture":
        """Before anything was fitted: both count alike."""
        return cls((0.5,) * order)


class Predictor:
    """Gives the distribution of the next token. At least one expert is there.

    Args:
        network: The recurrent network.
        ngrams: The n-gram database.
        mixture: The weights of the two; even where nothing was fitted.
    """

    def __init__(
        self,
        *,
        network: RecurrentNetwork | None = None,
        ngrams: NgramModel | None = None,
        mixture: Mixture | None = None,
    ) -> None:
        assert network is not None or ngrams is not None
        self.network = network
        self.ngrams = ngrams
        order = 1 if ngrams is None else ngrams.order
        self.mixture = mixture or Mixture.even(order)
        self._lookback = order - 1

    @classmethod
    def load(cls, folder: Path, manifest: Manifest, vocabulary: Vocabulary) -> "Predictor":
        """Load the experts that a model folder holds."""
        network = ngrams = mixture = None
        if "weights" in manifest.files:
            network = RecurrentNetwork(bundle.read_weights(folder, manifest, vocabulary_size=vocabulary.size))
        if "ngrams" in manifest.files:
            ngrams = NgramModel.open(
                bundle.checked_file(folder, manifest, "ngrams", content=False),
                vocabulary_size=vocabulary.size,
                vocabulary_digest=manifest.files["vocabulary"].sha256,
            )
            if manifest.mixture is not None:
                mixture = Mixture(manifest.mixture)
                if len(mixture.network_weights) != ngrams.order:
                    raise ModelError(
                        f"{folder / bundle.MANIFEST}: the mixture has {len(mixture.network_weights)} weights for"
                        f" n-grams of order {ngrams.order}.",
                        "Train it again with 'autocomplete train … --force'.",
                    )
        if network is None and ngrams is None:
            raise ModelError(
                f"{folder / bundle.MANIFEST}: names neither a network nor n-grams.",
                "Train it again with 'autocomplete train … --force'.",
            )
        return cls(network=network, ngrams=ngrams, mixture=mixture)

    def initial_state(self) -> PredictorState:
        """Return the memory at the start of a sequence, before its first token."""
        network = None if self.network is None else self.network.initial_state()
        return self.step(PredictorState(network, ((),)), [END])

    def step(self, state: PredictorState, tokens: npt.NDArray[np.integer] | Sequence[int]) -> PredictorState:
        """Read one token a sequence, (B,), and return the new memory."""
        network = None
        if self.network is not None and state.network is not None:
            network = self.network.step(state.network, tokens)
        contexts = tuple(
            (*context, int(token))[-self._lookback :] if self._lookback else ()
            for context, token in zip(state.contexts, tokens, strict=True)
        )
        return PredictorState(network, contexts)

    def experts(self, state: PredictorState) -> dict[str, FloatArray]:
        """Each expert's distribution of the next token, (B, V)."""
        found: dict[str, FloatArray] = {}
        if self.network is not None and state.network is not None:
            found["lstm"] = np.exp(self.network.log_probabilities(state.network.output))
        if self.ngrams is not None:
            found["ngram"] = np.stack([self.ngrams.distribution(context) for context in state.contexts])
        return found

    def mix(self, state: PredictorState, experts: dict[str, FloatArray]) -> FloatArray:
        """Mix the experts' distributions, (B, V)."""
        if self.ngrams is None or len(experts) == 1:
            return next(iter(experts.values()))
        weights = np.array(
            [self.mixture.network_weights[self.ngrams.match_length(context)] for context in state.contexts], np.float32
        )[:, None]
        mixed: FloatArray = weights * experts["lstm"] + (1 - weights) * experts["ngram"]
        return mixed

    def probabilities(self, state: PredictorState) -> FloatArray:
        """The distribution of the next token, (B, V)."""
        return self.mix(state, self.experts(state))
