"""The n-gram database on disk: one SQLite file, written once. What training writes and prediction reads.

    meta(name, value)                               the facts of `Facts`, as JSON
    unigrams(counts)                                one row: the adjusted count of each word, uint32
    contexts_1 … contexts_{order-1}                 one row a context of that many tokens
        key     parent * vocabulary_size + oldest token; the parent is the `node` of the context without that token
        node    the number by which longer contexts name this one; NULL where there is none
        total   adjusted counts of all continuations, dropped ones included
        words   ids of the continuations kept, ascending, uint16 (uint32 for a vocabulary beyond 65,536)
        counts  their adjusted counts, uint8, uint16 or uint32, whichever holds the largest

Everything is little-endian. Counts, not probabilities, are stored: they are exact, most of them fit one byte, and with
the discounts of `Facts` they give both the probabilities and the weight left for shorter contexts:

    share(w | context)  = (count(w) - discount(count(w))) / total
    weight(context)     = 1 - sum of the shares of the continuations kept
    P(w | context)      = share(w | context) + weight(context) * P(w | context without its oldest token)

which sums to one whatever has been dropped. A context is found by walking from its most recent token backwards, which
visits exactly the rows that the interpolation needs.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autocomplete.arrays import Float64Array, Int64Array

FORMAT = 1
"""The version of the layout above; a reader refuses any other."""

APPLICATION_ID = 0x61634E47
"""SQLite's application id of these files: "acNG"."""

PAGE_BYTES = 4096

Discounts = tuple[float, float, float]
"""D1, D2 and D3+ of one order."""

ContextRow = tuple[int, int | None, int, bytes, bytes]
"""key, node, total, words, counts."""


@dataclass(frozen=True)
class Facts:
    """What a database says of itself.

    Attributes:
        order: The longest n-gram, 1 or more.
        vocabulary_size: Number of token ids.
        vocabulary_digest: SHA-256 of the vocabulary, in hexadecimal.
        token_count: Length of the stream that was counted.
        discounts: For each order (Chen & Goodman 1998).
        ngrams: Different n-grams counted, for each order.
        kept: How many of them are stored.
    """

    order: int
    vocabulary_size: int
    vocabulary_digest: str
    token_count: int
    discounts: tuple[Discounts, ...]
    ngrams: tuple[int, ...]
    kept: tuple[int, ...]

    def to_meta(self) -> dict[str, str]:
        """Names and JSON values of the `meta` table."""
        return {name: json.dumps(value) for name, value in {"format": FORMAT, **asdict(self)}.items()}

    @classmethod
    def from_meta(cls, meta: dict[str, str]) -> "Facts":
        """Read the facts of a `meta` table. Raises KeyError, TypeError or ValueError where they are not there."""
        value = {name: json.loads(text) for name, text in meta.items()}
        discounts = tuple((float(one), float(two), float(more)) for one, two, more in value["discounts"])
        facts = cls(
            order=int(value["order"]),
            vocabulary_size=int(value["vocabulary_size"]),
            vocabulary_digest=str(value["vocabulary_digest"]),
            token_count=int(value["token_count"]),
            discounts=discounts,
            ngrams=tuple(map(int, value["ngrams"])),
            kept=tuple(map(int, value["kept"])),
        )
        if facts.order < 1 or len(discounts) != facts.order:
            raise ValueError("order and discounts disagree")
        return facts


def word_dtype(vocabulary_size: int) -> np.dtype[Any]:
    """Return the type of the ids in `words`."""
    return np.dtype("<u2" if vocabulary_size <= 1 << 16 else "<u4")


COUNT_DTYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}
"""The types of `counts` by bytes a count."""


def shares_of(counts: Int64Array, totals: Int64Array | int, discounts: Discounts) -> Float64Array:
    """Discounted counts as parts of their context's total."""
    discount = np.array((0.0, *discounts))[np.minimum(counts, 3)]
    shares: Float64Array = (counts - discount) / totals
    return shares


def context_rows(
    keys: Int64Array,
    nodes: list[int | None],
    totals: Int64Array,
    sizes: Int64Array,
    words: Int64Array,
    counts: Int64Array,
    vocabulary_size: int,
) -> Iterator[ContextRow]:
    """Pack contexts into rows. `words` and `counts` hold the continuations of all contexts in turn, `sizes` of each."""
    ids = word_dtype(vocabulary_size)
    packed_words = words.astype(ids).tobytes()
    packed_counts = {width: counts.astype(dtype).tobytes() for width, dtype in COUNT_DTYPES.items()}
    stops = np.cumsum(sizes)
    starts = stops - sizes
    filled = sizes > 0
    largest = np.zeros(len(sizes), dtype=np.int64)
    if len(counts):
        largest[filled] = np.maximum.reduceat(counts, starts[filled])
    widths = np.where(largest < 1 << 8, 1, np.where(largest < 1 << 16, 2, 4))
    columns = (keys.tolist(), nodes, totals.tolist(), starts.tolist(), stops.tolist(), widths.tolist())
    size = ids.itemsize
    for key, node, total, start, stop, width in zip(*columns, strict=True):
        yield (
            key,
            node,
            total,
            packed_words[start * size : stop * size],
            packed_counts[width][start * width : stop * width],
        )


class NgramFileWriter:
    """Writes a new database. Use as a context manager; the file is whole and on disk after its end only."""

    def __init__(self, path: Path, *, order: int) -> None:
        self._path = path
        self._order = order

    def __enter__(self) -> "NgramFileWriter":
        os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # counts tell what was written
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        # A half-written file is thrown away, so that a journal would only cost time.
        for setting in (
            f"page_size={PAGE_BYTES}",
            "journal_mode=OFF",
            "synchronous=OFF",
            f"application_id={APPLICATION_ID}",
            f"user_version={FORMAT}",
        ):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.execute("BEGIN")
        self._connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        self._connection.execute("CREATE TABLE unigrams (counts BLOB NOT NULL)")
        for length in range(1, self._order):
            self._connection.execute(
                f"CREATE TABLE contexts_{length} (key INTEGER PRIMARY KEY, node INTEGER, "
                "total INTEGER NOT NULL, words BLOB NOT NULL, counts BLOB NOT NULL)"
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            self._connection.close()
        if kind is None:
            with self._path.open("rb+") as file:
                os.fsync(file.fileno())

    def write_contexts(self, length: int, rows: Iterable[ContextRow]) -> None:
        """Add contexts of `length` tokens, by ascending key."""
        self._connection.executemany(f"INSERT INTO contexts_{length} VALUES (?, ?, ?, ?, ?)", rows)

    def write_unigrams(self, counts: Int64Array) -> None:
        """Store the adjusted count of each word. (V,)."""
        self._connection.execute("INSERT INTO unigrams VALUES (?)", (counts.astype("<u4").tobytes(),))

    def write_facts(self, facts: Facts) -> None:
        """Store what the database says of itself."""
        self._connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(facts.to_meta().items()))
