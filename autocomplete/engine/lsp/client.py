"""The engine as a program asks it that waits for several things at once: over its socket, else within this process."""

import asyncio
import contextlib
import json
import os
import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocomplete.config import EngineSettings
from autocomplete.engine.address import engine_address
from autocomplete.engine.client import Found, LostError, RefusedError, find_engine, found_in, refusal_of, whole_name
from autocomplete.engine.protocol import MOST_LINE, SCHEMA, Question
from autocomplete.errors import AutocompleteError

# Seconds that an answer may take: the model may have to be read first.
_ANSWER_SECONDS = 20.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class AsyncClient:
    """A connection to the engine, made when it is first needed and anew where it was lost.

    An engine is started where none runs. Where none may run, or none can be reached, this process has its own.

    Args:
        settings: How the engine behaves, and whether it may run.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._own: OwnEngine | None = None
        self._connection: asyncio.Task[asyncio.StreamWriter] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last = 0

    async def connect(self) -> asyncio.StreamWriter:
        """Reach the engine, so that the first question need not wait for that."""
        if self._connection is None:
            self._connection = asyncio.create_task(self._connect())
        try:
            return await asyncio.shield(self._connection)  # whoever waits may be called off; others wait too
        except OSError as error:
            self._connection = None
            raise LostError(str(error)) from error

    async def suggest(self, question: Question, model: str, document: str) -> Found:
        """Ask what a model suggests in a document, which the engine remembers from one question to the next.

        Raises:
            AutocompleteError: As `Client` says.
        """
        values = {**question.to_json(), "document": document}
        return found_in(await self.request("suggest", model=whole_name(model), **values), question, model)

    async def request(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a message and return its answer; docs/protocol.md has all of them.

        A request that is cancelled is taken back. One whose engine has gone is sent once more, to the next.
        """
        try:
            return await self._asked(method, values)
        except LostError:
            return await self._asked(method, values)

    async def close(self) -> None:
        """End the conversation, and the engine where it is this process's own."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                (await self._connection).close()
        if self._reading is not None:
            await self._reading
        if self._own is not None:
            await asyncio.to_thread(self._own.close)

    async def _asked(self, method: str, values: dict[str, Any]) -> dict[str, Any]:
        writer = await self.connect()
        self._last += 1
        number = self._last
        message = json.dumps({"schema": SCHEMA, "id": number, "method": method, **values}, separators=(",", ":"))
        if len(message) >= MOST_LINE:
            raise RefusedError("large", f"A message of {len(message)} bytes is too long.", "Send less text.")
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        writer.write(message.encode() + b"\n")
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                found = await answer
        except TimeoutError as error:
            writer.close()
            raise LostError("it does not answer") from error
        except asyncio.CancelledError:
            writer.write(json.dumps({"schema": SCHEMA, "method": "cancel", "question": number}).encode() + b"\n")
            raise
        finally:
            self._waiting.pop(number, None)
        if "error" in found:
            raise refusal_of(found["error"])
        return found

    async def _connect(self) -> asyncio.StreamWriter:
        reader, writer = await self._streams()
        self._reading = asyncio.create_task(self._read(reader, writer))
        return writer

    async def _streams(self) -> Streams:
        if self._own is None and self._settings.enabled:
            path = await asyncio.to_thread(_started)
            if path is not None:
                with contextlib.suppress(OSError):
                    return await asyncio.open_unix_connection(path, limit=MOST_LINE)
        if self._own is None:
            self._own = OwnEngine(self._settings)
        return await self._own.connect()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand each answer to who waits for it, until the engine has gone; those who wait then have lost it."""
        why = "it went away"
        try:
            while line := await reader.readline():
                found = json.loads(line)
                waiting = self._waiting.get(found.get("id"))
                if waiting is not None and not waiting.done():
                    waiting.set_result(found)
        except (OSError, ValueError, AttributeError) as error:
            why = str(error) or type(error).__name__
        self._connection = None
        writer.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LostError(why))


class OwnEngine:
    """An engine that answers this process alone.

    Args:
        settings: How it behaves.
    """

    def __init__(self, settings: EngineSettings) -> None:
        from autocomplete.engine.log import EngineLog
        from autocomplete.engine.pause import Pause
        from autocomplete.engine.pool import ModelPool
        from autocomplete.engine.server import Engine

        self._folder = tempfile.TemporaryDirectory()
        paused, log = Path(self._folder.name) / "paused", Path(os.devnull)
        with contextlib.suppress(AutocompleteError):  # others are paused with it, where others can be reached
            address = engine_address(make=True)
            paused, log = address.paused, address.log
        self._pool = ModelPool(most_bytes=1e6 * settings.memory_megabytes)
        self._engine = Engine(
            replace(settings, idle_minutes=0), pool=self._pool, pause=Pause(paused), log=EngineLog(log)
        )

    async def connect(self) -> Streams:
        """Return a connection to it."""
        ours, its = socket.socketpair()
        await asyncio.get_running_loop().connect_accepted_socket(self._engine.connected, its)
        return await asyncio.open_connection(sock=ours, limit=MOST_LINE)

    def close(self) -> None:
        """Close its models, once they have done what they were asked."""
        self._pool.close()
        self._folder.cleanup()


def _started() -> str | None:
    """The path of the socket of an engine that answers, started where none runs; None where there is none."""
    try:
        client = find_engine(start=True)
        if client is None:
            return None
        with client:
            return str(engine_address().socket)
    except (AutocompleteError, OSError):
        return None
