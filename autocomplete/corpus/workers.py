"""Runs a function over many jobs in several processes, with the results in order and few of them waiting."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Protocol, TypeVar

from autocomplete.errors import AutocompleteError

Job = TypeVar("Job")
Result = TypeVar("Result")


class MapInOrder(Protocol):
    """`map` over jobs, in this process or in others."""

    def __call__(self, function: Callable[[Job], Result], jobs: Iterable[Job], /) -> Iterator[Result]:
        """Yield the result of each job, in the order of the jobs."""
        ...


def available_cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def workers(number: int) -> Iterator[MapInOrder]:
    """Start processes and stop them at the end; one worker is this process itself."""
    if number == 1:
        yield map
        return
    # Not forked: JAX keeps threads, and a fork of a threaded process may hang.
    pool = ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_parent)
    try:
        yield partial(_map_in_order, pool, number + 1)
    except BrokenProcessPool as error:
        raise AutocompleteError(
            "A process that read the corpus was killed.", "Use '--workers 1' if memory is short."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _map_in_order(
    pool: ProcessPoolExecutor, most_waiting: int, function: Callable[[Job], Result], jobs: Iterable[Job]
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for job in jobs:
        waiting.append(pool.submit(function, job))
        if len(waiting) == most_waiting:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
