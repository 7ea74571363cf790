"""The bot's own HTTP pages: health, readiness, metrics, and the doors for alerts: `POST /alerts/<source>` with JSON.

A Starlette application, run by uvicorn in a thread of its own.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, SOCK_STREAM, socket

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.alerts.webhooks import WEBHOOKS, read_webhook
from bot.errors import ParseError, StoreError, UsageError
from bot.model.alert import Alert

START_SECONDS = 10.0
# Alertmanager puts a whole group into one post; a hundred alerts with long annotations stay well below this.
MAX_POST_BYTES = 1_000_000

Receive = Callable[[Sequence[Alert]], None]


def application(
    *, registry: CollectorRegistry, ready: Callable[[], str], receive: Receive, alerts_token: str | None = ""
) -> Starlette:
    """Return the application.

    `ready` gives an empty text, or the reason why the bot cannot work just now. `receive` writes alerts down before they are
    answered for; it may raise `StoreError`. Where there is an `alerts_token`, a post without it is refused;
    None refuses every post.
    """

    def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readiness(_request: Request) -> Response:
        reason = ready()
        return PlainTextResponse(f"{reason or 'ok'}\n", status_code=503 if reason else 200)

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def alerts(request: Request) -> Response:
        if alerts_token is None:
            return _said("set GOCRASH_ALERTS_TOKEN: without it alerts are taken from this machine only", 401)
        given = request.headers.get("authorization", "").encode()
        if alerts_token and not hmac.compare_digest(given, f"Bearer {alerts_token}".encode()):
            return _said("send the header `Authorization: Bearer …` with the token of GOCRASH_ALERTS_TOKEN", 401)
        return await _accept(request, receive)

    pages = [Route("/healthz", health), Route("/readyz", readiness), Route("/metrics", metrics)]
    return Starlette(routes=[*pages, Route("/alerts/{source}", alerts, methods=["POST"])])


async def _accept(request: Request, receive: Receive) -> Response:
    """Answer a post of alerts: 202 once they are written down; a sender repeats what was answered with 503."""
    source = request.path_params["source"]
    if source not in WEBHOOKS:
        return _said(f"alerts are taken at {', '.join(f'/alerts/{name}' for name in WEBHOOKS)}", 404)
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_POST_BYTES:
            return _said(f"this is more than {MAX_POST_BYTES} bytes: send fewer alerts at once", 413)
    try:
        payload = json.loads(content)
    except (ValueError, RecursionError) as error:
        return _said(f"this is no JSON: {error}", 400)
    try:
        found = read_webhook(source, payload)
        await run_in_threadpool(receive, found)
    except ParseError as error:
        return _said(str(error), 400)
    except StoreError as error:
        return _said(str(error), 503)
    return _said(f"alerts accepted: {len(found)}", 202)


def _said(sentence: str, status: int) -> Response:
    return PlainTextResponse(f"{sentence}\n", status_code=status)


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
