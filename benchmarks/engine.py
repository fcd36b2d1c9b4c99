"""What asking the resident engine costs, beside a bare echo server on the same kind of socket.

    python -m benchmarks.engine                             30, 2,000 and 10,000 words, 1 and 8 clients; a minute
    python -m benchmarks.engine --size tiny --keys 30 --before 30 --clients 1       some seconds
    python -m benchmarks.engine --questions 100000          and whether memory grows: four minutes more

A text is made up and typed letter by letter behind its beginning, by clients that ask the next question as soon as the
last is answered: five suggestions of one word. Some send the whole text with each key, as a shell does with its line;
others what changed, as an editor does; and others the whole text of a document over HTTP, as the page does.

echo ms        a line of the same length there and back, by a server that does nothing: median, p95, p99.
trip ms        a question to its answer, by the clock.
answer ms      of it the model's own time, which the engine tells.
besides ms     the rest: the socket, JSON, two threads; with several clients waiting for each other too.

Said beside the table: the processor time of the engine and the time until the first answer, from no engine at all; its
processor time while nobody asks, in two seconds; its memory before and after many questions.
"""

import argparse
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]

from autocomplete.engine.address import engine_address
from autocomplete.engine.client import find_engine
from autocomplete.engine.protocol import Question
from autocomplete.network.recipes import RECIPES
from benchmarks.keystroke import MEGABYTE, write_model, write_texts
from benchmarks.report import Column, Row, number, show

_CHARACTERS_PER_WORD = 9
# Keys of each client before those that are measured: what is made at the first of their kind is there then.
_WARM_UP = 20
# Questions before anything is measured: a model remembers what words look like.
_WARM_MODEL = 300
# What a person writes on a line of a shell, and with one connection.
_LONGEST_LINE, _KEYS_OF_A_CLIENT = 80, 2_000
_IDLE_SECONDS = 2.0

COLUMNS = (
    Column("sent", "sent"),
    Column("before", "words before", ","),
    Column("clients", "clients"),
    *(
        Column(f"{name}_{which}", f"{name} {which} ms", ".2f")
        for name in ("echo", "trip", "answer", "besides")
        for which in ("median", "p95", "p99")
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="engine-", dir="/tmp") as scratch:
        home, text = Path(scratch) / "home", Path(scratch) / "typed.txt"
        home.mkdir()
        characters = _CHARACTERS_PER_WORD * max(options.before) + 10 * (options.keys + _WARM_UP) + 1000
        train = write_texts(home, text, size_bytes=MEGABYTE, characters=characters)
        write_model(home / "default", train, RECIPES[options.size].network, vocabulary_size=options.vocabulary)
        os.environ |= {"AUTOCOMPLETE_HOME": str(home), "XDG_RUNTIME_DIR": scratch, "OPENBLAS_NUM_THREADS": "1"}
        start = _started()
        process = psutil.Process(start["pid"])
        with _echo_server(Path(scratch) / "echo.sock") as echo:
            typed = text.read_text(encoding="utf-8")
            _ask_many(typed, _WARM_MODEL)
            rows = [
                measured(typed, echo, before=before, clients=clients, keys=options.keys, sent=sent)
                for sent in ("text", "edits", "http")
                for before in sorted(options.before)
                for clients in options.clients
            ]
        first = round(process.memory_info().rss / 1e6, 1)
        megabytes = {"0": first} | {
            f"{share * options.questions // 4:,}": _after(typed, options.questions // 4, process)
            for share in range(1, 5 if options.questions else 1)
        }
        beside = {**start, "idle_cpu_seconds": _idle(process), "megabytes_after_questions": megabytes}
        _stop(process)
    print("\n".join(f"{name}: {value}" for name, value in beside.items()))
    show("engine", rows, COLUMNS, settings={**vars(options), **beside})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--before", type=number(1), nargs="+", default=[30, 2_000, 10_000], help="words before the cursor"
    )
    parser.add_argument("--clients", type=number(1), nargs="+", default=[1, 8], help="that type at once (1 8)")
    parser.add_argument("--size", choices=("tiny", "small", "medium", "large"), default="small", help="its recipe")
    parser.add_argument("--vocabulary", type=number(100), default=10_000, help="words the model knows (10000)")
    parser.add_argument("--keys", type=number(1), default=200, help="keys measured, of each client (200)")
    parser.add_argument("--questions", type=number(0), default=0, help="more, to see whether memory grows (0)")
    return parser


def _started() -> dict[str, Any]:
    """Start an engine, ask it once, and say how long that took."""
    began = time.perf_counter()
    client = find_engine(start=True)
    assert client is not None
    ready = time.perf_counter()
    with client:
        client.suggest(Question("a"), "default")
        answered = time.perf_counter()
        used = psutil.Process(client.hello["pid"]).cpu_times()
    return {
        "pid": client.hello["pid"],
        "ready_milliseconds": round(1000 * (ready - began)),
        "first_answer_milliseconds": round(1000 * (answered - began)),
        "first_answer_cpu_milliseconds": round(1000 * (used.user + used.system)),
    }


def _stop(process: psutil.Process) -> None:
    client = find_engine()
    assert client is not None
    with client:
        client.stop()
    process.wait()


def _idle(process: psutil.Process) -> float:
    """Processor seconds that nobody's questions cost."""
    before = process.cpu_times()
    time.sleep(_IDLE_SECONDS)
    after = process.cpu_times()
    return float(round(after.user + after.system - before.user - before.system, 3))


def _after(typed: str, questions: int, process: psutil.Process) -> float:
    """Megabytes that the engine takes after more questions."""
    _ask_many(typed, questions)
    return float(round(process.memory_info().rss / 1e6, 1))


class Line:
    """A connection on which a line is answered by a line."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def trip(self, line: bytes) -> tuple[float, bytes]:
        """Send a line; the milliseconds until its answer, and that."""
        began = time.perf_counter()
        self._socket.sendall(line)
        answer = self._lines.readline()
        return 1000 * (time.perf_counter() - began), answer

    def close(self) -> None:
        """End it."""
        self._lines.close()
        self._socket.close()


class HttpLine(Line):
    """A connection on which such a line goes as a request over HTTP; each client has a document of its own."""

    def __init__(self, url: str, number: int) -> None:
        address, _, token = url.removeprefix("http://").partition("/#token=")
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._socket.makefile("rb")
        self._document = b'"document":"typed-%d"' % number
        self._head = (
            f"POST /suggest HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def trip(self, line: bytes) -> tuple[float, bytes]:
        """Send a line as a request; the milliseconds until its answer, and that."""
        began = time.perf_counter()
        body = line.replace(b'"document":"typed"', self._document)
        self._socket.sendall(self._head + b"%d\r\n\r\n" % len(body) + body)
        length = 0
        while (header := self._lines.readline()) not in (b"\r\n", b""):
            if header.startswith(b"content-length:"):
                length = int(header.partition(b":")[2])
        answer = self._lines.read(length)
        return 1000 * (time.perf_counter() - began), answer


def measured(typed: str, echo: Path, *, before: int, clients: int, keys: int, sent: str) -> Row:
    """Type a text with some clients at once, and beside that send the same lines to the echo server."""
    lines = list(_questions(typed, before, keys + _WARM_UP, sent=sent))
    trips, answers, echoes = [], [], []

    def to_echo(_: int) -> Line:
        return Line(echo)

    for opened, is_engine in ((to_echo, False), (_opening(sent), True)):
        for found in _at_once(clients, lambda number, opened=opened: _typed(opened(number), lines)):  # type: ignore[misc]
            of_keys = found[-keys:]
            if is_engine:
                trips += [milliseconds for milliseconds, _ in of_keys]
                answers += [json.loads(answer)["ms"] for _, answer in of_keys]
            else:
                echoes += [milliseconds for milliseconds, _ in of_keys]
    besides = [trip - answer for trip, answer in zip(trips, answers, strict=True)]
    times = {"echo": echoes, "trip": trips, "answer": answers, "besides": besides}
    row: dict[str, Any] = {"sent": sent, "before": before, "clients": clients}
    for name, values in times.items():
        for which, share in (("median", 50), ("p95", 95), ("p99", 99)):
            row[f"{name}_{which}"] = round(float(np.percentile(values, share)), 3)
    return row


def _opening(sent: str) -> Callable[[int], Line]:
    """What opens the connection of each client, by its number."""
    if sent != "http":
        return lambda _: Line(engine_address().socket)
    client = find_engine()
    assert client is not None
    with client:
        url = str(client.request("http")["url"])
    return lambda number: HttpLine(url, number)


def _questions(typed: str, before: int, keys: int, *, sent: str) -> Iterator[bytes]:
    """The lines by which a text is typed behind its first words."""
    start = next(match.start() for place, match in enumerate(re.finditer(r"\S+", typed)) if place == before)
    for key in range(keys):
        what: dict[str, Any] = {"text": typed[: start + key]}
        if sent == "edits" and key:
            what = {"edits": [[start + key - 1, start + key - 1, typed[start + key - 1]]]}
        document = {} if sent == "text" else {"document": "typed"}
        head = {} if sent == "http" else {"id": key, "method": "suggest"}
        message = {**head, **document, **what}
        yield json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _typed(talk: Line, lines: Sequence[bytes]) -> list[tuple[float, bytes]]:
    found = [talk.trip(line) for line in lines]
    talk.close()
    return found


def _at_once(clients: int, work: Callable[[int], list[tuple[float, bytes]]]) -> list[list[tuple[float, bytes]]]:
    together = threading.Barrier(clients)

    def begin(number: int) -> list[tuple[float, bytes]]:
        together.wait()
        return work(number)

    with ThreadPoolExecutor(clients) as threads:
        return list(threads.map(begin, range(clients)))


def _ask_many(typed: str, questions: int) -> None:
    """Type sentence after sentence, letter by letter, by a new connection now and then."""
    keys = (sentence[:stop] for sentence in _sentences(typed) for stop in range(len(sentence)))
    asked = 0
    while asked < questions:
        talk = Line(engine_address().socket)
        for text in itertools.islice(keys, min(_KEYS_OF_A_CLIENT, questions - asked)):
            talk.trip(json.dumps({"id": asked, "method": "suggest", "text": text}).encode() + b"\n")
            asked += 1
        talk.close()


def _sentences(typed: str) -> Iterator[str]:
    """The sentences of a text, again and again."""
    return itertools.cycle(sentence.strip()[:_LONGEST_LINE] for sentence in re.split(r"[.\n]+", typed))


@contextmanager
def _echo_server(path: Path) -> Iterator[Path]:
    """Within this, an echo server of the same library listens, in a process of its own."""
    program = Path(__file__).with_name("echo_once.py")
    with subprocess.Popen([sys.executable, str(program), str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield path
        process.kill()


if __name__ == "__main__":
    sys.exit(main())
