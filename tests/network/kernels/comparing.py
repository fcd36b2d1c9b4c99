"""Random arguments, and what counts as equal."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def draw(seed: int, *shapes: tuple[int, ...]) -> list[Any]:
    random = np.random.default_rng(seed)
    return [jnp.asarray(random.normal(size=shape)) for shape in shapes]


def assert_near(found: Any, wanted: Any, tolerance: float) -> None:
    """Each array is within `tolerance` of the other's norm."""
    for ours, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        size = np.linalg.norm(np.asarray(theirs))
        assert np.linalg.norm(np.asarray(ours - theirs)) <= tolerance * size + 1e-300, (ours.shape, size)
