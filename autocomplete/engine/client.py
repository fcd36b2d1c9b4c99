"""A client of the resident engine: asks over its socket, starts it, and does without it. Standard library only."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from autocomplete.engine.address import Address, NoPlaceError, any_engine, engine_address
from autocomplete.engine.protocol import MOST_LINE, SCHEMA, Document, Question
from autocomplete.errors import AutocompleteError, ModelError, UsageError, system_cause, system_cure
from autocomplete.places import is_path
from autocomplete.version import VERSION

# Seconds that an engine may take to say who it is; one that is stopped or hangs is not waited for.
_HELLO_SECONDS = 1.0
# That it may take to answer: it may have to read the model first.
_ANSWER_SECONDS = 20.0
# That it may take to start.
START_SECONDS = 10.0
# Between two looks for one that another client starts.
_LOOK_SECONDS = 0.02


class LostError(AutocompleteError):
    """The engine is not there, or does not answer as engines do."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The engine cannot be asked: {why}.", "Do without it, or start it anew.")


class RefusedError(AutocompleteError):
    """The engine answered that it does not do what it was asked.

    Attributes:
        code: Why, in a word: `usage`, `model`, `paused`, `cancelled`, `large` or `failed`.
    """

    def __init__(self, code: str, cause: str, cure: str = "") -> None:
        super().__init__(cause, cure)
        self.code = code


# What a refusal's word means here.
_ERRORS: Mapping[str, type[AutocompleteError]] = {"usage": UsageError, "model": ModelError}


class Found(NamedTuple):
    """What the engine found for a question.

    Attributes:
        document: The suggestions.
        faults: What they had to do without, such as what was learned, and why.
    """

    document: Document
    faults: list[AutocompleteError]


class Client:
    """A connection to the engine, for one thread at a time.

    Every method raises a `LostError` where the engine does not answer, after which the client is of no use; and what
    the engine says of a request that makes no sense: a `UsageError`, a `ModelError` or a `RefusedError`.

    Args:
        connection: A connected socket.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines = connection.makefile("rb")
        self._last = 0
        connection.settimeout(_HELLO_SECONDS)
        self.hello = self.request("hello", version=VERSION)
        connection.settimeout(_ANSWER_SECONDS)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation."""
        with contextlib.suppress(OSError):
            self._lines.close()
            self._socket.close()

    def request(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a message and return its answer; docs/protocol.md has all of them."""
        self._last += 1
        message = {"schema": SCHEMA, "id": self._last, "method": method, **values}
        written = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        if len(written) > MOST_LINE:
            raise RefusedError("large", f"A message of {len(written)} bytes is too long.", "Send less text.")
        try:
            self._socket.sendall(written)
            line = self._lines.readline()
            answer = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError) as error:
            raise LostError(str(error) or type(error).__name__) from error
        if not isinstance(answer, dict) or answer.get("id") != self._last or answer.get("schema") != SCHEMA:
            raise LostError("it went away" if not line else "its answer is none to what was asked")
        if "error" in answer:
            raise refusal_of(answer["error"])
        return answer

    def suggest(self, question: Question, model: str) -> Found:
        """Ask what a model suggests; what comes back is as it would be found in this process."""
        return found_in(self.request("suggest", model=whole_name(model), **question.to_json()), question, model)

    def learn(self, line: str, model: str) -> bool:
        """Have a finished line learned; whether it was kept."""
        return bool(self.request("learn", model=whole_name(model), line=line).get("kept"))

    def forget(self, words: list[str], model: str) -> None:
        """Never have some words suggested again, and what was learned of them deleted."""
        self.request("forget", model=whole_name(model), words=words)

    def pause(self, seconds: float | None = None) -> None:
        """Keep every client quiet for a while: 0 ends that, None is for as long as nobody ends it."""
        self.request("pause", seconds=seconds)

    def status(self) -> dict[str, Any]:
        """What the engine tells of itself: docs/protocol.md has what."""
        answer = self.request("status")
        return {name: value for name, value in answer.items() if name not in ("schema", "id")}

    def stop(self) -> None:
        """Have the engine end, and wait until another could begin there; it still finishes what it was doing."""
        self.request("stop")
        with contextlib.suppress(OSError):
            self._lines.readline()


def found_in(answer: Mapping[str, Any], question: Question, model: str) -> Found:
    """Read an answer to a question.

    Raises:
        LostError: It lacks something.
    """
    try:
        return Found(_document(answer, question, model), _faults(answer))
    except (KeyError, TypeError) as error:
        raise LostError(f"its answer lacks {error}") from error


def refusal_of(error: Mapping[str, str]) -> AutocompleteError:
    """Return what the engine refused as the error that it is: a `UsageError`, a `ModelError` or a `RefusedError`."""
    code, cause, cure = (str(error.get(part, "")) for part in ("code", "cause", "cure"))
    kind = _ERRORS.get(code)
    return RefusedError(code, cause, cure) if kind is None else kind(cause, cure)


def whole_name(model: str) -> str:
    """Return a model's name as it is, and its path from the root: the engine works in another folder."""
    return os.path.abspath(Path(model).expanduser()) if is_path(model) else model  # noqa: PTH100 - links stay


def find_engine(*, start: bool = False, seconds: float = START_SECONDS) -> Client | None:
    """Return a client of the engine for this person's models; None where there is none.

    Args:
        start: Start one where there is none, or only one of an older version.
        seconds: How long that may take.

    Raises:
        NoPlaceError: Only with `start`: there is no place in which it could be reached safely.
    """
    if not start and not any_engine():
        return None
    try:
        address = engine_address(make=start)
    except AutocompleteError:
        if start:
            raise
        return None
    client = connected(address)
    if client is not None or not start:
        return client
    try:
        return _started(address, time.monotonic() + seconds)
    except OSError as error:  # a folder that cannot be written
        raise NoPlaceError(f"{address.folder}: {system_cause(error)}.", system_cure(error)) from error


def _started(address: Address, deadline: float) -> Client | None:
    """Return a client of the engine that this one, or another at the same time, starts; None where none starts."""
    while time.monotonic() < deadline:
        with _only_one(address.starting) as chosen:
            client = connected(address)  # another client may have started one meanwhile
            if client is None and chosen and not start_engine(deadline - time.monotonic()):
                return None
            client = client or connected(address)
        if client is not None:
            return client
        time.sleep(_LOOK_SECONDS)
    return None


def connected(address: Address) -> Client | None:
    """Return a client of the engine at an address; None where there is none that answers."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_HELLO_SECONDS)
    try:
        connection.connect(str(address.socket))
        return Client(connection)
    except (OSError, AutocompleteError):
        connection.close()
        return None


def start_engine(seconds: float = START_SECONDS) -> bool:
    """Start an engine that outlives this process, and wait until it serves; whether it does."""
    import subprocess
    import sys

    # Without `-P`, a file called json.py in whatever folder a person is in would be run.
    command = [sys.executable, "-P", "-m", "autocomplete", "serve", "--background"]
    nowhere = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        done = subprocess.run(command, **nowhere, env=_environment(), timeout=max(seconds, 0.0), check=False)  # type: ignore[call-overload]
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(done.returncode == 0)


def _environment() -> dict[str, str]:
    """That of this process, in which the engine finds this very program: one that is not installed lies elsewhere."""
    home = Path(__file__).parents[2]
    if home.name in ("site-packages", "dist-packages"):
        return dict(os.environ)
    paths = [str(home), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[bool]:
    """Give whether nobody else holds a lock, which is then held within."""
    import fcntl

    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(lock, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _document(answer: Mapping[str, Any], question: Question, model: str) -> Document:
    """The answer with what was not sent back: the text, and each suggestion's result."""
    found = []
    for item in answer["suggestions"]:
        kept = question.text[: len(question.text) - item["replace"]]
        found.append({**item, "result": kept + item["insert"]})
    return Document.from_json(
        {**answer, "input": question.text, "mode": question.mode, "model": model, "suggestions": found}
    )


def _faults(answer: Mapping[str, Any]) -> list[AutocompleteError]:
    return [AutocompleteError(each["cause"], each["cure"]) for each in answer.get("warnings", ())]
