"""HTTP mode: Slack posts signed requests to the bot's own pages, and everything else is as over a socket."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import yaml
from bench import MANIFEST, Bench, settings

from bot.config import Config, Service
from bot.localslack import LocalSlack
from bot.serve import running
from bot.web import MAX_POST_BYTES

RECORDED = str(Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send")


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url, manifest = f"http://127.0.0.1:{port}/slack/events", yaml.safe_load(MANIFEST.read_text())
    with LocalSlack(manifest=manifest, request_url=url, retry_delays_seconds=(0, 1, 5)) as slack:
        given = replace(
            settings(slack, tmp_path_factory.mktemp("data")), app_token="", signing_secret=slack.signing_secret, http_port=port
        )
        with running(Config(services={"checkout": Service(replay=RECORDED)}), given) as started:
            slack.wait_connected()
            yield Bench(slack, started.store, started.url)
            assert slack.refusals == ()


def post(bot: Bench, body: bytes, *, age: int = 0, secret: str = "", **headers: str) -> httpx.Response:
    now = int(time.time()) - age
    signature = hmac.new((secret or bot.slack.signing_secret).encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
    signed = {"x-slack-request-timestamp": str(now), "x-slack-signature": f"v0={signature}", "content-type": "application/json"}
    return httpx.post(f"{bot.url}/slack/events", content=body, headers=signed | headers)


def test_a_command_a_click_and_a_mention_are_answered(bot: Bench) -> None:
    assert bot.slack.command("maya", "checkout", "/gocrash checkout").ok
    bot.settle()
    headline = bot.answers("checkout")[0]
    assert "stuck sending in pricing.(*Pool).fetch" in headline["text"]
    assert bot.slack.click("maya", headline["ts"], "rerun").ok
    bot.slack.say("maya", "checkout", "<@U0GOCRASH> services", thread_ts=headline["ts"])
    bot.settle()
    assert bot.answers("checkout")[0].get("edited"), "the click was not answered"
    assert "services" in bot.slack.channel_text("checkout").splitlines()[-1].lower() or "Services" in str(bot.answers("checkout"))


def test_an_event_delivered_twice_is_answered_once(bot: Bench) -> None:
    before = len(bot.answers("incidents"))
    bot.slack.repeat_next_event()
    bot.slack.say("maya", "incidents", "<@U0GOCRASH> help")
    bot.settle()
    assert len(bot.answers("incidents")) == before + 1


def test_the_challenge_is_answered_only_to_slack(bot: Bench) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c0ffee"}).encode()
    assert post(bot, body).json() == {"challenge": "c0ffee"}
    assert post(bot, body, secret="another").status_code == 401  # noqa: S106


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"age": 360}, 401),
        ({"age": -360}, 401),
        ({"secret": "another"}, 401),
        ({"x-slack-signature": "v0=" + "0" * 64}, 401),
        ({"x-slack-request-timestamp": "yesterday"}, 401),
    ],
)
def test_what_slack_has_not_signed_just_now_is_refused(bot: Bench, change: dict[str, str], status: int) -> None:
    jobs = bot.store.queue.unfinished()
    assert post(bot, b'{"type": "event_callback", "event": {"type": "app_mention"}}', **change).status_code == status  # type: ignore[arg-type]
    assert bot.store.queue.unfinished() == jobs


def test_a_body_without_end_is_not_read(bot: Bench) -> None:
    assert post(bot, b"x" * (MAX_POST_BYTES + 1)).status_code == 413
    assert post(bot, b"\xff\xfe").status_code in {400, 401}
    assert httpx.get(f"{bot.url}/slack/events").status_code == 405


def test_it_is_ready_once_slack_has_accepted_its_token(bot: Bench) -> None:
    assert httpx.get(f"{bot.url}/readyz").status_code == 200
