"""The recurrent language model and its training: the only room with JAX.

`events` and `recipes` are plain values and need none of it.
"""

import ctypes
import platform
from importlib.util import find_spec

from autocomplete.errors import AutocompleteError

# What all other modules need, as they are imported and as they are installed.
PACKAGES = {"jax": "jax", "jaxlib": "jax", "flax": "flax", "optax": "optax", "orbax": "orbax-checkpoint"}

# What glibc is told: by the names of its tunables, the parameters of mallopt and their values.
ALLOCATION = {
    "arena_max": (-8, 1),
    "mmap_threshold": (-3, 2**31 - 1),
    "trim_threshold": (-1, 2**31 - 1),
    "top_pad": (-2, 2**28),
}


def require_packages() -> None:
    """Refuse to go on where a package is missing that networks are trained with; imports none of them.

    Raises:
        AutocompleteError: One is.
    """
    missing = dict.fromkeys(PACKAGES[name] for name in PACKAGES if find_spec(name) is None)
    if missing:
        raise AutocompleteError(
            f"A network is trained with {', '.join(missing)}, not installed here.",
            f"Run 'pip install {' '.join(missing)}', or do without a network: n-grams alone need none of it.",
        )


def _reuse_freed_memory() -> None:
    """Let the C library keep what JAX frees, before JAX starts its threads.

    A training step allocates and frees some hundred megabytes; by default each step gets fresh pages from the
    kernel, 46,000 page faults with 2 x 512 units and 10,000 words. Keeping them made whole steps 6 to 12 %
    faster (2 x 640 units, 2 cores).
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in ALLOCATION.values():
            mallopt(parameter, value)


_reuse_freed_memory()
