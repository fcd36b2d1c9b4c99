"""What the engine tells of itself: when it began and ended, and what failed where. Never what anybody wrote."""

import contextlib
import os
import time
import traceback
from pathlib import Path

# Bytes of the file: the engine writes some lines a day.
MOST_BYTES = 1 << 16


class EngineLog:
    """Writes lines into a file; a disk that is full, or a folder that has gone, ends no work.

    Args:
        path: The file, made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: str) -> None:
        """Write what happened; a person's text, and a name that may hold some, is no part of that."""
        stamped = f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {os.getpid()} {line}\n"
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                if os.fstat(descriptor).st_size > MOST_BYTES:
                    os.ftruncate(descriptor, 0)
                os.write(descriptor, stamped.encode())
            finally:
                os.close(descriptor)

    def fault(self, error: BaseException) -> None:
        """Write where something failed that should not, by its kind alone: what it says may quote what was written."""
        place = traceback.extract_tb(error.__traceback__)[-1:]
        where = f" in {Path(place[0].filename).name}, line {place[0].lineno}" if place else ""
        self.write(f"{type(error).__name__}{where}")
