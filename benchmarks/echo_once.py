"""Sends back whatever comes on a Unix socket, until it is killed; prints a line once it does.

    python benchmarks/echo_once.py SOCKET

Called by `benchmarks.engine`, for which it is the least that a question and its answer can take.
"""

import asyncio
import sys


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where it came from."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Send it back."""
        self._transport.write(data)


async def main() -> None:
    """Listen at the path that the command line names."""
    server = await asyncio.get_running_loop().create_unix_server(Echo, sys.argv[1])
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
