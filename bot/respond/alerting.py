"""Messages of monitoring bots: recognise the alert and its service, and let `grouping` decide what follows.

A message may be edited, when its product repeats, acknowledges or ends the alert: then it speaks again of the alert for which it
was posted. What the product replies in the alert's thread is about that alert too; there only its end is news.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from bot.alerts.read import read_alert
from bot.alerts.recognise import Signs, recognise
from bot.model.alert import Alert, Notice, NoticeState
from bot.model.incident import Job
from bot.model.message import SlackMessage
from bot.render.slack import notices
from bot.respond import grouping
from bot.respond.context import Commit, Context
from bot.respond.dialogs import moment
from bot.respond.posting import put_message


def run(context: Context, job: Job) -> Commit:
    """Carry out the job `message`: one message of a monitoring bot, or one edition of it."""
    message, channel = job.payload["message"], job.payload["channel"]
    alert = read_alert(message, patterns(context, channel))
    if alert is None or (alert.firing and _is_remark(context, message, channel)):
        return _nothing
    services = services_of(context, alert, channel=channel, ts=thread_of(message))
    if len(services) == 1:
        notice = notice_of(alert, services[0], message, channel=channel, edition=job.payload.get("edition", ""))
        return lambda: grouping.take(context, services[0], [notice], place_of(message, channel))
    context.metrics.alerts.labels(outcome="ambiguous" if services else "unknown").inc()
    if services and alert.firing:
        return lambda: _ask(context, alert, services, channel=channel, thread_ts=thread_of(message))
    # An alert of something this bot knows nothing about is none of its business: silence, not noise.
    return _nothing


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it."""
    return _nothing


def services_of(context: Context, alert: Alert, *, channel: str = "", ts: str = "") -> tuple[str, ...]:
    """Return the configured services that an alert may be about.

    One that does not say so, as products do when it ends, is about the service of the message that it stands under (`ts`), or
    of the alert that it repeats.
    """
    signs = {name: Signs(service.alerts.labels, service.alerts.text) for name, service in context.config.services.items()}
    found = recognise(alert, signs)
    if len(found) == 1:
        return found
    known = context.store.alerts.of_message(channel, ts) or context.store.alerts.of_alert(alert.fingerprint)
    before = tuple(dict.fromkeys(notice.service for notice in known if notice.service in context.config.services))
    return before if len(before) == 1 else found


def patterns(context: Context, channel: str) -> list[re.Pattern[str]]:
    """Return the patterns that are configured for messages in a channel."""
    here = [each.pattern for each in context.config.slack.alerts if each.channel == channel and each.pattern]
    return [re.compile(pattern, re.MULTILINE) for pattern in here]


def notice_of(alert: Alert, service: str, message: Mapping[str, Any], *, channel: str, edition: str) -> Notice:
    """Return what a message says of an alert; `edition` is Slack's timestamp of an edit, empty for the message as posted."""
    said_at = moment(edition or message["ts"])
    return Notice(
        key=f"{channel} {message['ts']} {edition}".rstrip(),
        service=service,
        fingerprint=alert.fingerprint,
        source=alert.source,
        title=alert.title,
        state=state_of(alert),
        said_at=said_at,
        occurred_at=alert.occurred_at or said_at,
        channel=channel,
        ts=thread_of(message),
    )


def state_of(alert: Alert) -> NoticeState:
    """Return what an alert says of itself."""
    if not alert.firing:
        return NoticeState.RESOLVED
    return NoticeState.ACKNOWLEDGED if alert.acknowledged else NoticeState.FIRING


def place_of(message: Mapping[str, Any], channel: str) -> grouping.Place:
    """Return where an alert that a message tells of is answered: in the message's thread."""
    thread_ts = thread_of(message)
    return grouping.Place(headline=f"{grouping.OF_MESSAGE}{channel}-{thread_ts}", channel=channel, thread_ts=thread_ts)


def thread_of(message: Mapping[str, Any]) -> str:
    """Return the timestamp of the message that begins the thread in which a message stands, or would be answered."""
    return str(message.get("thread_ts") or message["ts"])


def _is_remark(context: Context, message: Mapping[str, Any], channel: str) -> bool:
    """Say whether a message stands in the thread of an alert: `acknowledged by maya` is no alert of its own."""
    thread_ts = thread_of(message)
    return thread_ts != message["ts"] and bool(context.store.alerts.of_message(channel, thread_ts))


def _ask(context: Context, alert: Alert, services: tuple[str, ...], *, channel: str, thread_ts: str) -> None:
    """Ask which service an alert is about: once, however often it comes."""
    digest = hashlib.sha256(alert.fingerprint.encode("utf-8", "replace")).hexdigest()[:16]
    key = f"which-{channel}-{digest}"
    if not context.store.outbox.holds(key):
        put_message(context, key, _which(alert, services), channel=channel, now=context.now(), thread_ts=thread_ts)


def _which(alert: Alert, services: tuple[str, ...]) -> SlackMessage:
    return notices.error(
        f"This alert may be about {' or '.join(services)}: {alert.title}",
        do="Add a `service` label to the alert, or mention me in this thread with the service's name.",
    )


def _nothing() -> None:
    """Leave everything as it is."""
