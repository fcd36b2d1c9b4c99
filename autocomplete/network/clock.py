"""The time that the processes of a run go by, so that all decide alike."""

import time
from collections.abc import Callable

import numpy as np

from autocomplete.network.devices import Devices


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
