"""Who may ask over HTTP: whoever knows the token of the page, or the one in the plug-ins' file."""

import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from autocomplete.errors import AutocompleteError, UsageError, system_cause, system_cure
from autocomplete.places import models_root

TOKEN_FILE = "http-token"
# Bytes that are drawn; of 32 nobody guesses one.
_BYTES = 32
# A token of a person's own.
_TOKEN = re.compile(r"[!-~]{16,512}")
_MOST_READ = 1024
_OTHERS = 0o077


def new_token() -> str:
    """Draw a token, of characters that may stand in a URL."""
    return secrets.token_urlsafe(_BYTES)


def is_known(token: str, known: Iterable[str]) -> bool:
    """Whether a token is one of those that are known; how long that takes tells nothing of them."""
    given = token.encode("utf-8", "surrogateescape")
    return any([hmac.compare_digest(given, each.encode()) for each in known])  # noqa: C419 - all are compared


def token_path() -> Path:
    """Where the plug-ins' token lies: beside the models."""
    return models_root() / TOKEN_FILE


def plugin_token() -> str:
    """Return the plug-ins' token, drawn once and kept in its file, which nobody else may read.

    Raises:
        UsageError: Others may read it, or it holds none.
        AutocompleteError: It cannot be read or made.
    """
    path = token_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _draw_into(path)
    except FileExistsError:
        pass
    except OSError as error:
        raise AutocompleteError(f"{path}: {system_cause(error)}.", system_cure(error)) from error
    return read_token(path)


def read_token(path: Path) -> str:
    """Read a token from a file of its own.

    Raises:
        UsageError: Others may read the file, or it holds no token.
        AutocompleteError: It cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            text = os.read(descriptor, _MOST_READ).decode("ascii", "replace").strip()
        finally:
            os.close(descriptor)
    except OSError as error:
        raise AutocompleteError(f"{path}: {system_cause(error)}.", system_cure(error)) from error
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & _OTHERS:
        raise UsageError(f"{path}: others may read this token.", f"Draw a new one, and close it ('chmod 600 {path}').")
    if not _TOKEN.fullmatch(text):
        raise UsageError(f"{path}: holds no token.", "Write one of 16 to 512 letters, digits and marks on one line.")
    return text


def _draw_into(path: Path) -> None:
    """Write a new token into a file that is not there yet, whole when it appears."""
    if path.is_symlink() or path.exists():
        raise FileExistsError(path)
    new = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, new_token().encode() + b"\n")
    finally:
        os.close(descriptor)
    try:
        os.link(new, path)  # fails where another process was faster
    finally:
        new.unlink()
