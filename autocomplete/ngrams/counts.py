"""Count the consecutive words of a token stream, in bounded memory. Knows nothing of smoothing or of files to keep.

An n-gram is a context (what came before) and a word. Rows are sorted by the context read backwards, most recent
token first, then by the word, so that the continuations of a context stand together and so do all contexts that
end alike: dropping the oldest token of every context leaves the rows grouped, and one pass over the counts of one
order yields those of the next lower order (compare the two sorts of Heafield et al. 2013, section 3).

The first tokens of a sequence have a short history. It is closed by the end token of the sequence before, which thus
serves as the start token, and filled up with an "absent" mark; no history reaches further back than that.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocomplete.arrays import BoolArray, Int32Array, Int64Array, UInt64Array
from autocomplete.errors import CorpusError
from autocomplete.text.vocabulary import END

Rows = NDArray[np.void]

_BYTES_PER_TOKEN = 128
"""Memory a token costs while its block is sorted (measured: 55 to 96, for contexts of one and two machine words)."""

_BYTES_PER_ROW = 160
"""Memory a row costs while sorted runs are merged or brought to a lower order (measured: 80 to 153)."""


@dataclass(frozen=True)
class Layout:
    """How contexts of up to `reach` tokens are packed into unsigned 64-bit words that sort as the tokens do.

    A token fills `bits` bits with its id plus one; zero is "absent". Distance 1 is the most recent token and takes the
    highest bits of the first word.
    """

    vocabulary_size: int
    reach: int

    @property
    def bits(self) -> int:
        """Bits of one packed token."""
        return self.vocabulary_size.bit_length()

    @property
    def per_word(self) -> int:
        """Packed tokens in one machine word."""
        return 64 // self.bits

    @property
    def words(self) -> int:
        """Machine words of one packed context, at least one."""
        return max(1, -(-self.reach // self.per_word))

    @property
    def dtype(self) -> np.dtype[np.void]:
        """One counted n-gram: `count` is adjusted as Kneser-Ney wants it, `raw` is how often it occurs."""
        fields: list[Any] = [("context", "<u8", (self.words,)), ("word", "<u4"), ("count", "<u4"), ("raw", "<u4")]
        return np.dtype(fields)

    def place(self, distance: int) -> tuple[int, np.uint64]:
        """Machine word and left shift of the token at `distance` (1 is the most recent)."""
        word, slot = divmod(distance - 1, self.per_word)
        return word, np.uint64(self.bits * (self.per_word - 1 - slot))

    def field(self, rows: Rows, distance: int) -> Int64Array:
        """Return the id plus one of the token at `distance` in each row, 0 where absent. (rows,)."""
        word, shift = self.place(distance)
        packed = rows["context"][:, word] >> shift
        return (packed & np.uint64((1 << self.bits) - 1)).astype(np.int64)

    def shorten(self, contexts: UInt64Array, length: int) -> UInt64Array:
        """Contexts cut to their `length` most recent tokens. (rows, words)."""
        kept = np.zeros(self.words, dtype=np.uint64)
        for distance in range(1, length + 1):
            word, shift = self.place(distance)
            kept[word] |= np.uint64((1 << self.bits) - 1) << shift
        return contexts & kept


@dataclass
class Table:
    """A file of rows of one layout; rows are appended once and then only read."""

    path: Path
    dtype: np.dtype[Any]
    rows: int = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Write rows at the end."""
        with self.path.open("ab") as file:
            file.write(np.ascontiguousarray(rows, dtype=self.dtype).tobytes())
        self.rows += len(rows)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows from `start` up to `stop`, which may lie beyond the end."""
        stop = min(stop, self.rows)
        if start >= stop:
            return np.empty(0, dtype=self.dtype)
        return np.fromfile(self.path, dtype=self.dtype, count=stop - start, offset=start * self.dtype.itemsize)


@dataclass(frozen=True)
class OrderCounts:
    """The counted n-grams of one order, 2 or more.

    Attributes:
        table: The rows, those with an absent oldest token included: they belong to a lower order only.
        ngrams: How many rows do belong to this order.
        contexts: How many different contexts those have.
        counts_of_counts: How many n-grams have the adjusted count 0, 1, 2, 3, 4. (5,).
    """

    table: Table
    ngrams: int
    contexts: int
    counts_of_counts: Int64Array


def changes(contexts: UInt64Array) -> BoolArray:
    """Whether each context differs from the one before it; the first always does. (rows,)."""
    changed = np.ones(len(contexts), dtype=np.bool_)
    if len(contexts) > 1:
        np.any(contexts[1:] != contexts[:-1], axis=1, out=changed[1:])
    return changed


def combine(rows: Rows) -> Rows:
    """Sort rows by context and word, adding up the counts of equal ones."""
    if len(rows) == 0:
        return rows
    context = rows["context"]
    keys = (rows["word"], *(context[:, word] for word in reversed(range(context.shape[1]))))
    rows = rows[np.lexsort(keys)]
    first = changes(rows["context"])
    first[1:] |= rows["word"][1:] != rows["word"][:-1]
    starts = np.flatnonzero(first)
    combined = rows[starts]
    for name in ("count", "raw"):
        combined[name] = np.add.reduceat(rows[name], starts, dtype=np.uint32)
    return combined


def whole_contexts(table: Table, layout: Layout, limit: int) -> Iterator[Rows]:
    """Yield the table in pieces of about `limit` rows, never dividing a context."""
    start = 0
    while start < table.rows:
        stop = start + limit
        rows = table.read(start, stop + layout.vocabulary_size)  # a context has at most one row a word
        borders = np.flatnonzero(changes(rows["context"][limit - 1 :])[1:])
        if len(borders):
            rows = rows[: limit + int(borders[0])]
        yield rows
        start += len(rows)


def _block(tokens: Int32Array, start: int, stop: int, layout: Layout) -> Rows:
    """One row for each token from `start` up to `stop`, with its history."""
    reach = layout.reach
    first = max(0, start - reach)
    window = np.asarray(tokens[first:stop], dtype=np.int64)
    if len(window) and not 0 <= int(window.min()) <= int(window.max()) < layout.vocabulary_size:
        raise CorpusError(
            f"The token stream has ids outside the vocabulary of {layout.vocabulary_size} tokens.",
            "Encode the corpus again with this vocabulary.",
        )
    missing = reach - (start - first)
    window = np.concatenate([np.full(missing, END, dtype=np.int64), window]).astype(np.uint64)
    size = stop - start
    rows = np.zeros(size, dtype=layout.dtype)
    rows["word"] = window[reach:]
    rows["count"] = rows["raw"] = 1
    inside = np.ones(size, dtype=np.bool_)
    for distance in range(1, reach + 1):
        token = window[reach - distance : reach - distance + size]
        word, shift = layout.place(distance)
        rows["context"][:, word] |= np.where(inside, token + np.uint64(1), np.uint64(0)) << shift
        inside &= token != END
    return rows


def _key(rows: Rows, index: int) -> tuple[int, ...]:
    """Return the sort key of one row."""
    return (*rows["context"][index].tolist(), int(rows["word"][index]))


def _merge(spool: Table, runs: list[tuple[int, int]], limit: int) -> Iterator[Rows]:
    """Merge sorted runs of the spool, reading about `limit` rows at a time in all."""
    share = max(1, limit // len(runs))
    places = [start for start, _ in runs]
    heads = [spool.read(start, min(start + share, stop)) for start, stop in runs]
    while any(len(head) for head in heads):
        # Nothing unread can sort before the smallest last row of those runs that have more to read.
        more = [i for i, (_, stop) in enumerate(runs) if places[i] + len(heads[i]) < stop]
        bound = min((_key(heads[i], len(heads[i]) - 1) for i in more), default=None)
        taken = []
        for i, (_, stop) in enumerate(runs):
            head = heads[i]
            cut = len(head)
            if bound is not None:
                cut = bisect_right(range(len(head)), bound, key=partial(_key, head))
            taken.append(head[:cut])
            places[i] += cut
            heads[i] = head[cut:]
            if len(heads[i]) == 0:
                heads[i] = spool.read(places[i], min(places[i] + share, stop))
        yield combine(np.concatenate(taken))


def count_highest(tokens: Int32Array, layout: Layout, folder: Path, memory_bytes: int) -> Table:
    """Count the n-grams of order `reach + 1`, sorted as this module's docstring describes.

    Blocks of the stream are sorted in memory and written as runs; several runs are then merged. What comes out does
    not depend on `memory_bytes`.
    """
    spool = Table(folder / "runs", layout.dtype)
    runs = []
    block = max(16, memory_bytes // _BYTES_PER_TOKEN)
    for start in range(0, len(tokens), block):
        rows = combine(_block(tokens, start, min(start + block, len(tokens)), layout))
        runs.append((spool.rows, spool.rows + len(rows)))
        spool.append(rows)
    if len(runs) == 1:
        return spool
    merged = Table(folder / f"order-{layout.reach + 1}", layout.dtype)
    for rows in _merge(spool, runs, max(len(runs), memory_bytes // _BYTES_PER_ROW)):
        merged.append(rows)
    spool.path.unlink()
    return merged


def _contributions(rows: Rows, layout: Layout, length: int) -> Rows:
    """Return what n-grams with contexts of `length` tokens add to those with one token less.

    One for each different token in front (the continuation count of Kneser & Ney 1995), except at the start of a
    sequence, where nothing can stand in front and the raw count is kept.
    """
    lower = rows.copy()
    lower["context"] = layout.shorten(rows["context"], length - 1)
    lower["count"][layout.field(rows, length) != 0] = 1
    return lower


def lower_order(table: Table, layout: Layout, length: int, limit: int) -> Table:
    """Derive the n-grams with contexts of `length - 1` tokens from those with `length`, 2 or more."""
    lower = Table(table.path.with_name(f"order-{length}"), layout.dtype)
    open_rows = np.empty(0, dtype=layout.dtype)
    for start in range(0, table.rows, limit):
        rows = _contributions(table.read(start, start + limit), layout, length)
        rows = combine(np.concatenate([open_rows, rows]))
        # The last context may go on in the next piece; it has at most one row a word by now.
        last = int(np.flatnonzero(changes(rows["context"]))[-1])
        lower.append(rows[:last])
        open_rows = rows[last:]
    lower.append(open_rows)
    return lower


def unigram_counts(table: Table, layout: Layout, limit: int) -> Int64Array:
    """How many different tokens stand before each word; its raw count where `table` has no contexts. (V,)."""
    counts = np.zeros(layout.vocabulary_size, dtype=np.int64)
    for start in range(0, table.rows, limit):
        rows = table.read(start, start + limit)
        added = rows["raw"] if layout.reach == 0 else _contributions(rows, layout, 1)["count"]
        np.add.at(counts, rows["word"].astype(np.int64), added.astype(np.int64))
    return counts


def summarise(table: Table, layout: Layout, length: int, limit: int) -> OrderCounts:
    """Take stock of the n-grams with contexts of `length` tokens."""
    ngrams = contexts = 0
    counts_of_counts = np.zeros(5, dtype=np.int64)
    for piece in whole_contexts(table, layout, limit):
        rows = piece[layout.field(piece, length) != 0]
        ngrams += len(rows)
        contexts += int(changes(rows["context"]).sum()) if len(rows) else 0
        small = rows["count"][rows["count"] < len(counts_of_counts)]
        counts_of_counts += np.bincount(small.astype(np.int64), minlength=len(counts_of_counts))
    return OrderCounts(table, ngrams, contexts, counts_of_counts)


def count_ngrams(
    tokens: Int32Array, layout: Layout, folder: Path, memory_bytes: int
) -> tuple[Int64Array, list[OrderCounts]]:
    """Count all orders up to `layout.reach + 1` into files under `folder`.

    Args:
        tokens: The stream of ids, `END` after each sequence. (T,), possibly memory-mapped.
        layout: The vocabulary's size and the longest context.
        folder: Where the tables are written; an empty folder.
        memory_bytes: About how much memory may be used.

    Returns:
        The unigrams' adjusted counts (V,) and the orders 2, 3, … in turn.
    """
    limit = max(16, memory_bytes // _BYTES_PER_ROW)
    table = count_highest(tokens, layout, folder, memory_bytes)
    orders: list[OrderCounts] = []
    for length in range(layout.reach, 0, -1):
        orders.insert(0, summarise(table, layout, length, limit))
        if length > 1:
            table = lower_order(table, layout, length, limit)
    return unigram_counts(table, layout, limit), orders
