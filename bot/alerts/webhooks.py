"""Alerts that products post over HTTP: JSON of `/alerts/<source>` → `Alert`s. One post may carry several, or none.

Actions of people (acknowledged, assigned, a note) are no alerts: such posts give an empty tuple.

>>> (alert,) = read_webhook("generic", {"title": "no answer", "service": "checkout", "state": "down"})
>>> alert.title, alert.firing, alert.labels
('no answer', True, {'service': 'checkout'})
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.alerts import datadog
from bot.alerts.moments import from_milliseconds, from_text
from bot.alerts.pattern import OVER
from bot.alerts.wording import key, tags
from bot.errors import ParseError
from bot.model.alert import Alert

Payload = Mapping[str, Any]


def read_webhook(source: str, payload: object) -> tuple[Alert, ...]:
    """Return the alerts of one post; `source` is a key of `WEBHOOKS`.

    Raises:
        ParseError: the payload is not what this source posts.
    """
    if not isinstance(payload, Mapping):
        raise ParseError(f"/alerts/{source} takes a JSON object: see the product's page on webhooks")
    return tuple(WEBHOOKS[source](payload))


def alertmanager(payload: Payload) -> Iterator[Alert]:
    """Read the webhook of Prometheus Alertmanager, version 4.

    https://prometheus.io/docs/alerting/latest/configuration/#webhook_config

    >>> labels = {"alertname": "HighErrorRate", "service": "checkout"}
    >>> one = {"status": "firing", "labels": labels, "startsAt": "2026-11-20T12:04:05Z", "fingerprint": "c0ffee"}
    >>> [alert.fingerprint for alert in alertmanager({"version": "4", "status": "firing", "alerts": [one]})]
    ['alertmanager:c0ffee']
    """
    return _prometheus("alertmanager", payload)


def grafana(payload: Payload) -> Iterator[Alert]:
    """Read the webhook of Grafana alerting, which has Alertmanager's shape and more.

    https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier
    """
    return _prometheus("grafana", payload)


def _prometheus(source: str, payload: Payload) -> Iterator[Alert]:
    alerts = payload.get("alerts")
    if not isinstance(alerts, list):
        raise ParseError(f"/alerts/{source} takes an object with the list `alerts`: point a webhook receiver of {source} at it")
    for item in _objects(alerts):
        labels, notes = _texts(item.get("labels")), _texts(item.get("annotations"))
        firing = item.get("status") != "resolved"
        name = labels.get("alertname", "alert without a name")
        summary = notes.get("summary") or notes.get("description", "")
        group = ",".join(f"{label}={value}" for label, value in sorted(labels.items()))
        yield Alert(
            source=source,
            fingerprint=f"{source}:{_text(item.get('fingerprint')) or group}",
            title=f"{name}: {summary}" if summary else name,
            firing=firing,
            labels=labels,
            text="\n".join((*labels.values(), *notes.values())),
            occurred_at=from_text(item.get("startsAt" if firing else "endsAt")),
        )


def pagerduty(payload: Payload) -> Iterator[Alert]:
    """Read PagerDuty's webhook, version 3.

    https://developer.pagerduty.com/docs/webhooks-overview

    >>> data = {"id": "Q1ABC", "title": "Too many errors", "service": {"summary": "Checkout"}}
    >>> event = {"event_type": "incident.resolved", "occurred_at": "2026-11-20T12:04:05Z", "data": data}
    >>> [(alert.title, alert.firing, alert.labels) for alert in pagerduty({"event": event})]
    [('Too many errors', False, {'service': 'Checkout'})]
    """
    event = payload.get("event")
    if not isinstance(event, Mapping):
        raise ParseError("/alerts/pagerduty takes an object with `event`: add a generic webhook (v3) in PagerDuty")
    kind, data = _text(event.get("event_type")), _object(event.get("data"))
    if kind not in {"incident.triggered", "incident.reopened", "incident.resolved"}:
        return
    title, service = _text(data.get("title")), _text(_object(data.get("service")).get("summary"))
    yield Alert(
        source="pagerduty",
        fingerprint=f"pagerduty:{_text(data.get('incident_key')) or _text(data.get('id')) or key(title)}",
        title=title or "incident without a title",
        firing=kind != "incident.resolved",
        labels={"service": service} if service else {},
        text=f"{title}\n{service}",
        occurred_at=from_text(event.get("occurred_at")),
    )


def datadog_event(payload: Payload) -> Iterator[Alert]:
    """Read Datadog's webhook: its own payload, better with `alert_transition`, `tags` and `aggreg_key` added.

    https://docs.datadoghq.com/integrations/webhooks

    >>> post = {"title": "[Triggered] Memory", "body": "90 %", "date": "1795176245000", "tags": "env:prod,service:cart"}
    >>> [(alert.title, alert.firing, alert.labels["service"]) for alert in datadog_event(post)]
    [('Memory', True, 'cart')]
    """
    said = _text(payload.get("title"))
    if not said:
        raise ParseError("/alerts/datadog takes an object with `title`: keep it in the webhook's payload")
    found = datadog.read_title(said)
    state = _text(payload.get("alert_transition")) or (found["state"] if found else "")
    text = "\n".join(_text(payload.get(name)) for name in ("title", "body", "tags"))
    group = _text(payload.get("aggreg_key"))
    by_title = datadog.fingerprint(found) if found else f"datadog:{key(said)}"
    yield Alert(
        source="datadog",
        fingerprint=f"datadog:{group}" if group else by_title,
        title=found["name"].strip() if found else said,
        firing=state.lower() not in datadog.OVER,
        labels=tags(text),
        text=text,
        occurred_at=from_milliseconds(payload.get("date")),
    )


def opsgenie(payload: Payload) -> Iterator[Alert]:
    """Read Opsgenie's webhook.

    https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data

    >>> post = {"action": "Close", "alert": {"alias": "orders-exits", "message": "orders ends", "tags": ["service:orders"]}}
    >>> [(alert.fingerprint, alert.firing, alert.labels) for alert in opsgenie(post)]
    [('opsgenie:orders-exits', False, {'service': 'orders'})]
    """
    alert, action = _object(payload.get("alert")), _text(payload.get("action"))
    title = _text(alert.get("message"))
    if not title:
        raise ParseError("/alerts/opsgenie takes an object with `alert.message`: add a webhook integration in Opsgenie")
    if action not in {"Create", "Close"}:
        return
    given = alert.get("tags")
    named = [_text(tag) for tag in given] if isinstance(given, list) else []
    details = _texts(alert.get("details"))
    text = (title, _text(alert.get("description")), _text(alert.get("entity")), *named, *details.values())
    yield Alert(
        source="opsgenie",
        fingerprint=f"opsgenie:{_text(alert.get('alias')) or _text(alert.get('alertId')) or key(title)}",
        title=title,
        firing=action == "Create",
        labels=tags("\n".join(named)) | details,
        text="\n".join(text),
        # `updatedAt`, which would be the end, comes in nanoseconds from some integrations and in milliseconds from others.
        occurred_at=from_milliseconds(alert.get("createdAt")) if action == "Create" else None,
    )


def generic(payload: Payload) -> Iterator[Alert]:
    """Read what a script of one's own posts: `title` and, where they are known, `service`, `state`, `text`, `labels`, `id`, `at`.

    `state` ends the alert by one of `bot.alerts.pattern.OVER`; `id` is what stays the same from post to post; `at` is ISO 8601.
    """
    title, service = _text(payload.get("title")), _text(payload.get("service"))
    if not title:
        raise ParseError('/alerts/generic takes an object with `title`, such as {"title": "no answer", "service": "checkout"}')
    labels = _texts(payload.get("labels")) | ({"service": service} if service else {})
    yield Alert(
        source="generic",
        fingerprint=f"generic:{_text(payload.get('id')) or f'{service}:{key(title)}'}",
        title=title,
        firing=_text(payload.get("state")).lower() not in OVER,
        labels=labels,
        text="\n".join((title, service, _text(payload.get("text")), *labels.values())),
        occurred_at=from_text(payload.get("at")),
    )


WEBHOOKS: Mapping[str, Callable[[Payload], Iterator[Alert]]] = {
    "alertmanager": alertmanager,
    "grafana": grafana,
    "pagerduty": pagerduty,
    "datadog": datadog_event,
    "opsgenie": opsgenie,
    "generic": generic,
}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    return {name: text for name, found in _object(value).items() if (text := _text(found))}


def _object(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}


def _objects(values: list[object]) -> Iterator[Payload]:
    return (value for value in values if isinstance(value, Mapping))
