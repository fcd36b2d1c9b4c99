"""Laws of the personal file: whole at any moment, its owner's alone, shared by programs, named when damaged."""

import contextlib
import multiprocessing
import os
import random
import sqlite3
import stat
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from autocomplete.errors import AutocompleteError
from autocomplete.learned import file as personal_file
from autocomplete.learned.store import PersonalStore
from tests.learned.stores import opened

KILL_SECONDS = 0.1


def test_the_bytes_of_a_forgotten_word_leave_the_file(store: PersonalStore) -> None:
    for place in range(40):
        store.learn(f"the frobnicator of Zanzibolt number {place} was frobnicated")
    assert b"Zanzibolt" in store.path.read_bytes()
    store.forget(["ZANZIBOLT"])
    content = store.path.read_bytes()
    assert b"anzibolt" not in content
    assert b"frobnicator" in content
    assert {path.name for path in store.path.parent.iterdir()} == {"personal.sqlite", "blocked.txt"}


@pytest.mark.parametrize(
    "line", ["", "   ", " hidden words", "\thidden", "password: hunter", "4111 1111 1111 1111", "Tr0ub4dor&3"]
)
def test_what_must_not_be_kept_makes_not_even_a_file(store: PersonalStore, line: str) -> None:
    assert not store.learn(line)
    assert not store.path.exists()
    store.learn("seen")
    assert not store.learn(line)
    assert store.words() == {"seen": 1}


def test_nothing_is_read_of_a_file_that_is_not_there(store: PersonalStore) -> None:
    assert store.version() == ()
    assert (store.words(), list(store.phrases()), store.days(), store.contexts(["a"]), store.trials()) == (
        {},
        [],
        [],
        [],
        {},
    )
    assert not store.wipe()
    store.forget(["a"])
    assert not store.path.exists()


def test_only_the_owner_may_read_it(store: PersonalStore) -> None:
    mask = os.umask(0)
    try:
        store.learn("best food")
        store.forget(["food"])
    finally:
        os.umask(mask)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE((store.path.parent / "blocked.txt").stat().st_mode) == 0o600


def test_a_line_that_was_learned_is_there_for_others_at_once(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    assert other.version() == ()
    one.learn("best food")
    seen = other.version()
    assert other.words() == {"best": 1, "food": 1}
    one.learn("more food")
    assert other.version() != seen
    assert other.words() == {"best": 1, "food": 2, "more": 1}
    other.learn("best food")
    assert one.words()["food"] == 3
    one.wipe()
    assert other.words() == {}
    assert other.version() == ()
    other.learn("anew")
    assert one.words() == {"anew": 1}
    one.wipe()
    one.learn("again")  # before the other has seen that the file was gone
    assert other.words() == {"again": 1}


def test_who_has_it_open_never_reads_what_was_wiped(tmp_path: Path) -> None:
    """Not even where the file stays, as on systems that keep open ones."""
    one = opened(tmp_path)
    one.learn("best food")
    other = sqlite3.connect(one.path)
    assert other.execute("SELECT count(*) FROM words").fetchone() != (0,)
    one.wipe()
    assert other.execute("SELECT count(*) FROM words").fetchone() == (0,)
    other.close()


@pytest.mark.parametrize("attempt", range(12))
def test_many_may_begin_and_write_at_the_same_time(tmp_path: Path, attempt: int) -> None:
    def write() -> None:
        store = opened(tmp_path)
        for _ in range(3):
            store.learn("best food")
        store.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened(tmp_path).words() == {"best": 18, "food": 18}


@pytest.mark.parametrize("kind", ["text", "torn", "foreign", "newer", "tables", "folder"])
def test_a_damaged_file_is_named_with_a_cure(store: PersonalStore, kind: str) -> None:
    store.learn("best food " + " ".join(f"number{place}" for place in range(300)))
    store.close()
    path = store.path
    if kind == "text":
        path.write_text("no database\n" * 1000, "utf-8")
    elif kind == "torn":
        path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)
    elif kind == "folder":
        path.unlink()
        path.mkdir()
    else:
        statement = {
            "foreign": "PRAGMA application_id = 7",
            "newer": "PRAGMA user_version = 9",
            "tables": "DROP TABLE words",
        }
        with sqlite3.connect(path) as connection:
            connection.execute(statement[kind])
        connection.close()
    for action in (lambda: store.learn("best food"), store.words, lambda: store.forget(["food"])):
        with pytest.raises(AutocompleteError, match=r"personal\.sqlite") as found:
            action()
        assert found.value.cure
    assert "food" in store.blocked.words()  # forgetting blocks first
    if kind != "folder":
        assert store.wipe()
        assert store.learn("best wine")
        assert store.words() == {"best": 1, "wine": 1}


def test_a_full_disk_is_told_and_harms_nothing(store: PersonalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.learn("best food")
    connect = sqlite3.connect

    def small(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.execute(f"PRAGMA max_page_count = {store.path.stat().st_size // 4096 + 1}")
        assert isinstance(connection, sqlite3.Connection)
        return connection

    store.close()
    monkeypatch.setattr(sqlite3, "connect", small)
    words = " ".join(f"word{place}" for place in range(2000))
    with pytest.raises(AutocompleteError, match=r"cannot be used .*full"):
        store.learn(words)
    monkeypatch.undo()
    store.close()
    assert store.words() == {"best": 1, "food": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(AutocompleteError, match="cannot be used"):
            opened(tmp_path).learn("best food")
    finally:
        tmp_path.chmod(0o700)


def test_a_writer_that_holds_on_is_named(store: PersonalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.learn("best food")
    store.close()
    monkeypatch.setattr(personal_file, "PATIENCE", 0.05)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(personal_file.BusyError, match="another program"):
        store.learn("best wine")
    other.execute("ROLLBACK")
    assert store.learn("best wine")
    other.close()


def write_on(folder: Path, speaker: Connection) -> None:
    """Learn lines until killed, and say so after each."""
    store, number = opened(folder), 0
    while True:
        number += 1
        store.learn(f"alpha{number} beta gamma delta omega{number}")
        speaker.send(number)


def last_word_of_a_killed_writer(folder: Path, context: ForkServerContext, seconds: float) -> int:
    """Kill a process that learns after some time; how many lines it said were learned."""
    reader, speaker = context.Pipe(duplex=False)
    process = context.Process(target=write_on, args=(folder, speaker))
    process.start()
    speaker.close()
    said = reader.recv() if seconds > KILL_SECONDS / 2 else 0  # else it may die before it is there
    time.sleep(seconds)
    process.kill()
    process.join()
    with contextlib.suppress(EOFError):
        while True:
            said = reader.recv()
    reader.close()
    return int(said)


def test_a_writer_killed_at_any_moment_leaves_the_database_whole(tmp_path: Path) -> None:
    """Fifty times: what was said to be learned is there, and each line is there as a whole or not at all."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # a fresh interpreter that has read this file, to fork from
    draw = random.Random(3)
    killed_in_between = 0
    for turn in range(50):
        folder = tmp_path / str(turn // 10)  # also a database that an earlier death left behind
        folder.mkdir(exist_ok=True)
        store = opened(folder)
        earlier = store.words().get("beta", 0)
        said = last_word_of_a_killed_writer(folder, context, draw.uniform(0.0, KILL_SECONDS))
        killed_in_between += store.path.with_name("personal.sqlite-journal").exists()
        words = store.words()
        lines = words.get("beta", 0)
        assert said <= lines - earlier <= said + 1
        assert words.get("gamma", 0) == words.get("delta", 0) == lines
        assert sum(times for word, times in words.items() if word.startswith("alpha")) == lines
        assert sum(times for word, times in words.items() if word.startswith("omega")) == lines
        store.close()
        if lines:
            with contextlib.closing(sqlite3.connect(store.path)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert killed_in_between > 5  # or the moments were badly chosen
