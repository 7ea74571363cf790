"""Trouble on demand, as a bare websocket in the place of the app sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bot.localslack import LocalSlack, Refused


@pytest.fixture
def quick() -> Iterator[LocalSlack]:
    with LocalSlack(ack_seconds=0.2, retry_delays_seconds=(0.0, 0.1, 0.1)) as slack:
        yield slack


@contextmanager
def socket(slack: LocalSlack) -> Iterator[ClientConnection]:
    answer = httpx.post(f"{slack.api_url}apps.connections.open", headers={"authorization": f"Bearer {slack.app_token}"})
    with connect(answer.json()["url"], ping_interval=None, close_timeout=0.1) as connection:
        assert receive(connection)["type"] == "hello"
        yield connection


def receive(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=5))
    return message


def texts(connection: ClientConnection, count: int) -> list[str]:
    envelopes = [receive(connection) for _ in range(count)]
    for envelope in envelopes:
        connection.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
    return [envelope["payload"]["event"]["text"] for envelope in envelopes]


def test_events_change_places(quick: LocalSlack) -> None:
    with socket(quick) as app:
        quick.reverse_next_events(3)
        for text in ("one", "two"):
            quick.say("maya", "checkout", text)
        with pytest.raises(TimeoutError):
            quick.wait_idle(timeout_seconds=0.1)  # what is held back is not done
        quick.say("maya", "checkout", "three")
        assert texts(app, 3) == ["three", "two", "one"]
        quick.say("maya", "checkout", "four")
        assert texts(app, 1) == ["four"]
        quick.wait_idle()


def test_events_held_back_in_vain_are_let_go(quick: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.localslack.delivery.HOLD_SECONDS", 0.2)
    with socket(quick) as app:
        quick.reverse_next_events(10)
        quick.say("maya", "checkout", "only one")
        assert texts(app, 1) == ["only one"]


def test_one_event_cannot_change_places(quick: LocalSlack) -> None:
    with pytest.raises(Refused, match="invalid_arguments"):
        quick.reverse_next_events(1)


def test_a_silent_socket_stays_open_and_answers_nothing(quick: LocalSlack) -> None:
    with socket(quick) as app:
        assert app.ping().wait(5)
        quick.silence_sockets()
        assert quick.connections == 1
        assert quick.command("maya", "checkout", "/app").error == "operation_timeout"
        assert not app.ping().wait(0.3)
        with pytest.raises(TimeoutError):
            app.recv(timeout=0.1)
    quick.wait_idle(until=lambda: quick.connections == 0)


def test_a_socket_opened_after_the_silence_hears_again(quick: LocalSlack) -> None:
    with socket(quick), socket(quick) as other:
        quick.silence_sockets()
        with socket(quick) as third:
            quick.say("maya", "checkout", "hello")
            envelope = receive(third)
            third.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
            assert envelope["payload"]["event"]["text"] == "hello"
            with pytest.raises(TimeoutError):
                other.recv(timeout=0.1)


def test_a_warning_gives_the_app_time_for_another_socket(quick: LocalSlack) -> None:
    with socket(quick) as old:
        started = time.monotonic()
        quick.drop_sockets("warning", after_seconds=0.3)
        assert receive(old)["reason"] == "warning"
        with pytest.raises(ConnectionClosed):
            old.recv(timeout=5)
        assert time.monotonic() - started >= 0.3
    with pytest.raises(Refused, match="invalid_arguments"):
        quick.drop_sockets("because")


def test_uploads_and_response_urls_fail_on_demand(slack: LocalSlack, client: WebClient) -> None:
    ticket = client.files_getUploadURLExternal(filename="a.txt", length=1)
    slack.inject("upload", status=503)
    assert httpx.post(ticket["upload_url"], content=b"x").status_code == 503
    slack.inject("upload", status=500, after=True)
    assert httpx.post(ticket["upload_url"], content=b"x").status_code == 500
    assert client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])["ok"]
    slack.inject("response_url", status=429, retry_after_seconds=7)
    answer = httpx.post(f"{slack.url}/response/unknown", json={"text": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert slack.refusals == ()


def test_a_lost_answer_is_not_a_refusal(slack: LocalSlack, client: WebClient) -> None:
    slack.inject("chat.postMessage", status=503, after=True)
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="C0CHECKOUT", text="posted anyway")
    assert slack.refusals == ()


def test_a_burst_reaches_an_app_that_reads_by_recursion() -> None:
    heard: list[str] = []
    with LocalSlack() as slack:
        app = App(client=WebClient(token=slack.bot_token, base_url=slack.api_url))
        app.event("message")(lambda event: heard.append(event["ts"]))
        handler = SocketModeHandler(app, slack.app_token)
        handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()
        slack.reverse_next_events(100)  # all at once: more bytes than the recursion limit times the 1,024 the client reads
        posted = [slack.post_as_bot("alerts", "Pager", "x" * 20_000) for _ in range(100)]
        slack.wait_idle(until=lambda: len(heard) >= len(posted))
        handler.close()  # type: ignore[no-untyped-call]
    assert sorted(heard) == posted
