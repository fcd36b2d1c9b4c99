"""The door before everything that is answered over HTTP: each of its rules was paid for by somebody's hole.

A page of the web may have its visitor's browser ask any address of the machine that it runs on. Therefore, in this
order, a foreign `Host` is refused (a name that was made to mean this machine), a foreign `Origin`, whoever has no
token, whatever is no JSON (what a form may send without asking), and a body that is longer than what a person writes.
No header ever lets another origin read an answer. A body is read whole before anybody sees it, within some seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from typing import Any

from autocomplete.engine.http.answers import failed
from autocomplete.engine.http.tokens import is_known
from autocomplete.engine.protocol import MOST_LINE

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Bytes of a body: as of a line on the socket.
MOST_BODY = MOST_LINE
# Seconds in which a body must have come.
BODY_SECONDS = 10.0
# What may be seen without a token: the page, which holds nothing of anybody's.
OPEN = frozenset({"/"})
# Of every answer. What the page may do, the answer with the page says.
_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class RefusedAtDoor(Exception):  # noqa: N818 - no error of ours
    """A request goes no further.

    Args:
        status: Of the answer.
        code: Why, in a word.
        why: In a sentence.
        headers: Of the answer, beside the usual.
    """

    def __init__(self, status: int, code: str, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.status, self.code, self.why, self.headers = status, code, why, dict(headers or {})


class Door:
    """Lets in who may ask.

    Args:
        app: What is behind it.
        hosts: What `Host` may say, in lower case.
        tokens: Those that are known.
        fault: Is told of what failed behind the door.
    """

    def __init__(
        self, app: App, *, hosts: Collection[str], tokens: Iterable[str], fault: Callable[[BaseException], None]
    ) -> None:
        self._app, self._fault = app, fault
        self._hosts, self._tokens = frozenset(hosts), tuple(tokens)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or have it answered."""
        if scope["type"] != "http":  # nothing else is spoken here
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _complete(message.get("headers", ()))}
            await send(message)

        try:
            headers = _headers(scope)
            self._check_source(headers)
            self._check_token(str(scope["path"]), headers)
            receive = await _checked_body(scope, headers, receive)
        except RefusedAtDoor as no:
            await failed(no.status, no.code, no.why, headers=no.headers)(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # which was answered as one
            self._fault(error)

    def _check_source(self, headers: Mapping[str, list[str]]) -> None:
        """Refuse a request that was made for another host, or by a page of another origin."""
        hosts = headers.get("host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise RefusedAtDoor(403, "host", "This address is not known here.")
        origins = {origin.lower() for origin in headers.get("origin", ())}
        if not origins <= {f"http://{host}" for host in self._hosts}:
            raise RefusedAtDoor(403, "origin", "Pages of other origins may not ask.")

    def _check_token(self, path: str, headers: Mapping[str, list[str]]) -> None:
        if path in OPEN:
            return
        kind, _, token = next(iter(headers.get("authorization", ())), "").partition(" ")
        if kind.lower() != "bearer" or not is_known(token.strip(), self._tokens):
            why = "A token is missing, or not the right one."
            raise RefusedAtDoor(401, "token", why, {"WWW-Authenticate": "Bearer"})


async def _checked_body(scope: Scope, headers: Mapping[str, list[str]], receive: Receive) -> Receive:
    """Read the body, which must be JSON of a bounded length; what gives it to whoever is behind the door."""
    if scope["method"] in ("GET", "HEAD"):
        return receive
    if scope["method"] == "POST":
        kind = next(iter(headers.get("content-type", ())), "").partition(";")[0]
        if kind.strip().lower() != "application/json":
            raise RefusedAtDoor(415, "type", "The body must be 'application/json'.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(headers, receive)
    except TimeoutError as error:
        raise RefusedAtDoor(408, "slow", "The body did not come.", {"Connection": "close"}) from error
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()  # that the client went away
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _body(headers: Mapping[str, list[str]], receive: Receive) -> bytes:
    length = next(iter(headers.get("content-length", ())), "0")
    large = RefusedAtDoor(
        413, "large", f"The body is longer than {MOST_BODY} bytes: send the text around the cursor.",
        {"Connection": "close"},
    )  # fmt: skip
    if not length.isdigit() or len(length) > 12 or int(length) > MOST_BODY:
        raise large
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedAtDoor(400, "usage", "The body broke off.", {"Connection": "close"})
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY:
            raise large
    return bytes(body)


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _complete(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in given}
    return given + [(name, value) for name, value in _HEADERS if name not in names]
