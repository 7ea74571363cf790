"""Messages of monitoring bots: recognise the alert and its service, and answer in the alert's own thread."""

from __future__ import annotations

import re

from bot.alerts.read import read_alert
from bot.alerts.recognise import Signs, recognise
from bot.model.alert import Alert
from bot.model.incident import Job
from bot.model.message import SlackMessage
from bot.render.slack import notices
from bot.respond.commands import diagnosis_payload
from bot.respond.context import Commit, Context
from bot.respond.posting import put_message


def run(context: Context, job: Job) -> Commit:
    """Carry out the job `message`: queue a diagnosis for an alert that fires, note one that is over."""
    message, channel = job.payload["message"], job.payload["channel"]
    alert = read_alert(message, _patterns(context, channel))
    if alert is None:
        return _nothing
    services = services_of(context, alert)
    if len(services) == 1:
        return lambda: _accept(context, alert, services[0], channel=channel, ts=message["ts"])
    if services and alert.firing:
        return lambda: _ask(context, alert, services, channel=channel, ts=message["ts"])
    # An alert of something this bot knows nothing about is none of its business: silence, not noise.
    return _nothing


def services_of(context: Context, alert: Alert) -> tuple[str, ...]:
    """Return the configured services that an alert may be about."""
    signs = {name: Signs(service.alerts.labels, service.alerts.text) for name, service in context.config.services.items()}
    return recognise(alert, signs)


def details_of(alert: Alert) -> dict[str, str]:
    """Return what a timeline event keeps of an alert."""
    state = "firing" if alert.firing else "resolved"
    return {"source": alert.source, "fingerprint": alert.fingerprint, "title": alert.title, "state": state}


def note(context: Context, alert: Alert, service: str, *, kind: str, text: str) -> None:
    """Add an event about the alert to the timelines of the service's open incidents."""
    for incident in context.store.incidents.list_incidents(status="open", service=service):
        context.store.timeline.add(
            incident.number,
            kind=kind,
            text=text,
            actor=alert.source,
            now=context.now(),
            occurred_at=alert.occurred_at,
            details=details_of(alert),
        )


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it."""
    return _nothing


def _patterns(context: Context, channel: str) -> list[re.Pattern[str]]:
    here = [each.pattern for each in context.config.slack.alerts if each.channel == channel and each.pattern]
    return [re.compile(pattern, re.MULTILINE) for pattern in here]


def _accept(context: Context, alert: Alert, service: str, *, channel: str, ts: str) -> None:
    headline_key = f"alert-{channel}-{ts}"
    if not alert.firing:
        note(context, alert, service, kind="alert", text=f"{alert.source} says it is over: {alert.title}")
        return
    payload = diagnosis_payload(
        service, actor=alert.source, channel=channel, thread_ts=ts, headline=headline_key, alert=details_of(alert)
    )
    context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())


def _ask(context: Context, alert: Alert, services: tuple[str, ...], *, channel: str, ts: str) -> None:
    put_message(context, f"alert-{channel}-{ts}-which", _which(alert, services), channel=channel, now=context.now(), thread_ts=ts)


def _which(alert: Alert, services: tuple[str, ...]) -> SlackMessage:
    return notices.error(
        f"This alert may be about {' or '.join(services)}: {alert.title}",
        do="Add a `service` label to the alert, or mention me in this thread with the service's name.",
    )


def _nothing() -> None:
    """Leave everything as it is."""
