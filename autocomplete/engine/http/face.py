"""The socket on which HTTP is answered, within the engine's own loop.

uvicorn's protocol is used without its server, which would wake ten times a second: an engine that nobody asks takes no
processor time.
"""

import asyncio
import ipaddress
import socket
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocomplete.engine.http.tokens import new_token, plugin_token, read_token
from autocomplete.engine.messages import LOOPBACK
from autocomplete.engine.server import Engine
from autocomplete.errors import AutocompleteError, UsageError, system_cause

# That of llama-server's clients.
USUAL_PORT = 8012
# Connections at once; the oldest that nobody answers makes room. As many wait to be accepted.
MOST_CLIENTS = 64
# Seconds after which a connection is closed on which nothing comes: before its first request, and between two.
QUIET_SECONDS = 30


class MissingPackagesError(AutocompleteError):
    """What HTTP needs is not installed."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where HTTP is answered.

    Attributes:
        host: An address or a name of this machine.
        port: There; None for the usual one, or any where that is taken.
        token_file: Holds the token of programs; None for the plug-ins' own, which is made where there is none.
    """

    host: str = LOOPBACK
    port: int | None = None
    token_file: Path | None = None

    def __post_init__(self) -> None:
        if self.port is not None and not 0 <= self.port <= 65535:
            raise UsageError(f"{self.port} is no port.", "Give a number from 0 to 65535.")
        address = _address(self.host)
        if address is not None and address.is_unspecified:
            raise UsageError(
                f"'{self.host}' is every address of this machine, and requests must name one.",
                "Give the address by which others reach it.",
            )
        if self.token_file is None and not self.is_local:
            raise UsageError(
                f"'{self.host}' can be reached from other machines, and you gave no token of your own.",
                "Name a file that holds one, or stay on this machine.",
            )

    @property
    def is_local(self) -> bool:
        """Whether it can be reached from this machine only."""
        address = _address(self.host)
        return self.host == "localhost" if address is None else address.is_loopback


class Listening:
    """A socket that waits for HTTP, not answered yet.

    Raises:
        MissingPackagesError: The packages of the extra are not there.
        UsageError: The token is not private.
        AutocompleteError: The port is taken, or the host none of this machine.
    """

    def __init__(self, place: Place) -> None:
        require_packages()
        self.place = place
        self.token = plugin_token() if place.token_file is None else read_token(place.token_file)
        self.socket = _bound(place)
        self.port = int(self.socket.getsockname()[1])

    @property
    def authority(self) -> str:
        """Its host and port, as a URL has them."""
        return _authority(self.place.host, self.port)


class Face:
    """Answers over HTTP, once at most, at the place where it was first wanted.

    Args:
        listening: Where; None until somebody wants it.
    """

    def __init__(self, listening: Listening | None = None) -> None:
        self._listening = listening
        self._page_token = ""  # until it answers

    @property
    def address(self) -> str:
        """Host and port where it answers, or will; empty where nobody wanted it yet."""
        return "" if self._listening is None else self._listening.authority

    def open(self, engine: Engine, host: str = LOOPBACK, port: int | None = None) -> str:
        """Answer at a host and a port, unless that is done already; return the page's URL, with its token.

        Raises:
            AutocompleteError: That cannot be, or HTTP is answered elsewhere.
        """
        if self._listening is None:
            self._listening = Listening(Place(host, port))
        listening = self._listening
        if port not in (None, 0, listening.port) or host not in (LOOPBACK, listening.place.host):
            raise AutocompleteError(
                f"HTTP is answered already, at {listening.authority}.", "Use that, or end the engine first."
            )
        if not self._page_token:
            self._page_token = new_token()
            _answer(engine, listening, self._page_token)
        return f"http://{listening.authority}/#token={self._page_token}"

    def begin(self, engine: Engine) -> None:
        """Answer at once, where a place was given."""
        if self._listening is not None:
            self.open(engine, self._listening.place.host, self._listening.port)


def require_packages() -> None:
    """Fail where the packages are not there that HTTP needs."""
    try:
        import starlette
        import uvicorn  # noqa: F401 - that they are there is what matters
    except ImportError as error:
        raise MissingPackagesError(
            "HTTP is answered by starlette and uvicorn, which are not installed.",
            'pip install "autocomplete-lm[serve]"',
        ) from error
    del starlette


def _answer(engine: Engine, listening: Listening, page_token: str) -> None:
    from autocomplete.engine.http.app import http_app
    from autocomplete.engine.http.door import Door

    place, port = listening.place, listening.port
    names = {place.host, *((LOOPBACK, "localhost", "::1") if place.is_local else ())}
    door = Door(
        http_app(engine),
        hosts=[host.lower() for name in names for host in _hosts(name, port)],
        tokens=[page_token, listening.token],
        fault=engine.log.fault,
    )
    connections = _Connections(door)
    loop = asyncio.get_running_loop()
    opening = loop.create_task(loop.create_server(connections.made, sock=listening.socket))

    def end() -> None:
        if opening.done() and not opening.cancelled() and opening.exception() is None:
            opening.result().close()
        opening.cancel()
        listening.socket.close()
        connections.end()

    engine.at_end.append(end)
    engine.log.write("answers over HTTP")


class _Connections:
    """The connections of HTTP: as many as may be, and none that says nothing."""

    def __init__(self, app: Any) -> None:
        from uvicorn.config import Config
        from uvicorn.server import ServerState

        self._config = Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=QUIET_SECONDS,
        )
        self._config.load()
        self._state = ServerState()
        self._made: deque[Any] = deque()  # oldest first, some of them closed

    def made(self) -> asyncio.Protocol:
        """Return what reads a new connection; the oldest that is not being answered makes room."""
        from uvicorn.protocols.http.h11_impl import H11Protocol

        self._made = deque(each for each in self._made if each.transport is None or not each.transport.is_closing())
        if len(self._made) >= MOST_CLIENTS:
            oldest = next((each for each in self._made if not _is_answered(each)), self._made[0])
            if oldest.transport is not None:
                oldest.transport.abort()
        protocol = H11Protocol(config=self._config, server_state=self._state, app_state={})
        self._made.append(protocol)
        asyncio.get_running_loop().call_later(QUIET_SECONDS, _close_silent, protocol)
        return protocol

    def end(self) -> None:
        """Close all."""
        for each in self._made:
            if each.transport is not None:
                each.transport.abort()


def _is_answered(connection: Any) -> bool:
    return connection.cycle is not None and not connection.cycle.response_complete


def _close_silent(connection: Any) -> None:
    """Close a connection on which no whole request has come; later on, uvicorn sees to that."""
    if connection.cycle is None and connection.transport is not None and not connection.transport.is_closing():
        connection.transport.abort()


def _bound(place: Place) -> socket.socket:
    """A socket that listens at a place."""
    try:
        family = socket.getaddrinfo(place.host, None, type=socket.SOCK_STREAM)[0][0]
    except (OSError, UnicodeError) as error:
        raise UsageError(f"'{place.host}' is no address of this machine.", "Give one that is.") from error
    ports = (USUAL_PORT, 0) if place.port is None else (place.port,)
    for port in ports:
        try:
            return socket.create_server((place.host, port), family=family, backlog=MOST_CLIENTS)
        except OSError as error:
            if port == ports[-1]:
                why = system_cause(error)
                raise AutocompleteError(
                    f"{_authority(place.host, port)}: {why}.", "Choose another port, or end what answers there."
                ) from error
    raise AssertionError


def _hosts(host: str, port: int) -> list[str]:
    """How `Host` names it: without the port, where that is the one of HTTP itself."""
    whole = _authority(host, port)
    return [whole, whole.removesuffix(":80")] if port == 80 else [whole]


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
