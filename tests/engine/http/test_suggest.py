"""Suggestions over HTTP: the same as anywhere else, in sessions that do not know each other."""

from autocomplete.engine.protocol import Document
from autocomplete.predict.suggester import Suggester
from tests.engine.http.conftest import Inside, Outside

TYPED = ["best food in La", "best food in Las ", "how to ", "", "xyzzy", "weather in Paris tod", "flights from N"]


def test_a_program_is_answered_as_suggest_answers(inside: Inside) -> None:
    suggester = Suggester.open("default")
    for text in TYPED:
        for document in ("", "letter"):
            reply = inside.post("/suggest", {"text": text, "k": 3, "words": 2, "document": document})
            assert reply.status == 200
            found = Document.from_json(reply.json())
            assert list(found.suggestions) == suggester.suggest(text, k=3, words=2)
            assert (found.input, found.model, found.threshold) == (text, "default", suggester.threshold)


def test_answers_over_a_real_socket_are_the_same(inside: Inside, outside: Outside) -> None:
    for text in TYPED:
        here, there = (each.post("/suggest", {"text": text}).json() for each in (inside, outside))
        assert {**here, "ms": 0} == {**there, "ms": 0}
