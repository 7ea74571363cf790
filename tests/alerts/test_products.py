"""Every alert of the local Slack as the bot reads it; products that edit their messages; shapes that must not raise."""

from __future__ import annotations

import re
import time
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.read import PARSERS, read_alert
from bot.alerts.recognise import Signs, recognise
from bot.localslack.alert_files import alert_names, load_alert
from bot.model.alert import Alert

SERVICES = {name: Signs() for name in ("cart", "catalogue", "checkout", "discounts", "ledger", "orders")}
RESOLVED = "-resolved"

# name of the file: source, title, service
FIRING = {
    "alertmanager-checkout-high-errors": ("alertmanager", "HighErrorRate (checkout critical prod)", "checkout"),
    "cloudwatch-checkout-5xx": ("cloudwatch", "checkout-5xx", "checkout"),
    "cloudwatch-ledger-card": ("cloudwatch", "ledger-p99", "ledger"),
    "datadog-cart-memory": ("datadog", "Memory of the carts is nearly used up", "cart"),
    "grafana-checkout-slow": ("grafana", "SlowRequests checkout (prod)", "checkout"),
    "oncall-ledger-locks": ("oncall", "RequestsWait via Prometheus", "ledger"),
    "opsgenie-orders-exits": ("opsgenie", "Containers of orders end again and again", "orders"),
    "other-catalogue-probe": ("generic", "Probe failed: GET /catalogue took longer than 5 s", "catalogue"),
    "pagerduty-checkout-errors": ("pagerduty", "Too many errors", "checkout"),
    "robusta-orders-restarts": ("robusta", "Crashing pod orders-6d4f8-x2x7q in namespace shop", "orders"),
    "sentry-discounts-nil-map": ("sentry", "runtime.plainError: assignment to entry in nil map", "discounts"),
    "uptimekuma-cart-down": ("uptimekuma", "cart is down", "cart"),
}


def posted(name: str) -> dict[str, Any]:
    """Return the message as Slack delivers it: with the name of its sender where that product's kind of bot has it."""
    alert = load_alert(name)
    sender = {"bot_profile": {"name": alert.bot}} if alert.as_app else {"subtype": "bot_message", "username": alert.bot}
    return {**sender, **deepcopy(alert.message)}


def read(message: dict[str, Any]) -> Alert:
    alert = read_alert(message)
    assert alert is not None
    return alert


def test_every_alert_of_the_local_slack_is_in_the_table() -> None:
    assert {name.removesuffix(RESOLVED) for name in alert_names()} == set(FIRING)


def test_every_parser_reads_an_alert_of_its_own() -> None:
    sources = {parser.__module__.rpartition(".")[2] for parser in PARSERS}
    assert sources == {source for source, _, _ in FIRING.values()}


@pytest.mark.parametrize(("name", "source", "title", "service"), [(name, *expected) for name, expected in FIRING.items()])
def test_a_firing_alert(name: str, source: str, title: str, service: str) -> None:
    alert = read(posted(name))
    assert (alert.source, alert.title, alert.firing) == (source, title, True)
    assert recognise(alert, SERVICES) == (service,)


@pytest.mark.parametrize("name", [name for name in alert_names() if name.endswith(RESOLVED)])
def test_a_resolved_alert_is_the_end_of_the_firing_one(name: str) -> None:
    firing, resolved = read(posted(name.removesuffix(RESOLVED))), read(posted(name))
    assert (firing.firing, resolved.firing) == (True, False)
    assert (resolved.source, resolved.fingerprint) == (firing.source, firing.fingerprint)
    assert recognise(resolved, SERVICES) in {recognise(firing, SERVICES), ()}


def test_an_oncall_group_is_resolved_by_the_colour_of_its_edit() -> None:
    before, acknowledged, after = posted("oncall-ledger-locks"), posted("oncall-ledger-locks"), posted("oncall-ledger-locks")
    acknowledged["attachments"][0]["color"] = "#daa038"
    after["attachments"][0]["color"] = "2eb886"
    assert [read(message).firing for message in (before, acknowledged, after)] == [True, True, False]
    assert len({read(message).fingerprint for message in (before, acknowledged, after)}) == 1


@pytest.mark.parametrize(
    ("state", "firing"), [("Triggered", True), ("Acknowledged", True), ("Resolved", False), ("[Resolved]", False), ("", True)]
)
def test_a_page_carries_its_state_before_the_title(state: str, firing: bool) -> None:  # noqa: FBT001  # a column of the table
    message = posted("pagerduty-checkout-errors")
    message["blocks"][0]["text"]["text"] = f"*{state} #99:* <https://shop.pagerduty.com/incidents/Q9|Too many errors>"
    alert = read(message)
    assert alert.firing is firing
    assert alert.fingerprint == read(posted("pagerduty-checkout-errors")).fingerprint


def test_a_page_carries_its_state_as_a_field_and_its_sender_only_in_a_link() -> None:
    link = "https://shop.pagerduty.com/incidents/Q1"
    alert = read({"attachments": [{"title": "5xx", "title_link": link, "fields": [{"title": "Status", "value": "*Resolved*"}]}]})
    assert (alert.source, alert.title, alert.firing) == ("pagerduty", "5xx", False)


@pytest.mark.parametrize(
    ("title", "expected", "firing", "fingerprint"),
    [
        ("Re-Triggered: Slow", "Slow", True, "datadog:slow:"),
        ("No Data: Slow", "Slow", True, "datadog:slow:"),
        ("[P1] [Warn] Slow", "Slow", True, "datadog:slow:"),
        ("[P2] [Triggered on {service:cart}] Slow", "Slow", True, "datadog:slow:service:cart"),
        ("[P4] [Recovered on {service:cart}] Slow", "Slow", False, "datadog:slow:service:cart"),
    ],
)
def test_the_titles_of_datadog(title: str, expected: str, firing: bool, fingerprint: str) -> None:  # noqa: FBT001  # same
    alert = read({"attachments": [{"title": title, "text": "https://app.datadoghq.eu/monitors/1"}]})
    assert (alert.source, alert.title, alert.firing, alert.fingerprint) == ("datadog", expected, firing, fingerprint)


def test_a_datadog_title_of_anybody_else_is_not_datadogs() -> None:
    assert read({"text": "Triggered: nightly build"}).source == "generic"


def test_of_a_grafana_notification_with_both_parts_the_firing_one_counts() -> None:
    text = "**Firing**\n\nLabels:\n - service = cart\n\n**Resolved**\n\nLabels:\n - service = checkout\n"
    alert = read({"attachments": [{"title": "[FIRING:1, RESOLVED:1] Slow (prod)", "text": text}]})
    assert (alert.source, alert.firing, alert.labels["service"]) == ("grafana", True, "cart")


def test_a_label_with_several_values_does_not_decide() -> None:
    text = "**Firing**\n - service = cart\n - env = prod\n - service = checkout\n - env = prod\n"
    alert = read({"attachments": [{"title": "[FIRING:2] Slow (prod)", "text": text}]})
    assert alert.labels == {"env": "prod"}
    assert recognise(alert, SERVICES) == ("cart", "checkout")


@pytest.mark.parametrize(("state", "firing"), [("ALARM", True), ("INSUFFICIENT_DATA", True), ("OK", False)])
def test_the_states_of_cloudwatch(state: str, firing: bool) -> None:  # noqa: FBT001  # same
    alert = read({"text": f'The alarm "cart p99" changed state to {state}: Threshold'})
    assert (alert.source, alert.title, alert.firing) == ("cloudwatch", "cart p99", firing)


def test_words_of_the_error_itself_do_not_resolve_a_sentry_issue() -> None:
    message = posted("sentry-discounts-nil-map")
    text = message["blocks"][0]["text"]
    text["text"] = text["text"].replace("assignment to entry in nil map", "it was resolved")
    assert read(message).firing is True


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("grafana-checkout-slow", "2026-11-20T12:04:05+00:00"),
        ("uptimekuma-cart-down", "2026-11-20T12:04:05+00:00"),
        ("alertmanager-checkout-high-errors", None),
    ],
)
def test_when_it_happened_where_the_product_says_so(name: str, at: str | None) -> None:
    occurred_at = read(posted(name)).occurred_at
    assert (occurred_at.isoformat() if occurred_at else None) == at


def test_labels_are_recognised_however_their_names_are_written() -> None:
    alert = read({"text": "x", "attachments": [{"fields": [{"title": "Component", "value": "Pay"}]}]})
    assert recognise(alert, {"checkout": Signs(labels={"component": ("pay",)}), "cart": Signs()}) == ("checkout",)


PATTERN = re.compile(r"^(?P<state>UP|DOWN) shop/(?P<service>\w+): (?P<title>.+)", re.MULTILINE)


def test_a_configured_pattern_goes_before_the_products() -> None:
    down = {"text": "", "attachments": [{"title": "Uptime Kuma Alert", "text": "DOWN shop/cart: no answer for 5 s"}]}
    up = {"text": "UP shop/cart: no answer for 90 s"}
    first, second = read_alert(down, [PATTERN]), read_alert(up, [PATTERN])
    assert first is not None
    assert second is not None
    assert (first.title, first.firing, first.labels) == ("no answer for 5 s", True, {"service": "cart"})
    assert (second.firing, second.fingerprint) == (False, first.fingerprint)


def test_a_message_that_no_pattern_finds_is_read_as_ever() -> None:
    alert = read_alert(posted("uptimekuma-cart-down"), [PATTERN])
    assert alert is not None
    assert alert.source == "uptimekuma"


@pytest.mark.parametrize("unit", ["\n", "a", " ", "alarm ", "/cloudwatch/region=a", "<https://a/issues/1", "/issues/1", "[a] ["])
def test_a_hostile_message_does_not_hold_up_the_others(unit: str) -> None:
    text = "<https://a.example/issues/1" + unit * (100_000 // len(unit))
    started = time.process_time()
    for sender in ("Sentry", "Datadog", "PagerDuty"):
        read({"username": sender, "attachments": [{"title": text, "text": text, "footer": "Grafana"}]})
    # A tenth of a second, unless an expression goes over the text again and again: then minutes.
    assert time.process_time() - started < 20


# Words of the products, so that the parsers' later lines are reached as well.
TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            [
                *(
                    "[FIRING:1] ",
                    "[RESOLVED] ",
                    "**Firing**",
                    "\n - service = ",
                    "Triggered: ",
                    "Resolved #7: ",
                    "PagerDuty",
                    "`",
                ),
                *(
                    "Datadog",
                    "https://x.pagerduty.com/",
                    "*Time (UTC)*\n",
                    "Uptime Kuma Alert\n",
                    "[cart] [Down]",
                    "firing` `high` ",
                ),
                *(
                    "<https://s.example/issues/1|",
                    ">",
                    "Short ID: ",
                    "alarm a changed state to OK",
                    "&lt;",
                    "*",
                    ":",
                    " ",
                    "Robusta",
                ),
            ]
        ),
        max_size=6,
    ).map("".join),
)
KEYS = st.sampled_from(
    [
        *("text", "title", "value", "type", "fields", "elements", "blocks", "attachments", "footer", "color", "pretext", "ts"),
        *("fallback", "bot_profile", "username", "name", "block_id", "title_link"),
    ]
)
ATOMS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.sampled_from(["mrkdwn", "plain_text"]))
SHAPES = st.recursive(
    ATOMS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)), max_leaves=25
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, SHAPES, max_size=6))
def test_no_message_raises(message: dict[str, Any]) -> None:
    alert = read_alert(message, [PATTERN])
    assert alert is None or (alert.source and alert.fingerprint)


@settings(deadline=None)
@given(st.sampled_from(alert_names()), st.lists(st.tuples(KEYS, SHAPES), min_size=1, max_size=3))
def test_no_broken_product_message_raises(name: str, broken: list[tuple[str, Any]]) -> None:
    message = posted(name)
    owners = [message, *message.get("attachments", []), *message.get("blocks", [])]
    for key, value in broken:
        for owner in owners:
            owner[key] = value
    for parser in PARSERS:
        parser(message)
