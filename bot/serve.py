"""The composition root: configuration and settings → store, engine, Slack app, workers, web front. The only wiring there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from os import getpid
from socket import gethostname
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.config import Config, Settings
from bot.diagnose import load_engine
from bot.errors import StoreError
from bot.incidents.store import Store
from bot.respond import alerting, clicks, commands, diagnosing, webhooks
from bot.respond.context import Context
from bot.respond.reception import Reception
from bot.slack.app import connect, create_app, verify, web_client
from bot.slack.listeners import register
from bot.slack.post import Poster
from bot.slack.workspace import SlackWorkspace
from bot.telemetry import create_metrics
from bot.web import application, serving
from bot.work import Handler, Workers

log = structlog.get_logger(__name__)

THREADS_PER_LANE = 2
LEASE_SECONDS = 10.0
RENEW_SECONDS = 3.0
# Where nobody but this machine can post alerts, no token is asked for.
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that runs: where its own pages are, and its store."""

    url: str
    store: Store


@contextmanager
def running(config: Config, settings: Settings) -> Iterator[Running]:
    """Run the bot until the block ends; then let it finish what it is doing.

    Raises:
        ConfigError: playbooks are wrong.
        SlackError: Slack refuses the token or cannot be reached.
        StoreError: the database cannot be opened, or another bot runs on it.
    """
    engine = load_engine(config)
    metrics = create_metrics()
    client = web_client(settings.bot_token, settings.api_url)
    with ExitStack() as stack:
        store = stack.enter_context(Store(settings.data))
        stack.enter_context(_lease(store))
        bot_user = verify(client)
        context = Context(
            config=config,
            store=store,
            engine=engine,
            workspace=SlackWorkspace(client),
            metrics=metrics,
            now=_now,
            uploads=settings.data / "uploads",
        )
        workers = Workers(
            store, lanes=_lanes(context), threads_per_lane=THREADS_PER_LANE, post=Poster(client).send, metrics=metrics, now=_now
        )
        app = create_app(client)
        reception = Reception(config, store, now=_now, wake=workers.wake)
        register(app, reception)
        workers.start()
        stack.callback(workers.stop)
        handler = connect(app, settings.app_token)
        stack.callback(handler.close)
        pages = application(
            registry=metrics.registry,
            ready=partial(_not_ready, handler),
            receive=reception.webhook,
            alerts_token=settings.alerts_token or ("" if settings.http_host in LOOPBACK else None),
        )
        url = stack.enter_context(serving(pages, host=settings.http_host, port=settings.http_port))
        log.info("gocrash runs", bot_user=bot_user, services=len(config.services), playbooks=len(engine.playbooks), http=url)
        yield Running(url=url, store=store)


def _lanes(context: Context) -> tuple[dict[str, Handler], dict[str, Handler]]:
    """Return the two lanes: what takes moments, and what takes as long as the sick service lets it."""

    def handler(module: Any) -> Handler:  # noqa: ANN401  # modules that hold a `run` and a `give_up`
        return Handler(partial(module.run, context), partial(module.give_up, context))

    quick = {"command": handler(commands), "click": handler(clicks), "message": handler(alerting), "webhook": handler(webhooks)}
    return quick, {"diagnose": handler(diagnosing)}


def _not_ready(handler: SocketModeHandler) -> str:
    return "" if handler.client.is_connected() else "not connected to Slack"


@contextmanager
def _lease(store: Store) -> Iterator[None]:
    """Hold the lease that keeps a second bot off this database, renewing it until the block ends."""
    owner = f"{gethostname()}:{getpid()}"
    _acquire(store, owner)
    stopping = threading.Event()

    def renew() -> None:
        while not stopping.wait(RENEW_SECONDS):
            try:
                store.running_lease.acquire(owner, seconds=LEASE_SECONDS, now=_now())
            except StoreError as error:
                log.warning("the running lease could not be renewed", reason=str(error))

    thread = threading.Thread(target=renew, name="lease")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        store.running_lease.release(owner)


def _acquire(store: Store, owner: str) -> None:
    """Take the lease. A bot that was killed could not give it back, so wait once for as long as a lease lasts."""
    deadline = time.monotonic() + LEASE_SECONDS + RENEW_SECONDS
    while True:
        try:
            store.running_lease.acquire(owner, seconds=LEASE_SECONDS, now=_now())
        except StoreError as error:
            if time.monotonic() > deadline:
                raise
            log.info("waiting for the last bot's lease to run out", reason=str(error))
            time.sleep(1.0)
        else:
            return


def _now() -> datetime:
    return datetime.now(UTC)
