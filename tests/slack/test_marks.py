"""Emoji, pins and the shortcut that put messages into an incident's timeline, and out of it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from bench import Bench, bench

from bot.config import AlertChannel, Config, Defaults, Service, SlackSettings
from bot.model.incident import TimelineEvent
from bot.model.units import Duration

LEAK = str(Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send")


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    config = Config(
        services={"checkout": Service(replay=LEAK), "cart": Service(replay=LEAK, allow={"note": ("U0MAYA",)})},
        defaults=Defaults(cooldown=Duration(0)),
        slack=SlackSettings(alerts=(AlertChannel("C0ALERTS", ("B0ALERTMANAGER",)),), timeline_emoji=("pushpin", "memo")),
    )
    with bench(config, tmp_path_factory.mktemp("marks")) as running:
        yield running
        assert running.slack.refusals == ()


@pytest.fixture(scope="module")
def thread(bot: Bench) -> str:
    """The timestamp of the message that begins the thread of INC-1: an alert."""
    ts = bot.slack.post_alert("alertmanager-checkout-high-errors")
    bot.settle()
    return ts


def pinned(bot: Bench) -> Sequence[TimelineEvent]:
    return [event for event in bot.store.timeline.of(1) if event.kind == "pinned"]


def test_an_emoji_keeps_the_words_the_author_and_the_time(bot: Bench, thread: str) -> None:
    ts = bot.slack.say("jonas", "alerts", "@maya failed over to *db-2* & it holds, password=hunter2hunter2", thread_ts=thread)
    bot.slack.react("maya", ts, "pushpin")
    bot.settle()
    (event,) = pinned(bot)
    assert event.text.startswith("@maya failed over to db-2 & it holds")
    assert "hunter2" not in event.text
    assert (event.actor, event.details["marked_by"]) == ("jonas", "maya")
    assert event.occurred_at.timestamp() == pytest.approx(float(ts), abs=0.01)
    assert ts.replace(".", "") in event.permalink
    bot.slack.react("maya", ts, "pushpin", present=False)
    bot.settle()
    assert pinned(bot) == []


def test_one_message_is_one_entry_until_the_last_mark_is_gone(bot: Bench, thread: str) -> None:
    ts = bot.slack.say("jonas", "alerts", "the pool is empty again", thread_ts=thread)
    for person, emoji in (("maya", "pushpin"), ("jonas", "pushpin"), ("jonas", "memo")):
        bot.slack.react(person, ts, emoji)
    bot.slack.pin("maya", ts)
    bot.settle()
    assert len(pinned(bot)) == 1
    for person, emoji in (("maya", "pushpin"), ("jonas", "pushpin"), ("jonas", "memo")):
        bot.slack.react(person, ts, emoji, present=False)
        bot.settle()
        assert len(pinned(bot)) == 1
    bot.slack.pin("jonas", ts, present=False)
    bot.settle()
    assert pinned(bot) == []


def test_marking_and_taking_back_in_a_row_leaves_nothing(bot: Bench, thread: str) -> None:
    ts = bot.slack.say("jonas", "alerts", "never mind", thread_ts=thread)
    for _ in range(3):
        bot.slack.react("maya", ts, "pushpin")
        bot.slack.react("maya", ts, "pushpin", present=False)
    bot.settle()
    assert pinned(bot) == []
    bot.slack.repeat_next_event()
    bot.slack.react("maya", ts, "pushpin")
    bot.settle()
    assert len(pinned(bot)) == 1
    bot.slack.react("maya", ts, "pushpin", present=False)
    bot.settle()


def test_the_answer_of_the_bot_itself_can_be_marked(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    ts = bot.answers("checkout")[0]["ts"]
    bot.slack.pin("maya", ts)
    bot.settle()
    (event,) = pinned(bot)
    assert "stuck sending" in event.text
    assert event.actor == "gocrash"
    said = bot.slack.say("jonas", "checkout", "looking at it", thread_ts=ts)
    bot.slack.react("maya", said, "memo")
    bot.settle()
    assert [event.text for event in pinned(bot)][-1] == "looking at it"


def test_elsewhere_and_with_another_emoji_nothing_happens(bot: Bench, thread: str) -> None:
    before = bot.store.timeline.of(1)
    outside = bot.slack.say("jonas", "incidents", "lunch?")
    inside = bot.slack.say("jonas", "alerts", "lunch!", thread_ts=thread)
    bot.slack.react("maya", outside, "pushpin")
    bot.slack.pin("maya", outside)
    bot.slack.react("maya", inside, "tada")
    bot.settle()
    assert bot.store.timeline.of(1) == before


def test_the_shortcut_adds_a_message_of_the_thread_at_once(bot: Bench, thread: str) -> None:
    ts = bot.slack.say("jonas", "alerts", "rolled back to v1.41", thread_ts=thread)
    bot.slack.shortcut("maya", "note_message", ts)
    bot.slack.shortcut("jonas", "note_message", ts)
    bot.settle()
    assert bot.slack.modal("maya") is None
    assert [event.text for event in pinned(bot)].count("rolled back to v1.41") == 1
    assert any("maya added to the timeline: jonas: rolled back to v1.41" in message["text"] for message in bot.answers("alerts"))


@pytest.mark.usefixtures("thread")
def test_the_shortcut_asks_for_the_incident_elsewhere(bot: Bench) -> None:
    ts = bot.slack.say("jonas", "incidents", "provider says <https://status.example|they know>")
    bot.slack.shortcut("maya", "note_message", ts)
    bot.settle()
    modal = bot.slack.modal("maya")
    assert modal
    (option,) = modal["blocks"][1]["element"]["options"]
    assert option["text"]["text"].startswith("INC-1 checkout: ")
    assert bot.slack.submit_view("maya", {"chosen": "1"}).ok
    bot.settle()
    assert any("provider says" in event.text and event.actor == "jonas" for event in pinned(bot))


def test_who_may_not_write_into_a_timeline_is_told(bot: Bench) -> None:
    bot.slack.command("maya", "incidents", "/gocrash cart")
    bot.settle()
    ts = next(message["ts"] for message in bot.answers("incidents"))
    said = bot.slack.say("jonas", "incidents", "let me add this", thread_ts=ts)
    bot.slack.shortcut("jonas", "note_message", said)
    bot.settle()
    assert not any("let me add this" in event.text for event in bot.store.timeline.of(2))
    assert "reserved for U0MAYA" in str([message["text"] for message in bot.answers("incidents") if message["visible_to"]])


def test_whoever_may_not_write_notes_may_not_mark(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash cart")
    bot.settle()
    (incident,) = bot.store.incidents.list_incidents(service="cart")
    root = incident.thread or bot.store.outbox.get(incident.headline).ts
    ts = bot.slack.say("jonas", incident.channel, "not to be kept", thread_ts=root)
    bot.slack.react("jonas", ts, "pushpin")
    bot.slack.pin("jonas", ts)
    bot.settle()
    assert "pinned" not in [event.kind for event in bot.store.timeline.of(incident.number)]
    bot.slack.react("maya", ts, "pushpin")
    bot.settle()
    assert "pinned" in [event.kind for event in bot.store.timeline.of(incident.number)]
