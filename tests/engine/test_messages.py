"""Lines of both forms: what they say, what is refused, and that nothing in a field can end it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.engine.edits import Edit
from autocomplete.engine.messages import (
    Answer,
    Asking,
    Done,
    Refused,
    Suggested,
    asking_of,
    escape,
    parts_of,
    read_message,
    unescape,
    write_answer,
)
from autocomplete.engine.protocol import MOST_LINE, Question
from autocomplete.errors import AutocompleteError, Cure, UsageError
from autocomplete.predict.suggestion import Suggestion

LAS = Suggestion("Las", "complete", 2, "Las", "best food in Las", 0.75, {"ngram": 1.0})


@given(st.text())
def test_a_field_comes_back_as_it_was(text: str) -> None:
    written = escape(text)
    assert not {"\t", "\n", "\r"} & set(written)
    assert unescape(written) == text


@pytest.mark.parametrize(("field", "text"), [(r"a\b", r"a\b"), ("\\", "\\"), (r"\\n", r"\n"), (r"\x\t", "\\x\t")])
def test_any_other_backslash_is_one(field: str, text: str) -> None:
    assert unescape(field) == text


@pytest.mark.parametrize(
    ("line", "asking"),
    [
        (b"s\t1\t\tbest food in la", Asking(Question("best food in la", k=1, min_probability=None, recall=True))),
        (b"s\t1\tshell\tls\\t", Asking(Question("ls\t", k=1, min_probability=None, recall=True), "shell")),
        (
            b"s\t1\tm\ta\tk=3\twords=2\tmin=0.5\tmode=next\tafter= b=c\tcwd=/\tprevious=cd /\tstatus=0",
            Asking(
                Question(
                    "a",
                    after=" b=c",
                    k=3,
                    words=2,
                    min_probability=0.5,
                    mode="next",
                    cwd="/",
                    previous="cd /",
                    status=0,
                    recall=True,
                ),
                "m",
            ),
        ),
        (b"s\t1\t\t\xff", Asking(Question("\udcff", k=1, min_probability=None, recall=True))),
        (b'{"id":1,"method":"suggest","text":"a"}', Asking(Question("a"))),
        (
            b' {"id":1,"method":"suggest","model":"m","document":"d","edits":[[0,1,"x"]],"cursor":null}',
            Asking(Question(""), "m", "d", (Edit(0, 1, "x"),)),
        ),
    ],
)
def test_a_question_in_either_form(line: bytes, asking: Asking) -> None:
    assert asking_of(read_message(line)) == asking


@pytest.mark.parametrize(
    ("line", "method", "parts"),
    [
        (b"h\t1\t0.1.0", "hello", {"version": "0.1.0"}),
        (b"a\t\t7\t12", "accepted", {"question": "7", "characters": 12}),
        (b"l\t1\t\thow to\tstatus=2", "learn", {"model": "default", "line": "how to", "status": 2}),
        (b"f\t1\tm\tLas\tVegas\t", "forget", {"model": "m", "words": ("Las", "Vegas")}),
        (b"p\t1\t60", "pause", {"seconds": 60.0}),
        (b"p\t1\t", "pause", {"seconds": None}),
        (b"p", "pause", {"seconds": None}),
        (b"c\t1\t7", "cancel", {"question": "7"}),
        (b"t\t1", "status", {}),
        (b"q", "stop", {}),
        (b'{"method":"learn","line":"how to"}', "learn", {"model": "default", "line": "how to", "status": None}),
        (b'{"method":"stop","id":null}', "stop", {}),
    ],
)
def test_what_else_is_said_in_either_form(line: bytes, method: str, parts: dict[str, Any]) -> None:
    message = read_message(line)
    assert (message.method, parts_of(message)) == (method, parts)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x\t1",
        b"s\t1\tm\ttext\tcolour=red",
        b"s\t1\tm\ttext\tk=many",
        b"p\t1\tlong",
        b"t\t1\tmore",
        b"c\t1\t2\t3",
        b"{",
        b"{]",
        b'{"method":"suggest","schema":1}',
        b'{"method":"suggest","id":[1]}',
        b'{"method":"suggest","id":true}',
        b'{"method":7}',
        b'{"id":' + b"9" * 5000 + b"}",
        b"{" * MOST_LINE,
        b'{"a":' * (MOST_LINE // 5),
        b"\\" * MOST_LINE,
        b"s" + b"\t" * (MOST_LINE // 8),
    ],
    ids=lambda line: str(line[:40]),
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(UsageError, match=r".") as refused:
        read_message(line)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("answer", "fields", "document"),
    [
        (
            Suggested((LAS, LAS), 0.4567, 0.25),
            "7\t2\tLas\t0.75\t2\tLas\t0.75",
            {
                "ms": 0.457,
                "threshold": 0.25,
                "suggestions": [
                    {
                        "text": "Las",
                        "kind": "complete",
                        "replace": 2,
                        "insert": "Las",
                        "probability": 0.75,
                        "experts": {"ngram": 1.0},
                    }
                ]
                * 2,
            },
        ),
        (
            Suggested((), 0.0, 0.25, (AutocompleteError("It is damaged.", Cure.WIPE),)),
            "7",
            {
                "ms": 0.0,
                "threshold": 0.25,
                "suggestions": [],
                "warnings": [{"cause": "It is damaged.", "cure": Cure.WIPE.value}],
            },
        ),
        (
            Done({"kept": True, "n": None, "s": "a\tb"}),
            "7\tok\tkept=1\tn=\ts=a\\tb",
            {"kept": True, "n": None, "s": "a\tb"},
        ),
        (
            Refused("model", "No\nmodel.", Cure.MAKE_MODEL),
            "7\t!\tmodel\tNo\\nmodel.\tTrain a model.",
            {"error": {"code": "model", "cause": "No\nmodel.", "cure": "Train a model."}},
        ),
        (
            Refused("cancelled", "A newer question came."),
            "7",
            {"error": {"code": "cancelled", "cause": "A newer question came.", "cure": ""}},
        ),
    ],
)
def test_an_answer_in_either_form(answer: Answer, fields: str, document: dict[str, Any]) -> None:
    assert write_answer("tabs", "7", answer).decode() == fields + "\n"
    written = write_answer("json", 7, answer)
    assert written.count(b"\n") == 1
    assert b'": ' not in written
    assert json.loads(written) == {"schema": 2, "id": 7, **document}


def test_the_page_of_the_protocol_shows_what_is_read_and_written() -> None:
    page = Path(__file__).parents[2] / "docs" / "protocol.md"
    shown = [
        line.strip().replace("⇥", "\t") for line in page.read_text(encoding="utf-8").splitlines() if line[:4] == "    "
    ]
    questions = [line for line in shown if '"method"' in line or line.startswith("s\t")]
    assert len(questions) == 4
    for line in questions:
        assert asking_of(read_message(line.encode()))
    answer = Suggested((replace(LAS, probability=0.99),), 0.412, 0.25)
    assert write_answer("tabs", 7, answer).decode().rstrip() in shown
    assert "".join(shown).count(write_answer("json", 7, answer).decode().rstrip()) == 1


def test_what_would_act_on_a_terminal_is_not_told_to_a_shell() -> None:
    harmful = Suggestion("\x1b[2J", "next", 0, "\x1b[2J", "\x1b[2J", 0.9, {})
    assert write_answer("tabs", 1, Suggested((harmful, LAS), 0.1, 0.2)) == b"1\t2\tLas\t0.75\n"
