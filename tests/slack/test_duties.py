"""What people are told unasked: a bad incident is announced, and its next update is asked for, through the unmodified bot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, bench

from bot.config import Config, Service, SlackSettings
from bot.incidents.store import Store
from bot.model.incident import Status
from bot.model.policy import SeverityPolicy
from bot.model.units import Duration

EXAMPLES = Path(__file__).parents[2] / "playbooks" / "goroutine-leak-channel-send" / "examples"
CHECKOUT = Service(replay=str(EXAMPLES / "fires-abandoned-results"), channel="C0CHECKOUT")
SECONDS = 30.0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("duties")


@pytest.fixture(scope="module")
def bot(data: Path) -> Iterator[Bench]:
    """A bot for which an update of a SEV1 is due within two seconds, and which announces it in a channel of its own."""
    config = Config(
        services={"checkout": CHECKOUT, "cart": CHECKOUT},
        severities={
            "SEV1": SeverityPolicy(update=Duration(2.0), tell=("@oncall", "U0MAYA", "@nobody-knows")),
            "SEV3": SeverityPolicy(update=Duration(0.0)),
        },
        slack=SlackSettings(announce={"SEV1": "C0INCIDENTS"}),
    )
    with bench(config, data) as running:
        running.slack.set_group("oncall", ["maya"])
        yield running
        assert running.slack.refusals == ()


def until(found: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return what is found as soon as there is something."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if messages := found():
            return messages
        time.sleep(0.05)
    pytest.fail("nothing was posted in time")


def shown(message: dict[str, Any]) -> str:
    """Return every text of a message's blocks."""
    return "\n".join(str(block.get("text", block.get("elements"))) for block in message["blocks"])


def with_words(bot: Bench, channel: str, words: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [message for message in bot.answers(channel) if words in message["text"]]


def test_an_incident_that_gets_bad_is_announced_once_and_reminded_of_once(bot: Bench, data: Path) -> None:
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    (headline,) = [message for message in bot.answers("checkout") if message.get("thread_ts", message["ts"]) == message["ts"]]
    assert bot.answers("incidents") == [], "a SEV3 is not announced"

    # As the command line does it: from another process than the bot's.
    with Store(data) as other:
        other.incidents.set_lead(1, "U0MAYA", actor="ana", now=datetime.now(UTC))
        other.incidents.set_severity(1, "SEV1", actor="ana", now=datetime.now(UTC))

    (announced,) = until(with_words(bot, "incidents", "INC-1 of checkout is SEV1"))
    assert headline["ts"].replace(".", "") in shown(announced), "it leads to the thread"
    assert "<!subteam^S0ONCALL> <@U0MAYA> @nobody-knows" in shown(announced)

    (reminder,) = until(with_words(bot, "checkout", "INC-1 (SEV1) is due an update: last heard"))
    assert reminder["thread_ts"] == headline["ts"]
    assert "from ana. <@U0MAYA> leads it." in shown(reminder)
    assert "S0ONCALL" not in shown(reminder), "whoever is told of a SEV1 is told in the announcement alone"

    bot.slack.click("maya", reminder["ts"], "snooze:30m")
    bot.settle()
    (put_off,) = until(with_words(bot, "checkout", "INC-1: no reminder before"))
    assert put_off["ts"] == reminder["ts"], "it stands in the reminder's place"
    (event,) = [event for event in bot.store.timeline.of(1) if event.kind == "snoozed"]
    assert event.actor == "maya"
    update = bot.store.duties.next_update(1, updates={"SEV1": 2.0})
    assert update is not None
    assert 1_700 < (update.due_at - datetime.now(UTC)).total_seconds() <= 1_800

    bot.store.incidents.add_note(1, "still looking", actor="maya", now=datetime.now(UTC))
    assert bot.store.duties.due(datetime.now(UTC), updates={"SEV1": 0.001}) == (), "what was put off stays put off"
    assert len(with_words(bot, "incidents", "INC-1")()) == 1


def test_the_thread_has_an_address_that_the_next_answer_gives(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash cart")
    bot.settle()
    (incident,) = bot.store.incidents.list_incidents(service="cart")
    assert incident.permalink.startswith("http")
    events = {event.kind: event.permalink for event in bot.store.timeline.of(incident.number)}
    assert events == {"opened": incident.permalink, "diagnosis": incident.permalink, "finding": incident.permalink}

    bot.store.incidents.change_status(
        incident.number, Status.RESOLVED, text="rolled back to v41", actor="maya", now=datetime.now(UTC)
    )
    bot.slack.command("maya", "checkout", "/gocrash cart")
    bot.settle()
    again = next(
        message for message in reversed(bot.answers("checkout")) if message.get("thread_ts", message["ts"]) == message["ts"]
    )
    assert f"<{incident.permalink}|Seen before>: once, in {incident.key}, " in shown(again)
    assert "resolved: rolled back to v41" in shown(again)


def test_an_incident_of_the_command_line_is_announced_without_a_thread(bot: Bench, data: Path) -> None:
    with Store(data) as other:
        other.incidents.open_or_join(
            service="mail", dedup_key="k", title="<!channel> no mail", severity="SEV1", opened_by="ben", now=datetime.now(UTC)
        )
    (announced,) = until(with_words(bot, "incidents", "of mail is SEV1"))
    assert "<!channel>" not in shown(announced)
    assert "to the thread" not in shown(announced)
