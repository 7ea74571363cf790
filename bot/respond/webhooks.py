"""Alerts that came over HTTP: `grouping` decides about them as about messages; they are answered in the service's channel.

Products repeat what still fires every few hours: that is counted, and no new question.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.model.alert import Alert, Notice
from bot.model.incident import Job
from bot.respond import grouping
from bot.respond.alerting import services_of, state_of
from bot.respond.context import Commit, Context

log = structlog.get_logger(__name__)


def run(context: Context, job: Job) -> Commit:
    """Carry out the job `webhook`: the alerts of one post."""
    by_service: dict[str, list[Notice]] = {}
    for index, alert in enumerate(map(_alert, job.payload["alerts"])):
        services = services_of(context, alert)
        if len(services) == 1:
            by_service.setdefault(services[0], []).append(_notice(alert, services[0], job, index))
            continue
        context.metrics.alerts.labels(outcome="ambiguous" if services else "unknown").inc()
        log.info("an alert is about no one service", title=alert.title, source=alert.source, candidates=services)

    def commit() -> None:
        for service, notices in by_service.items():
            channel = context.config.service(service).channel
            place = grouping.Place(headline=f"webhook-{job.number}-{service}", channel=channel)
            grouping.take(context, service, notices, place)

    return commit


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it."""
    return lambda: None


def _notice(alert: Alert, service: str, job: Job, index: int) -> Notice:
    """Return what an entry of a post says. A post says nothing of its order, so that it is the order in which posts came in."""
    return Notice(
        key=f"webhook {job.number} {index}",
        service=service,
        fingerprint=alert.fingerprint,
        source=alert.source,
        title=alert.title,
        state=state_of(alert),
        said_at=job.created_at,
        occurred_at=alert.occurred_at or job.created_at,
    )


def _alert(given: Mapping[str, Any]) -> Alert:
    """Read an alert back from a job's payload."""
    at = given["occurred_at"]
    return Alert(**{**given, "occurred_at": datetime.fromisoformat(at) if at else None})
