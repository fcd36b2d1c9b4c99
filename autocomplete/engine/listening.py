"""The engine's socket, and the lock that makes it the only one there; or the socket that systemd holds for it."""

import contextlib
import fcntl
import os
import re
import socket
import stat
import time

from autocomplete.engine.address import SOCKET_MODE, Address
from autocomplete.errors import AutocompleteError, Cure

# Connections that wait to be accepted: no more clients are kept.
_BACKLOG = 128
# The first descriptor that systemd hands over (sd_listen_fds(3)).
_FIRST_HANDED = 3
# Seconds between two looks whether an engine has ended.
_LOOK_SECONDS = 0.02
# Seconds that an engine of another version may take to end.
_STOP_SECONDS = 1.0


class BusyError(AutocompleteError):
    """An engine serves there already."""

    def __init__(self) -> None:
        super().__init__("An engine serves already.", Cure.STOP_ENGINE)


class Listener:
    """A socket that listens at an address, for as long as this is not closed."""

    def __init__(self, listening: socket.socket, *, address: Address | None = None, lock: int | None = None) -> None:
        self.socket = listening
        self._address, self._lock = address, lock
        self._identity = None if address is None else _identity(address)

    @classmethod
    def open(cls, address: Address, *, seconds: float = 0.0) -> "Listener":
        """Listen at an address, where a socket that nobody serves may lie.

        Args:
            address: Which.
            seconds: How long an engine may take to end that has left its socket already.

        Raises:
            BusyError: An engine serves there.
            OSError: The folder cannot be written.
        """
        lock = os.open(address.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + seconds
        while not _locked(lock):
            if address.socket.exists() or time.monotonic() >= deadline:
                os.close(lock)
                raise BusyError
            time.sleep(_LOOK_SECONDS)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            address.socket.unlink(missing_ok=True)  # its engine was killed: the lock is ours
            listening.bind(str(address.socket))
            address.socket.chmod(SOCKET_MODE)
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            os.close(lock)
            raise
        return cls(listening, address=address, lock=lock)

    @classmethod
    def handed_over(cls) -> "Listener | None":
        """Return what listens at the socket that systemd has opened for this process; None where it has not."""
        if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
            return None
        try:
            if not stat.S_ISSOCK(os.fstat(_FIRST_HANDED).st_mode):
                return None
        except OSError:  # closed
            return None
        os.set_inheritable(_FIRST_HANDED, False)
        return cls(socket.socket(fileno=_FIRST_HANDED))

    def leave(self) -> None:
        """Take the socket from its folder: whoever comes now starts another engine."""
        if self._address is not None and _identity(self._address) == self._identity:
            self._address.socket.unlink(missing_ok=True)

    def close(self) -> None:
        """Listen no more, and let another engine begin."""
        self.leave()
        self.socket.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _locked(descriptor: int) -> bool:
    """Whether a lock is ours from now on."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def stop_older(address: Address) -> None:
    """Tell engines of older versions to end, that serve the same models."""
    for other in address.others():
        if _number(other.version) < _number(address.version):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_STOP_SECONDS)
                connection.connect(str(other.socket))
                connection.sendall(b'{"id":1,"method":"stop"}\n')  # without a schema: theirs may be another
                connection.recv(1)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _identity(address: Address) -> tuple[int, int] | None:
    try:
        status = address.socket.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
