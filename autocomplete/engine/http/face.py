"""Where HTTP is answered: the place, its socket, and how it is opened and closed within the engine's own loop."""

import asyncio
import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from autocomplete.engine.http.tokens import new_token, plugin_token, read_token
from autocomplete.engine.messages import LOOPBACK
from autocomplete.engine.server import Engine
from autocomplete.errors import AutocompleteError, UsageError

# That of llama-server's clients.
USUAL_PORT = 8012
# Connections that wait to be accepted.
_BACKLOG = 64


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
    from autocomplete.engine.http.connections import Connections
    from autocomplete.engine.http.door import Door

    place, port = listening.place, listening.port
    names = {place.host, *((LOOPBACK, "localhost", "::1") if place.is_local else ())}
    door = Door(
        http_app(engine),
        hosts=[host.lower() for name in names for host in _hosts(name, port)],
        tokens=[page_token, listening.token],
        fault=engine.log.fault,
    )
    connections = Connections(door)
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


def _bound(place: Place) -> socket.socket:
    """A socket that listens at a place."""
    try:
        family = socket.getaddrinfo(place.host, None, type=socket.SOCK_STREAM)[0][0]
    except (OSError, UnicodeError) as error:
        raise UsageError(f"'{place.host}' is no address of this machine.", "Give one that is.") from error
    ports = (USUAL_PORT, 0) if place.port is None else (place.port,)
    for port in ports:
        try:
            return socket.create_server((place.host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            if port == ports[-1]:
                why = os.strerror(error.errno) if error.errno else str(error)  # Python says the address again
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
