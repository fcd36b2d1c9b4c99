"""Counts that stay small however large the corpus is."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import count

import numpy as np
import numpy.typing as npt

# A type costs about 150 bytes in the parent process. English reaches 400,000 after some 200 MB.
_MOST_TYPES = 200_000
_MOST_LINES = 100_000

# Rows of a table of counts.
COUNT, LEFT, RIGHT = range(3)


class TypeTable:
    """Occurrences of every type and the evidence of its joining, summed over chunks.

    When too many types are held, the rarest half is forgotten (lossy counting: Manku and Motwani, 2002). What is
    forgotten depends on the order of the chunks alone.
    """

    def __init__(self, *, most_types: int = _MOST_TYPES) -> None:
        self._most_types = most_types
        self._rows: defaultdict[str, int] = defaultdict(count().__next__)
        self._sums = np.zeros((3, 0), np.int64)
        self.pruned = False

    def add(self, types: Sequence[str], sums: npt.NDArray[np.int64]) -> None:
        """Add the counts and evidence, (3, types), of distinct types."""
        rows = np.fromiter(map(self._rows.__getitem__, types), np.int64, len(types))
        missing = len(self._rows) - self._sums.shape[1]
        if missing > 0:  # some room to spare, so that growing copies little
            self._sums = np.pad(self._sums, ((0, 0), (0, missing + len(self._rows) // 4)))
        self._sums[:, rows] += sums
        if len(self._rows) > self._most_types:
            self._prune()

    def __contains__(self, token: str) -> bool:
        return token in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def types(self) -> list[str]:
        """Every type held."""
        return list(self._rows)

    def sums(self) -> npt.NDArray[np.int64]:
        """Counts and evidence of every type held, (3, types)."""
        return self._sums[:, : len(self._rows)]

    def _prune(self) -> None:
        sums = self.sums()
        counts = sums[COUNT]
        borderline = np.partition(counts, -self._most_types // 2)[-self._most_types // 2]
        kept = counts > borderline
        types = [token for token, keep in zip(self._rows, kept.tolist(), strict=True) if keep]
        numbers = count()
        self._rows = defaultdict(numbers.__next__, zip(types, numbers, strict=False))
        self._sums = sums[:, kept]
        self.pruned = True


class RepeatedLines:
    """How many lines occurred before, estimated from all copies of a sample of the distinct lines."""

    def __init__(self, *, most_lines: int = _MOST_LINES) -> None:
        self._most_lines = most_lines
        self._counts: Counter[int] = Counter()
        self._modulus = 1
        self.lines = 0

    def add(self, checksums: npt.NDArray[np.uint32]) -> None:
        """Add the checksum of every line of a chunk."""
        self.lines += checksums.size
        self._counts.update(checksums[checksums % self._modulus == 0].tolist())
        while len(self._counts) > self._most_lines:
            self._modulus *= 2
            self._counts = Counter({line: n for line, n in self._counts.items() if line % self._modulus == 0})

    @property
    def share(self) -> float:
        """Share of the lines that are copies of an earlier line."""
        return 1 - len(self._counts) / max(1, self._counts.total())
