"""The composition root: configuration and settings → store, engine, Slack app, workers, web front. The only wiring there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from bot.config import Config, Settings
from bot.diagnose import load_engine
from bot.errors import StoreError
from bot.incidents.leases import this_process
from bot.incidents.store import Store
from bot.reading import Readers
from bot.respond import (
    alerting,
    announcing,
    baselining,
    clicks,
    commands,
    crashing,
    diagnosing,
    home,
    locating,
    logs,
    marks,
    pointing,
    pruning,
    rechecking,
    reminding,
    sampling,
    scheduling,
    submissions,
    webhooks,
)
from bot.respond.context import Context
from bot.respond.crashing import CrashHook
from bot.respond.dialogs import Dialogs
from bot.respond.posting import say_refused
from bot.respond.reception import Reception
from bot.respond.refreshing import Refresher
from bot.slack.app import create_app, events, socket, web_client
from bot.slack.health import Watchdog
from bot.slack.listeners import register
from bot.slack.post import Poster
from bot.slack.workspace import SlackWorkspace
from bot.telemetry import create_metrics
from bot.web import Crashes, application, serving
from bot.work import Handler, Pace, Workers

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
def running(config: Config, settings: Settings, pace: Pace | None = None) -> Iterator[Running]:
    """Run the bot until the block ends; then let it finish what it is doing. It posts at Slack's pace, or at the one given.

    Raises:
        ConfigError: playbooks are wrong.
        InstallationError: Slack refuses a token; a Slack that is away is waited for.
        StoreError: the database cannot be opened, or another bot runs on it.
    """
    readers = Readers(config.redact)
    engine = replace(load_engine(config), mask=readers.mask, read=readers.read)
    metrics = create_metrics()
    client = web_client(settings.bot_token, settings.api_url)
    with ExitStack() as stack:
        stack.callback(readers.close)
        store = stack.enter_context(Store(settings.data))
        stack.enter_context(_lease(store))
        context = Context(
            config=config,
            store=store,
            engine=engine,
            workspace=SlackWorkspace(client),
            metrics=metrics,
            now=_now,
            started_at=_now(),
            uploads=settings.data / "uploads",
        )
        workers = Workers(
            store,
            lanes=_lanes(context),
            ticks=[*(partial(module.due, context) for module in (scheduling, reminding, announcing)), Refresher(context).due],
            threads_per_lane=THREADS_PER_LANE,
            post=Poster(client).send,
            refused=lambda message, error: say_refused(store, message, error, now=_now()),
            pace=pace or Pace(),
            metrics=metrics,
            now=_now,
        )
        app = create_app(client, signing_secret=settings.signing_secret)
        reception = Reception(config, store, now=_now, wake=workers.wake)
        hook = CrashHook(config, store, now=_now, wake=workers.wake)
        register(app, reception, Dialogs(store))
        workers.start()
        stack.callback(workers.stop)
        handler = socket(app, settings.app_token) if settings.app_token else None
        if handler:
            stack.callback(handler.close)
        watchdog = Watchdog(client, handler.client if handler else None, metrics=metrics)
        pages = application(
            registry=metrics.registry,
            ready=lambda: watchdog.reason,
            receive=reception.webhook,
            alerts_token=settings.alerts_token or ("" if settings.http_host in LOOPBACK else None),
            slack=None if handler else events(app),
            crashes=Crashes(settings.data / "incoming", hook.check, hook.accept),
        )
        url = stack.enter_context(serving(pages, host=settings.http_host, port=settings.http_port))
        watchdog.start()
        stack.callback(watchdog.stop)
        log.info("gocrash runs", services=len(config.services), playbooks=len(engine.playbooks), http=url)
        yield Running(url=url, store=store)


def _lanes(context: Context) -> tuple[dict[str, Handler], ...]:
    """Return the lanes: what takes moments; what takes as long as the sick service lets it; and what nobody waits for."""

    def handler(module: Any) -> Handler:  # noqa: ANN401  # modules that hold a `run` and a `give_up`
        return Handler(partial(module.run, context), partial(module.give_up, context))

    quick = {
        "command": handler(commands),
        "click": handler(clicks),
        "submission": handler(submissions),
        "mark": handler(marks),
        "home": handler(home),
        "message": handler(alerting),
        "webhook": handler(webhooks),
        "locate": handler(locating),
        "point": handler(pointing),
        "announce": handler(announcing),
        "remind": handler(reminding),
    }
    scheduled = {module.KIND: handler(module) for module in (sampling, baselining, rechecking, pruning)}
    return quick, {"diagnose": handler(diagnosing), "log": handler(logs), crashing.KIND: handler(crashing)}, scheduled


@contextmanager
def _lease(store: Store) -> Iterator[None]:
    """Hold the lease that keeps a second bot off this database, renewing it until the block ends."""
    owner = this_process()
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
    """Take the lease. One that was killed elsewhere could not give it back, so wait once for as long as a lease lasts."""
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
