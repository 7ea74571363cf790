"""Alerts over HTTP, from the post to the service's channel, through the unmodified bot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bench import Bench, bench

from bot.alerts.webhooks import read_webhook
from bot.config import AlertChannel, Config, Defaults, Service, SlackSettings
from bot.incidents.store import Store
from bot.model.units import Duration
from bot.respond.reception import Reception

EXAMPLES = Path(__file__).parents[2] / "playbooks" / "goroutine-leak-channel-send" / "examples"
CHECKOUT = Service(replay=str(EXAMPLES / "fires-abandoned-results"), channel="C0CHECKOUT")


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    config = Config(
        services={
            "checkout": CHECKOUT,
            "cart": Service(replay=str(EXAMPLES / "quiet-healthy-shop"), channel="C0INCIDENTS"),
            "ledger": Service(replay=str(EXAMPLES / "quiet-healthy-shop")),
        },
        defaults=Defaults(cooldown=Duration(0.0)),
        slack=SlackSettings(
            alerts=(AlertChannel("C0ALERTS", ("B0PROBES",), r"^(?P<state>UP|DOWN) (?P<title>(?P<service>\w+) .+)"),)
        ),
    )
    with bench(config, tmp_path_factory.mktemp("webhooks")) as running:
        yield running
        assert running.slack.refusals == ()


def post(bot: Bench, *alerts: dict[str, Any]) -> None:
    payload = {"version": "4", "status": "firing", "alerts": [*alerts]}
    answer = httpx.post(f"{bot.url}/alerts/alertmanager", content=json.dumps(payload))
    assert answer.status_code == 202, answer.text
    bot.settle()


def alert(name: str, service: str, *, status: str = "firing", summary: str = "") -> dict[str, Any]:
    labels, times = (
        {"alertname": name, "service": service},
        {"startsAt": "2026-11-20T12:04:05Z", "endsAt": "2026-11-20T12:09:05Z"},
    )
    return {"status": status, "labels": labels, "annotations": {"summary": summary}, **times}


def headlines(bot: Bench, channel: str) -> list[str]:
    return [
        message["text"] for message in bot.answers(channel) if "thread_ts" not in message or message["thread_ts"] == message["ts"]
    ]


def shown(bot: Bench, channel: str) -> str:
    return str(bot.answers(channel)[0]["blocks"])


def kinds(bot: Bench, service: str) -> list[str]:
    (incident,) = bot.store.incidents.list_incidents(service=service)
    events = sorted(bot.store.timeline.of(incident.number), key=lambda event: event.number)
    return [event.kind for event in events]


def test_from_the_first_alert_to_the_end_there_is_one_answer(bot: Bench) -> None:
    both = alert("HighErrorRate", "checkout"), alert("SlowRequests", "checkout")
    post(bot, *both)
    (headline,) = headlines(bot, "checkout")
    assert "pricing.(*Pool).fetch" in headline
    assert kinds(bot, "checkout") == ["opened", "alert", "alert", "diagnosis", "finding"]
    (incident,) = bot.store.incidents.list_incidents(service="checkout")
    titles = [event.text for event in bot.store.timeline.of(incident.number) if event.kind == "alert"]
    assert sorted(titles) == ["HighErrorRate", "SlowRequests"]

    post(bot, *both, alert("Restarts", "checkout"))
    assert kinds(bot, "checkout")[5:] == ["occurrence", "occurrence", "alert"]
    assert len(headlines(bot, "checkout")) == 1, "what still fires is answered once"
    assert "seen 2 times" in shown(bot, "checkout")
    assert "also: SlowRequests, Restarts (3 alerts)" in shown(bot, "checkout")

    post(bot, *(each | {"status": "resolved"} for each in both), alert("Restarts", "checkout", status="resolved"))
    events = bot.store.timeline.of(incident.number)
    over = next(event for event in events if "it is over" in event.text)
    assert over.text == "alertmanager says it is over: HighErrorRate"
    assert over.occurred_at.isoformat() == "2026-11-20T12:09:05+00:00"
    assert "all 3 alerts resolved, the last 12:09 UTC by alertmanager" in shown(bot, "checkout")

    post(bot, *both, alert("Late", "checkout"))
    assert len(headlines(bot, "checkout")) == 1, "one message answers an incident for as long as it is open"
    assert "1 of 4 alerts resolved" in shown(bot, "checkout")


def test_outside_text_comes_out_harmless(bot: Bench) -> None:
    post(bot, alert("Slow", "cart", summary="<!channel> and a lone surrogate: \ud800"))
    assert len(headlines(bot, "incidents")) == 1
    assert "<!channel>" not in str(bot.answers("incidents"))


def test_a_post_whose_answer_got_lost_counts_once(tmp_path: Path) -> None:
    at = datetime(2026, 11, 20, 12, 4, 5, tzinfo=UTC)
    alerts = read_webhook("alertmanager", {"alerts": [alert("Slow", "cart")]})
    with Store(tmp_path) as store:

        def receive(at: datetime) -> None:
            Reception(Config(), store, now=lambda: at, wake=lambda: None).webhook(alerts)

        receive(at)
        receive(at + timedelta(seconds=20))
        receive(at + timedelta(hours=1))
        assert store.queue.unfinished() == 2, "what is said again an hour later is said anew"


def test_an_alert_that_nobody_can_answer_is_let_be(bot: Bench) -> None:
    before = bot.store.incidents.list_incidents()
    post(bot, alert("Slow", "ledger"), alert("Slow", "warehouse"))
    assert bot.store.incidents.list_incidents() == before


def test_a_message_is_read_by_the_pattern_of_its_channel(bot: Bench) -> None:
    ts = bot.slack.post_as_bot("alerts", "Probes", "Report of the probes\nDOWN cart took 7 s, checkout took 1 s")
    bot.settle()
    replies = bot.answers("alerts")
    assert replies
    assert all(reply["thread_ts"] == ts for reply in replies)
    assert "cart" in replies[0]["text"]
