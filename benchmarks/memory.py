"""The peak memory of a process and of all that it starts, sampled from outside."""

import threading
import time
from typing import Self

import psutil  # type: ignore[import-untyped]

_LEAST_PAUSE_SECONDS = 0.02
# Reading how much memory a process has to itself costs a millisecond or more: a sampler that did nothing else
# would take one of the cores that are measured.
_MOST_SHARE_OF_A_CORE = 0.05


class PeakMemory:
    """Samples a process tree in a thread until the block ends.

    Attributes:
        resident_bytes: Peak of the summed resident sets (RSS). What processes share counts once for each:
            an upper bound.
        unshared_bytes: Peak of the summed unique sets (USS), what ending the processes would free.
        processes: Most processes seen at once.
        samples: How often was looked.
    """

    def __init__(self, pid: int) -> None:
        self.resident_bytes = 0
        self.unshared_bytes = 0
        self.processes = 0
        self.samples = 0
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_ended, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample_until_ended(self) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            began = time.thread_time()
            self._sample()
            pause = max(_LEAST_PAUSE_SECONDS, (time.thread_time() - began) / _MOST_SHARE_OF_A_CORE)

    def _sample(self) -> None:
        resident, unshared, processes = 0, 0, 0
        for process in self._tree():
            try:
                memory = process.memory_full_info()
            except psutil.Error:  # it has just ended
                continue
            resident += memory.rss
            unshared += memory.uss
            processes += memory.rss > 0
        self.resident_bytes = max(self.resident_bytes, resident)
        self.unshared_bytes = max(self.unshared_bytes, unshared)
        self.processes = max(self.processes, processes)
        self.samples += 1

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []
