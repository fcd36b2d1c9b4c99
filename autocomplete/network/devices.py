"""The devices that share the rows of a run: of this process alone, or of all that met by `jax.distributed`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from orbax.checkpoint import multihost

from autocomplete.config import TrainingSettings
from autocomplete.corpus.dataset import Window
from autocomplete.errors import UsageError

# The mesh's one axis.
ROWS = "rows"
# What every device has in full, and what each has its own rows of.
WHOLE, SPLIT = PartitionSpec(), PartitionSpec(ROWS)  # type: ignore[no-untyped-call]
# Process 0 reads the text while the others wait, however long that is.
WAITING_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Devices:
    """Where a run's rows lie.

    Attributes:
        mesh: The devices in the order of their rows; None for one device, where all is as if there were no mesh.
    """

    mesh: Mesh | None = None

    @classmethod
    def found(cls) -> "Devices":
        """All devices that JAX has, those of the processes met included."""
        return cls(Mesh(np.asarray(jax.devices()), (ROWS,)) if jax.device_count() > 1 else None)

    @property
    def count(self) -> int:
        """How many share the rows."""
        return 1 if self.mesh is None else self.mesh.size

    @property
    def several_processes(self) -> bool:
        """Whether other processes have some of the devices."""
        return self.mesh is not None and self.mesh.is_multi_process

    @property
    def lead(self) -> bool:
        """Whether this process is the one that decides, writes and publishes."""
        return not self.several_processes or jax.process_index() == 0

    def require_divided(self, settings: TrainingSettings) -> None:
        """Refuse rows that the devices cannot share equally.

        Raises:
            UsageError: They cannot.
        """
        if settings.batch_size % (self.count * settings.accumulate):
            parts = f", in {settings.accumulate} parts each," if settings.accumulate > 1 else ""
            raise UsageError(
                f"{settings.batch_size} rows cannot be shared equally{parts} by {self.count} devices.",
                f"Give a '--batch-size' that {self.count * settings.accumulate} divides, or use other devices.",
            )

    def sharding(self, split: PartitionSpec) -> NamedSharding | None:
        """Where arrays lie; None leaves it to JAX."""
        return None if self.mesh is None else NamedSharding(self.mesh, split)

    def rows(self, batch_size: int) -> slice:
        """This process's rows of a batch."""
        if not self.several_processes:
            return slice(0, batch_size)
        assert self.mesh is not None
        each = batch_size // self.count
        own = [place for place, device in enumerate(self.mesh.devices.flat) if device in self.mesh.local_devices]
        return slice(min(own) * each, (max(own) + 1) * each)

    def placed(self, window: Window) -> Window:
        """Share out a window's rows; `window` holds this process's."""
        sharding = self.sharding(SPLIT)
        if sharding is None:
            return window
        place = jax.make_array_from_process_local_data
        return Window(*(place(sharding, rows) for rows in window))  # type: ignore[no-untyped-call]

    def over_rows(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let each device compute on its own rows.

        Takes and returns a function of weights, carry, windows and key that returns what is summed over all rows,
        and the carry after.
        """
        if self.mesh is None:
            return function

        def summed(*values: Any) -> tuple[Any, Any]:
            sums, after = function(*values)
            return jax.lax.psum(sums, ROWS), after  # type: ignore[no-untyped-call]

        # The kernels' own derivatives know nothing of what varies between devices, so that is not checked.
        return jax.shard_map(
            summed,
            mesh=self.mesh,
            in_specs=(WHOLE, SPLIT, SPLIT, WHOLE),
            out_specs=(WHOLE, SPLIT),
            check_vma=False,
        )

    def gathered(self, tree: Any) -> Any:
        """Return arrays that one process can read whole."""
        return multihost_utils.process_allgather(tree, tiled=True) if self.several_processes else tree

    def spread(self, values: Any, like: Any) -> Any:
        """Lay process 0's arrays where those of `like` lie; the other processes' `values` are not looked at."""
        told = multihost_utils.broadcast_one_to_all(values if self.lead else jax.tree.map(_zeros, like))
        return jax.tree.map(
            lambda value, place: jax.make_array_from_callback(value.shape, place.sharding, value.__getitem__),
            told,
            like,
        )

    def exchanged(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the numbers of all processes, (processes, numbers), from those of each."""
        if not self.several_processes:
            return values[None]
        # As bytes, for JAX would make them float32.
        return np.asarray(multihost_utils.process_allgather(values.view(np.uint8))).view(np.float64)

    def told(self, message: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return process 0's message, which it gives; the others give none."""
        if not self.several_processes:
            assert message is not None
            return message
        written = np.frombuffer(json.dumps(message).encode(), np.uint8)
        length = int(self.exchanged(np.array([float(written.size)]))[0, 0])
        written = written if self.lead else np.zeros(length, np.uint8)
        read: dict[str, Any] = json.loads(np.asarray(multihost_utils.broadcast_one_to_all(written)).tobytes())
        return read

    def meet(self, name: str) -> None:
        """Wait until all processes are here, without a device; a name serves once."""
        if self.several_processes:
            everyone = set(range(jax.process_count()))
            multihost.sync_global_processes(name, timeout=WAITING_SECONDS, processes=everyone)


ALONE = Devices()


def _zeros(array: jax.Array) -> npt.NDArray[Any]:
    return np.zeros(array.shape, array.dtype)
