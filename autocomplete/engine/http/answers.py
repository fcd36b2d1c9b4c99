"""How answers are written: compact JSON, as llama.vim must have it, and errors in one shape for everybody.

{"error":{"message":"…","type":"invalid_request_error","param":null,"code":"usage"}}
"""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from autocomplete.engine.messages import Refused

# Of each reason of the engine, the status of HTTP.
STATUS: Mapping[str, int] = {
    "usage": 400,
    "model": 404,
    "cancelled": 409,
    "large": 413,
    "paused": 503,
    "failed": 500,
}
_SERVERS = 500


class Json(JSONResponse):
    """JSON without blanks: llama.vim looks for `"content":"`, and drops what is written otherwise in silence."""

    def render(self, content: Any) -> bytes:
        """Write it; whatever a text holds, it is ASCII."""
        return json.dumps(content, separators=(",", ":")).encode()


def failed(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says why there is none, as clients of OpenAI read it."""
    kind = "server_error" if status >= _SERVERS else "invalid_request_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    return Json({"error": error}, status_code=status, headers=dict(headers or {}))


def refused(why: Refused) -> Response:
    """The same for what the engine did not do."""
    return failed(STATUS[why.code], why.code, f"{why.cause} {why.cure}".strip())
