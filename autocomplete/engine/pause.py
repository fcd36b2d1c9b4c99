"""Until when every client is quiet: in a file, so that it outlives the engine and holds for all of its versions."""

import contextlib
import math
import os
import time
from pathlib import Path

from autocomplete.errors import UsageError

# Bytes of the file that are read; it holds one number.
_MOST_BYTES = 64


class Pause:
    """A pause of all clients; looking whether there is one costs a question a microsecond.

    Args:
        path: The file: seconds since 1970, or `inf`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, ...] = ()
        self._until = 0.0

    def seconds_left(self) -> float | None:
        """How long it still lasts, infinity for until it is ended; None where there is none."""
        try:
            status = self._path.lstat()
            stamp: tuple[int, ...] = (status.st_ino, status.st_size, status.st_mtime_ns)
        except OSError:
            stamp = ()
        if stamp != self._stamp:
            self._stamp, self._until = stamp, self._read() if stamp else 0.0
        left = self._until - time.time()
        return left if left > 0 else None

    def set(self, seconds: float | None) -> None:
        """Begin a pause of so many seconds, None for until it is ended, or end it by 0.

        Raises:
            UsageError: That is no duration.
            OSError: It cannot be written.
        """
        if seconds is not None and not seconds >= 0:
            raise UsageError(f"{seconds} seconds are no duration.", "Give 0 to end the pause, or more.")
        if seconds == 0:
            self._path.unlink(missing_ok=True)
            return
        until = math.inf if seconds is None else time.time() + seconds
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, str(until).encode())
        finally:
            os.close(descriptor)
        new.replace(self._path)

    def _read(self) -> float:
        with contextlib.suppress(OSError, ValueError):
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                until = float(os.read(descriptor, _MOST_BYTES))
            finally:
                os.close(descriptor)
            return 0.0 if math.isnan(until) else until
        return 0.0
