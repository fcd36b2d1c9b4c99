"""Where the engine is reached: a socket in a folder that nobody else may enter. Needs the standard library only.

$XDG_RUNTIME_DIR/autocomplete/        0700; without that variable, autocomplete-UID in the temporary folder
    <models>-<version>.sock           0600; <models> is a hash of the folder in which models lie by name
    <models>-<version>.lock           locked while an engine serves there
    <models>-<version>.starting       locked while one is being started
    <models>-<version>.log            when it began, ended and failed; no text
    <models>.paused                   until when every client is quiet
"""

import os
import socket
import stat
from pathlib import Path
from typing import NamedTuple

from autocomplete.errors import AutocompleteError, system_cause, system_cure
from autocomplete.places import models_root
from autocomplete.version import VERSION

# Bytes of a socket's path on macOS; Linux takes three more.
LONGEST_PATH = 103
_HASH_DIGITS = 12
# What remains of it for the folder, with a name in it.
_LONGEST_FOLDER = LONGEST_PATH - len(f"/{'0' * _HASH_DIGITS}-{VERSION}.sock")
_TEMPORARY = "/tmp"
SOCKET_MODE = 0o600
_FOLDER_MODE = 0o700
_OTHERS = 0o077


class NoPlaceError(AutocompleteError):
    """There is no place on this machine in which an engine could be reached safely."""


class Address(NamedTuple):
    """The files of one engine.

    Attributes:
        folder: In which they lie.
        models: A hash of the folder in which the models lie by name.
        version: Of the program.
    """

    folder: Path
    models: str
    version: str = VERSION

    @property
    def socket(self) -> Path:
        """What clients connect to."""
        return self._file("sock")

    @property
    def lock(self) -> Path:
        """Locked by the engine while it serves."""
        return self._file("lock")

    @property
    def starting(self) -> Path:
        """Locked by the client that starts an engine."""
        return self._file("starting")

    @property
    def log(self) -> Path:
        """What the engine tells of itself."""
        return self._file("log")

    @property
    def paused(self) -> Path:
        """Until when every client is quiet, whatever the engine's version."""
        return self.folder / f"{self.models}.paused"

    def others(self) -> "list[Address]":
        """The addresses of other versions for the same models, of which there is a socket."""
        names = [path.stem for path in self.folder.glob(f"{self.models}-*.sock")]
        versions = [name.partition("-")[2] for name in names]
        return [Address(self.folder, self.models, version) for version in versions if version != self.version]

    def _file(self, ending: str) -> Path:
        return self.folder / f"{self.models}-{self.version}.{ending}"


def any_engine() -> bool:
    """Whether an engine may run for some models, known in less time than for whose: mostly there is none."""
    if not _has_sockets():
        return False
    try:
        return any(name.endswith(".sock") for name in os.listdir(_folder()))  # noqa: PTH208 - in less time
    except OSError:
        return False


def engine_address(*, make: bool = False) -> Address:
    """Return where the engine for this person's models is reached.

    Args:
        make: Make the folder where it is not there.

    Raises:
        NoPlaceError: There is no such place, or others could enter it.
    """
    if not _has_sockets():
        raise NoPlaceError("This system has no Unix sockets.", "Everything works without the engine, only slower.")
    import hashlib

    root = os.path.abspath(models_root())  # noqa: PTH100 - links stay
    models = hashlib.sha256(os.fsencode(root)).hexdigest()[:_HASH_DIGITS]
    found = Address(_folder(), models)
    _require_private(found.folder, make=make)
    return found


def _has_sockets() -> bool:
    """Whether the system has Unix sockets, users and locks: Windows has not."""
    try:
        import fcntl  # noqa: F401 - that it is there is what matters
    except ImportError:
        return False
    return hasattr(socket, "AF_UNIX") and hasattr(os, "geteuid")


def _folder() -> Path:
    """The folder for this person's engines, of whatever models; it may not be there."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and _is_own(runtime):  # noqa: PTH117 - no path yet
        folder = Path(runtime) / "autocomplete"
    else:
        # As `tempfile` has it, which takes longer to load than an answer takes.
        temporary = os.environ.get("TMPDIR", "")
        folder = _shared_folder(temporary if os.path.isdir(temporary) else _TEMPORARY)  # noqa: PTH112
    return folder if len(os.fsencode(folder)) <= _LONGEST_FOLDER else _shared_folder(_TEMPORARY)


def _shared_folder(parent: str) -> Path:
    return Path(parent) / f"autocomplete-{os.geteuid()}"


def _is_own(folder: str) -> bool:
    try:
        return os.stat(folder).st_uid == os.geteuid()  # noqa: PTH116 - no path yet
    except OSError:
        return False


def _require_private(folder: Path, *, make: bool) -> None:
    try:
        if make:
            folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        status = folder.lstat()
    except FileExistsError as error:
        raise NoPlaceError(f"{folder}: is no folder.", "Remove it.") from error
    except OSError as error:
        raise NoPlaceError(f"{folder}: {system_cause(error)}.", system_cure(error)) from error
    if not stat.S_ISDIR(status.st_mode):
        raise NoPlaceError(f"{folder}: is a link, or no folder.", "Remove it.")
    if status.st_uid != os.geteuid():
        raise NoPlaceError(f"{folder}: belongs to somebody else.", "Have it removed, or set XDG_RUNTIME_DIR.")
    if stat.S_IMODE(status.st_mode) & _OTHERS:
        raise NoPlaceError(f"{folder}: others may enter it.", f"Remove it, or close it ('chmod 700 {folder}').")
