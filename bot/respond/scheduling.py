"""What nobody asks for and is due all the same: looks at services, looks after mitigations, pruning. `due` queues the jobs.

What is due follows from the store alone, so it survives a restart, and the command line may change incidents while the bot runs.
A look gives way to what people have asked for: while a service is being looked at, or was a moment ago, it stays due.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.config import Service
from bot.incidents.queue import LOOKS
from bot.respond import baselining, pruning, rechecking, sampling
from bot.respond.context import Context

PRUNE_EVERY = timedelta(days=1)
MISSED = timedelta(days=1)
"""A mitigation longer ago than this is not looked at again: whoever waited for that has looked."""


def due(context: Context) -> None:
    """Queue a job for everything that is due now."""
    now, defaults = context.now(), context.config.defaults
    _rechecks(context, now)
    for service in filter(_is_watched, context.config.services.values()):
        _look(context, sampling.KIND, service.name, timedelta(seconds=defaults.sample), now)
        if not context.store.incidents.list_incidents(status="open", service=service.name, limit=1):
            _look(context, baselining.KIND, service.name, timedelta(seconds=defaults.baseline), now)
    if context.store.schedule.is_due(pruning.KIND, "", every=PRUNE_EVERY, now=now):
        _queue(context, pruning.KIND, "", PRUNE_EVERY, now)


def _is_watched(service: Service) -> bool:
    """Only what lives can be looked at on a schedule."""
    return not service.replay and bool(service.targets or service.discover)


def _look(context: Context, kind: str, service: str, every: timedelta, now: datetime) -> None:
    if every and context.store.schedule.is_due(kind, service, every=every, now=now) and _is_free(context, service, now):
        _queue(context, kind, service, every, now)


def _is_free(context: Context, service: str, now: datetime) -> bool:
    """Say whether nobody looks at a service, is about to, or has within its cooldown."""
    last = context.store.queue.last_asked_for("diagnose", service)
    cooldown = timedelta(seconds=context.config.defaults.cooldown)
    return not context.store.queue.is_asked_for(service, LOOKS) and (last is None or now - last >= cooldown)


def _queue(context: Context, kind: str, service: str, every: timedelta, now: datetime) -> None:
    with context.store.transaction():
        context.store.queue.enqueue(kind=kind, payload={"service": service}, now=now)
        context.store.schedule.done(kind, service, every=every, now=now)


def _rechecks(context: Context, now: datetime) -> None:
    """Queue a look for every incident that was mitigated or resolved long enough ago, and not looked at since."""
    wait = timedelta(seconds=context.config.defaults.recheck)
    if not wait:
        return
    for check in context.store.checks.due(since=now - wait - MISSED, until=now - wait):
        service = context.config.services.get(check.service)
        if service and not service.replay and _is_free(context, check.service, now):
            payload = {"service": check.service, "incident": check.incident, "since": check.since.isoformat()}
            context.store.queue.enqueue(kind=rechecking.KIND, payload=payload, now=now)
