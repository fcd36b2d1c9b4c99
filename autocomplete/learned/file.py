"""The personal database as a file: made at the first write, readable by its owner alone, whole at any moment.

    forms           a word whatever its case; the end of a line is one, and stands for the start of the next
    words           how each was written, and how often
    contexts        the words before: each is its last word behind a context one word longer, read from right to left
    continuations   how often a word followed a context
    trials          what the personal expert was worth so far (`personal_weight`)
    days            characters committed and keys pressed, by day
    lines           whole lines, where the person keeps them, with an index of how they begin; files of earlier versions
                    get both at the next write

A rollback journal and not a write-ahead log: what is deleted then leaves the one file at once, and it is overwritten
there (`secure_delete`). Several programs may have the file open, and one of them may remove it.
"""

import contextlib
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from autocomplete import bundle
from autocomplete.errors import USUAL_CURE, AutocompleteError, Cure, ModelError, system_cause, system_cure

APPLICATION_ID = 0x61634C70  # `acLp`: tells our file from any other database
FORMAT = 1
# Seconds to wait for another program that writes. A commit takes two flushes of the disk.
PATIENCE = 5.0

_LINES = "CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)"
# How the beginnings of lines are compared: without spaces, which stand otherwise between words than in what was typed,
# without case, as far as SQLite knows it, and with straight apostrophes.
LINE_FORM = "lower(replace(replace(text, ' ', ''), '’', char(39)))"
_LINE_FORMS = f"CREATE INDEX IF NOT EXISTS line_forms ON lines ({LINE_FORM})"
_SCHEMA = f"""
CREATE TABLE forms (id INTEGER PRIMARY KEY, caseless TEXT NOT NULL UNIQUE);
CREATE TABLE words (id INTEGER PRIMARY KEY, form INTEGER NOT NULL, text TEXT NOT NULL UNIQUE, count INTEGER NOT NULL);
CREATE TABLE contexts (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, form INTEGER NOT NULL, UNIQUE (parent, form));
CREATE TABLE continuations (
    context INTEGER NOT NULL, word INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (context, word)
) WITHOUT ROWID;
CREATE TABLE trials (kind INTEGER PRIMARY KEY, words REAL NOT NULL, responsible REAL NOT NULL);
CREATE TABLE days (day TEXT PRIMARY KEY, characters INTEGER NOT NULL, keys INTEGER NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
"""
_TABLES = ("forms", "words", "contexts", "continuations", "trials", "days", "lines")

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class BusyError(AutocompleteError):
    """Another program is writing the personal database, and took longer than one waits."""


class PersonalFile:
    """Transactions on the personal database; it may be used from several threads.

    Args:
        path: The file, existing or not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._opened_as: tuple[int, int] | None = None
        self._commits = 0
        self._blank = True
        self._writing = False
        self._closed = False  # to others than the owner
        self._lock = threading.RLock()

    def version(self) -> tuple[object, ...]:
        """A value that changes whenever the content may have, by this program or another; () without a file."""
        with self._lock, self._telling_errors():
            connection = self._connected()
            if connection is None:
                return ()
            seen = connection.execute("PRAGMA data_version").fetchone()[0]
            return self._opened_as, seen, self._commits

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Give a view of one moment, the same within another such view; None where nothing was ever written."""
        with self._lock, self._telling_errors():
            if self._connection is not None and self._connection.in_transaction:
                yield self._connection
                return
            connection = self._connected()
            if connection is None or self._is_blank(connection):
                yield None
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a transaction that is on the disk, as a whole, when the block is left without an error.

        Within another such block it is part of that.
        """
        with self._lock, self._telling_errors():
            if self._writing and self._connection is not None:
                yield self._connection
                return
            if not self._closed:
                bundle.close_folder(self.path.parent)
                self._closed = True
            connection = self._connected() or self._created()
            connection.execute("BEGIN IMMEDIATE")
            self._writing = True
            try:
                if self._is_blank(connection):
                    for statement in _SCHEMA.strip().removesuffix(";").split(";\n"):
                        connection.execute(statement)
                connection.execute(_LINES)
                connection.execute(_LINE_FORMS)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._writing = False
            self._commits += 1

    def remove(self) -> bool:
        """Delete all that is in the file, and the file; whether there was one.

        Other programs that have it open find it empty, then missing.
        """
        with self._lock:
            if not os.path.lexists(self.path):
                return False
            with contextlib.suppress(AutocompleteError), self.writing() as connection:  # a damaged one just goes
                for table in _TABLES:
                    connection.execute(f"DELETE FROM {table}")
            self.close()
            for path in (self.path, *self._side_files()):
                path.unlink(missing_ok=True)  # a link as such
            return True

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> sqlite3.Connection | None:
        """The connection to the file that is there now, None without one."""
        found = self._found()
        if found is None:
            self.close()
            return None
        while self._connection is None or self._opened_as != found:
            self.close()
            for path in self._side_files():
                bundle.status_of(path)  # no link
            self._blank = True
            self._connection = self._open()
            self._opened_as, found = found, self._found()  # SQLite opens by name: another may lie there by now
            if found is None:
                self.close()
                return None
        return self._connection

    def _found(self) -> tuple[int, int] | None:
        """Device and inode of the file that is there now, None without one; a ModelError where it is a link."""
        status = bundle.status_of(self.path)
        if status is None:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise _unwritable(self.path, "it is no file")
        return status.st_dev, status.st_ino

    def _side_files(self) -> list[Path]:
        return [self.path.with_name(f"{self.path.name}{ending}") for ending in bundle.SIDE_FILES]

    def _is_blank(self, connection: sqlite3.Connection) -> bool:
        """Whether a file was made and nothing written: its maker was killed in between. Once written, it stays so."""
        self._blank = self._blank and connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
        return self._blank

    def _created(self) -> sqlite3.Connection:
        with contextlib.suppress(FileExistsError):  # another program was faster
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = self._connected()
        assert connection is not None
        return connection

    def _open(self) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode=rw"  # and only for reading where writing is not allowed
        connection = sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA synchronous = EXTRA")  # the journal's removal is the commit: flush that too
            connection.execute("BEGIN")  # of one moment, for another program may be writing the first tables
            ours = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            blank = self._is_blank(connection)
            connection.execute("ROLLBACK")
            if ours != APPLICATION_ID and not blank:
                raise _damaged(self.path, "it is another program's")
            if version > FORMAT:
                raise ModelError(
                    f"{self.path}: the personal database has format {version}, and this program reads {FORMAT}.",
                    "Use the version of autocomplete that wrote it.",
                )
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _telling_errors(self) -> Iterator[None]:
        """Turn what SQLite and the system say into one sentence of cause and one of cure."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in _BUSY:
                raise BusyError(
                    f"{self.path}: another program is writing the personal database.", "Try again in a moment."
                ) from error
            if code in _DAMAGE:
                raise _damaged(self.path, str(error)) from error
            raise bundle.unopened(self.path, error) or _unwritable(self.path, str(error)) from error
        except OSError as error:
            raise _unwritable(self.path, system_cause(error), system_cure(error)) from error


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(
        f"{path}: the personal database is damaged ({why}).",
        Cure.WIPE,
    )


def _unwritable(path: Path, why: str, cure: str = USUAL_CURE) -> AutocompleteError:
    return AutocompleteError(f"{path}: the personal database cannot be used ({why}).", cure)
