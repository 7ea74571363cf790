"""The unmodified bot, the local Slack and the real Go program, from the slash command to the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bench import Bench, bench
from shop import Shop, ShopRunner

from bot.config import AlertChannel, Config, Defaults, Service, SlackSettings
from bot.model.incident import Status
from bot.model.units import Duration

CULPRIT = "pricing.(*Pool).fetch"


@pytest.fixture
def leaking(run_shop: ShopRunner) -> Shop:
    return run_shop("leak-chan-send", count=300)


@pytest.fixture
def bot(leaking: Shop, tmp_path: Path) -> Iterator[Bench]:
    config = Config(
        services={"checkout": Service(targets=(leaking.url,)), "cart": Service(targets=("http://127.0.0.1:9",))},
        defaults=Defaults(interval=Duration(0.2)),
        slack=SlackSettings(alerts=(AlertChannel("C0ALERTS", ("B0ALERTMANAGER",)),)),
    )
    with bench(config, tmp_path) as running:
        yield running
        assert running.slack.refusals == ()


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bot for all the tests that diagnose nothing: ending a socket takes the SDK seconds."""
    config = Config(
        services={"checkout": Service(targets=("http://127.0.0.1:9",)), "cart": Service(targets=("http://127.0.0.1:9",))},
        slack=SlackSettings(alerts=(AlertChannel("C0ALERTS", ("B0ALERTMANAGER",)),)),
    )
    with bench(config, tmp_path_factory.mktemp("idle")) as running:
        yield running
        assert running.slack.refusals == ()


def test_a_command_is_answered_in_place_and_remembered(bot: Bench) -> None:
    assert bot.slack.command("maya", "checkout", "/gocrash checkout").ok
    bot.settle()
    messages = bot.answers("checkout")
    headline, *replies = messages
    assert f"stuck sending in {CULPRIT}" in headline["text"]
    assert "looking for the cause" not in str(messages), "the placeholder was not edited"
    assert all(reply["thread_ts"] == headline["ts"] for reply in replies)
    assert any("Runbook" in reply["text"] for reply in replies)
    (incident,) = bot.store.incidents.list_incidents()
    assert (incident.service, incident.status) == ("checkout", Status.INVESTIGATING)
    assert [event.kind for event in bot.store.timeline.of(incident.number)] == ["opened", "diagnosis", "finding"]
    assert {piece.name for piece in bot.store.evidence.of_incident(incident.number)} >= {
        "goroutine.pb.gz",
        "heap.pb.gz",
        "metrics.txt",
    }


def test_resolve_and_rerun_work_on_the_same_message(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    ts = bot.answers("checkout")[0]["ts"]
    bot.slack.click("jonas", ts, "resolve")
    bot.slack.submit_view("jonas", {"text": "rolled back"})
    bot.settle()
    assert bot.store.incidents.list_incidents() == ()
    assert "is resolved" in bot.answers("checkout")[0]["text"]
    assert "Resolved by jonas" in str(bot.answers("checkout")[0]["blocks"])
    bot.slack.click("jonas", ts, "rerun")
    bot.settle()
    assert CULPRIT in bot.answers("checkout")[0]["text"]
    assert [incident.number for incident in bot.store.incidents.list_incidents()] == [2]


def test_an_alert_of_another_bot_is_answered_in_its_thread(bot: Bench) -> None:
    ts = bot.slack.post_alert("alertmanager-checkout-high-errors")
    bot.settle()
    replies = bot.answers("alerts")
    assert replies
    assert all(reply["thread_ts"] == ts for reply in replies)
    assert CULPRIT in replies[0]["text"]
    (incident,) = bot.store.incidents.list_incidents()
    assert [event.kind for event in bot.store.timeline.of(incident.number)] == ["alert", "opened", "diagnosis", "finding"]


def test_an_alert_of_a_bot_that_is_not_listed_is_left_alone(idle: Bench) -> None:
    idle.slack.post_as_bot("alerts", "Stranger", "checkout is down")
    idle.slack.post_as_bot("incidents", "Alertmanager", "checkout is down")
    idle.settle()
    assert idle.answers("alerts") == idle.answers("incidents") == []


def test_a_mention_is_answered_in_the_thread_where_it_stands(bot: Bench) -> None:
    ts = bot.slack.say("maya", "checkout", "something is slow")
    bot.slack.say("maya", "checkout", "@gocrash checkout", thread_ts=ts)
    bot.settle()
    answers = [message for message in bot.answers("checkout") if CULPRIT in message["text"]]
    assert answers
    assert all(answer["thread_ts"] == ts for answer in answers)


def test_a_wrong_name_is_answered_with_the_nearest_as_a_button(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash chekout")
    bot.settle()
    (answer,) = bot.answers("checkout")
    assert answer["visible_to"]
    assert "did you mean checkout?" in answer["text"]
    bot.slack.click("maya", answer["ts"], "diagnose:checkout")
    bot.settle()
    assert any(CULPRIT in message["text"] for message in bot.answers("checkout"))


def test_a_service_that_is_down_gets_an_answer_that_says_so(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash cart")
    bot.settle()
    assert "nothing could be looked at" in bot.answers("checkout")[0]["text"]
    assert "connection refused" in bot.slack.channel_text("checkout")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/gocrash", "What gocrash can do"),
        ("/gocrash help diagnose", "/gocrash checkout"),
        ("/gocrash incidnts", "/gocrash help shows what I know"),
        ("/gocrash incidents", "Open incidents: none"),
        ("/gocrash show INC-9", "there is no INC-9"),
        ("/gocrash timeline soon", "name an incident"),
    ],
)
def test_other_words_are_answered_to_the_person_alone(idle: Bench, line: str, expected: str) -> None:
    before = len(idle.answers("checkout"))
    idle.slack.command("maya", "checkout", line)
    idle.settle()
    (answer,) = idle.answers("checkout")[before:]
    assert expected in answer["text"]
    assert answer["visible_to"]


def test_show_and_timeline_of_an_incident(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    bot.slack.command("maya", "checkout", "/gocrash show INC-1")
    bot.slack.command("maya", "checkout", "/gocrash timeline 1")
    bot.settle()
    shown, timeline = bot.answers("checkout")[-2:]
    assert "INC-1 of checkout is investigating" in shown["text"]
    assert "INC-1: 3 events" in timeline["text"]


def test_a_second_delivery_counts_once(bot: Bench) -> None:
    bot.slack.repeat_next_event()
    bot.slack.post_alert("alertmanager-checkout-high-errors")
    bot.settle()
    assert sum("are stuck sending in" in message["text"] for message in bot.answers("alerts")) == 1
    (incident,) = bot.store.incidents.list_incidents()
    assert [event.kind for event in bot.store.timeline.of(incident.number)].count("alert") == 1


def test_rate_limits_and_faults_of_slack_lose_and_double_nothing(bot: Bench) -> None:
    bot.slack.inject("chat.postMessage", status=429, retry_after_seconds=1)
    bot.slack.inject("chat.update", status=500)
    bot.slack.inject("chat.postMessage", status=500, after=True)
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    texts = [message["text"] or message["files"][0]["name"] for message in bot.answers("checkout")]
    assert len(texts) == len(set(texts))
    assert CULPRIT in texts[0]


def test_the_pages_of_the_bot(bot: Bench) -> None:
    assert httpx.get(f"{bot.url}/healthz").text == "ok\n"
    assert httpx.get(f"{bot.url}/readyz").status_code == 200
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    assert 'gocrash_diagnoses_total{failure_class="goroutine-leak"} 1.0' in httpx.get(f"{bot.url}/metrics").text
