"""Arrays that grow, and places in them."""

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]  # of text in UTF-8
Places = npt.NDArray[np.intp]

_Scalar = TypeVar("_Scalar", bound=np.generic)


class GrowingArray(Generic[_Scalar]):
    """Rows of one kind, with room to spare, so that adding some copies little."""

    def __init__(self, rows: npt.NDArray[_Scalar]) -> None:
        self._room = rows.copy()
        self._length = len(rows)

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """Bytes of memory, the room to spare included."""
        return self._room.nbytes

    @property
    def rows(self) -> npt.NDArray[_Scalar]:
        """The rows there are, until more are added."""
        return self._room[: self._length]

    def add(self, rows: npt.NDArray[_Scalar]) -> None:
        """Put rows behind the last."""
        length = self._length + len(rows)
        if length > len(self._room):
            room = np.empty((length + length // 2, *rows.shape[1:]), self._room.dtype)
            room[: self._length] = self.rows
            self._room = room
        self._room[self._length : length] = rows
        self._length = length


def stretches(starts: Places, lengths: Places) -> Places:
    """Return the places `start` to `start + length - 1` of each pair, one stretch behind the other."""
    places = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    places += np.arange(places.size)
    return places
