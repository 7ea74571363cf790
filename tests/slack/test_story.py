"""One incident from its alert to its postmortem, through Slack and the command line, against the real Go shop."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from bench import Bench, bench
from cli import gocrash
from misbehaving import Misbehaving, http_answer
from shop import Shop, ShopRunner, wait_until

from bot.config import AlertChannel, Config, Defaults, Service, SlackSettings, Slo
from bot.model.incident import Status
from bot.model.units import Duration

SECONDS = 60.0
ALERT = "alertmanager-checkout-high-errors"
CULPRIT = "pricing.(*Pool).fetch"


class Door:
    """An address that stays while the program behind it is replaced."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        try:
            connection.sendall(http_answer(self.shop.get(request.split(b" ")[1].decode())))
        except httpx.HTTPStatusError as error:
            connection.sendall(http_answer(b"", status=f"{error.response.status_code} No"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def door(run_shop: ShopRunner) -> Door:
    return Door(run_shop("leak-chan-send", count=300))


@pytest.fixture
def address(door: Door) -> Iterator[str]:
    server = Misbehaving(door, most=1000)
    yield server.url
    server.close()


@pytest.fixture
def bot(address: str, data: Path) -> Iterator[Bench]:
    config = Config(
        services={"checkout": Service(targets=(address,), slo=Slo(objective=99.9, severities=("SEV3",)))},
        defaults=Defaults(interval=Duration(0.2), cooldown=Duration(0), recheck=Duration(0.5)),
        slack=SlackSettings(alerts=(AlertChannel("C0ALERTS", ("B0ALERTMANAGER",)),)),
    )
    with bench(config, data) as running:
        yield running
        assert running.slack.refusals == ()


def headline(bot: Bench) -> dict[str, Any]:
    return bot.answers("alerts")[0]


def test_from_the_alert_to_the_postmortem(
    bot: Bench, door: Door, *, address: str, data: Path, tmp_path: Path, run_shop: ShopRunner
) -> None:
    slack = bot.slack
    alert = slack.post_alert(ALERT)
    bot.settle()
    assert CULPRIT in headline(bot)["text"]

    assert slack.click("maya", headline(bot)["ts"], "acknowledge").ok
    slack.say("jonas", "alerts", "@gocrash note support has five calls", thread_ts=alert)
    said = slack.say("jonas", "alerts", "the pool was changed at noon", thread_ts=alert)
    slack.react("maya", said, "pushpin")
    bot.settle()
    slack.say("maya", "alerts", "@gocrash severity SEV2", thread_ts=alert)
    bot.settle()

    # Whoever sits at a terminal works on the same incident; the message in Slack follows.
    assert gocrash("incident", "status", "INC-1", "identified", "unbuffered results", GOCRASH_DATA=str(data)).status == 0
    wait_until(lambda: "identified" in str(headline(bot)["blocks"]), SECONDS)

    door.shop = run_shop("healthy")
    slack.say("maya", "alerts", "@gocrash status mitigated rolled back to v1.41", thread_ts=alert)
    wait_until(lambda: any(event.kind == "check" for event in bot.store.timeline.of(1)), SECONDS)
    bot.settle()
    assert any("has recovered" in message["text"] for message in bot.answers("alerts"))

    slack.click("maya", headline(bot)["ts"], "resolve")
    assert slack.submit_view("maya", {"text": "rolled back to v1.41"}).ok
    bot.settle()
    assert "is resolved" in headline(bot)["text"]
    assert bot.store.incidents.get(1).status is Status.RESOLVED

    kinds = [event.kind for event in bot.store.timeline.of(1)]
    assert {"opened", "alert", "finding", "diagnosis", "acknowledged", "note", "severity", "status", "check"} <= set(kinds)
    assert [event.text for event in bot.store.timeline.of(1) if event.kind == "note"] == ["support has five calls"]

    slack.say("maya", "alerts", "@gocrash postmortem INC-1", thread_ts=alert)
    bot.settle()
    files = [file["name"] for message in slack.messages("alerts") for file in message.get("files", ())]
    assert {"INC-1-postmortem.md", "INC-1-postmortem.html"} <= set(files)

    config = tmp_path / "gocrash.yaml"
    slo = {"objective": 99.9, "severities": ["SEV2"]}
    config.write_text(yaml.safe_dump({"services": {"checkout": {"targets": [address], "slo": slo}}}))
    written = gocrash("incident", "postmortem", "INC-1", "--config", config, GOCRASH_DATA=str(data)).out
    claims = (
        CULPRIT,
        "support has five calls",
        "rolled back to v1.41",
        "the pool was changed at noon",
        "Error budget: this incident",
    )
    assert [claim for claim in claims if claim not in written] == []
    archive = tmp_path / "INC-1.tar.gz"
    assert gocrash("incident", "export", "INC-1", archive, GOCRASH_DATA=str(data)).status == 0
    assert "INC-1" in gocrash("incident", "history", "checkout", GOCRASH_DATA=str(data)).out

    # The next time, the first answer says what ended it.
    door.shop = run_shop("leak-chan-send", count=300)
    slack.command("jonas", "checkout", "/gocrash checkout")
    bot.settle()
    assert "rolled back to v1.41" in str(bot.answers("checkout")[0]["blocks"])
