"""The engine on its socket: answers, whose turn it is, what it survives, and what it never keeps."""

import gc
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autocomplete.config import EngineSettings
from autocomplete.engine import pool, server
from autocomplete.engine.asking import suggested
from autocomplete.engine.protocol import MOST_LINE, Question
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Suggestion
from tests.engine.conftest import OTHER_LINES, SECONDS, RunningEngine, counted

TYPED = ["best food in La", "best food in Las ", "how to ", "", "xyzzy", "weather in Paris tod", "flights from N"]


class Gate:
    """Holds every answer until it is opened, and knows which were begun."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.waits = threading.Event()
        self._open = threading.Event()

    def suggested(self, question: Question, writer: Any) -> list[Suggestion]:
        self.begun.append(question.text)
        self.waits.set()
        assert self._open.wait(SECONDS)
        return suggested(question, writer)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    held = Gate()
    monkeypatch.setattr(pool, "suggested", held.suggested)
    yield held
    held.open()


def words(answer: dict[str, Any]) -> list[str]:
    return [item["text"] for item in answer["suggestions"]]


def code(answer: dict[str, Any]) -> str:
    return str(answer["error"]["code"])


# Answers


def test_the_engine_says_what_a_model_says(engine: RunningEngine) -> None:
    talk, suggester = engine.talk(), Suggester.open("default")
    for number, text in enumerate(TYPED):
        answer = talk.ask(id=number, method="suggest", text=text, k=3, words=2)
        wanted = suggester.suggest(text, k=3, words=2)
        assert answer["id"] == number
        assert [
            (item["text"], item["kind"], item["replace"], item["insert"], item["probability"], item["experts"])
            for item in answer["suggestions"]
        ] == [(item.text, item.kind, item.replace, item.insert, item.probability, item.experts) for item in wanted]
        assert answer["threshold"] == suggester.threshold


def test_shells_are_answered_in_fields(engine: RunningEngine) -> None:
    talk = engine.talk()
    id_, replace, insert, probability = talk.say("s\t7\tdefault\tbest food in la").split("\t")
    assert (id_, replace, insert) == ("7", "2", "Las")
    assert 0.5 < float(probability) <= 1
    assert len(talk.say("s\t8\t\tbest food in Las\tk=3\tmin=0").split("\t")) == 1 + 3 * 3
    assert talk.say("s\t9\t\txyzzy plugh") == "9"
    assert talk.say("h\t1\t9.9").startswith("1\tok\tversion=")


def test_what_stands_behind_the_cursor_is_not_suggested(engine: RunningEngine) -> None:
    talk = engine.talk()
    assert words(talk.ask(id=1, method="suggest", text="best food in ", k=1)) == ["Las"]
    assert "Las" not in words(talk.ask(id=2, method="suggest", text="best food in ", after=" Las Vegas", k=5))


@pytest.mark.parametrize(("status", "read"), [(None, True), (0, True), (1, False)])
def test_the_line_before_is_read_unless_it_failed(engine: RunningEngine, status: int | None, read: bool) -> None:
    talk, suggester = engine.talk(), Suggester.open("default")
    answer = talk.ask(id=1, method="suggest", text="", previous="how to boil an egg", status=status)
    wanted = suggester.suggest("", context="how to boil an egg\n" if read else "")
    assert [item["probability"] for item in answer["suggestions"]] == [item.probability for item in wanted]


def test_a_message_without_an_id_is_not_answered(engine: RunningEngine) -> None:
    talk = engine.talk()
    talk.send('a\t\t4\t12\n{"method":"accepted","question":4,"characters":3}\n')
    status = talk.ask(id=1, method="status")
    assert (status["accepted"], status["accepted_characters"]) == (2, 15)


def test_a_client_that_has_said_all_is_answered_still(engine: RunningEngine) -> None:
    talk = engine.talk()
    talk.send("s\t1\t\tbest food in la\n")
    talk.socket.shutdown(1)
    assert talk.line().startswith("1\t2\tLas\t")
    assert talk.line() == ""


def test_bytes_that_are_no_text_stay_what_they_are(engine: RunningEngine) -> None:
    talk = engine.talk()
    talk.send(b"s\t\xff\t\tls caf\xe9 best food in la\n")
    assert talk.socket.recv(100).startswith(b"\xff\t2\tLas\t")


# Whose turn it is


def test_the_newest_question_of_a_client_wins(engine: RunningEngine, gate: Gate) -> None:
    talk = engine.talk()
    talk.send("s\t1\t\tb\n")
    assert gate.waits.wait(SECONDS)
    talk.send("s\t2\t\tbe\ns\t3\t\tbes\ns\t4\t\tbest\n")
    assert [talk.line(), talk.line()] == ["2", "3"]
    gate.open()
    assert {talk.line().split("\t")[0], talk.line().split("\t")[0]} == {"1", "4"}
    assert gate.begun == ["b", "best"]


def test_another_clients_question_is_not_taken_back(engine: RunningEngine, gate: Gate) -> None:
    first, second, third = engine.talk(), engine.talk(), engine.talk()
    first.send("s\t1\t\tb\n")
    assert gate.waits.wait(SECONDS)
    second.send("s\t1\t\tho\n")
    third.send("s\t1\t\twe\n")
    gate.open()
    assert [talk.line().split("\t")[0] for talk in (first, second, third)] == ["1", "1", "1"]


def test_a_question_is_taken_back(engine: RunningEngine, gate: Gate) -> None:
    other, talk = engine.talk(), engine.talk()
    other.send("s\t1\t\tb\n")
    assert gate.waits.wait(SECONDS)
    talk.send('{"id":1,"method":"suggest","text":"be"}\n{"id":2,"method":"cancel","question":1}\n')
    assert {json.loads(talk.line())["id"], json.loads(talk.line())["id"]} == {1, 2}
    gate.open()
    assert other.line().startswith("1")
    assert gate.begun == ["b"]


# Documents


def test_a_document_that_is_edited_is_answered_as_if_it_were_sent(engine: RunningEngine) -> None:
    talk = engine.talk()
    talk.ask(id=1, method="suggest", document="d", text="best food i", after="\n\nYours")
    edited = talk.ask(id=2, method="suggest", document="d", edits=[[11, 11, "n"], [0, 4, "Best"], [12, 12, " La"]])
    whole = engine.talk().ask(id=2, method="suggest", text="Best food in La", after="\n\nYours")
    assert edited["suggestions"] == whole["suggestions"]
    moved = talk.ask(id=3, method="suggest", document="d", edits=[], cursor=9)
    assert (
        moved["suggestions"]
        == engine.talk().ask(id=3, method="suggest", text="Best food", after=" in La")["suggestions"]
    )


def test_edits_of_what_is_not_known_are_refused(engine: RunningEngine) -> None:
    talk = engine.talk()
    assert code(talk.ask(id=1, method="suggest", document="d", edits=[[0, 0, "a"]])) == "usage"
    talk.ask(id=2, method="suggest", document="d", text="abc")
    assert code(engine.talk().ask(id=1, method="suggest", document="d", edits=[[0, 0, "a"]])) == "usage"
    assert code(talk.ask(id=3, method="suggest", document="d", edits=[[2, 9, "a"]])) == "usage"
    assert code(talk.ask(id=4, method="suggest", document="d", edits=[], cursor=4)) == "usage"
    talk.ask(id=5, method="close", document="d")
    assert code(talk.ask(id=6, method="suggest", document="d", edits=[[0, 0, "a"]])) == "usage"


def test_only_so_much_text_is_kept_for_a_client(engine: RunningEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_TEXT", 100)
    monkeypatch.setattr(server, "MOST_DOCUMENTS", 3)
    talk = engine.talk()
    for name in "abcd":
        talk.ask(id=1, method="suggest", document=name, text="how to")
    assert code(talk.ask(id=2, method="suggest", document="a", edits=[])) == "usage"
    assert "suggestions" in talk.ask(id=3, method="suggest", document="b", edits=[])
    talk.ask(id=4, method="suggest", document="e", text="x" * 99)
    assert code(talk.ask(id=5, method="suggest", document="b", edits=[])) == "usage"
    assert code(talk.ask(id=6, method="suggest", document="f", text="x" * 101)) == "usage"


def test_sessions_end_with_their_client(engine: RunningEngine) -> None:
    talk, watching = engine.talk(), engine.talk()
    for name in "abc":
        talk.ask(id=1, method="suggest", document=name, text="how to")
    assert watching.ask(id=1, method="status")["sessions"] == 3
    talk.close()
    while watching.ask(id=1, method="status")["sessions"]:
        pass


# What a client may send


@pytest.mark.parametrize(
    "line",
    [b"\x00\x01\x02", b"GET / HTTP/1.1", b"{", b"[" * 100_000, b'{"a":' * 50_000, b"{}", b'{"method":"fly"}', b"z\t1"],
    ids=["bytes", "http", "half", "brackets", "deep", "nothing", "method", "letter"],
)
def test_a_client_that_speaks_otherwise_is_told_and_left(engine: RunningEngine, line: bytes) -> None:
    talk, other = engine.talk(), engine.talk()
    talk.send(line + b"\n")
    assert "usage" in talk.line()
    assert talk.line() == ""
    assert other.say("h\t1\t1").startswith("1\tok")


@pytest.mark.parametrize(
    "message",
    [
        {"method": "suggest"},
        {"method": "suggest", "text": 3},
        {"method": "suggest", "text": "a", "k": 0},
        {"method": "suggest", "text": "a", "k": 10**9},
        {"method": "suggest", "text": "a", "k": 1000, "words": 100},
        {"method": "suggest", "text": "a", "min_probability": 2},
        {"method": "suggest", "text": "a", "min_probability": float("nan")},
        {"method": "suggest", "text": "a", "temperature": 0},
        {"method": "suggest", "text": "a", "mode": "sing"},
        {"method": "suggest", "text": "a", "blocked": ["two words"]},
        {"method": "suggest", "text": "a", "colour": "red"},
        {"method": "suggest", "text": "a", "edits": []},
        {"method": "suggest", "edits": [[0, 0, "a"]]},
        {"method": "suggest", "document": "d", "edits": [[0, 0, "a"]] * 101},
        {"method": "suggest", "document": "d", "edits": [[0, 0]]},
        {"method": "suggest", "text": "a", "model": "some/where"},
        {"method": "suggest", "text": "a", "model": ""},
        {"method": "learn"},
        {"method": "learn", "line": None},
        {"method": "forget", "words": []},
        {"method": "forget", "words": ["two words"]},
        {"method": "pause", "seconds": -1},
        {"method": "pause", "seconds": float("nan")},
        {"method": "cancel"},
        {"method": "accepted", "question": True, "characters": 1},
    ],
    ids=lambda message: str(message)[:80],
)
def test_a_request_that_makes_no_sense_is_refused_and_the_next_answered(
    engine: RunningEngine, message: dict[str, Any]
) -> None:
    talk = engine.talk()
    refused = talk.ask(id=1, **message)
    assert (refused["id"], code(refused)) == (1, "usage")
    assert refused["error"]["cause"]
    assert words(talk.ask(id=2, method="suggest", text="best food in La", k=1)) == ["Las"]


def test_a_line_without_end_is_not_kept(engine: RunningEngine) -> None:
    talk, other = engine.talk(), engine.talk()
    with pytest.raises(OSError, match=r"."):  # it is left long before the hundredth megabyte
        talk.send(b"x" * (100 * MOST_LINE))
    assert other.say("h\t1\t1").startswith("1\tok")


def test_half_a_line_waits_for_its_other_half(engine: RunningEngine) -> None:
    talk = engine.talk()
    talk.send("s\t1\t\tbest fo")
    assert engine.talk().say("h\t1\t1").startswith("1\tok")
    talk.send("od in la\n")
    assert talk.line().startswith("1\t2\tLas\t")


def test_a_client_that_reads_nothing_is_dropped(engine: RunningEngine) -> None:
    talk, other = engine.talk(), engine.talk()
    asked = b"t\t" + b"i" * 60_000 + b"\n"
    with pytest.raises(OSError, match=r"."):
        talk.send(asked * 200)
    assert other.say("h\t1\t1").startswith("1\tok")
    assert "read nothing" in engine.log()


def test_the_client_that_was_silent_longest_makes_room(engine: RunningEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CLIENTS", 3)
    first, second, third = engine.talk(), engine.talk(), engine.talk()
    for talk in (first, second, third, first):
        talk.say("h\t1\t1")
    fourth = engine.talk()
    assert fourth.say("h\t1\t1").startswith("1\tok")
    assert second.line() == ""
    assert first.say("h\t2\t1").startswith("2\tok")


def test_more_requests_than_wait_at_once_are_all_answered(engine: RunningEngine) -> None:
    talk = engine.talk()
    many = 3 * server.MOST_WAITING
    talk.send("".join(f"l\t{number}\t\t how to\n" for number in range(many)))
    assert [talk.line() for _ in range(many)] == [f"{number}\tok\tkept=0" for number in range(many)]


# What is learned, forgotten, and kept


def test_nothing_is_learned_unless_it_is_said(engine: RunningEngine, home: Path) -> None:
    talk = engine.talk()
    talk.ask(id=1, method="suggest", text="the quick zanzibolt ", previous="frobnicate zanzibolt", cwd="/tmp")
    talk.ask(id=2, method="suggest", document="d", text="the quick zanzibolt ")
    talk.ask(id=3, method="accepted", question=1, characters=9)
    assert not (home / "default" / "personal.sqlite").exists()


def test_what_is_learned_is_suggested_to_all_and_forgotten_for_all(engine: RunningEngine) -> None:
    talk, other = engine.talk(), engine.talk()
    assert "zanzibolt" not in words(other.ask(id=1, method="suggest", text="how to zan"))
    assert talk.ask(id=1, method="learn", line="how to zanzibolt an egg")["kept"] is True
    assert "zanzibolt" in words(other.ask(id=2, method="suggest", text="how to zan"))
    talk.ask(id=2, method="forget", words=["zanzibolt", "Las"])
    assert "zanzibolt" not in words(other.ask(id=3, method="suggest", text="how to zan"))
    assert "Las" not in words(other.ask(id=4, method="suggest", text="best food in L"))


def test_a_line_that_was_given_before_comes_back_whole_where_that_is_wished(engine: RunningEngine) -> None:
    talk = engine.talk()
    asked = {"method": "suggest", "text": "how to b", "k": 2, "previous": "how to boil an egg in Paris today"}
    one, whole = (talk.ask(id=2, **asked, recall=wished)["suggestions"] for wished in (False, True))
    assert one[0]["insert"] == "boil"
    assert [item["insert"] for item in whole] == ["boil an egg in Paris today", *(item["insert"] for item in one[1:])]
    phrases = [talk.ask(id=3, **asked, recall=wished, words=2)["suggestions"] for wished in (False, True)]
    assert phrases[0] == phrases[1]
    before = f"previous={asked['previous']}"
    assert talk.say(f"s\t5\t\thow to b\t{before}").split("\t")[2] == "boil an egg in Paris today"
    assert talk.say(f"s\t6\t\thow to b\t{before}\tstatus=1").split("\t")[2] == "boil"
    talk.ask(id=7, method="forget", words=["egg"])
    assert talk.say(f"s\t8\t\thow to b\t{before}").split("\t")[2] == "boil an"


def test_what_another_program_forgets_is_forgotten_here(engine: RunningEngine, home: Path) -> None:
    talk = engine.talk()
    assert words(talk.ask(id=1, method="suggest", text="best food in ", k=1)) == ["Las"]
    PersonalStore.open(home / "default").forget(["Las"])
    assert "Las" not in words(talk.ask(id=2, method="suggest", text="best food in "))


@pytest.mark.parametrize("line", [" how to", "l\t1\t\thow to zan\tstatus=1", "my password is Tr0ub4dor&3x!"])
def test_what_is_not_to_be_learned_is_not(engine: RunningEngine, home: Path, line: str) -> None:
    talk = engine.talk()
    message = line if line.startswith("l\t") else f"l\t1\t\t{line}"
    assert talk.say(message) == "1\tok\tkept=0"
    assert not (home / "default" / "personal.sqlite").exists()


def test_the_log_holds_no_text(engine: RunningEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(question: Question, writer: Any) -> list[Suggestion]:
        raise KeyError(question.text)

    talk = engine.talk()
    monkeypatch.setattr(pool, "suggested", failing)
    assert code(talk.ask(id=1, method="suggest", text="zanzibolt")) == "failed"
    talk.ask(id=2, method="suggest", text="a", model="zanzibolt")
    talk.say("zanzibolt")
    assert "KeyError" in engine.log()
    assert "zanzibolt" not in engine.log()


def test_a_full_disk_for_the_log_ends_nothing(engine: RunningEngine) -> None:
    engine.address.log.unlink()
    engine.address.log.mkdir()  # what cannot be written, whoever one is
    talk = engine.talk()
    talk.say("p\t1\t0")
    assert talk.say("s\t2\t\tbest food in la").startswith("2\t2\tLas\t")


# Pausing


def test_a_pause_is_everybodys(engine: RunningEngine) -> None:
    talk, other = engine.talk(), engine.talk()
    assert talk.ask(id=1, method="pause", seconds=1800)["paused"] is True
    refused = other.ask(id=2, method="suggest", text="how to ")
    assert code(refused) == "paused"
    assert "1800 seconds" in refused["error"]["cause"]
    assert other.say("s\t3\t\thow to ").split("\t")[:3] == ["3", "!", "paused"]
    assert code(other.ask(id=4, method="learn", line="how to boil")) == "paused"
    assert other.ask(id=5, method="status")["paused_seconds"] == 1800
    talk.ask(id=6, method="pause", seconds=0)
    assert "suggestions" in other.ask(id=7, method="suggest", text="how to ")


def test_a_pause_outlives_the_engine(home: Path) -> None:
    first = RunningEngine(EngineSettings())
    assert first.talk().say("p\t1\t").split("\t")[:3] == ["1", "ok", "paused=1"]
    first.stop()
    second = RunningEngine(EngineSettings())
    assert second.talk().say("s\t3\t\thow to ").split("\t")[:3] == ["3", "!", "paused"]
    second.stop()


# Models


def test_what_training_published_is_read_by_the_next_question(engine: RunningEngine, home: Path) -> None:
    talk = engine.talk()
    assert words(talk.ask(id=1, method="suggest", text="best food in ", k=1)) == ["Las"]
    counted(home / "default", OTHER_LINES)
    assert words(talk.ask(id=2, method="suggest", text="the harbour ma", k=1)) == ["master"]
    assert "Las" not in words(talk.ask(id=3, method="suggest", text="best food in "))


def overwrite_weights(folder: Path) -> None:
    for file in folder.glob("ngrams-*.sqlite"):
        file.write_bytes(b"x" * 1000)


@pytest.mark.parametrize(
    "harm",
    [
        shutil.rmtree,
        lambda folder: (folder / "model.json").unlink(),
        lambda folder: (folder / "model.json").write_text("{"),
        overwrite_weights,
    ],
    ids=["removed", "no manifest", "half a manifest", "written over"],
)
def test_a_model_that_is_harmed_is_told_of_until_it_is_mended(
    engine: RunningEngine, home: Path, plain_model: Path, harm: Callable[[Path], object]
) -> None:
    talk, other = engine.talk(), engine.talk()
    shutil.copytree(plain_model, home / "other")
    assert words(talk.ask(id=1, method="suggest", text="best food in ", k=1)) == ["Las"]
    harm(home / "default")
    for number in (2, 3):
        refused = talk.ask(id=number, method="suggest", text="best food in ")
        assert code(refused) == "model"
        assert "default" in refused["error"]["cause"]
    assert words(other.ask(id=1, method="suggest", model="other", text="best food in ", k=1)) == ["Las"]
    shutil.rmtree(home / "default", ignore_errors=True)
    shutil.copytree(plain_model, home / "default")
    assert words(talk.ask(id=4, method="suggest", text="best food in ", k=1)) == ["Las"]


def test_a_model_that_is_not_there_is_told_of_by_its_name(engine: RunningEngine) -> None:
    refused = engine.talk().ask(id=1, method="suggest", model="defualt", text="best food in ")
    assert code(refused) == "model"
    assert "Did you mean 'default'?" in refused["error"]["cause"]


def test_the_models_used_longest_ago_make_room(home: Path, plain_model: Path) -> None:
    for name in ("second", "third"):
        shutil.copytree(plain_model, home / name)
    size = sum(file.stat().st_size for file in plain_model.iterdir() if file.is_file())
    engine = RunningEngine(EngineSettings(memory_megabytes=2.2 * size / 1e6))
    talk = engine.talk()
    for name in ("default", "second", "default", "third"):
        assert words(talk.ask(id=1, method="suggest", model=name, text="best food in ", k=1)) == ["Las"]
    assert [Path(path).name for path in talk.ask(id=2, method="status")["models"]] == ["default", "third"]
    engine.stop()


def test_one_model_is_kept_however_large(home: Path) -> None:
    engine = RunningEngine(EngineSettings(memory_megabytes=0))
    talk = engine.talk()
    for number in (1, 2):
        assert words(talk.ask(id=number, method="suggest", text="best food in ", k=1)) == ["Las"]
    assert len(talk.ask(id=3, method="status")["models"]) == 1
    engine.stop()


# The end


def test_it_ends_when_it_is_told_to(engine: RunningEngine) -> None:
    talk = engine.talk()
    assert talk.say("q\t1") == "1\tok"
    assert talk.line() == ""
    engine.wait()
    assert not engine.address.socket.exists()


def test_it_ends_after_nothing_was_asked_for_long(home: Path) -> None:
    engine = RunningEngine(EngineSettings(idle_minutes=0.02 / 60))
    engine.wait()
    assert not engine.address.socket.exists()
    assert "nothing was asked" in engine.log()


def test_memory_is_given_back_once_nobody_types(engine: RunningEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    collected = threading.Event()
    monkeypatch.setattr(server, "_TIDY_SECONDS", 0.01)
    monkeypatch.setattr(gc, "collect", collected.set)
    engine.talk().ask(id=1, method="suggest", text="how to ")
    assert collected.wait(SECONDS)


def test_status_tells_nothing_that_was_written(engine: RunningEngine) -> None:
    talk = engine.talk()
    talk.ask(id=1, method="suggest", document="zanzibolt", text="zanzibolt", previous="zanzibolt", cwd="/zanzibolt")
    status = talk.ask(id=2, method="status")
    assert status["questions"] == 1
    assert status["median_ms"] > 0
    assert "zanzibolt" not in json.dumps(status)
