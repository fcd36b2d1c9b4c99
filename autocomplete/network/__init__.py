"""The recurrent language model and its training: the only room with JAX.

`events` and `recipes` are plain values and need none of it.
"""

from importlib.util import find_spec

from autocomplete.errors import AutocompleteError

# What all other modules need, as they are imported and as they are installed.
PACKAGES = {"jax": "jax", "jaxlib": "jax", "flax": "flax", "optax": "optax", "orbax": "orbax-checkpoint"}


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
