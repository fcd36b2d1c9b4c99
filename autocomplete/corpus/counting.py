"""Counts that stay small however large the corpus is."""

import numpy as np

from autocomplete.arrays import Int64Array, UInt32Array
from autocomplete.text.pieces import GrowingArray, PieceTable

# A type costs about 100 bytes in the parent process. English reaches 400,000 after some 200 MB.
_MOST_TYPES = 200_000
_MOST_LINES = 100_000
_FEW_LINES = 5_000  # are not worth sorting

# Rows of a table of counts.
COUNT, LEFT, RIGHT = range(3)


class TypeTable:
    """Occurrences of every type and the evidence of its joining, summed over chunks.

    When too many types are held, the rarest half is forgotten (lossy counting: Manku and Motwani, 2002). What is
    forgotten depends on the order of the chunks alone.
    """

    def __init__(self, *, most_types: int = _MOST_TYPES) -> None:
        self._most_types = most_types
        self._rows = PieceTable()
        self._sums = GrowingArray(np.zeros((1, 3), np.int64))
        self.pruned = False

    def add(self, types: bytes, sums: Int64Array) -> None:
        """Add the counts and evidence, (3, types), of distinct types in UTF-8, a line each."""
        rows = self._rows.number_lines(types)
        self._sums.add(np.zeros((len(self._rows) - len(self._sums), 3), np.int64))
        self._sums.rows[rows] += sums.T
        if len(self) > self._most_types:
            self._prune()

    def __contains__(self, token: str) -> bool:
        return bool(self._rows.find_lines(token.encode())[0])

    def __len__(self) -> int:
        return len(self._rows) - 1

    def types(self) -> list[str]:
        """Every type held."""
        lines = self._rows.lines(np.arange(1, len(self._rows)))
        return lines.decode().split("\n") if lines else []

    def sums(self) -> Int64Array:
        """Counts and evidence of every type held, (3, types)."""
        return self._sums.rows[1:].T

    def _prune(self) -> None:
        counts = self.sums()[COUNT]
        borderline = np.partition(counts, -self._most_types // 2)[-self._most_types // 2]
        kept = np.flatnonzero(counts > borderline) + 1
        types = self._rows.lines(kept)
        self._rows = PieceTable()
        self._rows.number_lines(types)
        self._sums = GrowingArray(self._sums.rows[np.append(0, kept)])
        self.pruned = True


class RepeatedLines:
    """How many lines occurred before, estimated from all copies of a sample of the distinct lines."""

    def __init__(self, *, most_lines: int = _MOST_LINES) -> None:
        self._most_lines = most_lines
        self._modulus = 1
        self._waiting: list[UInt32Array] = []
        self._waiting_lines = 0
        self._distinct = np.zeros(0, np.uint32)
        self._counts = np.zeros(0, np.int64)
        self.lines = 0

    def add(self, checksums: UInt32Array) -> None:
        """Add the checksum of every line of a chunk."""
        self.lines += checksums.size
        self._waiting.append(checksums[checksums % self._modulus == 0])
        self._waiting_lines += self._waiting[-1].size
        if self._waiting_lines > self._distinct.size + _FEW_LINES:  # so that sorting all again pays
            self._count()

    @property
    def share(self) -> float:
        """Share of the lines that are copies of an earlier line."""
        self._count()
        return 1 - self._distinct.size / max(1, int(self._counts.sum()))

    def _count(self) -> None:
        lines = np.concatenate([self._distinct, *self._waiting])
        weights = np.concatenate([self._counts, np.ones(lines.size - self._distinct.size)])
        self._waiting, self._waiting_lines = [], 0
        self._distinct, places = np.unique(lines, return_inverse=True)
        self._counts = np.bincount(places, weights, self._distinct.size).astype(np.int64)
        while self._distinct.size > self._most_lines:
            self._modulus *= 2
            kept = self._distinct % self._modulus == 0
            self._distinct, self._counts = self._distinct[kept], self._counts[kept]
