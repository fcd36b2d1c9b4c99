"""The devices that share the rows of a run: of this process alone, or of all that met by `jax.distributed`."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from orbax.checkpoint import multihost

from autocomplete.arrays import Float64Array
from autocomplete.config import TrainingSettings
from autocomplete.corpus.store import Window
from autocomplete.errors import AutocompleteError, Cure, UsageError
from autocomplete.network.allocation import reuse_freed_memory

reuse_freed_memory()  # before JAX starts its threads; every training and dynamic evaluation imports this

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
                f"Give a batch_size that {self.count * settings.accumulate} divides, or use other devices.",
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

    def exchanged(self, values: Float64Array) -> Float64Array:
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


@contextlib.contextmanager
def memory_named() -> Iterator[None]:
    """Say what to do where a network is too large for this machine's memory."""
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            raise AutocompleteError(
                "There is not enough memory to train this network.",
                Cure.LESS_MEMORY,
            ) from error
        raise


def join(coordinator: str | None, processes: int | None, process: int | None, *, ending_seconds: int) -> None:
    """Meet the other processes of a run; what is None JAX asks the cluster, where it knows it.

    Args:
        coordinator: Address and port at which process 0 listens.
        processes: How many there are.
        process: Which one this is, from 0 on.
        ending_seconds: How long the others wait for one that has not left.

    Raises:
        UsageError: It is not known who they are.
    """
    try:
        jax.distributed.initialize(coordinator, processes, process, shutdown_timeout_seconds=ending_seconds)
    except ValueError as error:
        raise UsageError(
            f"It is not known which processes train together ({error})",
            "Give each the coordinator, the number of processes and its own.",
        ) from error


def leave() -> None:
    """Leave them, once all do."""
    jax.distributed.shutdown()  # type: ignore[no-untyped-call]


def _zeros(array: jax.Array) -> npt.NDArray[Any]:
    return np.zeros(array.shape, array.dtype)


class Clock:
    """The time, and the user's wish to stop.

    Alone a process asks for both after every step. Several go by what they last told each other: the time of
    process 0, and the wish of any. As that makes them wait for their devices, it happens now and then.

    Args:
        devices: Those of the run.
        should_stop: The user's wish.
        every_seconds: About how often several processes tell each other.
    """

    def __init__(self, devices: Devices, should_stop: Callable[[], bool], *, every_seconds: float) -> None:
        self._devices = devices
        self._should_stop = should_stop
        self._every_seconds = every_seconds
        self._told_now, self._told_stop = 0.0, False
        self._told_step: int | None = None
        self._next_step = 0
        self.tell()

    def now(self) -> float:
        """Seconds since some moment."""
        return self._told_now if self._devices.several_processes else time.monotonic()

    def should_stop(self) -> bool:
        """Whether the user wishes to stop."""
        return self._told_stop if self._devices.several_processes else self._should_stop()

    def tell(self) -> None:
        """Tell the other processes; all call this at the same point."""
        if self._devices.several_processes:
            told = self._devices.exchanged(np.array([time.monotonic(), self._should_stop()], np.float64))
            self._told_now, self._told_stop = float(told[0, 0]), bool(told[:, 1].any())

    def step_taken(self, step: int) -> None:
        """Tell the other processes after a step, if it is time."""
        if step < self._next_step or not self._devices.several_processes:
            return
        before, since = self._told_now, self._told_step
        self.tell()
        self._told_step = step
        taken = 1 if since is None else step - since
        # A step that compiles, or is only dispatched, is no measure of the next ones.
        affordable = taken * self._every_seconds / max(self._told_now - before, 1e-6)
        self._next_step = step + max(1, min(int(affordable), 2 * taken))
