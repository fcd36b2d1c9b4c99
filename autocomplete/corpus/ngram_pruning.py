"""Choose which n-grams a database can do without: by how often they occur, or by what they are worth a byte.

An n-gram is worth the number of training tokens that rest on it: the occurrences of its context times its share in the
context's distribution, which is the mass that moves to shorter contexts with it. Where a size is to be kept, n-grams
go in the order of worth a byte, its part of the context's own bytes included.

Relative entropy (Stolcke 1998) was tried first and lost, as Chelba et al. (2010) warn for Kneser-Ney, whose lower
orders are made to complete the higher ones, not to replace them. PTB, order 5, 141.19 in full (31 MB): 151.1 at 2.9 MB,
144.3 for worth a byte at 3.8 MB, 147.4 for dropping single occurrences from order 3 on at 2.9 MB.
WikiText-2, 220.1 in full (78 MB), at 7.3 MB each: 231.6, 224.3 and 225.7.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocomplete.corpus.ngram_counts import Layout, OrderCounts, Rows, changes, whole_contexts
from autocomplete.corpus.ngram_file import Discounts, shares_of, word_dtype

CONTEXT_BYTES = 16
"""Bytes of a stored context without its continuations (measured on PTB and WikiText-2: 15 to 18)."""

_BINS = np.concatenate([[0.0], np.geomspace(1e-6, 1e9, 1201)])
"""Borders of the histogram of worths, tokens a byte: 80 a power of ten, so that neighbours differ by 3 %."""


@dataclass(frozen=True)
class Pruning:
    """Which n-grams to leave out. The distributions stay normalised: what is dropped goes to shorter contexts.

    Attributes:
        cutoffs: For the orders 1, 2, … the occurrences up to which an n-gram is dropped, as in `lmplz --prune`; the
            last goes for all higher orders. Unigrams are always kept.
        max_bytes: Size the file may have; what is worth least is dropped until it fits.
    """

    cutoffs: tuple[int, ...] = (0,)
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        if not self.cutoffs or self.cutoffs[0] != 0 or list(self.cutoffs) != sorted(self.cutoffs):
            raise ValueError(f"cutoffs must start with 0 and never fall, not {self.cutoffs}")

    def frequent(self, rows: Rows, order: int) -> NDArray[np.bool_]:
        """Which n-grams of one order occur often enough. (rows,)."""
        frequent: NDArray[np.bool_] = rows["raw"] > self.cutoffs[min(order, len(self.cutoffs)) - 1]
        return frequent


def ngram_bytes(layout: Layout) -> int:
    """Bytes of a stored n-gram: its word and, nearly always, a count of one byte."""
    return word_dtype(layout.vocabulary_size).itemsize + 1


def worths_of(rows: Rows, layout: Layout, discounts: Discounts) -> NDArray[np.float64]:
    """Training tokens that rest on each n-gram, a byte. `rows` are those of whole contexts. (rows,)."""
    starts = np.flatnonzero(changes(rows["context"]))
    sizes = np.diff(np.append(starts, len(rows)))
    counts = rows["count"].astype(np.int64)
    totals = np.add.reduceat(counts, starts)
    occurrences = np.add.reduceat(rows["raw"], starts, dtype=np.float64)
    tokens = shares_of(counts, np.repeat(totals, sizes), discounts) * np.repeat(occurrences, sizes)
    worths: NDArray[np.float64] = tokens / np.repeat(ngram_bytes(layout) + CONTEXT_BYTES / sizes, sizes)
    return worths


class Worths:
    """How many bytes of n-grams and contexts lie above each worth.

    Contexts that are stored only because a longer one needs them are not foreseen: sizes are estimates.
    """

    def __init__(
        self, orders: list[OrderCounts], discounts: list[Discounts], layout: Layout, *, prune: Pruning, limit: int
    ) -> None:
        stored = np.zeros(len(_BINS))
        for length, (counted, discount) in enumerate(zip(orders, discounts, strict=True), start=1):
            for piece in whole_contexts(counted.table, layout, limit):
                rows = piece[layout.field(piece, length) != 0]
                if len(rows) == 0:
                    continue
                # What occurs too rarely is gone whatever it is worth.
                worths = np.where(prune.frequent(rows, length + 1), worths_of(rows, layout, discount), 0)
                best = np.maximum.reduceat(worths, np.flatnonzero(changes(rows["context"])))
                stored += _histogram(worths[worths > 0]) * ngram_bytes(layout)
                stored += _histogram(best[best > 0]) * CONTEXT_BYTES
        self._above = np.cumsum(stored[::-1])[::-1]

    def threshold(self, budget_bytes: float) -> float:
        """Return the least worth that fits a budget; 0 where everything does, infinity where not one n-gram does."""
        fitting = np.flatnonzero(self._above <= budget_bytes)
        if len(fitting) == 0 or self._above[fitting[0]] == 0:
            return float("inf")
        return float(_BINS[fitting[0]])


def _histogram(worths: NDArray[np.float64]) -> NDArray[np.int64]:
    bins = np.searchsorted(_BINS, worths, side="right") - 1
    return np.bincount(bins, minlength=len(_BINS))
