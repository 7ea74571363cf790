"""The bot's own HTTP pages: health, readiness, metrics. A Starlette application, run by uvicorn in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, SOCK_STREAM, socket

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import UsageError

START_SECONDS = 10.0


def application(*, registry: CollectorRegistry, ready: Callable[[], str]) -> Starlette:
    """Return the application. `ready` gives an empty text, or the reason why the bot cannot work just now."""

    def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readiness(_request: Request) -> Response:
        reason = ready()
        return PlainTextResponse(f"{reason or 'ok'}\n", status_code=503 if reason else 200)

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", health), Route("/readyz", readiness), Route("/metrics", metrics)])


@contextmanager
def serving(app: Starlette, *, host: str, port: int) -> Iterator[str]:
    """Serve until the block ends; yields the base URL (port 0 picks a free one).

    Raises:
        UsageError: the address cannot be bound.
    """
    with socket(AF_INET6 if ":" in host else AF_INET, SOCK_STREAM) as listener:
        try:
            listener.bind((host.strip("[]"), port))
        except OSError as error:
            raise UsageError(
                f"cannot listen on {host}:{port} ({error.strerror}): set GOCRASH_HTTP to a free host:port"
            ) from error
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],), name="web")
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise UsageError("the bot's HTTP pages did not start: see the log above")
        time.sleep(0.01)
