"""The models that the engine keeps open, each with a thread of its own and a session for each document on it.

The least recently used are closed where all together take too much memory. A model is read again once training has
published another in its place, and what is wrong with one is told to whoever asks it.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from autocomplete.bundle import CHARACTERS, MANIFEST
from autocomplete.engine.asking import suggested
from autocomplete.engine.messages import Suggested
from autocomplete.engine.protocol import Question
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.places import is_path, model_path

if TYPE_CHECKING:  # NumPy, which the first question waits for, and not the start of the engine
    from autocomplete.predict.session import Session
    from autocomplete.predict.suggester import Suggester

Result = TypeVar("Result")

Stamp = tuple[tuple[int, ...], ...]

# Whose text it is: a client's number, and its name for the document.
Writer = tuple[int, str]

# Sessions kept on one model: each remembers what it read, so that a key more costs little; of a long text, in 5 MB.
MOST_SESSIONS = 32
# Models kept, those that cannot be read included: a name costs nothing, but a thread does.
MOST_MODELS = 16


class _Open(NamedTuple):
    """A model that was read, its files, and their stamp before."""

    suggester: "Suggester"
    files: tuple[Path, ...]
    stamp: Stamp


class ServedModel:
    """A model in its thread; any other may call its methods, and gets futures.

    Args:
        name: As it was asked for first.
        folder: Where it lies, or does not.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._open: _Open | None = None
        self._failed: tuple[Stamp, AutocompleteError] | None = None
        self._sessions: OrderedDict[Writer, Session] = OrderedDict()

    @property
    def is_open(self) -> bool:
        """Whether it has been read."""
        return self._open is not None

    @property
    def sessions(self) -> int:
        """How many documents are written with it."""
        return len(self._sessions)

    @property
    def bytes(self) -> int:
        """Of its files as they are now: what it takes in memory is about as much."""
        return sum(size for _, size, _ in filter(None, _stamp(_files(self.folder))))

    def suggest(self, writer: Writer, question: Question) -> "Future[Suggested]":
        """Answer a question in a document; a ModelError says what is wrong with the model."""
        return self._thread.submit(self._suggest, writer, question)

    def do(self, work: "Callable[[Suggester], Result]") -> "Future[Result]":
        """Have something else done with the model, in the order it was asked for."""
        return self._thread.submit(lambda: work(self._current().suggester))

    def learn(self, writer: Writer, line: str) -> "Future[bool]":
        """Learn a finished line; whether it was kept (`Session.learn`)."""
        return self._thread.submit(lambda: self._session(writer).learn(line))

    def forget(self, words: Sequence[str]) -> "Future[None]":
        """Never suggest words again, and delete what was learned of them (`Suggester.forget`)."""
        return self.do(lambda suggester: suggester.forget(words))

    def leave(self, client: int, document: str | None = None) -> None:
        """Drop a client's sessions, or that of one document."""
        self._thread.submit(self._drop, client, document)

    def close(self) -> None:
        """Close it once it has done what it was asked."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    def wait(self) -> None:
        """Wait until it is closed."""
        self._thread.shutdown(wait=True)

    def _suggest(self, writer: Writer, question: Question) -> Suggested:
        session = self._session(writer)
        began = time.perf_counter()
        found = tuple(suggested(question, session))
        milliseconds = 1000 * (time.perf_counter() - began)
        suggester = self._current().suggester
        return Suggested(found, milliseconds, suggester.threshold, tuple(suggester.faults))

    def _session(self, writer: Writer) -> "Session":
        suggester = self._current().suggester
        session = self._sessions.get(writer)
        if session is None:
            session = self._sessions[writer] = suggester.session()
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(writer)
        return session

    def _current(self) -> _Open:
        """The model as it lies in its folder now: read anew where a file is another, or was written over."""
        if self._open is not None and _stamp(self._open.files) == self._open.stamp:
            return self._open
        files = tuple(_files(self.folder))
        stamp = _stamp(files)
        if self._failed is not None and self._failed[0] == stamp:
            error = self._failed[1]
            raise type(error)(error.cause, error.cure)  # not the same again, which would remember every question
        self._close()
        from autocomplete.predict.suggester import Suggester

        try:
            self._open = _Open(Suggester.open(self.name), files, stamp)
        except AutocompleteError as error:
            self._failed = (stamp, error)
            raise
        return self._open

    def _drop(self, client: int, document: str | None) -> None:
        for writer in [writer for writer in self._sessions if writer[0] == client]:
            if document is None or writer[1] == document:
                del self._sessions[writer]

    def _close(self) -> None:
        self._sessions.clear()
        if self._open is not None and self._open.suggester.personal is not None:
            self._open.suggester.personal.close()
        self._open = self._failed = None


class ModelPool:
    """The models that are open, most recently used last; one thread may use it.

    Args:
        most_bytes: What all together may take; one is kept even where it alone takes more.
        serve: Makes what serves a model of a name and a folder.
    """

    def __init__(self, *, most_bytes: float, serve: Callable[[str, Path], ServedModel] = ServedModel) -> None:
        self._most_bytes = most_bytes
        self._serve = serve
        self._models: OrderedDict[Path, ServedModel] = OrderedDict()
        self._closing: list[ServedModel] = []

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def get(self, name: str) -> ServedModel:
        """Return what serves a model, by name or by its folder's path from the root.

        Raises:
            UsageError: It is a path that begins in some other folder, or no name.
        """
        if is_path(name) and not Path(name).expanduser().is_absolute():
            raise UsageError(f"'{name}' begins in a folder that the engine does not know.", "Give the whole path.")
        folder = model_path(name)
        served = self._models.get(folder)
        if served is None:
            served = self._models[folder] = self._serve(name, folder)
            self._make_room()
        self._models.move_to_end(folder)
        return served

    def leave(self, client: int, document: str | None = None) -> None:
        """Drop a client's sessions, or those of one document."""
        for served in self._models.values():
            served.leave(client, document)

    def close(self) -> None:
        """Close all, and wait until they have done what they were asked."""
        for served in self._models.values():
            self._close(served)
        self._models.clear()
        for served in self._closing:
            served.wait()

    def _make_room(self) -> None:
        """Close the least recently used until the rest, of which the newest is one, take no more than they may."""
        sizes = {folder: served.bytes for folder, served in self._models.items()}
        for folder in list(sizes)[:-1]:
            if sum(sizes.values()) <= self._most_bytes and len(sizes) <= MOST_MODELS:
                break
            del sizes[folder]
            self._close(self._models.pop(folder))

    def _close(self, served: ServedModel) -> None:
        served.close()
        self._closing = [other for other in self._closing if other.is_open] + [served]


def _files(folder: Path) -> Iterator[Path]:
    """What a model is read from: its manifest, which may not be there, its content, and those of characters."""
    for place in (folder, folder / CHARACTERS):
        yield place / MANIFEST
        for pattern in ("vocabulary-*.json", "weights-*.safetensors", "ngrams-*.sqlite"):
            yield from sorted(place.glob(pattern))


def _stamp(files: Iterable[Path]) -> Stamp:
    """What changes whenever one of some files does."""
    return tuple(map(_file_stamp, files))


def _file_stamp(file: Path) -> tuple[int, ...]:
    try:
        status = os.lstat(file)
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
