"""An ASGI application served from a thread of its own, and a way to run work where its state lives.

In: an application and a listening socket. Out: a server that is up when the constructor returns, until `close()`.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from bot.localslack.refusal import Refused

T = TypeVar("T")

POLL_SECONDS = 0.02
START_SECONDS = 10.0


class Background:
    """One server, one thread, one event loop."""

    def __init__(self, site: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            site, ws="websockets-sansio", lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="localslack", daemon=True)
        self._thread.start()
        wait(lambda: self._server.started, START_SECONDS, "the local Slack did not start")

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve(sockets=[self._listener]))

    @property
    def is_running(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop serving and wait for the thread."""
        self._server.should_exit = True
        self._thread.join(timeout=START_SECONDS)

    def deafen(self, peer: tuple[str, int]) -> None:
        """Stop hearing the connection from `peer`: it stays open and is never answered again, not even its pings.

        To be called on the server's event loop.
        """
        for connection in tuple(self._server.server_state.connections):
            if isinstance(connection, WebSocketsSansIOProtocol) and connection.client == peer:
                connection.stop_keepalive()
                connection.transport.set_protocol(_Deaf(connection))

    def do(self, work: Callable[[], T]) -> T:
        """Run `work` on the server's event loop and wait for its result."""

        async def run() -> T:
            return work()

        return self.result_of(run())

    def result_of(self, work: Awaitable[T]) -> T:
        """Await something on the server's event loop."""

        async def run() -> T:
            return await work

        if not self.is_running:
            raise Refused("closed")
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()


class _Deaf(asyncio.Protocol):
    """In the place of a connection's protocol: drops what arrives, and tells the protocol only that the connection has ended."""

    def __init__(self, instead_of: asyncio.Protocol) -> None:
        self._instead_of = instead_of

    def connection_lost(self, exc: Exception | None) -> None:
        self._instead_of.connection_lost(exc)


def wait(holds: Callable[[], bool], timeout_seconds: float, otherwise: str) -> None:
    """Wait until a condition holds; `TimeoutError` with the words `otherwise` when it does not in time."""
    deadline = time.monotonic() + timeout_seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} within {timeout_seconds:g} seconds")
        time.sleep(POLL_SECONDS)
