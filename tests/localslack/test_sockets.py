"""Socket Mode by hand: a bare websocket in the place of the app, so that every ack is under the test's control."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.localslack import LocalSlack, Refused
from bot.localslack.interactions import Grants


@contextmanager
def socket(slack: LocalSlack) -> Iterator[ClientConnection]:
    answer = httpx.post(f"{slack.api_url}apps.connections.open", headers={"authorization": f"Bearer {slack.app_token}"})
    with connect(answer.json()["url"]) as connection:
        assert receive(connection)["type"] == "hello"
        yield connection


def receive(connection: ClientConnection, *, within_seconds: float = 5) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=within_seconds))
    return message


def acknowledge(connection: ClientConnection, envelope: dict[str, Any]) -> None:
    connection.send(json.dumps({"envelope_id": envelope["envelope_id"]}))


@pytest.fixture
def quick() -> Iterator[LocalSlack]:
    with LocalSlack(ack_seconds=0.2, retry_delays_seconds=(0.0, 0.1, 0.1)) as slack:
        yield slack


def test_an_event_comes_again_until_it_is_acked(quick: LocalSlack) -> None:
    with socket(quick) as app:
        quick.say("maya", "checkout", "hello")
        first, second = receive(app), receive(app)
        assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
        assert first["envelope_id"] != second["envelope_id"]
        assert first["payload"]["api_app_id"] == "A0APP"
        acknowledge(app, second)
        quick.wait_idle()


def test_delivery_gives_up_after_three_redeliveries(quick: LocalSlack) -> None:
    with socket(quick) as app:
        quick.say("maya", "checkout", "hello")
        assert [receive(app)["retry_attempt"] for _ in range(4)] == [0, 1, 2, 3]
        quick.wait_idle()
        with pytest.raises(TimeoutError):
            app.recv(timeout=0.3)


def test_an_event_waits_for_an_app_that_connects_later(quick: LocalSlack) -> None:
    quick.say("maya", "checkout", "hello")
    with socket(quick) as app:
        envelope = receive(app)
        acknowledge(app, envelope)
        assert (envelope["retry_attempt"] > 0, envelope["retry_reason"]) == (True, "connection_failed")


def test_each_event_goes_to_one_of_several_sockets(quick: LocalSlack) -> None:
    with socket(quick) as one, socket(quick) as other:
        for text in ("a", "b"):
            quick.say("maya", "checkout", text)
        texts = []
        for app in (one, other):
            envelope = receive(app)
            acknowledge(app, envelope)
            texts.append(envelope["payload"]["event"]["text"])
        quick.wait_idle()
        assert sorted(texts) == ["a", "b"]


def test_a_command_to_nobody_fails_at_once(quick: LocalSlack) -> None:
    assert quick.command("maya", "checkout", "/app").error == "dispatch_failed"
    assert "is not there, or answered with an error (dispatch_failed)" in quick.channel_text("checkout")


def test_commands_and_clicks_without_ack_time_out_visibly(quick: LocalSlack) -> None:
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    with socket(quick):
        assert quick.command("maya", "checkout", "/app").error == "operation_timeout"
        assert "/app failed because Local app did not answer within 3 seconds" in quick.channel_text("checkout")
        ts = quick.post_as_bot("checkout", "Pager", "x", blocks=[{"type": "actions", "elements": [button]}])
        assert quick.click("maya", ts, "go").error == "operation_timeout"
        assert "This button failed" in quick.channel_text("checkout")


def test_the_eleventh_socket_is_sent_away(quick: LocalSlack) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(socket(quick))
        answer = httpx.post(f"{quick.api_url}apps.connections.open", headers={"authorization": f"Bearer {quick.app_token}"})
        with connect(answer.json()["url"]) as eleventh:
            farewell = receive(eleventh)
            assert (farewell["type"], farewell["reason"]) == ("disconnect", "too_many_websockets")
            with pytest.raises(ConnectionClosed):
                eleventh.recv(timeout=5)


def test_a_socket_needs_a_ticket(quick: LocalSlack) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws{quick.url.removeprefix('http')}/socket?ticket=invented"):
        pass


def test_a_disconnect_is_announced(quick: LocalSlack) -> None:
    with socket(quick) as app:
        quick.drop_sockets("warning")
        assert receive(app)["reason"] == "warning"
        with pytest.raises(ConnectionClosed):
            app.recv(timeout=5)


def test_an_abrupt_end_is_not(quick: LocalSlack) -> None:
    with socket(quick) as app:
        quick.drop_sockets("")
        with pytest.raises(ConnectionClosed):
            app.recv(timeout=5)


def test_a_trigger_expires_after_three_seconds() -> None:
    now = [0.0]
    grants = Grants(lambda: now[0])
    trigger, key = grants.issue_trigger("U0MAYA"), grants.issue_response("C0X", "U0MAYA")
    now[0] = 3.1
    with pytest.raises(Refused, match="expired_trigger_id"):
        grants.redeem_trigger(trigger)
    assert grants.use_response(key).user == "U0MAYA"
    now[0] = 30 * 60 + 1
    with pytest.raises(Refused, match="expired_url"):
        grants.use_response(key)
