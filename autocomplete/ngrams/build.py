"""Build the n-gram database: interpolated modified Kneser-Ney (Chen & Goodman 1998) over a token stream.

Prediction reads it (`autocomplete.ngrams.model`). The estimates are those of KenLM's `lmplz` (Heafield et al. 2013):
the start of a sequence is context but never predicted, and the unigrams are interpolated with the uniform distribution.
"""

import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autocomplete.arrays import BoolArray, Float64Array, Int32Array, Int64Array, UInt64Array
from autocomplete.errors import CorpusError, ModelError, system_cause, system_cure
from autocomplete.ngrams.counts import Layout, OrderCounts, Rows, changes, count_ngrams, whole_contexts
from autocomplete.ngrams.file import Discounts, Facts, NgramFileWriter, context_rows, shares_of, word_dtype

# Choose which n-grams a database can do without: by how often they occur, or by what they are worth a byte.
#
# An n-gram is worth the number of training tokens that rest on it: the occurrences of its context times its share in
# the context's distribution, which is the mass that moves to shorter contexts with it. Where a size is to be kept,
# n-grams go in the order of worth a byte, its part of the context's own bytes included.
#
# Relative entropy (Stolcke 1998) was tried first and lost, as Chelba et al. (2010) warn for Kneser-Ney, whose lower
# orders are made to complete the higher ones, not to replace them. PTB, order 5, 141.19 in full (31 MB): 151.1 at 2.9
# MB, 144.3 for worth a byte at 3.8 MB, 147.4 for dropping single occurrences from order 3 on at 2.9 MB. WikiText-2,
# 220.1 in full (78 MB), at 7.3 MB each: 231.6, 224.3 and 225.7.

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

    def frequent(self, rows: Rows, order: int) -> BoolArray:
        """Which n-grams of one order occur often enough. (rows,)."""
        frequent: BoolArray = rows["raw"] > self.cutoffs[min(order, len(self.cutoffs)) - 1]
        return frequent


def ngram_bytes(layout: Layout) -> int:
    """Bytes of a stored n-gram: its word and, nearly always, a count of one byte."""
    return word_dtype(layout.vocabulary_size).itemsize + 1


def worths_of(rows: Rows, layout: Layout, discounts: Discounts) -> Float64Array:
    """Training tokens that rest on each n-gram, a byte. `rows` are those of whole contexts. (rows,)."""
    starts = np.flatnonzero(changes(rows["context"]))
    sizes = np.diff(np.append(starts, len(rows)))
    counts = rows["count"].astype(np.int64)
    totals = np.add.reduceat(counts, starts)
    occurrences = np.add.reduceat(rows["raw"], starts, dtype=np.float64)
    tokens = shares_of(counts, np.repeat(totals, sizes), discounts) * np.repeat(occurrences, sizes)
    worths: Float64Array = tokens / np.repeat(ngram_bytes(layout) + CONTEXT_BYTES / sizes, sizes)
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


def _histogram(worths: Float64Array) -> Int64Array:
    bins = np.searchsorted(_BINS, worths, side="right") - 1
    return np.bincount(bins, minlength=len(_BINS))


FALLBACK_DISCOUNTS: Discounts = (0.5, 1.0, 1.5)
"""Where counts of counts say nothing, as in `lmplz --discount_fallback`."""

DEFAULT_MEMORY_BYTES = 256 << 20


@dataclass(frozen=True)
class NgramReport:
    """What was built.

    Attributes:
        path: The database.
        facts: Orders, discounts and how many n-grams were counted and kept.
        file_bytes: Its size.
        elapsed_seconds: How long it took.
    """

    path: Path
    facts: Facts
    file_bytes: int
    elapsed_seconds: float


def discounts_of(counts_of_counts: Int64Array) -> Discounts:
    """D1, D2 and D3+ from how many n-grams have the count 0, 1, 2, 3, 4 (Chen & Goodman 1998, equation 17).

    `FALLBACK_DISCOUNTS` where a count is missing or a discount would leave its range, as happens in tiny corpora.
    """
    one, two, three, four = (int(n) for n in counts_of_counts[1:5])
    if 0 in (one, two, three, four):
        return FALLBACK_DISCOUNTS
    ratio = one / (one + 2 * two)
    discounts = (1 - 2 * ratio * two / one, 2 - 3 * ratio * three / two, 3 - 4 * ratio * four / three)
    if any(not 0 < discount < count for count, discount in enumerate(discounts, start=1)):
        return FALLBACK_DISCOUNTS
    return discounts


def build_ngrams(
    tokens: Int32Array,
    *,
    vocabulary_size: int,
    vocabulary_digest: str,
    path: Path,
    order: int = 5,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
    prune: Pruning | None = None,
) -> NgramReport:
    """Count the stream and write its database, which appears at `path` only when it is complete.

    Args:
        tokens: Ids with the end token 1 after each sequence; 0, the unknown word, counts as a word. (T,), int32,
            possibly memory-mapped.
        vocabulary_size: Number of ids; every id is below it.
        vocabulary_digest: SHA-256 of the vocabulary; a reader with another one is refused.
        path: The file to write. Temporary files, some 100 bytes a token, go beside it.
        order: The longest n-gram.
        memory_bytes: About how much memory may be used, beyond a few numbers a word of the vocabulary and one byte a
            context. The result does not depend on it.
        prune: What to leave out, nothing by default.

    Raises:
        CorpusError: If the stream is empty, has ids outside the vocabulary, or cannot be made to fit `max_bytes`.
        ModelError: If the file cannot be written.
    """
    if order < 1 or vocabulary_size < 2:
        raise ValueError(f"order {order} or vocabulary_size {vocabulary_size} is too small")
    if not 0 < len(tokens) < 1 << 32:
        raise CorpusError(f"A token stream of {len(tokens)} tokens cannot be counted.", "Train on some text.")
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix=".ngrams-", dir=path.parent) as folder:
            layout = Layout(vocabulary_size, order - 1)
            unigrams, orders = count_ngrams(tokens, layout, Path(folder), memory_bytes)
            builder = _Builder(Path(folder), layout, unigrams, orders, len(tokens), vocabulary_digest, memory_bytes)
            facts = builder.write_within(prune or Pruning())
            builder.file.replace(path)
    except OSError as error:
        cause = f"{path}: the n-gram database cannot be written ({system_cause(error)})."
        raise ModelError(cause, system_cure(error)) from error
    except sqlite3.Error as error:
        raise ModelError(
            f"{path}: the n-gram database cannot be written ({error}).",
            "Check that its folder is there and writable and that the disk has room.",
        ) from error
    return NgramReport(path, facts, path.stat().st_size, time.monotonic() - began)


class _Builder:
    """Turns counts into a file, as often as it takes to fit a size."""

    def __init__(
        self,
        folder: Path,
        layout: Layout,
        unigrams: Int64Array,
        orders: list[OrderCounts],
        token_count: int,
        vocabulary_digest: str,
        memory_bytes: int,
    ) -> None:
        self.file = folder / "ngrams.sqlite"
        self._layout = layout
        self._unigrams = unigrams
        self._orders = orders
        self._token_count = token_count
        self._vocabulary_digest = vocabulary_digest
        self._limit = max(16, memory_bytes // 512)  # measured: 110 to 310 bytes a row while they are packed
        self._discounts = [discounts_of(np.bincount(np.minimum(unigrams, 5), minlength=5)[:5])]
        self._discounts += [discounts_of(counted.counts_of_counts) for counted in orders]

    def write_within(self, prune: Pruning) -> Facts:
        """Write the file so that it keeps to `prune`."""
        most = prune.max_bytes
        if most is None or self._estimated_bytes() <= most:
            facts = self._write(prune, 0.0)
            if most is None or self.file.stat().st_size <= most:
                return facts
        worths = Worths(self._orders, self._discounts[1:], self._layout, prune=prune, limit=self._limit)
        budget = float(most)
        while True:
            min_worth = worths.threshold(budget)
            facts = self._write(prune, min_worth)
            size = self.file.stat().st_size
            if size <= most:
                return facts
            if min_worth == float("inf"):
                raise CorpusError(
                    f"The n-gram database takes {size} bytes for the single words alone, and {most} are allowed.",
                    "Allow it more, or use a smaller vocabulary.",
                )
            # The estimate was too small by size / most: aim lower by as much, and a little more to get there.
            budget *= 0.99 * most / size

    def _estimated_bytes(self) -> int:
        each = ngram_bytes(self._layout)
        return sum(counted.ngrams * each + counted.contexts * CONTEXT_BYTES for counted in self._orders)

    def _write(self, prune: Pruning, min_worth: float) -> Facts:
        """Write the file, the longest contexts first, so that a shorter one knows whether a longer one needs it."""
        orders, order = self._orders, len(self._discounts)
        kept = [0] * len(orders)
        self.file.unlink(missing_ok=True)
        with NgramFileWriter(self.file, order=order) as writer:
            needed = np.zeros(orders[-1].contexts if orders else 0, dtype=np.bool_)
            for length in range(order - 1, 0, -1):
                counted = orders[length - 1]
                above = np.zeros(orders[length - 2].contexts if length > 1 else 1, dtype=np.bool_)
                numbering = _Numbering()
                for rows in whole_contexts(counted.table, self._layout, self._limit):
                    keep = prune.frequent(rows, length + 1)
                    if min_worth > 0:
                        keep &= worths_of(rows, self._layout, self._discounts[length]) >= min_worth
                    kept[length - 1] += _write_piece(writer, self._layout, length, rows, keep, numbering, needed, above)
                needed = above
            writer.write_unigrams(self._unigrams)
            words = int(np.count_nonzero(self._unigrams))
            facts = Facts(
                order=order,
                vocabulary_size=self._layout.vocabulary_size,
                vocabulary_digest=self._vocabulary_digest,
                token_count=self._token_count,
                discounts=tuple(self._discounts),
                ngrams=(words, *(counted.ngrams for counted in orders)),
                kept=(words, *kept),
            )
            writer.write_facts(facts)
        return facts


@dataclass
class _Numbering:
    """Where the numbering of contexts stands between two pieces of a table.

    Attributes:
        contexts: Contexts of this length so far.
        parents: Contexts one token shorter so far.
        last_parent: The packed one seen last.
    """

    contexts: int = 0
    parents: int = 0
    last_parent: UInt64Array | None = None


def _parent_numbers(rows: Rows, layout: Layout, length: int, numbering: _Numbering) -> Int64Array:
    """For each row the number of its context without the oldest token, among those of that length. (rows,)."""
    if length == 1:
        return np.zeros(len(rows), dtype=np.int64)
    parents = layout.shorten(rows["context"], length - 1)
    changed = changes(parents)
    if numbering.last_parent is not None:
        changed[0] = bool(np.any(parents[0] != numbering.last_parent))
    numbering.last_parent = parents[-1].copy()
    # A context cut short by the start of its sequence has no number at that length.
    changed &= layout.field(rows, length - 1) != 0
    numbers = numbering.parents + np.cumsum(changed) - 1
    numbering.parents += int(changed.sum())
    return numbers


def _write_piece(
    writer: NgramFileWriter,
    layout: Layout,
    length: int,
    rows: Rows,
    keep: BoolArray,
    numbering: _Numbering,
    needed: BoolArray,
    above: BoolArray,
) -> int:
    """Write the contexts of one piece of a table; the number of n-grams kept."""
    parents = _parent_numbers(rows, layout, length, numbering)
    oldest = layout.field(rows, length)
    whole = oldest != 0
    rows, keep, parents, oldest = rows[whole], keep[whole], parents[whole], oldest[whole]
    if len(rows) == 0:
        return 0
    starts = np.flatnonzero(changes(rows["context"]))
    numbers = np.arange(numbering.contexts, numbering.contexts + len(starts))
    numbering.contexts += len(starts)
    sizes = np.add.reduceat(keep, starts, dtype=np.int64)
    written = needed[numbers] | (sizes > 0)
    parents, oldest = parents[starts][written], oldest[starts][written]
    above[parents] = True
    nodes = [
        number if used else None
        for number, used in zip(numbers[written].tolist(), needed[numbers[written]], strict=True)
    ]
    packed = context_rows(
        parents * layout.vocabulary_size + oldest - 1,
        nodes,
        np.add.reduceat(rows["count"], starts, dtype=np.int64)[written],
        sizes[written],
        rows["word"][keep].astype(np.int64),
        rows["count"][keep].astype(np.int64),
        layout.vocabulary_size,
    )
    writer.write_contexts(length, packed)
    return int(keep.sum())
