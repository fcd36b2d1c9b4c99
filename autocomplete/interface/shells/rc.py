"""A block of ours in a shell's configuration file, between two marks: written, found, and taken out again.

The file is somebody else's: whatever stands outside the marks stays as it is, byte for byte.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from autocomplete.errors import UsageError

BEGIN = b"# >>> autocomplete >>>"
END = b"# <<< autocomplete <<<"
_BLOCK = re.compile(re.escape(BEGIN) + rb"\n(?:(?!# >>> ).*\n)*?" + re.escape(END) + rb"\n?")


def read_rc(path: Path) -> bytes:
    """Return what a file holds; nothing where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def with_block(text: bytes, lines: Sequence[str], path: Path) -> bytes:
    """Return a file's text with the block in its place, or at its end; `path` is for the error.

    Raises:
        UsageError: A mark stands there without the other.
    """
    block = b"\n".join([BEGIN, *(os.fsencode(line) for line in lines), END]) + b"\n"
    rest = without_block(text, path)
    found = _BLOCK.search(text)
    if found is None:
        return (text if not text or text.endswith(b"\n") else text + b"\n") + block
    return rest[: found.start()] + block + rest[found.start() :]


def without_block(text: bytes, path: Path) -> bytes:
    """Return a file's text without our blocks.

    Raises:
        UsageError: A mark stands there without the other.
    """
    rest = _BLOCK.sub(b"", text)
    for mark in (BEGIN, END):
        if mark in rest:
            cure = f"Remove the lines of autocomplete, and '{mark.decode()}', by hand."
            raise UsageError(f"{path}: holds '{mark.decode()}' without its other mark.", cure)
    return rest


def write_rc(path: Path, text: bytes) -> None:
    """Replace a file at once by a text; what it is linked to is written, and its permissions stay.

    Raises:
        OSError: It cannot be written.
    """
    place = path.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = place.stat().st_mode & 0o7777 if place.exists() else 0o644
    new = place.with_name(f".{place.name}.autocomplete-{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        new.replace(place)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
