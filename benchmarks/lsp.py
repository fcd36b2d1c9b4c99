"""What completing in an editor costs, beside a server of the same library that answers the same to all.

    python -m benchmarks.lsp                             30, 2,000 and 10,000 words before the cursor; a minute
    python -m benchmarks.lsp --size tiny --keys 30 --before 30                            some seconds

A text is opened in an editor and typed on behind its beginning, letter by letter: what changed is told and a list asked
for, as an editor does, and for text at the cursor the same once more.

bare ms        from a letter to an answer of the bare server: median, p95, p99. It follows the text as pygls does.
list ms        the same of a list of three.
inline ms      the same of text at the cursor, up to three words.
cpu ms         processor time of the language server for a letter and both answers; the engine's is in `engine`.

Said beside the table: the time and the processor time from the start of a server to its first answer, with an engine
that runs already.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]

from autocomplete.engine.client import find_engine
from autocomplete.engine.protocol import Question
from autocomplete.network.recipes import RECIPES
from benchmarks.keystroke import MEGABYTE, write_model, write_texts
from benchmarks.report import Column, Row, number, show

_CHARACTERS_PER_WORD = 9
# Keys before those that are measured.
_WARM_UP = 20
_URI = "untitled:typed"
_OURS = (sys.executable, "-m", "autocomplete", "lsp")
_BARE = (sys.executable, str(Path(__file__).with_name("lsp_once.py")))
_CURSOR = {"context": {"triggerKind": 1}, "textDocument": {"uri": _URI}}

COLUMNS = (
    Column("before", "words before", ","),
    *(
        Column(f"{name}_{which}", f"{name} {which} ms", ".2f")
        for name in ("bare", "list", "inline")
        for which in ("median", "p95", "p99")
    ),
    Column("cpu", "cpu ms", ".2f"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lsp-", dir="/tmp") as scratch:
        home, text = Path(scratch) / "home", Path(scratch) / "typed.txt"
        home.mkdir()
        characters = _CHARACTERS_PER_WORD * max(options.before) + 10 * (options.keys + _WARM_UP) + 1000
        train = write_texts(home, text, size_bytes=MEGABYTE, characters=characters)
        write_model(home / "default", train, RECIPES[options.size].network, vocabulary_size=options.vocabulary)
        os.environ |= {"AUTOCOMPLETE_HOME": str(home), "XDG_RUNTIME_DIR": scratch, "OPENBLAS_NUM_THREADS": "1"}
        engine = find_engine(start=True)
        assert engine is not None
        typed = text.read_text(encoding="utf-8")
        with engine:
            engine.suggest(Question("a"), "default")  # the model is read
            start = _started(typed)
            rows = [measured(typed, before=before, keys=options.keys) for before in sorted(options.before)]
            engine.stop()
    print("\n".join(f"{name}: {value}" for name, value in start.items()))
    show("lsp", rows, COLUMNS, settings={**vars(options), **start})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lsp", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--before", type=number(1), nargs="+", default=[30, 2_000, 10_000], help="words before the cursor"
    )
    parser.add_argument("--size", choices=("tiny", "small", "medium", "large"), default="small", help="its recipe")
    parser.add_argument("--vocabulary", type=number(100), default=10_000, help="words the model knows (10000)")
    parser.add_argument("--keys", type=number(1), default=200, help="keys measured (200)")
    return parser


class Editor:
    """A language server, and one document that is written in."""

    def __init__(self, command: Sequence[str], text: str) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._last = 0
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self._send({"method": "initialized", "params": {}})
        document = {"uri": _URI, "languageId": "text", "version": 0, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        self._place = {"line": text.count("\n"), "character": len(text.rpartition("\n")[2])}

    def type(self, letter: str) -> None:
        """Tell of a letter at the end of the document."""
        change = {"range": {"start": self._place, "end": self._place}, "text": letter}
        document = {"uri": _URI, "version": self._last}
        self._send(
            {"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": [change]}}
        )
        after = {"line": self._place["line"] + 1, "character": 0}
        self._place = after if letter == "\n" else {**self._place, "character": self._place["character"] + 1}

    def ask(self, method: str) -> None:
        """Ask at the end of the document, and wait for the answer."""
        self.request(f"textDocument/{method}", {**_CURSOR, "position": self._place})

    def request(self, method: str, params: Any) -> None:
        """Send a request and read until it is answered."""
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while True:
            length = 0
            while (header := self._from.readline().strip()) != b"":
                name, _, value = header.partition(b":")
                length = int(value) if name == b"Content-Length" else length
            if json.loads(self._from.read(length)).get("id") == self._last:
                return

    def cpu_milliseconds(self) -> float:
        """Processor time of the server since it began."""
        used = psutil.Process(self._process.pid).cpu_times()
        return float(1000 * (used.user + used.system))

    def leave(self) -> None:
        """End the server."""
        self.request("shutdown", None)
        self._send({"method": "exit"})
        self._process.communicate()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._to.flush()


@contextlib.contextmanager
def _editor(command: Sequence[str], text: str) -> Iterator[Editor]:
    editor = Editor(command, text)
    yield editor
    editor.leave()


def _started(typed: str) -> dict[str, Any]:
    """Start a server, ask it once, and say how long that took."""
    began = time.perf_counter()
    with _editor(_OURS, typed[:20]) as editor:
        editor.ask("completion")
        return {
            "first_answer_milliseconds": round(1000 * (time.perf_counter() - began)),
            "first_answer_cpu_milliseconds": round(editor.cpu_milliseconds()),
        }


def measured(typed: str, *, before: int, keys: int) -> Row:
    """Type a text on behind its first words, with each of the two servers."""
    start = next(match.start() for place, match in enumerate(re.finditer(r"\S+", typed)) if place == before)
    opened, letters = typed[:start], typed[start : start + keys + _WARM_UP]
    (bare,), _ = _times(_BARE, opened, letters, ["completion"])
    (listed, inline), cpu = _times(_OURS, opened, letters, ["completion", "inlineCompletion"])
    row: dict[str, Any] = {"before": before, "cpu": round(cpu, 3)}
    for name, values in {"bare": bare, "list": listed, "inline": inline}.items():
        for which, share in (("median", 50), ("p95", 95), ("p99", 99)):
            row[f"{name}_{which}"] = round(float(np.percentile(values, share)), 3)
    return row


def _times(
    command: Sequence[str], opened: str, letters: str, methods: Sequence[str]
) -> tuple[list[list[float]], float]:
    """The milliseconds until each answer for each letter, and the server's processor time for a letter."""
    times: list[list[float]] = [[] for _ in methods]
    used = 0.0
    with _editor(command, opened) as editor:
        for place, letter in enumerate(letters):
            if place == _WARM_UP:
                used = editor.cpu_milliseconds()
            began = time.perf_counter()
            editor.type(letter)
            for method, milliseconds in zip(methods, times, strict=True):
                editor.ask(method)
                milliseconds.append(1000 * (time.perf_counter() - began))
                began = time.perf_counter()
        cpu = (editor.cpu_milliseconds() - used) / (len(letters) - _WARM_UP)
    return [milliseconds[_WARM_UP:] for milliseconds in times], cpu


if __name__ == "__main__":
    sys.exit(main())
