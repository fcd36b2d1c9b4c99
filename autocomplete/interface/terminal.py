"""What reaches a terminal: text of models, corpora and file names, with nothing in it that would act on one.

Every line that a command prints goes through `say`, and every JSON document through `say_json`. The terminal may close
while a command works at it, and so may the pipe that a command writes to.
"""

import contextlib
import json
import os
import re
import signal
import stat
import sys
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, TextIO

from autocomplete.text.unicode import CONTROL

# Bytes of a file name or of the input that are no text, and half characters, as Python stands for both.
_SURROGATES = "\ud800-\udfff"
# What is told to a person fits in so many columns.
COLUMNS = 80
# What a terminal that closes tells its processes; there is none on Windows.
HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)


def escaped(text: str) -> str:
    r"""Return a text in one line in which control characters stand as `\x1b` or `\u202e`, and nothing else is changed.

    Bytes that are no text stand as they are, such as `\xff`.
    """
    return text if text.isprintable() else _acting().sub(_escape, text)


def folded(text: str) -> list[str]:
    """Break a text into lines that fit a terminal of 80 columns, the later ones indented; no word is broken."""
    import textwrap  # no key waits for it

    shown = escaped(text)
    if len(shown) <= COLUMNS:
        return [shown]
    indent = shown[: len(shown) - len(shown.lstrip())] + "  "
    return textwrap.wrap(shown, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def say(*lines: str, on_error: bool = False, exact: bool = False) -> None:
    """Print lines, each `escaped`.

    Args:
        lines: To standard output.
        on_error: To standard error instead; that nobody reads there ends no work.
        exact: As they are where no terminal reads them, but a program that must get a path or a word unchanged.
    """
    stream = sys.stderr if on_error else sys.stdout
    as_they_are = exact and not stream.isatty()
    try:
        for line in lines:
            print(line if as_they_are else escaped(line), file=stream)
    except OSError:
        if not on_error:
            raise
        leave_reader(stream)


def ask(question: str) -> str:
    """Ask at the terminal, beside its results, and return the line that is answered; empty where the input ends."""
    print(escaped(question), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


def say_json(document: object, *, indent: int | None = None) -> None:
    """Print a JSON document, at once: valid UTF-8, whatever bytes came in, and safe on a terminal."""
    print(json_text(document, indent=indent), flush=True)


def say_document(document: Mapping[str, Any], *, indent: int | None = None) -> None:
    """Print a JSON document with the number of its schema, which all commands share."""
    from autocomplete.engine.protocol import SCHEMA

    say_json({"schema": SCHEMA, **document}, indent=indent)


def json_text(document: object, *, indent: int | None = None) -> str:
    r"""Return a JSON document, in which control characters and half characters stand as `\u001b` and the like."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    return text if text.isprintable() else _acting_in_json().sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def fitted(text: str, columns: int) -> str:
    """Return a text `escaped`, filled up or cut to so many columns of a terminal; an ellipsis shows the cut."""
    shown = escaped(text)
    if sum(map(_columns, shown)) <= columns:
        return shown + " " * (columns - sum(map(_columns, shown)))
    room, kept = columns - 1, ""
    for character in shown:
        room -= _columns(character)
        if room < 0:
            break
        kept += character
    return f"{kept}…" + " " * (columns - 1 - sum(map(_columns, kept)))


def _columns(character: str) -> int:
    """Columns of a terminal that a character takes."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def hears_hangup() -> bool:
    """Whether this process is told of it; not where it was started to outlive its terminal (`nohup`)."""
    return HANGUP is not None and signal.getsignal(HANGUP) is not signal.SIG_IGN


def leave_lost_terminal() -> None:
    """Write nowhere from now on instead of to a terminal that has gone: what is still said must not end the work."""
    for stream in (1, 2):
        with contextlib.suppress(OSError):  # closed before
            if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                _write_nowhere(stream)


def leave_reader(stream: TextIO) -> None:
    """Write nowhere from now on instead of to a reader that has gone: what is still held back must not fail at exit."""
    with contextlib.suppress(OSError, ValueError):  # no file of the system's, or closed
        _write_nowhere(stream.fileno())


def _write_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@cache
def _acting() -> re.Pattern[str]:
    return re.compile(f"[{CONTROL}{_SURROGATES}]")


@cache
def _acting_in_json() -> re.Pattern[str]:
    # JSON has escaped what lies within strings up to U+001F: a line break is one of the document's own.
    return re.compile(f"(?!\n)[{CONTROL}{_SURROGATES}]")
