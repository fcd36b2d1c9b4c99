"""The description: what is asked and answered is as it says, whatever is asked."""

import json
from typing import Any

import pytest

from autocomplete.engine.http.openapi import openapi, schema
from tests.engine.http.conftest import AUTHORISED, HOST, Inside

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")

ASKED: list[tuple[str, str, dict[str, Any], str]] = [
    ("/suggest", "Question", {"text": "best food in La", "k": 3, "words": 2, "min_probability": "auto"}, "Suggestions"),
    ("/suggest", "Question", {"text": "", "after": "x", "document": "d", "temperature": 1, "seed": 3}, "Suggestions"),
    ("/explain", "ToExplain", {"text": "best food in Las Vegas, xyzzy", "most": 5}, "Explanation"),
    ("/accepted", "Accepted", {"characters": 3}, "Done"),
    ("/learn", "Line", {"line": "wombats sleep in burrows"}, "Learned"),
    ("/learn", "Line", {"line": "wombats sleep", "status": 1}, "Learned"),
    ("/forget", "Words", {"words": ["Vegas"]}, "Done"),
    ("/pause", "Seconds", {"seconds": 60}, "Paused"),
    ("/pause", "Seconds", {"seconds": 0}, "Paused"),
    ("/close", "Document", {"document": "d"}, "Done"),
    ("/v1/completions", "CompletionRequest", {"prompt": "how", "logprobs": 2, "n": 2}, "Completion"),
    ("/infill", "InfillRequest", {"prompt": "how", "n_predict": 4}, "Infill"),
]


def check(name: str, value: Any) -> None:
    whole = schema()
    jsonschema.Draft202012Validator({**whole, "$ref": f"#/$defs/{name}"}).validate(value)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(("path", "reads", "body", "answers"), ASKED)
def test_what_is_asked_and_answered_is_as_described(
    inside: Inside, path: str, reads: str, body: dict[str, Any], answers: str
) -> None:
    check(reads, body)
    reply = inside.post(path, body)
    assert reply.status == 200, reply.body
    check(answers, reply.json())
    wrong = inside.post(path, {"unknown": 1, "prompt": 1})
    check("Failure", wrong.json())


@pytest.mark.parametrize(
    ("path", "answers"), [("/v1/models", "Models"), ("/status", "Status"), ("/openapi.json", "Anything")]
)
def test_what_is_got_is_as_described(inside: Inside, path: str, answers: str) -> None:
    check(answers, inside.get(path).json())


def test_every_route_is_described_and_no_other(inside: Inside) -> None:
    described = {(path, method.upper()) for path, item in openapi()["paths"].items() for method in item}
    routes = {(route.path, method) for route in inside.routes for method in route.methods if method != "HEAD"}
    assert described == routes - {("/", "GET")}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), [(path, *item) for path, item in openapi()["paths"].items()])
def test_whatever_is_asked_is_answered_as_described(inside: Inside, path: str, method: str) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    import requests
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.core.transport import Response
    from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

    checks = [schemathesis.checks.not_a_server_error, status_code_conformance, response_schema_conformance]
    request = requests.Request(method.upper(), f"http://{HOST}{path}").prepare()
    kind = {"Content-Type": "application/json"} if method == "post" else {}

    def ask(case: Any) -> None:
        written = case.as_transport_kwargs(base_url=f"http://{HOST}", headers=AUTHORISED)
        body = json.dumps(written["json"]).encode() if "json" in written else written.get("data") or b""
        reply = inside.send(method.upper(), path, body, {"Host": HOST, **AUTHORISED, **kind})
        headers = {name: [value] for name, value in reply.headers.items()}
        case.validate_response(Response(reply.status, headers, reply.body, request, 0.0, verify=False), checks=checks)

    limits = settings(max_examples=15, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    cases = schemathesis.openapi.from_dict(openapi())[path][method.upper()].as_strategy()
    limits(given(case=cases)(ask))()
