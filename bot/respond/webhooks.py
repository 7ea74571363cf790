"""Alerts that came over HTTP: answered in the service's configured channel, one diagnosis per service and post.

An alert that is known to fire, and whatever comes in one post with it, becomes an event in the timeline of the open incident:
products repeat what still fires every few hours, and that is no new question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from bot.model.alert import Alert
from bot.model.incident import Job
from bot.respond.alerting import details_of, note, services_of
from bot.respond.commands import diagnosis_payload
from bot.respond.context import Commit, Context

log = structlog.get_logger(__name__)


def run(context: Context, job: Job) -> Commit:
    """Carry out the job `webhook`: queue a diagnosis of every service whose alerts fire, note those that are over."""
    by_service: dict[str, list[Alert]] = {}
    for alert in map(_alert, job.payload["alerts"]):
        services = services_of(context, alert)
        if len(services) == 1:
            by_service.setdefault(services[0], []).append(alert)
        else:
            log.info("an alert is about no one service", title=alert.title, source=alert.source, candidates=services)

    def commit() -> None:
        for service, alerts in by_service.items():
            _accept(context, service, alerts)

    return commit


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it."""
    return lambda: None


def _accept(context: Context, service: str, alerts: Sequence[Alert]) -> None:
    known = _known_to_fire(context, service)
    firing = [alert for alert in alerts if alert.firing]
    for alert in alerts:
        if not alert.firing:
            note(context, alert, service, kind="alert", text=f"{alert.source} says it is over: {alert.title}")
    if any(alert.fingerprint in known for alert in firing):
        for alert in firing:
            kind = "occurrence" if alert.fingerprint in known else "alert"
            note(context, alert, service, kind=kind, text=f"{alert.source} says it fires: {alert.title}")
    elif firing:
        _diagnose(context, service, firing)


def _known_to_fire(context: Context, service: str) -> set[str]:
    """Return the fingerprints of the alerts that fire, by what the timelines of the service's open incidents say last."""
    last: dict[str, str] = {}
    for incident in context.store.incidents.list_incidents(status="open", service=service):
        # In the order in which we learned of it: what a product dates back did not come first.
        for event in sorted(context.store.timeline.of(incident.number), key=lambda event: event.number):
            if "fingerprint" in event.details:
                last[event.details["fingerprint"]] = event.details.get("state", "firing")
    return {fingerprint for fingerprint, state in last.items() if state == "firing"}


def _diagnose(context: Context, service: str, firing: Sequence[Alert]) -> None:
    channel = context.config.service(service).channel
    if not channel:
        log.warning("an alert cannot be answered: give the service a `channel` in the configuration", service=service)
        return
    details = details_of(firing[0])
    if len(firing) > 1:
        details["title"] += f" (and {len(firing) - 1} more)"
    payload = diagnosis_payload(service, actor=firing[0].source, channel=channel, alert=details)
    context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())


def _alert(given: Mapping[str, Any]) -> Alert:
    """Read an alert back from a job's payload."""
    at = given["occurred_at"]
    return Alert(**{**given, "occurred_at": datetime.fromisoformat(at) if at else None})
