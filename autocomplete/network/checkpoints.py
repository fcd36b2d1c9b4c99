"""Checkpoints of a training run, written by Orbax, only to resume from."""

import json
import math
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from autocomplete.errors import ModelError
from autocomplete.network.steps import TrainState


class Checkpoints:
    """The newest states of a run in a folder; each save replaces the one before once it is whole.

    Args:
        folder: Where checkpoints lie; made when the first is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._manager = ocp.CheckpointManager(
            folder.absolute(),
            options=ocp.CheckpointManagerOptions(max_to_keep=1, create=True, enable_async_checkpointing=False),
        )
        self._folder = folder

    def save(self, state: TrainState, progress: dict[str, Any]) -> None:
        """Save a state and, beside it, where the run stands; a step that is saved already is left as it is."""
        if self._manager.latest_step() == progress["step"]:
            return
        saved = progress | {"best_nats": progress["best_nats"] if math.isfinite(progress["best_nats"]) else None}
        self._manager.save(
            progress["step"],
            args=ocp.args.Composite(state=ocp.args.StandardSave(_tree(state)), progress=ocp.args.JsonSave(saved)),
            force=True,
        )

    def progress(self) -> dict[str, Any] | None:
        """Where the saved run stands, or None where nothing was saved."""
        step = self._manager.latest_step()
        if step is None:
            return None
        restored = self._manager.restore(step, args=ocp.args.Composite(progress=ocp.args.JsonRestore()))
        progress = dict(restored["progress"])
        return progress | {"best_nats": math.inf if progress["best_nats"] is None else progress["best_nats"]}

    def restore(self, like: TrainState) -> TrainState:
        """Return the saved state; `like` gives its structure and shapes."""
        step = self._manager.latest_step()
        template = _tree(like)
        abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, template)
        try:
            restored = self._manager.restore(step, args=ocp.args.Composite(state=ocp.args.StandardRestore(abstract)))
        except (ValueError, KeyError, OSError) as error:
            raise ModelError(
                f"{self._folder}: the checkpoint cannot be read ({str(error).splitlines()[0]}).",
                "Start over with 'autocomplete train … --force'.",
            ) from error
        leaves = jax.tree.leaves(restored["state"])
        state: TrainState = jax.tree.unflatten(jax.tree.structure(like), leaves)
        return state

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *_: object) -> None:
        """Release Orbax's threads."""
        self._manager.close()


def _tree(state: TrainState) -> dict[str, Any]:
    """The state's arrays in a flat dictionary whose sorted keys keep the order of the leaves."""
    return {f"{index:04d}": leaf for index, leaf in enumerate(jax.tree.leaves(state))}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a small file beside the checkpoints, atomically."""
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
