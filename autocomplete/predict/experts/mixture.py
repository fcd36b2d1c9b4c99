"""How much each expert counts: weights by what the experts know (Jelinek & Mercer 1980), fitted on held-out text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import Float64Array, IndexArray

EXPERTS = ("lstm", "ngram", "cache")

# Before anything was fitted. Grave et al. give their cache a tenth on every corpus.
_UNFITTED = (0.45, 0.45, 0.1)
_UNFITTED_FLOOR = 7.0


@dataclass(frozen=True, slots=True)
class Mixture:
    """Weights of the experts in each bucket of what they know.

    A bucket is a length of match M of the n-grams, a class H of the network's entropy, and a class C of the cache's
    evidence, of which class 0 is the cache that remembers nothing, or is switched off.

    Attributes:
        entropy_edges: Borders of the classes of entropy in nats, ascending.
        evidence_edges: Borders of the classes of evidence from 1 on, ascending.
        evidence_floor: Evidence that a long session hardly ever falls below. Below it the cache knows less than when
            it was weighed, as after the first few words, and its weight falls with the square of what is missing.
        weights: Of the experts in the order of `EXPERTS`, (M, H, C, 3).
        temperature: Of the network's softmax, by which its scores are divided: below 1 it is made surer.
    """

    entropy_edges: tuple[float, ...]
    evidence_edges: tuple[float, ...]
    evidence_floor: float
    weights: Float64Array
    temperature: float = 1.0

    @classmethod
    def unfitted(cls, order: int) -> Self:
        """Return what stands in until a mixture is fitted, for n-grams of an order."""
        weights = np.empty((order, 1, 2, len(EXPERTS)))
        weights[:] = _UNFITTED
        weights[:, :, 0, EXPERTS.index("cache")] = 0.0
        return cls((), (), _UNFITTED_FLOOR, weights)

    @property
    def order(self) -> int:
        """Order of the n-grams that the weights are for."""
        return int(self.weights.shape[0])

    def buckets(self, matches: npt.ArrayLike, entropies: npt.ArrayLike, evidences: npt.ArrayLike) -> IndexArray:
        """Number the buckets of N positions, (N,).

        Args:
            matches: Length of the context that the n-grams have seen, (N,).
            entropies: Of the network's distribution in nats, (N,).
            evidences: Of the cache, -inf where it remembers nothing, (N,).
        """
        entropy_class = np.searchsorted(np.array(self.entropy_edges), entropies)
        given = np.asarray(evidences, np.float64)
        evidence_class = np.where(np.isneginf(given), 0, 1 + np.searchsorted(np.array(self.evidence_edges), given))
        return np.ravel_multi_index((np.asarray(matches, np.intp), entropy_class, evidence_class), self._shape)

    def weights_of(
        self, experts: tuple[str, ...], *, matches: npt.ArrayLike, entropies: npt.ArrayLike, evidences: npt.ArrayLike
    ) -> Float64Array:
        """Weights of some of the experts at N positions, the others being absent; they sum to 1. (N, experts)."""
        flat = self.weights.reshape(-1, len(EXPERTS))
        weights = flat[self.buckets(matches, entropies, evidences)][:, [EXPERTS.index(name) for name in experts]]
        if "cache" in experts:
            trust = np.exp(2 * np.minimum(np.asarray(evidences, np.float64) - self.evidence_floor, 0.0))
            weights[:, experts.index("cache")] *= trust
        # Where none of them was ever of use, those that can speak count alike.
        speaking = np.array([name != "cache" for name in experts])
        weights[weights.sum(axis=1) <= 0.0] = speaking if speaking.any() else 1.0
        return weights / weights.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]

    @property
    def _shape(self) -> tuple[int, int, int]:
        matches, entropy_classes, evidence_classes, _ = self.weights.shape
        return matches, entropy_classes, evidence_classes

    def as_dict(self) -> dict[str, Any]:
        """Return the mixture as plain JSON values."""
        return {
            "entropy_edges": list(self.entropy_edges),
            "evidence_edges": list(self.evidence_edges),
            "evidence_floor": self.evidence_floor,
            "weights": self.weights.tolist(),
            "temperature": self.temperature,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Rebuild from `as_dict`.

        Raises:
            ValueError: The values are no mixture.
        """
        # Models of earlier versions have no temperature.
        if value.keys() | {"temperature"} != {field.name for field in fields(cls)}:
            raise ValueError("not the fields of a mixture")
        try:
            floor, temperature = float(value["evidence_floor"]), float(value.get("temperature", 1.0))
            weights = np.array(value["weights"], np.float64)
            edges = [np.array(value[name], np.float64) for name in ("entropy_edges", "evidence_edges")]
        except (TypeError, ValueError) as error:
            raise ValueError("a mixture that holds other things than numbers") from error
        if any(each.ndim != 1 or np.any(np.diff(each) < 0) or not np.isfinite(each).all() for each in edges):
            raise ValueError("borders of a mixture that do not ascend")
        entropy_edges, evidence_edges = (tuple(each.tolist()) for each in edges)
        if weights.ndim != 4 or weights.shape[1:] != (len(entropy_edges) + 1, len(evidence_edges) + 2, len(EXPERTS)):
            raise ValueError("a mixture without one weight for each expert in each bucket")
        if not (math.isfinite(floor) and np.all(weights >= 0) and np.allclose(weights.sum(axis=-1), 1.0, atol=1e-6)):
            raise ValueError("mixture weights that do not sum to 1")
        if not 0.0 < temperature < math.inf:
            raise ValueError("a temperature that is not above zero")
        return cls(entropy_edges, evidence_edges, floor, weights, temperature)
