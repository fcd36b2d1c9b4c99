"""A training run of several processes: how they meet, and how one that dies ends the others.

JAX ends a process at once, from a thread of its own, where another one of the run is gone. So each trains in a child
that passes its events on; when the child dies, its parent is left to say so.
"""

import dataclasses
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Event as Wish
from typing import Literal, NamedTuple, Protocol

from autocomplete.config import Meeting
from autocomplete.errors import AutocompleteError, Cure
from autocomplete.network.events import Finished
from autocomplete.runs.events import RunEvent, RunStopped
from autocomplete.runs.request import Request

# How often the user's wish to stop reaches the child.
LOOK_SECONDS = 0.2
# Process 0 writes the report card while the others wait to end with it.
ENDING_SECONDS = 24 * 3600
# What errors of a broken connection speak of: between CPUs, between GPUs, and to the process that keeps count.
BROKEN = ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "coordination service")


class Lead(Protocol):
    """A run of one process, a function of a module: what process 0 does, with the devices of all."""

    def __call__(self, request: Request, *, should_stop: Callable[[], bool]) -> Generator[RunEvent, None, None]:
        """Yield what happens."""


class _Message(NamedTuple):
    """What a child says: that all have met, an event, the error that ended it, or that it is done."""

    kind: Literal["met", "event", "error", "done"]
    content: RunEvent | BaseException | None = None


def run_together(request: Request, lead: Lead, *, should_stop: Callable[[], bool]) -> Generator[RunEvent, None, None]:
    """Train a model as one of several processes, all of them with one request and one file system.

    Process 0 yields what `lead` yields, the others nothing.

    Raises:
        AutocompleteError: Another process died or never came; or what `lead` raises.
    """
    spawn = multiprocessing.get_context("spawn")
    connection, childs = spawn.Pipe()
    wish = spawn.Event()
    child = spawn.Process(target=_in_child, args=(request, lead, childs, wish))
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
        Cure.START_ALL,
    )


def _never_met() -> AutocompleteError:
    return AutocompleteError(
        "The processes of this run did not meet.",
        "Start all within five minutes, with one coordinator and number of processes, and each with its own.",
    )


def _in_child(request: Request, lead: Lead, connection: Connection, wish: Wish) -> None:
    """Train, and say what happens; the parent answers each message but the last."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _silence()
    try:
        _meet(request.meeting or Meeting())
        connection.send(_Message("met"))
        connection.recv()
        _take_part(request, lead, connection, wish)
        connection.send(_Message("done"))
    except BaseException as error:  # whatever it is, the parent raises it
        error.add_note(traceback.format_exc())  # which does not cross to the parent by itself
        broken = not isinstance(error, AutocompleteError) and any(word in str(error) for word in BROKEN)
        connection.send(_Message("error", _lost() if broken else error))
    os._exit(0)  # an orderly exit would wait for processes that are gone


def _meet(meeting: Meeting) -> None:
    from autocomplete.network.devices import join  # JAX, which the parent does not need

    join(meeting.coordinator, meeting.processes, meeting.process, ending_seconds=ENDING_SECONDS)


def _take_part(request: Request, lead: Lead, connection: Connection, wish: Wish) -> None:
    """Lead or follow; all end together, unless one fails before training has ended."""
    from autocomplete.network.devices import Devices, leave
    from autocomplete.runs.network import follow

    if not Devices.found().lead:
        reason = follow(request.folder, should_stop=wish.is_set)
        leave()
        if reason == "interrupted":
            raise RunStopped("Stopped; what was learned so far is saved.", "Resume the run in all processes.")
        if reason == "diverged":
            raise AutocompleteError("The loss diverged.", "Process 0 says what is left and what to change.")
        return
    trained = False
    try:
        for event in lead(dataclasses.replace(request, meeting=None), should_stop=wish.is_set):
            connection.send(_Message("event", event))
            connection.recv()
            trained = trained or isinstance(event, Finished)
    except AutocompleteError:
        if trained:
            leave()
        raise
    leave()


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
