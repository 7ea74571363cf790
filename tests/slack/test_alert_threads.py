"""Alerts through the unmodified bot: repeats, editions and ends change one answer; storms and mutes say little."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bench import Bench, bench

from bot.config import AlertChannel, Config, Defaults, Service, SlackSettings
from bot.incidents.alerts import states
from bot.model.alert import NoticeState
from bot.model.incident import Incident
from bot.model.units import Duration
from bot.respond.grouping import LINES

EXAMPLES = Path(__file__).parents[2] / "playbooks" / "goroutine-leak-channel-send" / "examples"
LEAKING, HEALTHY = str(EXAMPLES / "fires-abandoned-results"), str(EXAMPLES / "quiet-healthy-shop")
# Every test has services of its own, so that one bot does for all of them.
LEAKS = ("checkout", "cart", "orders", "mail", "stock", "prices")
BOTS = ("B0ALERTMANAGER", "B0GRAFANAONCALL", "B0PAGERDUTY")


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    services = {name: Service(replay=LEAKING) for name in LEAKS}
    services |= {name: Service(replay=HEALTHY) for name in ("ledger", "storm-a", "storm-b", "storm-c", "quiet")}
    config = Config(
        services=services,
        defaults=Defaults(cooldown=Duration(0.0)),
        slack=SlackSettings(alerts=tuple(AlertChannel(channel, BOTS) for channel in ("C0ALERTS", "C0CHECKOUT", "C0INCIDENTS"))),
    )
    with bench(config, tmp_path_factory.mktemp("alerts")) as running:
        yield running
        assert running.slack.refusals == ()


def alert(bot: Bench, title: str, *, state: str = "FIRING:1", channel: str = "alerts") -> str:
    return bot.slack.post_as_bot(channel, "Alertmanager", attachments=[{"title": f"[{state}] {title}"}])


def replies(bot: Bench, ts: str, channel: str = "alerts") -> list[dict[str, Any]]:
    return [message for message in bot.answers(channel) if message.get("thread_ts") == ts]


def headline(bot: Bench, ts: str) -> str:
    return json.dumps(replies(bot, ts)[0]["blocks"], ensure_ascii=False)


def incident(bot: Bench, service: str) -> Incident:
    (found,) = bot.store.incidents.list_incidents(status="all", service=service)
    return found


def events(bot: Bench, service: str) -> list[str]:
    told = sorted(bot.store.timeline.of(incident(bot, service).number), key=lambda event: event.number)
    return [f"{event.kind}: {event.text}" for event in told if event.kind in ("alert", "occurrence")]


def test_repeats_and_the_end_change_the_first_answer(bot: Bench) -> None:
    first = alert(bot, "Slow (checkout)")
    bot.settle()
    assert "are stuck sending" in replies(bot, first)[0]["text"]
    repeat = alert(bot, "Slow (checkout)", state="FIRING:2")
    bot.settle()
    (line,) = replies(bot, repeat)
    assert line["text"] == "checkout: seen 2 times, this belongs to INC-1."
    assert f"p{replies(bot, first)[0]['ts'].replace('.', '')}" in str(line["blocks"]), "it points to the answer"
    assert "seen 2 times" in headline(bot, first)

    over = alert(bot, "Slow (checkout)", state="RESOLVED")
    bot.settle()
    assert replies(bot, over) == []
    assert "UTC by alertmanager" in headline(bot, first)
    assert "alert resolved" in headline(bot, first)
    assert events(bot, "checkout") == [
        "alert: Slow (checkout)",
        "occurrence: alertmanager says it fires: Slow (checkout)",
        "alert: alertmanager says it is over: Slow (checkout)",
    ]
    assert len(bot.store.diagnoses.of(1)) == 1, "nothing of it was a new question"
    assert bot.store.incidents.list_incidents(service="checkout"), "a person resolves it"


def test_an_alert_that_is_edited_into_its_end(bot: Bench) -> None:
    ts = alert(bot, "Slow (cart)")
    bot.settle()
    before = len(replies(bot, ts))
    bot.slack.repeat_next_event()
    bot.slack.edit(ts, "", attachments=[{"title": "[FIRING:2] Slow (cart)"}])
    bot.settle()
    assert "seen 2 times" in headline(bot, ts)
    bot.slack.edit(ts, "", attachments=[{"title": "[RESOLVED] Slow (cart)"}])
    bot.settle()
    assert "alert resolved" in headline(bot, ts)
    assert len(replies(bot, ts)) == before


def test_an_acknowledged_group_is_no_repeat(bot: Bench) -> None:
    ts = bot.slack.post_alert("oncall-ledger-locks")
    bot.settle()
    group = next(message for message in bot.slack.messages("alerts") if message["ts"] == ts)
    for color in ("#daa038", "#2eb886"):
        bot.slack.edit(ts, "", attachments=[{"color": color, "fallback": "RequestsWait"}], blocks=group["blocks"])
        bot.settle()
        assert ("alert acknowledged" if color == "#daa038" else "alert resolved") in headline(bot, ts)
    assert "seen" not in headline(bot, ts)


def test_the_end_that_is_delivered_first(bot: Bench) -> None:
    bot.slack.reverse_next_events(2)
    ts = alert(bot, "Slow (orders)")
    alert(bot, "Slow (orders)", state="RESOLVED")
    bot.settle()
    assert "alert resolved" in headline(bot, ts)
    (state,) = states(bot.store.alerts.of_incident(incident(bot, "orders").number))
    assert (state.state, state.occurrences) == (NoticeState.RESOLVED, 1)


def test_a_storm_is_a_few_answers_and_a_few_lines(bot: Bench) -> None:
    services = ("storm-a", "storm-b", "storm-c")
    channels = dict(zip(services, ("alerts", "checkout", "incidents"), strict=True))
    posted = {name: [alert(bot, f"Alert{index} ({name})", channel=channels[name]) for index in range(10)] for name in services}
    bot.settle()
    for name, stamps in posted.items():
        (document,) = bot.store.diagnoses.of(incident(bot, name).number)
        assert document["service"] == name
        said = [replies(bot, ts, channels[name]) for ts in stamps]
        (answered,) = [thread for thread in said if thread and "nothing wrong found" in thread[0]["text"]]
        assert "(10 alerts)" in str(answered[0]["blocks"])
        lines = [thread[0]["text"] for thread in said if thread and thread is not answered]
        assert len(lines) == LINES
        assert sum("only counted" in line for line in lines) == 1
        assert len(events(bot, name)) == 10


def test_a_muted_service_is_left_in_peace(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash mute quiet 2h load test")
    bot.settle()
    ts = alert(bot, "Slow (quiet)")
    bot.settle()
    assert replies(bot, ts) == []
    assert 'gocrash_alerts_total{outcome="muted"} 1.0' in httpx.get(f"{bot.url}/metrics").text
    bot.slack.command("maya", "checkout", "/gocrash unmute quiet")
    bot.settle()
    again = alert(bot, "Slow (quiet)")
    bot.settle()
    assert "quiet: nothing wrong found" in replies(bot, again)[0]["text"]


def test_a_channel_is_not_called_by_an_alert(bot: Bench) -> None:
    first = alert(bot, "<!channel> (mail)")
    second = alert(bot, "<!here> *bold* (mail)")
    bot.settle()
    said = str([*replies(bot, first), *replies(bot, second)])
    assert "<!channel>" not in said
    assert "<!here>" not in said
    assert "&lt;!here&gt;" in headline(bot, first)


def test_the_shortcut_reads_an_alert_of_a_bot_that_is_not_listed(bot: Bench) -> None:
    ts = bot.slack.post_as_bot("alerts", "Stranger", attachments=[{"title": "[FIRING:1] Slow (stock)"}])
    bot.settle()
    assert replies(bot, ts) == []
    bot.slack.shortcut("maya", "diagnose_message", ts)
    bot.settle()
    assert "stock: 480 goroutines are stuck sending" in replies(bot, ts)[0]["text"]
    assert events(bot, "stock") == ["alert: Slow (stock)"]


def test_the_shortcut_reads_what_a_person_says(bot: Bench) -> None:
    ts = bot.slack.say("jonas", "alerts", "prices is slow again, can somebody look?")
    bot.slack.shortcut("maya", "diagnose_message", ts)
    bot.settle()
    assert "prices: 480 goroutines" in replies(bot, ts)[0]["text"]
    assert incident(bot, "prices").opened_by == "maya"


def test_an_alert_of_nobody_is_counted(bot: Bench) -> None:
    ts = alert(bot, "Slow (warehouse)")
    bot.settle()
    assert replies(bot, ts) == []
    assert 'gocrash_alerts_total{outcome="unknown"} 1.0' in httpx.get(f"{bot.url}/metrics").text
