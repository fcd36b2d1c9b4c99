"""How a request asks the engine: the model by name, in a document or on its own, and whose turn it is."""

import asyncio
import itertools
import json
import os
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, NoReturn, TypeVar

from autocomplete.engine.messages import Suggested
from autocomplete.engine.pool import ServedModel
from autocomplete.engine.protocol import Question
from autocomplete.engine.server import Engine
from autocomplete.errors import AutocompleteError, ModelError, UsageError
from autocomplete.places import DEFAULT_MODEL, is_path

Result = TypeVar("Result")

# All that comes over HTTP is one client, and what is asked beside its documents another; those with a connection of
# their own count from 1.
CLIENT, _ALONE = 0, -1
# Seconds without a request after which what was read of documents is given back.
_REMEMBERED_SECONDS = 300.0
# Characters whose words are counted, or explained: others wait for the same model, a fifth of a second at worst.
MOST_COUNTED = 100_000
# Bytes of a folder's name.
_LONGEST_NAME = 255


class OvertakenError(AutocompleteError):
    """A newer question came in the same document."""

    def __init__(self) -> None:
        super().__init__("A newer question came.")


class Asker:
    """Asks the engine for everybody who comes over HTTP."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._newest: dict[str, Future[Suggested]] = {}
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def model(self, name: str) -> ServedModel:
        """Return what serves a model of a name.

        Raises:
            ModelError: It is a path.
            AutocompleteError: Everything is paused.
        """
        return self.engine.model(_by_name(name))

    def known(self, name: str) -> ServedModel:
        """Return the same in a pause too."""
        return self.engine.pool.get(_by_name(name))

    async def suggest(self, model: str, question: Question, document: str = "") -> Suggested:
        """Answer a question; of one document, only the newest.

        Raises:
            OvertakenError: There is a newer one.
            AutocompleteError: The model, or the question, is wrong.
        """
        if not document:
            alone = self.alone(model)
            try:
                return await alone.suggest(question)
            finally:
                alone.leave()
        served = self.model(model)
        if document in self._newest:
            self._newest[document].cancel()  # unless it is being answered
        future = self._newest[document] = served.suggest((CLIENT, document), question)
        self._remember()
        try:
            return await self.answered(future)
        finally:
            if self._newest.get(document) is future:
                del self._newest[document]

    def alone(self, model: str) -> "Alone":
        """Return what asks a model several questions that go on from each other, beside all documents."""
        return Alone(self, self.model(model), str(next(self._numbers)))

    async def answered(self, future: "Future[Suggested]") -> Suggested:
        """Wait for an answer, and count it."""
        self.engine.count("questions")
        found = await done(future)
        self.engine.timed(found.milliseconds)
        return found

    def close(self, document: str) -> None:
        """Drop what was read of a document."""
        self.engine.pool.leave(CLIENT, document)

    def _remember(self) -> None:
        """Keep what was read of documents for a while from now on: a request has no connection that would end."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_REMEMBERED_SECONDS, self.engine.pool.leave, CLIENT)


class Alone:
    """Asks one model in a session of its own, until it leaves."""

    def __init__(self, asker: Asker, served: ServedModel, document: str) -> None:
        self.served = served
        self._asker, self._document = asker, document

    async def suggest(self, question: Question) -> Suggested:
        """Answer a question."""
        return await self._asker.answered(self.served.suggest((_ALONE, self._document), question))

    async def words_of(self, text: str) -> int:
        """Count the words and marks of a text; of a long one, of its end."""
        end = text[-MOST_COUNTED:]
        return await done(self.served.do(lambda suggester: len(suggester.model.tokenizer.spans(end))))

    def leave(self) -> None:
        """Drop what was read."""
        self.served.leave(_ALONE, self._document)


async def done(future: "Future[Result]") -> Result:
    """Wait for what a model's thread does.

    Raises:
        OvertakenError: It was taken back before it began.
    """
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise OvertakenError from None


def _by_name(name: str) -> str:
    """A model's name: what lies anywhere on the disk is nothing that a program may have opened."""
    try:
        bytes_of_name = os.fsencode(name)
    except UnicodeEncodeError:
        bytes_of_name = b"\0"
    if is_path(name) or b"\0" in bytes_of_name or len(bytes_of_name) > _LONGEST_NAME:
        raise ModelError("Over HTTP, models are known by name, and this is none.", "Look which there are.")
    return name or DEFAULT_MODEL


def read_object(body: bytes) -> dict[str, Any]:
    """Read a body; a UsageError says what makes no sense."""
    try:
        document = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is one too
        raise UsageError("The body is no JSON.", "Send an object.") from error
    if not isinstance(document, dict):
        raise UsageError("The body is no JSON object.", "Send one.")
    return document


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def added(result: str, text: str) -> str | None:
    """What a suggestion adds behind a text; None where it would change what stands there."""
    return result[len(text) :] if result.startswith(text) and result != text else None


def only(document: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a document that are known, and not null: the rest of what programs send means nothing here."""
    return {name: document[name] for name in names if document.get(name) is not None}
