"""A process that outlives the one that starts it, and its terminal."""

import os
from collections.abc import Callable

# Descriptors that whoever started us may have left open: none of them is ours to keep.
_MOST_DESCRIPTORS = 1024


def close_inherited() -> None:
    """Close every descriptor but the standard ones, before anything is opened."""
    os.closerange(3, _MOST_DESCRIPTORS)


def detach() -> Callable[[], None]:
    """Go on in a process of its own, in no terminal and no folder, that reads and writes nothing.

    Returns:
        What is to be called once that process is ready: the one that called ends then, with status 0, or with 1 where
        it never is.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        os._exit(0 if os.read(reading, 1) else 1)
    os.close(reading)
    os.setsid()
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)

    def ready() -> None:
        os.write(writing, b".")
        os.close(writing)

    return ready
