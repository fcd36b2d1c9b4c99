"""Questions and answers as JSON: nothing is lost on the way, and what makes no sense is refused by name."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.engine.protocol import Document, Failure, Question, suggestion_from_json, suggestion_to_json
from autocomplete.errors import UsageError
from autocomplete.predict.passed_over import MOST_LISTS, List, PassedOver
from autocomplete.predict.suggestion import Suggestion

TEXTS = st.text(max_size=12)
MODES = st.sampled_from(["auto", "next", "complete"])
SHARES = st.floats(0.0, 1.0)
QUESTIONS: st.SearchStrategy[Question] = st.builds(
    Question,
    text=TEXTS,
    lines=st.lists(TEXTS, max_size=3).map(tuple),
    mode=MODES,
    k=st.integers(1, 1000),
    words=st.integers(1, 100),
    blocked=st.frozensets(TEXTS, max_size=3),
    recall=st.booleans(),
    passed_over=st.builds(
        PassedOver,
        TEXTS,
        st.lists(st.builds(List, TEXTS, st.lists(TEXTS, max_size=3).map(tuple)), max_size=MOST_LISTS).map(tuple),
    ),
)
SUGGESTIONS: st.SearchStrategy[Suggestion] = st.builds(
    Suggestion,
    text=TEXTS,
    kind=st.sampled_from(["next", "complete"]),
    replace=st.integers(0, 9),
    insert=TEXTS,
    result=TEXTS,
    probability=SHARES,
    experts=st.dictionaries(TEXTS, SHARES, max_size=3),
)
DOCUMENTS: st.SearchStrategy[Document] = st.builds(
    Document,
    input=TEXTS,
    mode=MODES,
    model=TEXTS,
    ms=st.integers(0, 10**6).map(lambda microseconds: microseconds / 1000),
    threshold=SHARES,
    suggestions=st.lists(SUGGESTIONS, max_size=3).map(tuple),
)
VEGAS = Suggestion("Vegas", "next", 0, " Vegas", "Las Vegas", 0.75, {"ngram": 1.0})
DOCUMENT = Document("Las", "auto", "mine", 1.23456, 0.3, (VEGAS,))


def over_the_wire(document: dict[str, Any]) -> Any:
    return json.loads(json.dumps(document, ensure_ascii=False))


@given(QUESTIONS)
def test_a_question_comes_over_whole(question: Question) -> None:
    assert Question.from_json(over_the_wire(question.to_json())) == question


@given(DOCUMENTS)
def test_an_answer_comes_over_whole(document: Document) -> None:
    assert Document.from_json(over_the_wire(document.to_json())) == document


def test_what_a_question_leaves_out_is_as_by_default() -> None:
    assert Question.from_json({"text": "best f"}) == Question("best f")


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ({}, "'text'"),
        ({"text": 3}, "'text' is 3"),
        ({"text": "x", "wrods": 2}, "'wrods'"),
        ({"text": "x", "lines": "one"}, "'lines'"),
        ({"text": "x", "lines": [1]}, "'lines' is 1"),
        ({"text": "x", "mode": "netx"}, "'netx'"),
        ({"text": "x", "mode": ["next"]}, "no mode"),
        ({"text": "x", "k": 0}, "'k' is 0"),
        ({"text": "x", "k": True}, "'k' is True"),
        ({"text": "x", "words": "2"}, "'words'"),
        ({"text": "x", "blocked": [None]}, "'blocked'"),
        ({"text": "x", "recall": 1}, "'recall' is 1"),
        ({"text": "x", "passed_over": ["word"]}, "'passed_over' lacks"),
        ({"text": "x", "passed_over": {"before": "", "lists": [["w", ["was"]]]}}, "'passed_over' has a list"),
        ({"text": "x", "passed_over": {"before": "", "lists": [{"typed": "w", "words": [1]}]}}, "'passed_over' is 1"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(document: dict[str, Any], part: str) -> None:
    with pytest.raises(UsageError) as caught:
        Question.from_json(document)
    assert part in str(caught.value)
    assert caught.value.cure


def test_programs_read_these_keys() -> None:
    assert DOCUMENT.to_json() == {
        "schema": 2,
        "input": "Las",
        "mode": "auto",
        "model": "mine",
        "ms": 1.235,
        "threshold": 0.3,
        "suggestions": [
            {
                "text": "Vegas",
                "kind": "next",
                "replace": 0,
                "insert": " Vegas",
                "result": "Las Vegas",
                "probability": 0.75,
                "experts": {"ngram": 1.0},
            }
        ],
    }


@pytest.mark.parametrize("schema", [None, 0, 99, "1"])
def test_an_answer_of_another_schema_is_refused(schema: object) -> None:
    with pytest.raises(UsageError, match="Schema"):
        Document.from_json({**DOCUMENT.to_json(), "schema": schema})


def test_an_answer_that_lacks_something_is_refused_and_what_it_has_beside_is_ignored() -> None:
    written = DOCUMENT.to_json()
    for key in written.keys() - {"schema"}:
        with pytest.raises(UsageError, match=key):
            Document.from_json({name: value for name, value in written.items() if name != key})
    assert Document.from_json({**written, "later": 1}) == replace(DOCUMENT, ms=1.235)
    assert suggestion_from_json({**suggestion_to_json(VEGAS), "later": 1}) == VEGAS


def test_a_failure_is_a_document_that_says_why() -> None:
    written = Failure("best f", "auto", "default", "The model is damaged.").to_json()
    assert written.keys() == {"schema", "input", "mode", "model", "error"}
    with pytest.raises(UsageError, match="The model is damaged"):
        Document.from_json(written)
