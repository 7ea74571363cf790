"""The buttons of an answer and the forms behind them, by several people, with and without the right to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, bench

from bot.config import Config, Defaults, Service
from bot.model.incident import Incident, Status
from bot.model.units import Duration

LEAK = str(Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send")
OPEN = ("acknowledged", "resolved", "graded", "doubted", "told", "muted", "cancelled", "repeated", "again", "gone")
RESERVED = dict.fromkeys(("resolve", "severity", "mute", "lead", "note", "diagnose"), ("U0MAYA",))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("buttons")


@pytest.fixture(scope="module")
def bot(data: Path) -> Iterator[Bench]:
    services = {name: Service(replay=LEAK) for name in OPEN} | {"reserved": Service(replay=LEAK, allow=RESERVED)}
    config = Config(services=services, defaults=Defaults(cooldown=Duration(0)))
    with bench(config, data) as running:
        yield running
        assert running.slack.refusals == ()


class Answered:
    """A service that was asked about, and the message that answers."""

    def __init__(self, bot: Bench, service: str) -> None:
        self.bot, self.service = bot, service
        before = {message["ts"] for message in bot.answers("checkout")}
        bot.slack.command("maya", "checkout", f"/gocrash {service}")
        bot.settle()
        (self.incident,) = self.incidents()
        new = [message for message in bot.answers("checkout") if message["ts"] not in before]
        self.ts = next(message["ts"] for message in new if message.get("thread_ts", message["ts"]) == message["ts"])

    def incidents(self) -> tuple[Incident, ...]:
        return self.bot.store.incidents.list_incidents(service=self.service)

    def now(self) -> Incident:
        return self.bot.store.incidents.get(self.incident.number)

    def click(self, who: str, action: str, chosen: str | None = None) -> None:
        value = next((option for option in self.options() if chosen and option.startswith(f"{chosen} ")), None)
        assert self.bot.slack.click(who, self.ts, action, value).ok
        self.bot.settle()

    def submit(self, who: str, **values: str) -> None:
        assert self.bot.slack.submit_view(who, values).ok
        self.bot.settle()

    def headline(self) -> dict[str, Any]:
        return next(message for message in self.bot.answers("checkout") if message["ts"] == self.ts)

    def elements(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.headline()["blocks"][-1]["elements"]
        return found

    def labels(self) -> list[str]:
        return [element["text"]["text"] for element in self.elements() if "text" in element]

    def options(self) -> list[str]:
        return [option["value"] for element in self.elements() for option in element.get("options", ())]

    def thread(self) -> str:
        replies = [message["text"] for message in self.bot.answers("checkout") if message.get("thread_ts") == self.ts]
        return "\n".join(replies)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.bot.store.timeline.of(self.incident.number)]

    def alone(self) -> str:
        """What the bot last told one person only."""
        return str([message["text"] for message in self.bot.answers("checkout") if message["visible_to"]][-1:])


def test_acknowledging_makes_the_first_the_lead_and_others_responders(bot: Bench) -> None:
    asked = Answered(bot, "acknowledged")
    assert asked.labels() == ["Re-run", "Acknowledge", "Resolve …"]
    asked.click("jonas", "acknowledge")
    assert asked.now().lead == "jonas"
    assert "Acknowledged by jonas" in str(asked.headline()["blocks"])
    assert "jonas acknowledged" in asked.thread()
    assert asked.labels() == ["Re-run", "Join", "Resolve …"]
    asked.click("maya", "acknowledge")
    asked.click("maya", "acknowledge")
    assert (asked.now().lead, bot.store.responders.of(asked.incident.number)) == ("jonas", ("jonas", "maya"))
    assert asked.kinds().count("responder") == 1
    assert "lead jonas, with maya" in str(asked.headline()["blocks"])


def test_resolving_asks_what_ended_it(bot: Bench) -> None:
    asked = Answered(bot, "resolved")
    asked.click("jonas", "resolve")
    modal = bot.slack.modal("jonas")
    assert modal
    assert modal["title"]["text"] == f"Resolve {asked.incident.key}"
    asked.submit("jonas", text="rolled back to v1.41 <!channel>")
    assert (asked.now().status, asked.now().resolution) == (Status.RESOLVED, "rolled back to v1.41 <!channel>")
    shown = str(asked.headline())
    assert "Resolved by jonas" in shown
    assert "rolled back to v1.41 &lt;!channel&gt;" in shown
    assert asked.labels() == ["Re-run"]
    asked.click("maya", "rerun")
    assert [incident.number > asked.incident.number for incident in asked.incidents()] == [True]
    assert "Resolved" not in str(asked.headline()["blocks"])


def test_an_incident_that_is_over_is_not_resolved_twice(bot: Bench) -> None:
    asked = Answered(bot, "gone")
    asked.click("jonas", "resolve")
    asked.click("maya", "resolve")
    asked.submit("jonas", text="first")
    asked.submit("maya", text="second")
    assert asked.now().resolution == "first"
    assert "already resolved" in asked.alone()


def test_a_form_that_is_closed_changes_nothing(bot: Bench) -> None:
    asked = Answered(bot, "cancelled")
    for action, chosen in (("resolve", None), ("more", "severity"), ("more", "mute")):
        asked.click("jonas", action, chosen)
        assert bot.slack.modal("jonas")
        bot.slack.close_view("jonas")
        bot.settle()
    assert (asked.now().status, asked.now().severity) == (asked.incident.status, asked.incident.severity)
    assert asked.kinds() == ["opened", "diagnosis", "finding"]


def test_the_severity_is_chosen_from_the_four(bot: Bench) -> None:
    asked = Answered(bot, "graded")
    asked.click("jonas", "more", "severity")
    asked.submit("jonas", chosen="SEV1")
    assert asked.now().severity == "SEV1"
    assert "SEV1" in str(asked.headline()["blocks"])
    assert f"jonas set the severity of {asked.incident.key} to SEV1" in asked.thread()
    asked.click("jonas", "more", "severity")
    modal = bot.slack.modal("jonas")
    assert modal
    assert modal["blocks"][1]["element"]["initial_option"]["value"] == "SEV1"
    asked.submit("jonas", chosen="SEV1")
    assert asked.kinds().count("severity") == 1


def test_a_wrong_diagnosis_is_stored_with_what_it_was_instead(bot: Bench) -> None:
    asked = Answered(bot, "doubted")
    asked.click("jonas", "more", "wrong")
    bot.slack.submit_view("jonas", {"text": "  "})
    modal = bot.slack.modal("jonas")
    assert modal
    assert "Say in a few words" in str(modal["errors"])
    asked.submit("jonas", text="the test harness blocks them on purpose")
    (feedback,) = bot.store.feedback.of_incident(asked.incident.number)
    assert (feedback.playbook, feedback.text) == ("goroutine-leak-channel-send", "the test harness blocks them on purpose")
    assert "Said to be wrong by jonas" in str(asked.headline()["blocks"])
    assert "feedback" in asked.kinds()


def test_the_timeline_is_shown_to_whoever_asks(bot: Bench) -> None:
    asked = Answered(bot, "told")
    asked.click("jonas", "more", "timeline")
    assert f"{asked.incident.key}: 3 events" in asked.alone()


def test_muting_asks_how_long_and_why(bot: Bench) -> None:
    asked = Answered(bot, "muted")
    asked.click("jonas", "more", "mute")
    bot.slack.submit_view("jonas", {"chosen": "8h", "text": " "})
    modal = bot.slack.modal("jonas")
    assert modal
    assert "Say why" in str(modal["errors"])
    asked.submit("jonas", chosen="8h", text="load test")
    (mute,) = [mute for mute in bot.store.mutes.all_active(asked.now().opened_at) if mute.service == "muted"]
    assert (mute.reason, mute.actor, (mute.until - mute.muted_at).total_seconds()) == ("load test", "jonas", 8 * 3600)
    assert "Alerts muted until" in str(asked.headline()["blocks"])


def test_a_click_and_a_form_that_are_delivered_twice_count_once(bot: Bench) -> None:
    asked = Answered(bot, "repeated")
    bot.slack.repeat_next_event()
    asked.click("jonas", "acknowledge")
    assert asked.kinds().count("acknowledged") == 1
    asked.click("jonas", "resolve")
    bot.slack.repeat_next_event()
    asked.submit("jonas", text="done")
    assert asked.kinds().count("status") == 1
    assert "already resolved" not in asked.alone()


def test_looking_again_shows_in_the_same_message(bot: Bench) -> None:
    asked = Answered(bot, "again")
    before = asked.thread()
    asked.click("jonas", "rerun")
    assert asked.kinds().count("diagnosis") == 2
    assert asked.thread().rstrip() == before.rstrip(), "the replies of the second look are the first one's, edited"


@pytest.fixture(scope="module")
def reserved(bot: Bench) -> Answered:
    return Answered(bot, "reserved")


def audit(data: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "gocrash.db")) as database:
        return database.execute("SELECT actor, action, subject, allowed FROM audit").fetchall()


@pytest.mark.parametrize(
    ("did", "values", "verb"),
    [
        (("acknowledge",), None, "lead"),
        (("rerun",), None, "diagnose"),
        (("resolve",), {"text": "done"}, "resolve"),
        (("more", "severity"), {"chosen": "SEV1"}, "severity"),
        (("more", "mute"), {"chosen": "1h", "text": "quiet"}, "mute"),
        (("more", "wrong"), {"text": "no"}, "note"),
    ],
)
def test_who_may_not_is_told_so_alone_and_it_is_audited(
    reserved: Answered, data: Path, did: tuple[str, ...], values: dict[str, str] | None, verb: str
) -> None:
    asked = reserved
    before = asked.now(), asked.kinds()
    asked.click("jonas", *did)
    if values is not None:
        asked.submit("jonas", **values)
    assert (asked.now(), asked.kinds()) == before
    assert f"'{verb}' on reserved is reserved for U0MAYA" in asked.alone()
    assert ("jonas", verb, "reserved", 0) in audit(data)


def test_who_may_is_audited_too(reserved: Answered, data: Path) -> None:
    reserved.click("maya", "more", "severity")
    reserved.submit("maya", chosen="SEV2")
    assert ("maya", "severity", reserved.incident.key, 1) in audit(data)
