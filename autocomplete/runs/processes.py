"""A training run of several processes: how they meet, and how one that dies ends the others.

JAX ends a process at once, from a thread of its own, where another one of the run is gone. So each trains in a child
that passes its events on; when the child dies, its parent is left to say so.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Event as Wish
from typing import Literal, NamedTuple

import jax

from autocomplete.errors import AutocompleteError, TrainingInterrupted, UsageError
from autocomplete.runs.train import JobEvent, Request, follow, train_model

# How often the user's wish to stop reaches the child.
LOOK_SECONDS = 0.2
# Process 0 writes the report card while the others wait to end with it.
ENDING_SECONDS = 24 * 3600
# What errors of a broken connection speak of: between CPUs, between GPUs, and to the process that keeps count.
BROKEN = ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "coordination service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Where the processes of a run meet. JAX knows some clusters and finds there what is None.

    Attributes:
        coordinator: Address and port at which process 0 listens; also from `JAX_COORDINATOR_ADDRESS`.
        processes: How many there are.
        process: Which one this is, from 0 on.
    """

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None


class _Message(NamedTuple):
    """What a child says: that all have met, an event, the error that ended it, or that it is done."""

    kind: Literal["met", "event", "error", "done"]
    content: JobEvent | BaseException | None = None


def train_together(
    request: Request, meeting: Meeting, *, should_stop: Callable[[], bool] = lambda: False
) -> Generator[JobEvent, None, None]:
    """Train a model as one of several processes, all of them with one request and one file system.

    Process 0 yields what `train_model` yields, the others nothing.

    Raises:
        AutocompleteError: Another process died or never came; or what `train_model` raises.
    """
    spawn = multiprocessing.get_context("spawn")
    connection, childs = spawn.Pipe()
    wish = spawn.Event()
    child = spawn.Process(target=_in_child, args=(request, meeting, childs, wish))
    child.start()
    childs.close()
    met = False
    try:
        while True:
            while not connection.poll(LOOK_SECONDS) and child.is_alive():
                if should_stop():
                    wish.set()
            message = connection.recv()
            if message.kind == "error":
                raise message.content
            if message.kind == "done":
                return
            if message.kind == "event":
                yield message.content
            met = True
            connection.send(None)  # an event is dealt with before training goes on
    except (EOFError, ConnectionError) as error:
        raise (_lost() if met else _never_met()) from error
    finally:
        child.kill()
        child.join()


def _lost() -> AutocompleteError:
    return AutocompleteError(
        "A process of this run has died, or ended with an error of its own.",
        "Start all again, with '--resume' if training had begun.",
    )


def _never_met() -> AutocompleteError:
    return AutocompleteError(
        "The processes of this run did not meet.",
        "Start all of them within five minutes, with one '--coordinator' and '--processes' and each its '--process'.",
    )


def _in_child(request: Request, meeting: Meeting, connection: Connection, wish: Wish) -> None:
    """Train, and say what happens; the parent answers each message but the last."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _silence()
    try:
        _meet(meeting)
        connection.send(_Message("met"))
        connection.recv()
        _train(request, connection, wish)
        connection.send(_Message("done"))
    except BaseException as error:  # whatever it is, the parent raises it
        error.add_note(traceback.format_exc())  # which does not cross to the parent by itself
        broken = not isinstance(error, AutocompleteError) and any(word in str(error) for word in BROKEN)
        connection.send(_Message("error", _lost() if broken else error))
    os._exit(0)  # an orderly exit would wait for processes that are gone


def _train(request: Request, connection: Connection, wish: Wish) -> None:
    """Lead or follow; all end together."""
    reason = None
    if jax.process_index() == 0:
        for event in train_model(request, should_stop=wish.is_set):
            connection.send(_Message("event", event))
            connection.recv()
    else:
        reason = follow(request.folder, should_stop=wish.is_set)
    jax.distributed.shutdown()  # type: ignore[no-untyped-call]
    if reason == "interrupted":
        raise TrainingInterrupted(
            "Stopped; what was learned so far is saved.", "Go on with '--resume' in all processes."
        )
    if reason == "diverged":
        raise AutocompleteError("The loss diverged.", "Process 0 says what is left and what to change.")


def _meet(meeting: Meeting) -> None:
    try:
        jax.distributed.initialize(
            meeting.coordinator, meeting.processes, meeting.process, shutdown_timeout_seconds=ENDING_SECONDS
        )
    except ValueError as error:
        raise UsageError(
            f"It is not known which processes train together ({error})",
            "Give each '--coordinator HOST:PORT', '--processes N' and '--process I'.",
        ) from error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _silence() -> None:
    """Write nowhere: C++ libraries report connections on standard output, and their end with a trace of the stack."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
