"""The description of all that is answered over HTTP: the routes, and their JSON from `schema.json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from autocomplete.engine.http.answers import STATUS
from autocomplete.version import VERSION

_SCHEMA_FILE = "schema.json"
_HERE, _THERE = "#/$defs/", "#/components/schemas/"


class _Operation(NamedTuple):
    """A route: what it does, and the names of what it reads and answers in the schema."""

    method: str
    summary: str
    reads: str
    answers: str
    in_parts: bool = False


_OPERATIONS: Mapping[str, _Operation] = {
    "/suggest": _Operation("post", "What may come next, and how to apply it.", "Question", "Suggestions"),
    "/explain": _Operation("post", "How surely each word of a text was foreseen.", "ToExplain", "Explanation"),
    "/accepted": _Operation("post", "Count a suggestion that was taken.", "Accepted", "Done"),
    "/learn": _Operation("post", "Learn a finished line.", "Line", "Learned"),
    "/forget": _Operation("post", "Never suggest words again.", "Words", "Done"),
    "/pause": _Operation("post", "Keep every client quiet for a while.", "Seconds", "Paused"),
    "/close": _Operation("post", "Drop what was read of a document.", "Document", "Done"),
    "/v1/completions": _Operation(
        "post", "Go on with a text, as OpenAI has it.", "CompletionRequest", "Completion", True
    ),
    "/infill": _Operation("post", "Fill a gap, as llama-server has it.", "InfillRequest", "Infill", True),
    "/v1/models": _Operation("get", "The models that there are.", "", "Models"),
    "/status": _Operation("get", "How the engine does.", "", "Status"),
    "/openapi.json": _Operation("get", "This description.", "", "Anything"),
}
# Beside those of the engine.
_AT_THE_DOOR = {401, 403, 408, 415}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what is asked and answered."""
    found = json.loads(Path(__file__).with_name(_SCHEMA_FILE).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document."""
    schemas = json.loads(json.dumps(schema()["$defs"]).replace(_HERE, _THERE))
    return {
        "openapi": "3.1.0",
        "info": {"title": "autocomplete", "version": VERSION, "summary": "Next words from your own text."},
        "security": [{"token": []}],
        "paths": {path: {operation.method: _described(operation)} for path, operation in _OPERATIONS.items()},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": schemas},
    }


def _described(operation: _Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done.", "content": _json(operation.answers)}
    if operation.in_parts:
        good["content"] |= {"text/event-stream": {"schema": {"$ref": _THERE + "Event"}}}
    bad = {"description": "Not done, and why.", "content": _json("Failure")}
    codes = sorted({*STATUS.values(), *_AT_THE_DOOR}) if operation.method == "post" else [401, 403, 500]
    found: dict[str, Any] = {
        "summary": operation.summary,
        "responses": {"200": good, **{str(code): bad for code in codes}},
    }
    if operation.reads:
        found["requestBody"] = {"required": True, "content": _json(operation.reads)}
    return found


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _THERE + name}}}
