"""The consecutive words of a corpus as windows for truncated back-propagation through time."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.arrays import IntArray
from autocomplete.corpus.specials import END
from autocomplete.errors import UsageError


class Window(NamedTuple):
    """One step of training, always of the same shape.

    Attributes:
        inputs: The tokens read, (B, T).
        targets: The token after each, (B, T).
        weights: 1.0 where the target counts, 0.0 where it is padding, (B, T).
    """

    inputs: IntArray
    targets: IntArray
    weights: npt.NDArray[np.float32]


class Windows:
    """The token stream as `batch_size` contiguous rows, read `length` tokens at a time.

    Row b of window k + 1 goes on where row b of window k stopped, so a recurrent state can be carried. Every
    token is a target with weight 1 exactly once; the first input of all is `<eos>`. Rows differ in
    length by at most one token. Reads only the tokens it hands out, so `tokens` may be memory-mapped.
    With `rows` it hands out those alone; windows are as many as those of all rows.
    """

    def __init__(self, tokens: IntArray, *, batch_size: int, length: int, rows: slice = slice(None)) -> None:
        if batch_size < 1 or length < 1:
            raise UsageError(
                f"Windows of {batch_size} rows by {length} tokens hold nothing.", "Give at least 1 for both."
            )
        self.batch_size = batch_size
        self.length = length
        self.tokens = np.asarray(tokens)
        borders = np.arange(batch_size + 1, dtype=np.int64) * len(tokens) // batch_size
        self._starts, self._stops = borders[:-1][rows, None], borders[1:][rows, None]  # (B, 1)
        self._count = math.ceil(int(np.diff(borders).max()) / length)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Window:
        if not 0 <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        places = self._starts + index * self.length + np.arange(self.length)  # (B, T)
        counts = places < self._stops
        places = np.minimum(places, len(self.tokens) - 1)
        inputs = np.where(places > 0, self.tokens[places - 1], END)
        targets = self.tokens[places]
        return Window(
            inputs.astype(np.int32, copy=False), targets.astype(np.int32, copy=False), counts.astype(np.float32)
        )

    def __iter__(self) -> Iterator[Window]:
        return (self[index] for index in range(len(self)))
