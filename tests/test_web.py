"""The bot's own HTTP pages over a real socket: what is accepted, what is refused and with which words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import httpx
import pytest
from prometheus_client import CollectorRegistry

from bot.errors import StoreError
from bot.model.alert import Alert
from bot.web import MAX_POST_BYTES, application, serving

TOKEN = "t0ken"  # noqa: S105  # of this test
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
GENERIC = {"title": "no answer", "service": "checkout"}


class Received(list[Alert]):
    """What the application handed on; refuses the alert that is called `full`."""

    def __call__(self, alerts: Sequence[Alert]) -> None:
        if any(alert.title == "full" for alert in alerts):
            raise StoreError("the disk is full: make room")
        self.extend(alerts)


@pytest.fixture(scope="module")
def received() -> Received:
    return Received()


@pytest.fixture(scope="module")
def url(received: Received) -> Iterator[str]:
    app = application(registry=CollectorRegistry(), ready=lambda: "", receive=received, alerts_token=TOKEN)
    with serving(app, host="127.0.0.1", port=0) as base:
        yield base


def test_an_alert_is_handed_on(url: str, received: Received) -> None:
    answer = httpx.post(f"{url}/alerts/generic", json=GENERIC, headers=HEADERS)
    assert (answer.status_code, answer.text) == (202, "alerts accepted: 1\n")
    assert received[-1].title == "no answer"


@pytest.mark.parametrize(
    ("path", "content", "status", "words"),
    [
        ("generic", b"{", 400, "this is no JSON"),
        ("generic", b"\xff", 400, "this is no JSON"),
        ("generic", b"[" * 100_000, 400, "this is no JSON"),
        ("generic", b"{}", 400, "/alerts/generic takes an object with `title`"),
        ("generic", b'"' + b"x" * MAX_POST_BYTES + b'"', 413, "send fewer alerts"),
        ("generic", b'{"title": "full"}', 503, "the disk is full: make room"),
        ("nagios", b"{}", 404, "/alerts/alertmanager"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_one_sentence(url: str, path: str, content: bytes, status: int, words: str) -> None:
    answer = httpx.post(f"{url}/alerts/{path}", content=content, headers=HEADERS)
    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_a_post_without_the_token_is_refused(url: str, received: Received, headers: dict[str, str]) -> None:
    before = len(received)
    answer = httpx.post(f"{url}/alerts/generic", json=GENERIC, headers=headers)
    assert answer.status_code == 401
    assert "GOCRASH_ALERTS_TOKEN" in answer.text
    assert len(received) == before


def test_without_a_token_in_the_settings_none_is_asked_for() -> None:
    received = Received()
    app = application(registry=CollectorRegistry(), ready=lambda: "not connected to Slack", receive=received)
    with serving(app, host="127.0.0.1", port=0) as base:
        assert httpx.post(f"{base}/alerts/generic", content=json.dumps(GENERIC)).status_code == 202
        assert httpx.get(f"{base}/alerts/generic").status_code == 405
        assert httpx.get(f"{base}/readyz").text == "not connected to Slack\n"
    assert [alert.title for alert in received] == ["no answer"]


def test_without_a_token_only_this_machine_may_post(received: Received) -> None:
    app = application(registry=CollectorRegistry(), ready=lambda: "", receive=received, alerts_token=None)
    with serving(app, host="127.0.0.1", port=0) as base:
        answer = httpx.post(f"{base}/alerts/generic", json=GENERIC, headers=HEADERS)
    assert answer.status_code == 401
    assert "set GOCRASH_ALERTS_TOKEN" in answer.text
