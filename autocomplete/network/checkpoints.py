"""Checkpoints of a training run, written by Orbax, only to resume from."""

import math
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from autocomplete import bundle
from autocomplete.errors import Cure, ModelError
from autocomplete.network.devices import ALONE, Devices
from autocomplete.network.steps import TrainState

# What of the progress is infinite before the first validation, which JSON cannot say.
_NATS = ("best_nats", "lowest_nats")


class Checkpoints:
    """The newest states of a run in a folder; each save replaces the one before once it is whole.

    Of several processes the first reads and writes for all.

    Args:
        folder: Where checkpoints lie; made when the first is saved.
        devices: Those of the run.
    """

    def __init__(self, folder: Path, devices: Devices = ALONE) -> None:
        self._folder = folder
        self._devices = devices
        self._manager = _manager(folder, devices) if devices.lead else None

    def save(self, state: TrainState, progress: dict[str, Any]) -> None:
        """Save a state and, beside it, where the run stands; a step that is saved already is left as it is."""
        tree = self._devices.gathered(_tree(state))
        if self._manager is None or self._manager.latest_step() == progress["step"]:
            return
        saved = progress | {name: progress[name] if math.isfinite(progress[name]) else None for name in _NATS}
        self._manager.save(
            progress["step"],
            args=ocp.args.Composite(state=ocp.args.StandardSave(tree), progress=ocp.args.JsonSave(saved)),
            force=True,
        )

    def progress(self) -> dict[str, Any] | None:
        """Where the saved run stands, or None where nothing was saved; only the first process is asked."""
        assert self._manager is not None
        step = self._manager.latest_step()
        if step is None:
            return None
        restored = self._manager.restore(step, args=ocp.args.Composite(progress=ocp.args.JsonRestore()))
        progress = dict(restored["progress"])
        return progress | {name: math.inf for name in _NATS if progress.get(name) is None}

    def restore(self, like: TrainState) -> TrainState:
        """Return the saved state; `like` gives its structure, shapes and places."""
        saved = None if self._manager is None else self._read(self._manager, _tree(like))
        if self._devices.several_processes:
            saved = self._devices.spread(saved, _tree(like))
        state: TrainState = jax.tree.unflatten(jax.tree.structure(like), jax.tree.leaves(saved))
        return state

    def _read(self, manager: ocp.CheckpointManager, template: dict[str, Any]) -> Any:
        """Return the saved arrays; where other processes have some of the template's rows, as NumPy's."""
        if self._devices.several_processes:
            abstract = jax.tree.map(lambda leaf: np.empty(leaf.shape, leaf.dtype), template)
        else:
            abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, template)
        try:
            step = manager.latest_step()
            return manager.restore(step, args=ocp.args.Composite(state=ocp.args.StandardRestore(abstract)))["state"]
        except (ValueError, KeyError, OSError) as error:
            bundle.require_readable(self._folder)
            raise ModelError(
                f"{self._folder}: the checkpoint cannot be read ({str(error).splitlines()[0]}).",
                Cure.START_OVER,
            ) from error

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *_: object) -> None:
        """Release Orbax's threads."""
        if self._manager is not None:
            self._manager.close()


def _manager(folder: Path, devices: Devices) -> ocp.CheckpointManager:
    """Orbax's keeper of a folder, for this process alone where there are several."""
    several = devices.several_processes
    if several:
        folder.mkdir(parents=True, exist_ok=True)  # Orbax would make it only together with all processes
    return ocp.CheckpointManager(
        folder.absolute(),
        options=ocp.CheckpointManagerOptions(
            max_to_keep=1,
            create=not several,
            enable_async_checkpointing=False,
            multiprocessing_options=ocp.options.MultiprocessingOptions(active_processes={0} if several else None),
        ),
    )


def _tree(state: TrainState) -> dict[str, Any]:
    """The state's arrays in a flat dictionary whose sorted keys keep the order of the leaves."""
    return {f"{index:04d}": leaf for index, leaf in enumerate(jax.tree.leaves(state))}
