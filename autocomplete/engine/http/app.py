"""What is answered over HTTP: a route for each message of the socket, and those of other APIs."""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from autocomplete.bundle import MANIFEST, model_names
from autocomplete.engine.http.answers import Json, failed, refused
from autocomplete.engine.http.asking import CLIENT, MOST_COUNTED, Asker, OvertakenError, done, read_object
from autocomplete.engine.http.completions import Completions, read_wish
from autocomplete.engine.http.infill import fill, fill_in_parts, read_gap
from autocomplete.engine.http.openapi import openapi
from autocomplete.engine.messages import Message, Refused, asking_of, parts_of
from autocomplete.engine.protocol import Document, read_count, read_parts, read_text
from autocomplete.engine.server import Engine
from autocomplete.engine.server import refused as reason
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.places import DEFAULT_MODEL, models_root

_EVENTS = "text/event-stream"
# Words of a text that are explained at most.
_MOST_EXPLAINED = 500
# Of the page: an inline script and a style.
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)

Handler = Callable[[Mapping[str, Any]], Awaitable[Response]]


def http_app(engine: Engine) -> Starlette:
    """Return what answers, for an engine, whoever has come through the door."""
    routes = _Routes(Asker(engine))
    posts: Mapping[str, Handler] = {
        "/suggest": routes.suggest,
        "/explain": routes.explain,
        "/accepted": routes.accepted,
        "/learn": routes.learn,
        "/forget": routes.forget,
        "/pause": routes.pause,
        "/close": routes.close,
        "/v1/completions": routes.completions,
        "/infill": routes.infill,
    }
    gets: Mapping[str, Callable[[], Response]] = {
        "/": page,
        "/status": routes.status,
        "/v1/models": routes.models,
        "/openapi.json": lambda: Json(openapi()),
    }
    return Starlette(
        routes=[
            *(Route(path, partial(_posted, engine, handler), methods=["POST"]) for path, handler in posts.items()),
            *(Route(path, partial(_got, engine, handler), methods=["GET"]) for path, handler in gets.items()),
        ],
        exception_handlers={HTTPException: _unknown, Exception: _broken},
    )


async def _posted(engine: Engine, handler: Handler, request: Request) -> Response:
    engine.used()
    try:
        return await handler(read_object(await request.body()))
    except OvertakenError as error:
        return refused(Refused("cancelled", error.cause))
    except (AutocompleteError, OSError) as error:
        return refused(reason(error))


async def _got(engine: Engine, handler: Callable[[], Response], _request: Request) -> Response:
    engine.used()
    return handler()


def _unknown(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = "Nothing is answered here." if error.status_code == 404 else "This is asked in another way."
    return failed(error.status_code, "usage", f"{what} See '/openapi.json'.", headers=error.headers)


def _broken(_request: Request, _error: Exception) -> Response:
    """What the door has in its log by then; what was asked may stand in the error."""
    return failed(500, "failed", "This is a fault of autocomplete; the engine's log says where it lies.")


class _Routes:
    """What is done for each route; every method raises what the engine says of a request that makes no sense."""

    def __init__(self, asker: Asker) -> None:
        self._asker, self._engine = asker, asker.engine

    async def suggest(self, body: Mapping[str, Any]) -> Response:
        asking = asking_of(_message("suggest", body))
        if asking.edits is not None or asking.cursor is not None:
            raise UsageError("Over HTTP a document is not edited.", "Send the text around the cursor.")
        found = await self._asker.suggest(asking.model, asking.question, asking.document)
        question, model = asking.question, asking.model or DEFAULT_MODEL
        document = Document(
            question.text, question.mode, model, found.milliseconds, found.threshold, found.suggestions
        )  # fmt: skip
        warnings = [{"cause": each.cause, "cure": str(each.cure)} for each in found.warnings]
        return Json(document.to_json() | ({"warnings": warnings} if warnings else {}))

    async def explain(self, body: Mapping[str, Any]) -> Response:
        from autocomplete.predict.explanation import explained

        parts = read_parts("this request", body, {"model": read_text, "text": read_text, "most": read_count})
        if "text" not in parts:
            raise UsageError("A request without 'text' asks nothing.", "Give the text.")
        model, text, most = (
            parts.get("model", ""),
            parts["text"][:MOST_COUNTED],
            min(parts.get("most", 200), _MOST_EXPLAINED),
        )
        found = await done(
            self._asker.model(model).do(
                lambda suggester: explained(suggester.model, text, personal=suggester.personal, most=most)
            )
        )
        return Json({"model": model or DEFAULT_MODEL, **found.as_dict()})

    async def accepted(self, body: Mapping[str, Any]) -> Response:
        parts = parts_of(_message("accepted", {"question": 0, "characters": 0, **body}))
        self._engine.count("accepted")
        self._engine.count("accepted_characters", max(parts["characters"], 0))
        return Json({})

    async def learn(self, body: Mapping[str, Any]) -> Response:
        parts = parts_of(_message("learn", body))
        kept = False
        if not parts["status"]:  # a command that failed teaches nothing
            kept = await done(self._asker.model(parts["model"]).learn((CLIENT, ""), parts["line"]))
        self._engine.count("learned", int(kept))
        return Json({"kept": kept})

    async def forget(self, body: Mapping[str, Any]) -> Response:
        parts = parts_of(_message("forget", body))
        if not parts["words"]:
            raise UsageError("No word was given.", "Name the words to forget.")
        await done(self._asker.known(parts["model"]).forget(parts["words"]))
        return Json({})

    async def pause(self, body: Mapping[str, Any]) -> Response:
        return Json(self._engine.set_pause(**parts_of(_message("pause", body))))

    async def close(self, body: Mapping[str, Any]) -> Response:
        self._asker.close(**parts_of(_message("close", body)))
        return Json({})

    async def completions(self, body: Mapping[str, Any]) -> Response:
        wish = read_wish(body)
        found = Completions(self._asker, wish)
        await found.begin()
        return StreamingResponse(found.parts(), media_type=_EVENTS) if wish.stream else Json(await found.whole())

    async def infill(self, body: Mapping[str, Any]) -> Response:
        gap = read_gap(body)
        found = await fill(self._asker, gap)
        if gap.stream and isinstance(found, dict):
            return StreamingResponse(fill_in_parts(found), media_type=_EVENTS)
        return Json(found)

    def status(self) -> Response:
        return Json(self._engine.status())

    def models(self) -> Response:
        return Json({"object": "list", "data": [_model(name) for name in model_names()]})


def _message(method: str, body: Mapping[str, Any]) -> Message:
    return Message("json", None, method, body)


def _model(name: str) -> dict[str, Any]:
    try:
        created = int((models_root() / name / MANIFEST).stat().st_mtime)
    except OSError:
        created = 0
    return {"id": name, "object": "model", "created": created, "owned_by": "you"}


def page() -> Response:
    """The page, which may do what stands in it and nothing else."""
    text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    sources = {"script": "", "style": ""}
    for kind, inline in _INLINE.findall(text):
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        sources[kind] += f" 'sha256-{digest}'"
    policy = (
        f"default-src 'none'; script-src{sources['script']}; style-src{sources['style']}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})
