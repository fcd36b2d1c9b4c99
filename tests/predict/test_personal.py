"""Laws of the personal database: what is kept, what never is, what is forgotten, and that it is whole at any moment."""

import contextlib
import multiprocessing
import os
import random
import sqlite3
import stat
import threading
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocomplete.config import Level
from autocomplete.corpus.specials import END_TOKEN
from autocomplete.corpus.tokenizer import Tokenizer
from autocomplete.errors import AutocompleteError, ModelError, UsageError
from autocomplete.predict import personal_file
from autocomplete.predict.personal import Day, LearnedPhrase, PersonalStore
from autocomplete.predict.personal_ngrams import ORDER
from autocomplete.predict.personal_phrases import most_frequent
from autocomplete.predict.personal_weight import Trial

KILL_SECONDS = 0.1
WORDS = ["best", "Best", "food", "in", "Zwolle", "ZWOLLE", ",", "frobnicator"]


def opened(folder: Path, level: Level = "word") -> PersonalStore:
    return PersonalStore(folder, Tokenizer(level, "lines"))


@pytest.fixture
def store(tmp_path: Path) -> PersonalStore:
    return opened(tmp_path)


def after(store: PersonalStore, *words: str) -> list[dict[str, int]]:
    """What was written after ever longer ends of some words."""
    found = [store.continuations(context) for context in store.contexts(words)]
    return [dict(zip(each.words, each.counts, strict=True)) for each in found]


def counted(lines: Sequence[Sequence[str]], blocked: Sequence[str] = ()) -> Counter[tuple[str, ...]]:
    """The n-grams of lines, counted the slow way: words before the last in small letters."""
    found: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        words = [END_TOKEN, *line, END_TOKEN]
        for length in range(2, ORDER + 1):
            for start in range(len(words) - length + 1):
                part = words[start : start + length]
                if not any(word.casefold() in blocked for word in part):
                    found[(*(word.casefold() for word in part[:-1]), part[-1])] += 1
    return found


def kept(store: PersonalStore) -> Counter[tuple[str, ...]]:
    return Counter({(*(word.casefold() for word in words[:-1]), words[-1]): times for words, times in store.phrases()})


@settings(max_examples=20, deadline=None)
@given(lines=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), max_size=6))
def test_every_ngram_is_counted_as_often_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    store = opened(tmp_path_factory.mktemp("store"))
    for line in lines:
        assert store.learn(" ".join(line))
    assert kept(store) == counted(lines)
    assert store.words() == Counter(word for line in lines for word in line)
    for words in [["food", "in"], ["BEST", "food"], [END_TOKEN]]:
        contexts = after(store, *words)
        for length, found in enumerate(contexts, start=1):
            end = tuple(word.casefold() for word in words[-length:])
            assert found == {key[-1]: times for key, times in counted(lines).items() if key[:-1] == end}
    store.close()


@settings(max_examples=20, deadline=None)
@given(
    lines=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), min_size=1, max_size=5),
    gone=st.sampled_from(["zwolle", "BEST", ",", "nowhere"]),
)
def test_forgetting_leaves_what_never_held_the_word(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]], gone: str
) -> None:
    """Learned before or after: no n-gram holds it, and none goes across its place."""
    before, later = (opened(tmp_path_factory.mktemp("store")) for _ in range(2))
    later.blocked.add([gone])
    for line in lines:
        before.learn(" ".join(line))
    before.forget([gone])
    for line in lines:
        later.learn(" ".join(line))
    assert kept(before) == kept(later) == counted(lines, [gone.casefold()])
    assert gone.casefold() not in {word.casefold() for word in before.words() | later.words()}
    before.close()
    later.close()


@pytest.mark.parametrize("owner", ["Zorble's", "ZORBLE’S", "zorble’s"])
def test_possessives_are_forgotten_with_their_word(store: PersonalStore, owner: str) -> None:
    store.learn(f"see {owner} house")
    store.learn("Zorbles house")
    store.forget(["zorble"])
    for _ in range(2):  # nor are they learned again
        assert set(store.words()) <= {"see", "house", "Zorbles"}
        assert not any(owner in phrase.words for phrase in store.phrases())
        store.learn(f"see {owner} house")
    assert store.blocked.remove(["Zorble"]) == ["zorble"]
    store.learn(f"see {owner} house")
    assert store.words()[owner] == 1


def test_a_word_with_an_apostrophe_is_forgotten_with_either_one(store: PersonalStore) -> None:
    store.forget(["O'Neill"])
    store.learn("O’Neill O'Neill o’neill’s house")
    assert store.words() == {"house": 1}
    store.forget(["can’t"])
    store.learn("I can't or can")
    assert set(store.words()) == {"house", "I", "or", "can"}


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


def test_several_lines_at_once_are_several_lines(store: PersonalStore) -> None:
    store.learn("best food\nbest wine")
    assert kept(store) == counted([["best", "food"], ["best", "wine"]])


def test_bytes_that_are_no_text_are_left_out(store: PersonalStore) -> None:
    assert store.learn("best \ud800 food \udce9 in town")
    assert not store.learn("\udce9")
    assert store.words() == {"best": 1, "food": 1, "in": 1, "town": 1}
    assert kept(store)[("in", "town")] == 1
    assert store.contexts(["best", "\ud800"]) == []
    with pytest.raises(UsageError, match="no single word"):
        store.forget(["\ud800"])


def test_characters_are_not_learned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="predicts characters"):
        opened(tmp_path, "char").learn("best food")


def test_trials_add_up(store: PersonalStore) -> None:
    for _ in range(2):
        store.learn("best food", judge=lambda line: {3: Trial(2.0, 0.5), 7: Trial(1.0, 1.0)})
    assert store.trials() == {3: Trial(4.0, 1.0), 7: Trial(2.0, 2.0)}


def test_a_days_keys_add_up(store: PersonalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.count_line(characters=0, keys=0)
    assert not store.path.exists()
    store.count_line(characters=100, keys=60)
    store.count_line(characters=100, keys=20)
    (today,) = store.days()
    assert today[1:] == (200, 80)
    assert today.saved == pytest.approx(0.6)
    assert Day("2026-11-21", 0, 3).saved is None


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


def test_phrases_worth_showing_are_whole_and_frequent() -> None:
    lines = (
        [["kind", "regards", ",", "Ada"]] * 3 + [["kind", "of", "blue"]] * 2 + [["kind", "regards"], ["once", "only"]]
    )
    found = most_frequent((LearnedPhrase(words, times) for words, times in counted(lines).items()), count=9)
    assert found == [
        LearnedPhrase(("kind", "regards"), 4),
        LearnedPhrase(("kind", "regards", ",", "Ada"), 3),
        LearnedPhrase(("kind", "of", "blue"), 2),
    ]
    assert most_frequent((LearnedPhrase(words, times) for words, times in counted(lines).items()), count=1) == found[:1]


def test_a_damaged_list_of_blocked_words_stops_learning(store: PersonalStore) -> None:
    """Without the list a forgotten word would be learned again."""
    (store.path.parent / "blocked.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(ModelError, match=r"blocked\.txt"):
        store.learn("best food")
