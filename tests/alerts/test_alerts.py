from __future__ import annotations

import pytest

from bot.alerts.message import fields, words
from bot.alerts.read import read_alert
from bot.alerts.recognise import Signs, recognise
from bot.model.alert import Alert

FIRING = {
    "subtype": "bot_message",
    "text": "",
    "attachments": [
        {
            "color": "danger",
            "title": "[FIRING:2] HighErrorRate (checkout critical)",
            "title_link": "http://alerts.example.com/#/alerts",
            "text": "5xx &gt; 1 %",
            "fallback": "[FIRING:2] HighErrorRate (checkout critical) | http://alerts.example.com",
            "fields": [{"title": "service", "value": "checkout"}],
        }
    ],
}


def test_alertmanager_message_is_read_from_its_attachment() -> None:
    alert = read_alert(FIRING)
    assert alert is not None
    assert (alert.source, alert.firing, alert.title) == ("alertmanager", True, "HighErrorRate (checkout critical)")
    assert alert.labels == {"alertname": "HighErrorRate", "service": "checkout"}
    assert "5xx > 1 %" in alert.text


def test_the_resolved_edition_has_the_same_fingerprint() -> None:
    resolved = {"attachments": [{"title": "[RESOLVED] HighErrorRate (checkout critical)"}]}
    first, second = read_alert(FIRING), read_alert(resolved)
    assert first is not None
    assert second is not None
    assert second.firing is False
    assert first.fingerprint == second.fingerprint


def test_words_come_from_everywhere_and_fallback_only_when_nothing_else_speaks() -> None:
    message = {
        "text": "a",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "b"}, "fields": [{"type": "mrkdwn", "text": "c"}]}],
        "attachments": [
            {"fallback": "d"},
            {"fallback": "no", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "e"}}]},
        ],
    }
    assert words(message) == ("a", "b", "c", "d", "e")


@pytest.mark.parametrize("message", [{}, {"text": "  "}, {"attachments": "?"}, {"blocks": [None, {"text": 3}]}])
def test_a_message_without_words_is_no_alert(message: dict[str, object]) -> None:
    assert read_alert(message) is None
    assert fields(message) == {}


def alert(text: str, **labels: str) -> Alert:
    return Alert(source="generic", fingerprint="f", title=text, firing=True, text=text, labels=labels)


SERVICES = {
    "checkout": Signs(labels={"job": ("checkout-v2",)}),
    "checkout-api": Signs(),
    "cart": Signs(text="basket"),
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (alert("x", service="cart"), ("cart",)),
        (alert("checkout burns", job="checkout-v2"), ("checkout",)),
        (alert("checkout-api is slow"), ("checkout-api",)),
        (alert("checkout and checkout-api are slow"), ("checkout", "checkout-api")),
        (alert("the BASKET is full"), ("cart",)),
        (alert("cartography is fine"), ()),
    ],
)
def test_recognised_services(given: Alert, expected: tuple[str, ...]) -> None:
    assert recognise(given, SERVICES) == expected
