"""The resident engine: answers everybody who writes on this machine, over a socket that only its owner can reach.

One thread reads and writes all connections and never works; each model has a thread of its own (`pool`). Whatever a
client sends, or does not read, costs a bounded amount of memory, and its own connection at most.
"""

import asyncio
import contextlib
import ctypes
import gc
import math
import os
import signal
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from autocomplete.config import EngineSettings
from autocomplete.engine.edits import EditedText
from autocomplete.engine.log import EngineLog
from autocomplete.engine.messages import (
    Answer,
    Asking,
    Done,
    Form,
    Id,
    Message,
    Refused,
    Suggested,
    asking_of,
    parts_of,
    read_message,
    write_answer,
)
from autocomplete.engine.pause import Pause
from autocomplete.engine.pool import ModelPool, ServedModel
from autocomplete.engine.protocol import MOST_LINE, Question
from autocomplete.errors import AutocompleteError, ModelError, UsageError, system_cause, system_cure
from autocomplete.version import VERSION

if TYPE_CHECKING:  # locks, which a system without this socket may lack
    from autocomplete.engine.listening import Listener

# Characters of all documents of a client, and how many; those that it wrote in longest ago are dropped.
MOST_TEXT = 1 << 21
MOST_DOCUMENTS = 64
# Bytes of answers that a client may leave unread.
MOST_UNREAD = 1 << 20
# Requests of a client that wait for a model; it is not read on before there are fewer.
MOST_WAITING = 64
# Clients at once; the one that was silent longest makes room.
MOST_CLIENTS = 128
# Seconds after the last request.
_TIDY_SECONDS = 5.0
# Seconds that a client has to read its last answers.
_LAST_SECONDS = 2.0
# Answers whose times are told by `status`.
_TIMED = 256


# Answers over HTTP too, at a host and a port, None for any; returns the page's address, by which it may be opened.
OpenHttp = Callable[["Engine", str, int | None], str]


class _Waiting(NamedTuple):
    """How a client is answered that waits for a model."""

    form: Form
    id: Id


class Engine:
    """The engine, without the sockets: what all connections share.

    Args:
        settings: How it behaves.
        pool: The models.
        pause: Until when every client is quiet.
        log: Where it tells what became of it.
        open_http: Answers over HTTP as well; None where nobody may ask for that.

    Attributes:
        at_end: Called in turn when the engine ends.
    """

    def __init__(
        self,
        settings: EngineSettings,
        *,
        pool: ModelPool,
        pause: Pause,
        log: EngineLog,
        open_http: "OpenHttp | None" = None,
    ) -> None:
        self.settings, self.pool, self.pause, self.log = settings, pool, pause, log
        self.open_http = open_http
        self.at_end: list[Callable[[], None]] = []
        self.connections: OrderedDict[int, Connection] = OrderedDict()  # the one silent longest first
        self.stopping = asyncio.Event()
        self._began = self._last_used = time.monotonic()
        self._counts = {"questions": 0, "accepted": 0, "accepted_characters": 0, "learned": 0}
        self._times: deque[float] = deque(maxlen=_TIMED)
        self._numbers = 0
        self._is_tidy = True
        self._check_idle()

    def connected(self) -> "Connection":
        """Return what reads a new client; the one that was silent longest makes room where there are too many."""
        while len(self.connections) >= MOST_CLIENTS:
            _, silent = self.connections.popitem(last=False)
            silent.drop()
        self._numbers += 1
        connection = self.connections[self._numbers] = Connection(self, self._numbers)
        return connection

    def left(self, connection: "Connection") -> None:
        """Forget a client, and what it wrote."""
        self.connections.pop(connection.number, None)
        if connection.wrote:
            self.pool.leave(connection.number)

    def model(self, name: str) -> ServedModel:
        """Return what serves a model, unless every client is to be quiet."""
        left = self.pause.seconds_left()
        if left is not None:
            raise PausedError(left)
        return self.pool.get(name)

    def set_pause(self, seconds: float | None) -> dict[str, Any]:
        """Keep every client quiet for a while, or end that by 0; what there is to say of it."""
        self.pause.set(seconds)
        self.log.write("paused" if self.pause.seconds_left() is not None else "goes on")
        return _paused(self.pause)

    def used(self, connection: "Connection | None" = None) -> None:
        """Note that a client said something; None for one that has no connection of its own."""
        self._last_used = time.monotonic()
        if self._is_tidy:
            self._is_tidy = False
            asyncio.get_running_loop().call_later(_TIDY_SECONDS, self._tidy)
        if connection is not None and connection.number in self.connections:
            self.connections.move_to_end(connection.number)

    def count(self, what: str, by: int = 1) -> None:
        """Count what `status` tells."""
        self._counts[what] += by

    def timed(self, milliseconds: float) -> None:
        """Note how long an answer took."""
        self._times.append(milliseconds)

    def status(self) -> dict[str, Any]:
        """What the engine tells of itself; nothing of what anybody wrote."""
        times = sorted(self._times)
        return {
            "version": VERSION,
            "pid": os.getpid(),
            "uptime_seconds": round(time.monotonic() - self._began),
            "idle_minutes": self.settings.idle_minutes,
            **_paused(self.pause),
            "clients": len(self.connections),
            "models": [str(served.folder) for served in self.pool if served.is_open],
            "model_bytes": sum(served.bytes for served in self.pool if served.is_open),
            "sessions": sum(served.sessions for served in self.pool),
            **self._counts,
            "median_ms": round(times[len(times) // 2], 3) if times else None,
            "p95_ms": round(times[len(times) * 95 // 100], 3) if times else None,
        }

    def _tidy(self) -> None:
        """Give back the memory of sessions that have ended, once nobody types: some megabytes each, in many pieces."""
        left = self._last_used + _TIDY_SECONDS - time.monotonic()
        if left > 0:
            asyncio.get_running_loop().call_later(left, self._tidy)
            return
        self._is_tidy = True
        gc.collect()
        with contextlib.suppress(AttributeError, OSError):  # another C library than that of GNU does it by itself
            ctypes.CDLL(None).malloc_trim(0)

    def _check_idle(self) -> None:
        """End once nothing was asked for long enough; one timer, set anew when it has run out, and no key resets it."""
        seconds = 60 * self.settings.idle_minutes
        if not seconds:
            return
        left = self._last_used + seconds - time.monotonic()
        if left > 0:
            asyncio.get_running_loop().call_later(left, self._check_idle)
        else:
            self.log.write("ended after nothing was asked for long")
            self.stopping.set()


class Connection(asyncio.Protocol):
    """One client: its lines, the documents it writes in, and what it waits for.

    Args:
        engine: What all share.
        number: Which client it is.

    Attributes:
        wrote: Whether there may be sessions of it.
    """

    def __init__(self, engine: Engine, number: int) -> None:
        self.number = number
        self.wrote = False
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._unfinished = bytearray()
        self._texts: OrderedDict[str, EditedText] = OrderedDict()
        self._waiting: dict[Future[Any], _Waiting] = {}
        self._newest: Future[Any] | None = None  # question that was asked
        self._ends = False  # the client has said all it will
        self._left = False  # nothing more is read, nor written

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=MOST_UNREAD)

    def data_received(self, data: bytes) -> None:
        """Read the lines that are whole, and keep what is not."""
        self._engine.used(self)
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._unfinished) + line
            self._unfinished.clear()
            self._line(whole)
            if self._left:
                return
        self._unfinished += rest
        if len(self._unfinished) > MOST_LINE:
            why = f"A line is longer than {MOST_LINE} bytes."
            self._leave(self._unfinished, Refused("large", why, "Send the text around the cursor."))

    def eof_received(self) -> bool:
        """Answer what was asked before the client closed its half, then close: `printf … | nc -U` waits for that."""
        self._unfinished.clear()
        self._ends = bool(self._waiting)
        return self._ends

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        """Forget the client."""
        self._left = True
        for future in self._waiting:
            future.cancel()
        self._waiting.clear()
        self._texts.clear()
        self._unfinished.clear()
        self._engine.left(self)

    def drop(self) -> None:
        """Break the connection off, with all that was not read."""
        self._left = True
        if self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        """Send what was answered, and close; a client that does not read it is not waited for."""
        self._left = True
        if self._transport is not None:
            self._transport.close()
            self._loop.call_later(_LAST_SECONDS, self._transport.abort)

    def pause_writing(self) -> None:
        """Drop a client that does not read its answers."""
        self._engine.log.write("dropped a client that read nothing")
        self.drop()

    def answer(self, form: Form, id_: Id, answer: Answer) -> None:
        """Send an answer, where one is wanted and somebody is there."""
        if self._transport is not None and id_ is not None and not self._left:
            self._transport.write(write_answer(form, id_, answer))

    def _line(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            message = read_message(line)
        except UsageError as error:
            self._leave(line, Refused("usage", error.cause, error.cure))
            return
        try:
            self._act(message)
        except AutocompleteError as error:
            self.answer(message.form, message.id, refused(error))
        except Exception as error:  # the next line may be answered all the same
            self._engine.log.fault(error)
            self.answer(message.form, message.id, refused(error))

    def _leave(self, line: bytes | bytearray, why: Refused) -> None:
        """Say what is wrong with a line that is none of ours, and leave a client that speaks otherwise."""
        if self._transport is not None:
            form: Form = "json" if line[:1] == b"{" else "tabs"
            self._transport.write(write_answer(form, None, why))
            self._unfinished.clear()
            self.end()

    def _act(self, message: Message) -> None:
        if message.method == "suggest":
            self._suggest(message, asking_of(message))
            return
        outcome = _WORK[message.method](self, **parts_of(message))
        if isinstance(outcome, Done):
            self.answer(message.form, message.id, outcome)
        else:
            self._wait(message, outcome)

    def _suggest(self, message: Message, asking: Asking) -> None:
        question = self._with_text(asking)
        served = self._engine.model(asking.model)
        if self._newest is not None:
            self._newest.cancel()  # unless it is being answered
        self._engine.count("questions")
        self.wrote = True
        self._newest = served.suggest((self.number, asking.document), question)
        self._wait(message, self._newest)

    def _with_text(self, asking: Asking) -> Question:
        """The question with what stands around the cursor of its document, which is followed from then on."""
        question = asking.question
        if not asking.document:
            if asking.edits is not None:
                raise UsageError("Edits change a document, and none is named.", "Name it by 'document'.")
            return question
        if asking.edits is None:
            text = EditedText(question.text + question.after, len(question.text))
        else:
            known = self._texts.get(asking.document)
            if known is None:
                raise UsageError("The document to edit is not known.", "Send the whole text anew.")
            text = known.edited(asking.edits, asking.cursor)
        self._keep(asking.document, text)
        return replace(question, text=text.before, after=text.after)

    def _keep(self, document: str, text: EditedText) -> None:
        self._texts[document] = text
        self._texts.move_to_end(document)
        total = sum(len(kept.text) for kept in self._texts.values())
        while total > MOST_TEXT or len(self._texts) > MOST_DOCUMENTS:
            dropped, kept = self._texts.popitem(last=False)
            total -= len(kept.text)
            if dropped == document:
                raise UsageError(
                    f"A text of {len(kept.text)} characters is too long.", "Send what is around the cursor."
                )

    def _hello(self, **_: str) -> Done:
        return Done({"version": VERSION, "pid": os.getpid()})

    def _accepted(self, characters: int, **_: Id) -> Done:
        self._engine.count("accepted")
        self._engine.count("accepted_characters", max(characters, 0))
        return Done({})

    def _learn(self, model: str, line: str, status: int | None) -> "Done | Future[Any]":
        if status:  # a command that failed teaches nothing
            return Done({"kept": False})
        self.wrote = True
        return self._engine.model(model).learn((self.number, ""), line)

    def _forget(self, model: str, words: Sequence[str]) -> "Future[Any]":
        if not words:
            raise UsageError("No word was given.", "Name the words to forget.")
        return self._engine.pool.get(model).forget(words)

    def _pause(self, seconds: float | None) -> Done:
        return Done(self._engine.set_pause(seconds))

    def _cancel(self, question: Id) -> Done:
        waiting = None if self._newest is None else self._waiting.get(self._newest)
        if self._newest is not None and waiting is not None and waiting.id == question:
            self._newest.cancel()
        return Done({})

    def _close(self, document: str) -> Done:
        self._texts.pop(document, None)
        self._engine.pool.leave(self.number, document)
        return Done({})

    def _status(self) -> Done:
        return Done(self._engine.status())

    def _http(self, host: str, port: int | None, stay: bool) -> Done:
        engine = self._engine
        if engine.open_http is None:
            raise UsageError("This engine does not answer over HTTP.", "Start another one.")
        url = engine.open_http(engine, host, port)
        if stay:  # whoever asks over HTTP alone cannot start it again
            engine.settings = replace(engine.settings, idle_minutes=0.0)
        return Done({"url": url})

    def _stop(self) -> Done:
        self._engine.log.write("told to stop")
        self._engine.stopping.set()
        return Done({})

    def _wait(self, message: Message, future: "Future[Any]") -> None:
        """Answer once a model's thread has done something; read no more of a client that asks for too much at once."""
        self._waiting[future] = _Waiting(message.form, message.id)
        if len(self._waiting) == MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()
        future.add_done_callback(self._done_elsewhere)

    def _done_elsewhere(self, future: "Future[Any]") -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(self._done, future)

    def _done(self, future: "Future[Any]") -> None:
        waiting = self._waiting.pop(future, None)
        if waiting is None:
            return
        self.answer(waiting.form, waiting.id, self._outcome(future))
        if self._transport is None or self._left:
            return
        if self._ends and not self._waiting:
            self.end()
        elif len(self._waiting) == MOST_WAITING // 2:
            self._transport.resume_reading()

    def _outcome(self, future: "Future[Any]") -> Answer:
        if future.cancelled():
            return Refused("cancelled", "A newer question came.")
        error = future.exception()
        if error is not None:
            if not isinstance(error, AutocompleteError):
                self._engine.log.fault(error)
            return refused(error)
        result = future.result()
        if isinstance(result, Suggested):
            self._engine.timed(result.milliseconds)
            return result
        if result is True:
            self._engine.count("learned")
        return Done({} if result is None else {"kept": result})


def _paused(pause: Pause) -> dict[str, Any]:
    """Whether there is a pause, and the seconds that it still lasts, None for until it is ended."""
    left = pause.seconds_left()
    return {"paused": left is not None, "paused_seconds": None if left in (None, math.inf) else round(left)}


# What does each method but `suggest`.
_WORK: Mapping[str, Callable[..., "Done | Future[Any]"]] = {
    "hello": Connection._hello,
    "accepted": Connection._accepted,
    "learn": Connection._learn,
    "forget": Connection._forget,
    "pause": Connection._pause,
    "cancel": Connection._cancel,
    "close": Connection._close,
    "status": Connection._status,
    "http": Connection._http,
    "stop": Connection._stop,
}


class PausedError(AutocompleteError):
    """Every client is to be quiet."""

    def __init__(self, seconds: float) -> None:
        lasts = "until that is ended" if seconds == math.inf else f"for {seconds:.0f} seconds more"
        super().__init__(f"Everything is paused {lasts}.", "End the pause to go on.")


def refused(error: BaseException) -> Refused:
    """Say why the engine did not do what was wanted."""
    match error:
        case PausedError():
            return Refused("paused", error.cause, error.cure)
        case UsageError():
            return Refused("usage", error.cause, error.cure)
        case ModelError():
            return Refused("model", error.cause, error.cure)
        case AutocompleteError():
            return Refused("failed", error.cause, error.cure)
        case OSError():
            return Refused("failed", f"{error.filename or 'A file'}: {system_cause(error)}.", system_cure(error))
    return Refused("failed", f"{type(error).__name__}: {error}")


def serve(
    listener: "Listener",
    settings: EngineSettings,
    *,
    pause: Pause,
    log: EngineLog,
    ready: Callable[[], None],
    open_http: OpenHttp | None = None,
    begin: Callable[["Engine"], None] = lambda _: None,
) -> None:
    """Answer until somebody tells it to stop, or nothing was asked for long; the listener is closed then.

    Args:
        listener: Where clients come.
        settings: How it behaves.
        pause: Until when every client is quiet.
        log: Where it tells what became of it.
        ready: Called once clients are answered.
        open_http: Answers over HTTP as well, when a client wants that.
        begin: What else is to be done before the first client is answered.
    """
    asyncio.run(_serve(listener, settings, pause, log, ready, open_http, begin))


async def _serve(
    listener: "Listener",
    settings: EngineSettings,
    pause: Pause,
    log: EngineLog,
    ready: Callable[[], None],
    open_http: OpenHttp | None,
    begin: Callable[[Engine], None],
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log.fault(context.get("exception") or RuntimeError()))
    pool = ModelPool(most_bytes=1e6 * settings.memory_megabytes)
    engine = Engine(settings, pool=pool, pause=pause, log=log, open_http=open_http)
    begin(engine)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, engine.stopping.set)
    # As any socket: for one that it knows to be Unix's, Python 3.13 removes the file, which may be systemd's.
    server = await loop.create_server(engine.connected, sock=listener.socket)
    log.write(f"serves, version {VERSION}")
    ready()
    try:
        await engine.stopping.wait()
    finally:
        listener.leave()
        server.close()
        for connection in list(engine.connections.values()):
            connection.end()
        for end in engine.at_end:
            end()
        await asyncio.sleep(0)  # their last answers are sent
        pool.close()
        log.write("ended")
        listener.close()  # the last of all: whoever holds the lock next finds nothing changed
