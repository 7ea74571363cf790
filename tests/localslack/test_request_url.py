"""HTTP mode: a real Bolt app behind a Request URL, and a bare one whose every answer is under the test's control."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from request_site import Answer, Request, Site, bolt, serve
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from websockets.sync.client import connect

from bot.localslack import LocalSlack

Payload = dict[str, Any]
BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "v"}
MENU = {"type": "external_select", "action_id": "pick", "min_query_length": 1}
CONTROLS = [{"type": "actions", "elements": [BUTTON, MENU]}]


@contextmanager
def slack_for(site: Site) -> Iterator[LocalSlack]:
    with (
        serve(site),
        LocalSlack(request_url=site.url, ack_seconds=0.3, retry_delays_seconds=(0.0, 0.05, 0.05)) as slack,
    ):
        slack.wait_connected()
        yield slack


def of_kind(site: Site, kind: str) -> list[Request]:
    return [request for request in site.requests if request.payload.get("type") == kind]


def test_every_kind_of_request_is_signed_and_encoded_as_slack_does() -> None:
    site = Site()
    with slack_for(site) as slack:
        slack.command("maya", "checkout", "/app checkout & more")
        ts = slack.post_as_bot("checkout", "Pager", "x", blocks=CONTROLS)
        slack.click("maya", ts, "go")
        slack.options("maya", ts, "pick", "che")
        slack.wait_idle(until=lambda: bool(of_kind(site, "event_callback")))
        verifier = SignatureVerifier(slack.signing_secret)
        assert all(verifier.is_valid_request(request.body, request.headers) for request in site.requests)
        assert not SignatureVerifier("another").is_valid_request(site.requests[0].body, site.requests[0].headers)
    form, code = "application/x-www-form-urlencoded", "application/json"
    [command] = [request for request in site.requests if "command" in request.payload]
    assert (command.headers["content-type"], command.payload["text"], command.payload["team_id"]) == (
        form,
        "checkout & more",
        "T0LOCAL",
    )
    [event] = of_kind(site, "event_callback")
    assert (event.headers["content-type"], event.payload["event"]["bot_id"]) == (code, "B0PAGER")
    assert "x-slack-retry-num" not in event.headers
    for kind, name in (("block_actions", "actions"), ("block_suggestion", "value")):
        [request] = of_kind(site, kind)
        assert request.headers["content-type"] == form
        assert request.payload[name]


def status(code: int, **headers: str) -> Callable[[Request], Answer]:
    return lambda _: (code, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


def slow(_: Request) -> Answer:
    time.sleep(0.45)
    return 200, {}, b""


FAILURES = {
    "an error": (status(500), "http_error"),
    "too late": (slow, "http_timeout"),
    "sent elsewhere": (status(302, location="http://127.0.0.1:9/"), "too_many_redirects"),
}


@pytest.mark.parametrize(("answer", "reason"), FAILURES.values(), ids=FAILURES)
def test_an_event_comes_three_times_more_with_number_and_reason(answer: Callable[[Request], Answer], reason: str) -> None:
    site = Site(answer)
    with slack_for(site) as slack:
        slack.say("maya", "checkout", "hello")
        slack.wait_idle()
    retries = [(each.headers.get("x-slack-retry-num"), each.headers.get("x-slack-retry-reason")) for each in site.requests]
    assert retries == [(None, None), ("1", reason), ("2", reason), ("3", reason)]
    assert len({each.payload["event_id"] for each in site.requests}) == 1


def test_an_app_can_ask_not_to_be_sent_it_again() -> None:
    site = Site(status(500, x_slack_no_retry="1"))
    with slack_for(site) as slack:
        slack.say("maya", "checkout", "hello")
        slack.wait_idle()
    assert len(site.requests) == 1


def test_any_success_acks_an_event_but_only_200_a_command() -> None:
    site = Site(status(204))
    with slack_for(site) as slack:
        slack.say("maya", "checkout", "hello")
        slack.wait_idle()
        assert len(site.requests) == 1
        assert slack.command("maya", "checkout", "/app").error == "dispatch_failed"


def test_people_see_what_went_wrong() -> None:
    site = Site(slow)
    with slack_for(site) as slack:
        assert slack.command("maya", "checkout", "/app").error == "operation_timeout"
        site.answer = status(404)
        assert slack.command("maya", "checkout", "/app").error == "dispatch_failed"
        text = slack.channel_text("checkout")
    assert "did not answer within 3 seconds (operation_timeout)" in text
    assert "answered with an error (dispatch_failed)" in text


BODIES = {
    "text": ({"content-type": "text/plain"}, b"Looking", "Looking"),
    "json": ({"content-type": "application/json"}, b'{"text": "Looking"}', "Looking"),
    "nothing": ({}, b"", None),
}


@pytest.mark.parametrize(("headers", "body", "text"), BODIES.values(), ids=BODIES)
def test_the_body_of_the_answer_is_the_ack(headers: dict[str, str], body: bytes, text: str | None) -> None:
    with slack_for(Site(lambda _: (200, headers, body))) as slack:
        ack = slack.command("maya", "checkout", "/app")
        assert (ack.ok, (ack.payload or {}).get("text")) == (True, text)


def test_an_app_that_does_not_answer_the_challenge_is_not_connected() -> None:
    with LocalSlack(request_url="http://127.0.0.1:9/slack/events", retry_delays_seconds=(0.0,)) as slack:
        assert slack.connections == 0
        assert slack.command("maya", "checkout", "/app").error == "dispatch_failed"
        with pytest.raises(TimeoutError):
            slack.wait_connected(timeout_seconds=0.3)


def test_sockets_are_switched_off_in_http_mode() -> None:
    with slack_for(Site()) as slack:
        client = WebClient(token=slack.app_token, base_url=slack.api_url)
        with connect(client.apps_connections_open(app_token=slack.app_token)["url"]) as socket:
            farewell = json.loads(socket.recv(timeout=5))
    assert (farewell["type"], farewell["reason"]) == ("disconnect", "link_disabled")


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "http://slack.example/slack/events", "ftp://localhost/"])
def test_only_this_machine_is_posted_to(url: str) -> None:
    with pytest.raises(ValueError, match="request URL"):
        LocalSlack(request_url=url)


def test_a_real_bolt_app_behind_its_own_signature_check() -> None:
    heard: list[str] = []
    site = Site()
    with slack_for(site) as slack:
        app = App(client=WebClient(token=slack.bot_token, base_url=slack.api_url), signing_secret=slack.signing_secret)

        @app.command("/app")
        def command(ack: Ack, body: Payload) -> None:
            ack("Looking")
            heard.append(body["text"])

        @app.options("pick")
        def options(ack: Ack) -> None:
            ack(options=[{"text": {"type": "plain_text", "text": "checkout"}, "value": "c"}])

        @app.action("pick")
        def picked(ack: Ack, action: Payload) -> None:
            ack()
            heard.append(action["selected_option"]["value"])

        @app.event("message")
        def message(event: Payload) -> None:
            heard.append(event["ts"])

        site.answer = bolt(app)
        assert slack.command("maya", "checkout", "/app checkout").payload == {"text": "Looking"}
        ts = slack.post_as_bot("checkout", "Pager", "x", blocks=CONTROLS)
        offered = slack.options("maya", ts, "pick", "che").payload
        assert offered is not None
        assert offered["options"][0]["value"] == "c"
        assert slack.click("maya", ts, "pick", "c").ok
        slack.wait_idle(until=lambda: sorted(heard) == sorted(["checkout", "c", ts]))
