"""The recurrent language model and its training: the only room with JAX."""

import ctypes
import platform

# glibc's names for these numbers: M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD.
_ALLOCATION = {-8: 1, -3: 2**31 - 1, -1: 2**31 - 1, -2: 2**28}


def _reuse_freed_memory() -> None:
    """Let the C library keep what JAX frees, before JAX starts its threads.

    A training step allocates and frees some hundred megabytes; by default each step gets fresh pages from the
    kernel, 46,000 page faults with 2 x 512 units and 10,000 words. Keeping them made whole steps 6 to 12 %
    faster (2 x 640 units, 2 cores).
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in _ALLOCATION.items():
            mallopt(parameter, value)


_reuse_freed_memory()
