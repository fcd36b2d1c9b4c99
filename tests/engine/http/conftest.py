"""The engine's HTTP, in this process without a socket, and on a real one."""

import asyncio
import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from autocomplete.config import EngineSettings
from autocomplete.engine.address import engine_address
from autocomplete.engine.http.app import http_app
from autocomplete.engine.http.door import Door
from autocomplete.engine.log import EngineLog
from autocomplete.engine.pause import Pause
from autocomplete.engine.pool import ModelPool
from autocomplete.engine.server import Engine
from tests.engine.conftest import SECONDS, RunningEngine

HOST = "127.0.0.1:8012"
TOKEN = "a" * 40
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["error"]["code"])


class Inside:
    """An engine asked in this process: requests go to the application as uvicorn would give them."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.engine = self.loop.run_until_complete(self._engine())
        app = http_app(self.engine)
        self.routes: list[Any] = list(app.routes)
        self.app = Door(app, hosts=[HOST], tokens=[TOKEN, "b" * 40], fault=self.engine.log.fault)

    async def _engine(self) -> Engine:
        address = engine_address(make=True)
        settings = EngineSettings(idle_minutes=0)
        pool = ModelPool(most_bytes=1e9)
        return Engine(settings, pool=pool, pause=Pause(address.paused), log=EngineLog(address.log))

    def send(
        self,
        method: str,
        path: str,
        body: bytes | list[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> Reply:
        """Send a request, with these headers and no others."""
        return self.loop.run_until_complete(
            self.sent(method, path, body, {**(headers or {}), **more})
        )  # fmt: skip

    async def sent(self, method: str, path: str, body: bytes | list[bytes], headers: Mapping[str, str]) -> Reply:
        parts = [body] if isinstance(body, bytes) else list(body)
        messages = [
            {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts, start=1)
        ]
        found: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await asyncio.sleep(SECONDS)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            found.append(message)

        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": raw,
            "client": ("127.0.0.1", 4242), "server": ("127.0.0.1", 8012), "state": {},
        }  # fmt: skip
        await self.app(scope, receive, send)
        start, *rest = found
        answered = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Reply(start["status"], answered, b"".join(part.get("body", b"") for part in rest))

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        """Ask as a program that may."""
        return self.loop.run_until_complete(self.posted(path, body, **headers))

    async def posted(self, path: str, body: Any, **headers: str) -> Reply:
        """The same, among other things."""
        usual = {"Host": HOST, "Content-Type": "application/json", **AUTHORISED}
        return await self.sent("POST", path, json.dumps(body).encode(), {**usual, **headers})

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, b"", {"Host": HOST, **AUTHORISED, **headers})

    def close(self) -> None:
        self.engine.pool.close()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


@pytest.fixture
def inside(home: Path) -> Iterator[Inside]:
    engine = Inside()
    yield engine
    engine.close()


class Outside:
    """The same engine's HTTP on a real socket."""

    def __init__(self, engine: RunningEngine) -> None:
        self.url = engine.talk().ask(id=1, method="http", port=0)["url"]
        self.address, _, fragment = self.url.removeprefix("http://").partition("/#")
        self.token = fragment.removeprefix("token=")

    def connection(self) -> http.client.HTTPConnection:
        host, _, port = self.address.rpartition(":")
        return http.client.HTTPConnection(host, int(port), timeout=SECONDS)

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        connection = self.connection()
        usual = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        connection.request("POST", path, json.dumps(body), {**usual, **headers})
        response = connection.getresponse()
        reply = Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        connection.close()
        return reply


@pytest.fixture
def outside(engine: RunningEngine) -> Outside:
    return Outside(engine)
