"""The connections of HTTP: as many as may be, and none that says nothing.

uvicorn's protocol is used without its server, which would wake ten times a second: an engine that nobody asks takes no
processor time.
"""

import asyncio
import socket
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from autocomplete.engine.http.door import Door

# Connections at once; the oldest that nobody answers makes room.
MOST_CLIENTS = 64
# Seconds after which a connection is closed on which nothing comes: before its first request, and between two.
QUIET_SECONDS = 30


class Connections:
    """All of them, oldest first.

    Args:
        door: Answers.
    """

    def __init__(self, door: Door) -> None:
        self.config = Config(
            door,
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
        self.config.load()
        self.state = ServerState()
        self.open: dict[_Connection, None] = {}

    def made(self) -> asyncio.Protocol:
        """Return what reads a new connection."""
        return _Connection(self)

    def end(self) -> None:
        """Close all."""
        for each in list(self.open):
            each.transport.abort()


class _Connection(H11Protocol):
    """One connection."""

    def __init__(self, among: Connections) -> None:
        super().__init__(config=among.config, server_state=among.state, app_state={})
        self._among = among

    @property
    def _was_asked(self) -> bool:
        cycle: Any = self.cycle  # of requests and answers; uvicorn does not say that there is none at first
        return cycle is not None

    @property
    def _is_answered(self) -> bool:
        return self._was_asked and not self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        """Begin to read; the oldest that is not being answered makes room."""
        # An answer's head and body are sent apart: without this, the body waits 40 ms until the head is acknowledged.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        others = self._among.open
        if len(others) >= MOST_CLIENTS:
            oldest = next((each for each in others if not each._is_answered), next(iter(others)))
            del others[oldest]
            oldest.transport.abort()
        others[self] = None
        asyncio.get_running_loop().call_later(QUIET_SECONDS, self._close_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._among.open.pop(self, None)
        super().connection_lost(exc)

    def _close_silent(self) -> None:
        """Close it where no whole request has come; after the first, uvicorn sees to that."""
        if not self._was_asked:
            self.transport.abort()
