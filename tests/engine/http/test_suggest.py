"""What is asked of the engine over HTTP: the same answers as anywhere else, in sessions that do not know each other."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from autocomplete.engine import pool
from autocomplete.engine.asking import suggested
from autocomplete.engine.http import asking
from autocomplete.engine.protocol import Document, Question
from autocomplete.predict.explanation import explained
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Suggestion
from tests.engine.conftest import SECONDS, RunningEngine
from tests.engine.http.conftest import Inside, Outside, Reply

TYPED = ["best food in La", "best food in Las ", "how to ", "", "xyzzy", "weather in Paris tod", "flights from N"]


def words(reply: Reply) -> list[str]:
    return [item["text"] for item in reply.json()["suggestions"]]


def test_a_program_is_answered_as_suggest_answers(inside: Inside) -> None:
    suggester = Suggester.open("default")
    for text in TYPED:
        for document in ("", "letter"):
            reply = inside.post("/suggest", {"text": text, "k": 3, "words": 2, "document": document})
            assert reply.status == 200
            found = Document.from_json(reply.json())
            assert list(found.suggestions) == suggester.suggest(text, k=3, words=2)
            assert (found.input, found.model, found.threshold) == (text, "default", suggester.threshold)


def test_over_a_real_socket_the_answers_are_the_same(inside: Inside, outside: Outside) -> None:
    for text in TYPED:
        here, there = (each.post("/suggest", {"text": text}).json() for each in (inside, outside))
        assert {**here, "ms": 0} == {**there, "ms": 0}


def test_an_explanation_is_that_of_explain(inside: Inside) -> None:
    text = "best food in Las Vegas, xyzzy 👍🏽 café"
    suggester = Suggester.open("default")
    wanted = explained(suggester.model, text, personal=suggester.personal).as_dict()
    assert inside.post("/explain", {"text": text}).json() == {"model": "default", **wanted}
    assert len(inside.post("/explain", {"text": text, "most": 2}).json()["words"]) == 2


@pytest.mark.parametrize("text", ["a" * 900_000, "-'" * 400_000, " " * 900_000, "\n" * 400_000, "e\u0301" * 100_000])
def test_a_text_that_nobody_writes_costs_little(inside: Inside, text: str) -> None:
    for path, body in (
        ("/suggest", {"text": text, "k": 1}),
        ("/explain", {"text": text}),
        ("/v1/completions", {"prompt": text, "max_tokens": 1}),
        ("/infill", {"prompt": text, "n_predict": 1}),
    ):
        assert inside.post(path, body).status == 200


# Sessions


def test_nothing_is_remembered_of_a_request_without_a_document(inside: Inside) -> None:
    for number in range(5):
        inside.post("/suggest", {"text": f"best food in {number}"})
        inside.post("/v1/completions", {"prompt": "best food in", "n": 2})
        inside.post("/v1/completions", {"prompt": "best food in", "stop": "Vegas", "stream": True})
        inside.post("/infill", {"prompt": "best food in"})
    inside.post("/explain", {"text": "the model's thread has done all before this"})
    assert inside.engine.status()["sessions"] == 0


def test_a_document_is_remembered_until_it_is_closed_or_nothing_comes(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside.post("/suggest", {"text": "best food in La", "document": "a"})
    inside.post("/suggest", {"text": "best food in La", "document": "b"})
    assert inside.engine.status()["sessions"] == 2
    inside.post("/close", {"document": "a"})
    inside.post("/explain", {"text": "and the next"})
    assert inside.engine.status()["sessions"] == 1
    monkeypatch.setattr(asking, "_REMEMBERED_SECONDS", 0.0)
    inside.post("/suggest", {"text": "best food in Las", "document": "c"})
    inside.post("/explain", {"text": "and the next"})
    inside.post("/explain", {"text": "and the next"})
    assert inside.engine.status()["sessions"] == 0


def test_documents_of_programs_and_of_connections_do_not_know_each_other(
    outside: Outside, engine: RunningEngine
) -> None:
    alone = outside.post("/suggest", {"text": "best food in ", "document": "d"}).json()["suggestions"]
    engine.talk().ask(id=1, method="suggest", text="zebra zebra zebra ", document="d")
    outside.post("/suggest", {"text": "zebra zebra ", "document": "e"})
    assert outside.post("/suggest", {"text": "best food in ", "document": "d"}).json()["suggestions"] == alone


class Gate:
    """Holds every answer until it is opened."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self._open = threading.Event()

    def suggested(self, question: Question, writer: Any) -> list[Suggestion]:
        self.begun.set()
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


def test_of_one_document_the_newest_question_wins(inside: Inside, gate: Gate) -> None:
    def asked(text: str, document: str) -> Coroutine[Any, Any, Reply]:
        return inside.posted("/suggest", {"text": text, "document": document})

    async def typed() -> list[Reply]:
        first = asyncio.create_task(asked("best food in L", "a"))
        await asyncio.to_thread(gate.begun.wait, SECONDS)
        rest = []
        for text, document in (("best food in La", "a"), ("how to b", "b"), ("best food in Las", "a"), ("how ", "")):
            rest.append(asyncio.create_task(asked(text, document)))
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)  # until all of them wait for the model
        gate.open()
        return list(await asyncio.gather(first, *rest))

    first, overtaken, other, newest, alone = inside.loop.run_until_complete(typed())
    assert [reply.status for reply in (first, other, newest, alone)] == [200] * 4
    assert (overtaken.status, overtaken.code) == (409, "cancelled")
    assert words(newest)[0] == "Vegas"


# Learning


def test_nothing_is_learned_but_by_learn(inside: Inside) -> None:
    line = "wombats sleep in burrows by day"
    inside.post("/suggest", {"text": line, "lines": [line], "context": line})
    inside.post("/explain", {"text": line})
    inside.post("/v1/completions", {"prompt": line})
    inside.post("/infill", {"prompt": line})
    assert inside.post("/suggest", {"text": "wombats sleep in ", "k": 3}).json()["suggestions"][0]["text"] != "burrows"
    assert inside.post("/learn", {"line": line}).json() == {"kept": True}
    inside.post("/learn", {"line": line})
    assert "burrows" in words(inside.post("/suggest", {"text": "wombats sleep in ", "k": 5}))
    assert inside.engine.status()["learned"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"line": " best food in private"},
        {"line": "rm precious", "status": 1},
        {"line": "my password is hunter" + "2" + "x9!Qz"},
        {"line": ""},
    ],
)
def test_what_is_not_to_be_learned_is_not(inside: Inside, body: dict[str, Any]) -> None:
    assert inside.post("/learn", body).json() == {"kept": False}
    assert inside.engine.status()["learned"] == 0


def test_what_is_forgotten_is_never_suggested_again_even_in_a_pause(inside: Inside) -> None:
    inside.post("/pause", {"seconds": None})
    assert inside.post("/learn", {"line": "a b"}).code == "paused"
    assert inside.post("/forget", {"words": ["Vegas"]}).status == 200
    assert inside.post("/forget", {"words": []}).code == "usage"
    inside.post("/pause", {"seconds": 0})
    assert "Vegas" not in words(inside.post("/suggest", {"text": "best food in Las ", "k": 9}))


def test_what_was_accepted_is_counted(inside: Inside) -> None:
    inside.post("/accepted", {"characters": 5})
    inside.post("/accepted", {})
    status = inside.get("/status").json()
    assert (status["accepted"], status["accepted_characters"]) == (2, 5)
