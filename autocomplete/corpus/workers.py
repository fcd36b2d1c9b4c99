"""Runs a function over many jobs in several processes, with the results in order and few of them waiting."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Protocol, TypeVar

from autocomplete.errors import AutocompleteError, UsageError

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
def workers(number: int, executor: Executor | None) -> Iterator[MapInOrder]:
    """Start processes and stop them at the end; one worker is this process itself.

    An executor that is given takes their place, and is left as it was; `number` of its workers are kept busy. Its
    workers may run in other processes or on other hosts, where jobs and results arrive pickled.

    Raises:
        AutocompleteError: A worker was lost, or lacks a file.
    """
    if executor is not None:
        with _loss_named("Start over when its executor is whole again."):
            yield partial(_map_in_order, executor, number + 1)
    elif number == 1:
        yield map
    else:
        with _loss_named("Use one worker if memory is short."), _processes(number) as pool:
            yield partial(_map_in_order, pool, number + 1)


@contextmanager
def _processes(number: int) -> Iterator[Executor]:
    # Not forked: JAX keeps threads, and a fork of a threaded process may hang.
    pool = ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_parent() -> None:
    """A terminal tells all of its processes of Ctrl-C, and that it closes; the parent ends its workers."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


@contextmanager
def _loss_named(cure: str) -> Iterator[None]:
    try:
        yield
    except (BrokenExecutor, CancelledError) as error:
        raise AutocompleteError("A worker that read the corpus was lost.", cure) from error


def _map_in_order(
    executor: Executor, most_waiting: int, function: Callable[[Job], Result], jobs: Iterable[Job]
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    try:
        for job in jobs:
            waiting.append(executor.submit(function, job))
            if len(waiting) == most_waiting:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    finally:
        for future in waiting:
            future.cancel()


def _result(future: Future[Result]) -> Result:
    try:
        return future.result()
    except (FileNotFoundError, PermissionError) as error:
        raise AutocompleteError(
            f"{error.filename}: a worker has no access to it ({error.strerror}).",
            "Workers need the text and the model's folder under the same paths, as on a file system that all share.",
        ) from error


_PATIENCE_SECONDS = 10


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Connect to the scheduler of a Dask cluster; give an executor, and how many jobs it runs at a time.

    The connection is closed at the end; the cluster stays.

    Raises:
        UsageError: Dask is not installed, nobody answers at the address, or there are no workers.
        AutocompleteError: A job ended one worker after another, or the workers lack a package.
    """
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            f"The cluster {address} needs Dask, which is not installed.", 'pip install "autocomplete-lm[cluster]"'
        ) from error
    try:
        client = distributed.Client(address, timeout=_PATIENCE_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The cluster {address}: no Dask scheduler answers.",
            "Start one with 'dask scheduler', or check the address.",
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
        except TimeoutError as error:
            raise UsageError(
                f"The cluster {address} has no workers.", f"Start some with 'dask worker {address}'."
            ) from error
        try:
            yield client.get_executor(pure=False), sum(client.nthreads().values())
        except (distributed.KilledWorker, ModuleNotFoundError) as error:
            raise AutocompleteError(
                f"The workers of the cluster {address} failed ({error}).",
                "Give them more memory, and the packages that this machine has.",
            ) from error
