"""The JSON that products post: firing and over, the same fingerprint, the service, when it happened; broken JSON shapes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.recognise import Signs, recognise
from bot.alerts.webhooks import WEBHOOKS, read_webhook
from bot.errors import ParseError

STARTED, ENDED = "2026-11-20T12:04:05.123456789Z", "2026-11-20T12:09:05Z"
NEVER = "0001-01-01T00:00:00Z"


def prometheus(status: str) -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {"alertname": "HighErrorRate", "service": "checkout", "severity": "critical"},
        "annotations": {"summary": "every tenth request fails"},
        "startsAt": STARTED,
        "endsAt": ENDED if status == "resolved" else NEVER,
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": "c0ffee",
    }
    return {"version": "4", "groupKey": "{}:{}", "status": status, "receiver": "gocrash", "alerts": [alert]}


def pagerduty(kind: str) -> dict[str, Any]:
    data = {
        "id": "Q1ABC",
        "type": "incident",
        "number": 1234,
        "title": "Too many errors",
        "incident_key": "checkout-errors",
        "service": {"id": "P1", "summary": "Checkout", "type": "service_reference"},
    }
    return {"event": {"id": "e", "event_type": kind, "resource_type": "incident", "occurred_at": ENDED, "data": data}}


def datadog(title: str, **more: str) -> dict[str, Any]:
    return {"title": title, "body": "5xx", "date": "1795176245000", "tags": "env:prod,monitor,service:checkout", **more}


def opsgenie(action: str) -> dict[str, Any]:
    alert = {
        "alertId": "7ec3-1795176245000",
        "alias": "checkout-errors",
        "message": "Too many errors",
        "tags": ["env:prod", "service:checkout"],
        "tinyId": "8",
        "createdAt": 1795176245000,
        "updatedAt": 1795176545000000000,
        "details": {"cluster": "prod-eu"},
    }
    return {"action": action, "alert": alert, "source": {"name": "", "type": "web"}}


def generic(state: str) -> dict[str, Any]:
    return {"title": "no answer for 5 s", "service": "checkout", "state": state, "at": "2026-11-20 12:04:05"}


PAIRS = {
    "alertmanager": (prometheus("firing"), prometheus("resolved"), "HighErrorRate: every tenth request fails"),
    "grafana": (prometheus("firing"), prometheus("resolved"), "HighErrorRate: every tenth request fails"),
    "pagerduty": (pagerduty("incident.triggered"), pagerduty("incident.resolved"), "Too many errors"),
    "datadog": (datadog("[P2] [Triggered] Errors"), datadog("[P2] [Recovered] Errors"), "Errors"),
    "opsgenie": (opsgenie("Create"), opsgenie("Close"), "Too many errors"),
    "generic": (generic("down"), generic("UP"), "no answer for 5 s"),
}


def test_every_source_is_in_the_table() -> None:
    assert PAIRS.keys() == WEBHOOKS.keys()


@pytest.mark.parametrize("source", PAIRS)
def test_firing_and_over_are_the_same_alert(source: str) -> None:
    first, second, title = PAIRS[source]
    (firing,), (over,) = read_webhook(source, first), read_webhook(source, second)
    assert (firing.source, firing.title, firing.firing, over.firing) == (source, title, True, False)
    assert firing.fingerprint == over.fingerprint
    services = {"checkout": Signs(), "cart": Signs()}
    assert recognise(firing, services) == recognise(over, services) == ("checkout",)


@pytest.mark.parametrize(
    ("source", "payload", "at"),
    [
        ("alertmanager", prometheus("firing"), "2026-11-20T12:04:05.123456+00:00"),
        ("alertmanager", prometheus("resolved"), "2026-11-20T12:09:05+00:00"),
        ("pagerduty", pagerduty("incident.triggered"), "2026-11-20T12:09:05+00:00"),
        ("datadog", datadog("[Triggered] Errors"), "2026-11-20T12:04:05+00:00"),
        ("opsgenie", opsgenie("Create"), "2026-11-20T12:04:05+00:00"),
        ("opsgenie", opsgenie("Close"), None),
        ("generic", generic("down"), "2026-11-20T12:04:05+00:00"),
    ],
)
def test_when_it_happened(source: str, payload: dict[str, Any], at: str | None) -> None:
    (alert,) = read_webhook(source, payload)
    assert (alert.occurred_at.isoformat() if alert.occurred_at else None) == at


def test_one_post_carries_several_alerts() -> None:
    both = prometheus("firing")
    both["alerts"] += prometheus("resolved")["alerts"]
    del both["alerts"][1]["fingerprint"]
    first, second = read_webhook("alertmanager", both)
    assert (first.firing, second.firing) == (True, False)
    assert second.fingerprint == "alertmanager:alertname=HighErrorRate,service=checkout,severity=critical"


@pytest.mark.parametrize(
    ("source", "payload"),
    [
        ("pagerduty", pagerduty("incident.acknowledged")),
        ("pagerduty", pagerduty("pagey.ping")),
        ("opsgenie", opsgenie("Acknowledge")),
        ("opsgenie", opsgenie("AddNote")),
        ("alertmanager", {"alerts": []}),
    ],
)
def test_what_people_do_is_no_alert(source: str, payload: dict[str, Any]) -> None:
    assert read_webhook(source, payload) == ()


def test_datadog_says_more_when_it_is_asked_to() -> None:
    (alert,) = read_webhook("datadog", datadog("Errors", alert_transition="Recovered", aggreg_key="a1"))
    assert (alert.title, alert.firing, alert.fingerprint) == ("Errors", False, "datadog:a1")


@pytest.mark.parametrize("source", WEBHOOKS)
@pytest.mark.parametrize("payload", [None, [], "x", {}, {"alerts": {}}, {"event": []}, {"alert": []}, {"title": 1}])
def test_another_shape_is_refused_with_what_to_do(source: str, payload: object) -> None:
    with pytest.raises(ParseError, match=f"/alerts/{source} takes "):
        read_webhook(source, payload)


KEYS = st.sampled_from(
    [
        *("alerts", "status", "labels", "annotations", "startsAt", "endsAt", "fingerprint", "event", "event_type", "data"),
        *("title", "service", "summary", "incident_key", "id", "occurred_at", "date", "tags", "alert", "action", "message"),
        *("alias", "createdAt", "details", "state", "at", "alertname", "aggreg_key"),
    ]
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["firing", "resolved", "incident.triggered", "Create", "Close", STARTED, NEVER, "[Triggered] x"]),
)
SHAPES = st.recursive(
    ATOMS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)), max_leaves=30
)


@settings(deadline=None)
@given(st.sampled_from(sorted(WEBHOOKS)), SHAPES)
def test_any_json_is_read_or_refused(source: str, payload: object) -> None:
    try:
        alerts = read_webhook(source, payload)
    except ParseError:
        return
    assert all(alert.source == source and alert.title and alert.fingerprint for alert in alerts)


@settings(deadline=None)
@given(st.sampled_from(sorted(PAIRS)), KEYS, SHAPES)
def test_a_broken_part_does_not_raise(source: str, key: str, value: object) -> None:
    payload = broken(PAIRS[source][0], key, value)
    try:
        read_webhook(source, payload)
    except ParseError:
        return


def broken(part: Any, key: str, value: object) -> Any:  # noqa: ANN401  # JSON
    """Return JSON in which every member of that name has another value."""
    if isinstance(part, dict):
        return {name: value if name == key else broken(inner, key, value) for name, inner in part.items()}
    if isinstance(part, list):
        return [broken(inner, key, value) for inner in part]
    return part
