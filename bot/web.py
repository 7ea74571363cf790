"""The bot's own HTTP pages (health, readiness, metrics) and its doors for alerts, crash logs, and Slack in HTTP mode.

A Starlette application, run by uvicorn in a thread of its own.
"""

from __future__ import annotations

import hmac
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
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
# A crash log with the dump of 100,000 goroutines has 220 MB.
MAX_CRASH_BYTES = 256_000_000

Receive = Callable[[Sequence[Alert]], None]
# A request of Slack's and its body → the answer; it takes as long as the listener needs to ack.
Slack = Callable[[Request, bytes], Response]


@dataclass(frozen=True, slots=True)
class Crashes:
    """What takes crash logs: `directory` holds what arrives.

    `check` refuses a service (`UsageError`); `accept` takes over a file and writes a job down for it (`StoreError`).
    """

    directory: Path
    check: Callable[[str], None]
    accept: Callable[[str, Path], None]


def application(
    *,
    registry: CollectorRegistry,
    ready: Callable[[], str],
    receive: Receive,
    alerts_token: str | None = "",
    slack: Slack | None = None,
    crashes: Crashes | None = None,
) -> Starlette:
    """Return the application.

    `ready` gives an empty text, or the reason why the bot cannot work just now. `receive` writes alerts down before they are
    answered for; it may raise `StoreError`. Where there is an `alerts_token`, a post without it is refused;
    None refuses every post. `slack` answers for Slack in HTTP mode; it checks the signature itself. `crashes` takes crash logs,
    with the same token as alerts.
    """

    def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readiness(_request: Request) -> Response:
        reason = ready()
        return PlainTextResponse(f"{reason or 'ok'}\n", status_code=503 if reason else 200)

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def alerts(request: Request) -> Response:
        return _refusal(request, alerts_token) or await _accept(request, receive)

    async def crash(request: Request) -> Response:
        return _refusal(request, alerts_token) or await _accept_crash(request, crashes)

    async def events(request: Request) -> Response:
        return await _accept_event(request, slack)

    pages = [Route("/healthz", health), Route("/readyz", readiness), Route("/metrics", metrics)]
    doors = {"/alerts/{source}": alerts, "/evidence/{service}": crash, "/slack/events": events}
    return Starlette(routes=[*pages, *(Route(path, door, methods=["POST"]) for path, door in doors.items())])


def _refusal(request: Request, token: str | None) -> Response | None:
    """Return the answer to a post that does not carry the token; None when it does, or need not."""
    if token is None:
        return _said("set GOCRASH_ALERTS_TOKEN: without it posts are taken from this machine only", 401)
    given = request.headers.get("authorization", "").encode()
    if token and not hmac.compare_digest(given, f"Bearer {token}".encode()):
        return _said("send the header `Authorization: Bearer …` with the token of GOCRASH_ALERTS_TOKEN", 401)
    return None


async def _accept_event(request: Request, slack: Slack | None) -> Response:
    """Answer a post of Slack's."""
    if slack is None:
        return _said("this bot listens to Slack over a socket: remove SLACK_APP_TOKEN for HTTP mode", 404)
    content = await _body(request)
    if content is None:
        return _said(f"this is more than {MAX_POST_BYTES} bytes", 413)
    return await run_in_threadpool(slack, request, content)


async def _body(request: Request) -> bytes | None:
    """Return the body of a post; None when it is longer than `MAX_POST_BYTES`."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_POST_BYTES:
            return None
    return bytes(content)


async def _accept(request: Request, receive: Receive) -> Response:
    """Answer a post of alerts: 202 once they are written down; a sender repeats what was answered with 503."""
    source = request.path_params["source"]
    if source not in WEBHOOKS:
        return _said(f"alerts are taken at {', '.join(f'/alerts/{name}' for name in WEBHOOKS)}", 404)
    content = await _body(request)
    if content is None:
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


async def _accept_crash(request: Request, crashes: Crashes | None) -> Response:
    """Answer a post of a crash log: 202 once it is on the disk and written down."""
    if crashes is None:
        return _said("this bot takes no crash logs", 404)
    service = request.path_params["service"]
    try:
        crashes.check(service)
    except UsageError as error:
        return _said(str(error), 404)
    crashes.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = crashes.directory / uuid.uuid4().hex
    taken = False
    try:
        size = await _save(request, path)
        if not 0 < size <= MAX_CRASH_BYTES:
            wrong = (
                f"this is more than {MAX_CRASH_BYTES} bytes: send the end of the log" if size else "this is empty: send the log"
            )
            return _said(wrong, 413 if size else 400)
        await run_in_threadpool(crashes.accept, service, path)
        taken = True
    except (OSError, StoreError) as error:
        return _said(str(error), 503)
    finally:
        if not taken:
            path.unlink(missing_ok=True)
    return _said("the crash log was accepted", 202)


async def _save(request: Request, path: Path) -> int:
    """Write the body of a post into a file as it comes; return its size, or one that is too large as soon as it is."""
    size = 0
    with path.open("xb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_CRASH_BYTES:
                return size
            await run_in_threadpool(file.write, chunk)
        await run_in_threadpool(file.flush)
        await run_in_threadpool(os.fsync, file.fileno())
    return size


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
