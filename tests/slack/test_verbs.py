"""Every verb, through both doors: `/gocrash …` and `@gocrash …` in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, bench

from bot.config import VERBS as RESERVED
from bot.config import Config, Service, Slo
from bot.model.incident import Status
from bot.respond.verbs import VERBS

LEAK = Path(__file__).parents[2] / "playbooks" / "goroutine-leak-channel-send" / "examples" / "fires-waiting-for-minutes"
CONTRACT = {
    *("diagnose", "incidents", "show", "timeline", "note", "postmortem", "status", "resolve", "reopen", "severity", "lead"),
    *("history", "search", "stats", "runbook", "services", "mute", "unmute", "help"),
}


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    config = Config(
        services={
            "checkout": Service(replay=str(LEAK), slo=Slo(objective=99.9)),
            "cart": Service(replay=str(LEAK)),
            "ledger": Service(
                replay=str(LEAK), allow={"resolve": ("U0JONAS",), "capture": ("@oncall",), "mute": ("C0INCIDENTS",)}
            ),
        }
    )
    with bench(config, tmp_path_factory.mktemp("verbs")) as running:
        yield running
        assert running.slack.refusals == ()


def typed(bot: Bench, line: str, *, by: str = "maya", channel: str = "checkout") -> dict[str, Any]:
    """Type a command, and return the bot's answer to it: what the person alone sees, else what all see first."""
    before = len(bot.answers(channel))
    assert bot.slack.command(by, channel, f"/gocrash {line}").ok
    bot.settle()
    answers = bot.answers(channel)[before:]
    assert answers, f"{line} was not answered"
    return next((answer for answer in answers if answer.get("visible_to")), answers[0])


def said(bot: Bench, words: str, *, thread_ts: str, by: str = "maya", channel: str = "checkout") -> dict[str, Any]:
    """Mention the bot in a thread, and return its last message there."""
    bot.slack.say(by, channel, f"@gocrash {words}", thread_ts=thread_ts)
    bot.settle()
    answer = bot.answers(channel)[-1]
    assert answer["thread_ts"] == thread_ts
    return answer


@pytest.fixture(scope="module")
def incident(bot: Bench) -> str:
    """The incident of checkout that all tests share, by the timestamp of its headline: Slack takes its time for each message."""
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    return str(bot.answers("checkout")[0]["ts"])


def key_of(bot: Bench) -> str:
    (incident,) = bot.store.incidents.list_incidents(service="checkout")
    return incident.key


def test_the_registry_is_the_contract_and_no_service_may_be_named_like_a_verb() -> None:
    assert set(VERBS) >= CONTRACT
    assert set(VERBS) <= set(RESERVED)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("help", "What gocrash can do"),
        ("", "What gocrash can do"),
        ("help note", "/gocrash note INC-7 text"),
        ("help nope", "there is no verb 'nope'"),
        ("help resovle", "did you mean 'resolve'?"),
        ("lead INC-1 @nobody", "Slack knows no @nobody"),
        ("services", "3 services: checkout, cart, ledger"),
        ("incidnts", "I do not know incidnts"),
        ("incidents", "Open incidents"),
        ("incidents all cart", "All incidents of cart: none"),
        ("incidents cartt", "did you mean cart?"),
        ("show INC-999", "there is no INC-999"),
        ("show", "name an incident, such as INC-7"),
        ("note INC-1", "the note is empty"),
        ("status INC-1 fine", "identified|mitigated|resolved"),
        ("severity INC-1 SEV9", "SEV1|SEV2|SEV3|SEV4"),
        ("snooze INC-1 soon", "write a length of time"),
        ("wrong INC-1", "say what was wrong"),
        ("open checkout", "say what is wrong"),
        ("mute checkout 2h", "and why"),
        ("mute checkout soon load test", "write a length of time"),
        ("mute nope 2h load test", "There is no service called nope"),
        ("open chekout it is slow", "did you mean checkout?"),
        ("unmute cart", "cart is not muted"),
        ("history cart", "cart has had no incidents"),
        ("history nope", "There is no service called nope"),
        ("search", "give a word to search for"),
        ("search zebra", "Nothing holds zebra"),
        ("stats nope", "There is no service called nope"),
        ("budget cart", "cart has no objective"),
        ("budget checkout", "of its error budget left"),
        ("runbook goroutine-leak-chanel-send", "did you mean goroutine-leak-channel-send"),
        ("timeline INC-1 pdf", "a timeline is written as markdown, json, csv, html"),
        ("diagnose checkout sinc=30m", "did you mean 'since=30m'?"),
        ("diagnose checkout since=soon", "write a length of time"),
        ("diagnose checkout instance=nowhere", "checkout has no instance 'nowhere'"),
        ("diagnose", "name a service"),
        ("postmortem INC-999", "there is no INC-999"),
    ],
)
def test_what_is_read_or_wrong_is_answered_to_the_person_alone(bot: Bench, incident: str, line: str, expected: str) -> None:
    assert incident
    answer = typed(bot, line)
    assert expected in answer["text"]
    assert answer["visible_to"]


def test_an_incident_is_driven_to_its_end_by_commands(bot: Bench, incident: str) -> None:
    key = key_of(bot)
    for line, expected in (
        (f"note {key} the “pool” was\nfull", "You noted in"),
        (f"lead {key} @jonas", "named jonas as lead"),
        (f"join {key}", "You joined"),
        (f"leave {key}", "You left"),
        (f"severity {key} sev2", "to SEV2"),
        (f"snooze {key} 2h", "by 2 h"),
        (f"wrong {key} it was the database", "is wrong: it was the database"),
        (f"status {key} mitigated rolled back", "to mitigated: rolled back"),
        (f"resolve {key} v1.43 is out", f"You resolved {key}: v1.43 is out"),
        (f"reopen {key} it is back", f"You reopened {key}"),
    ):
        answer = typed(bot, line)
        assert expected in answer["text"], line
        assert answer["visible_to"], line
    number = int(key.removeprefix("INC-"))
    there = bot.store.incidents.get(number)
    assert (there.status, there.severity, there.lead) == (Status.INVESTIGATING, "SEV2", "jonas")
    kinds = [event.kind for event in bot.store.timeline.of(number)]
    assert kinds[-10:] == [
        *("note", "lead", "responder", "responder", "severity", "snoozed", "feedback", "status", "status", "reopened"),
    ]
    note = [event for event in bot.store.timeline.of(number) if event.kind == "note"][-1]
    assert (note.text, note.actor) == ("the “pool” was\nfull", "maya")
    thread = [message["text"] for message in bot.answers("checkout") if message.get("thread_ts") == incident]
    assert any("maya moved" in text and "mitigated: rolled back" in text for text in thread)
    headline = next(message for message in bot.answers("checkout") if message["ts"] == incident)
    assert "SEV2" in str(headline["blocks"])


def test_in_the_thread_of_an_incident_its_key_may_be_left_out(bot: Bench, incident: str) -> None:
    key = key_of(bot)
    assert "maya noted in" in said(bot, "note 3 of 12 pods are ill", thread_ts=incident)["text"]
    assert "maya moved" in said(bot, "status mitigated rolled back", thread_ts=incident)["text"]
    assert "took the lead" in said(bot, "lead", thread_ts=incident)["text"]
    assert f"{key} of checkout is mitigated" in said(bot, "show", thread_ts=incident)["text"]
    assert "Runbook" in said(bot, "runbook", thread_ts=incident)["text"]
    number = int(key.removeprefix("INC-"))
    note = [event for event in bot.store.timeline.of(number) if event.kind == "note"][-1]
    assert (note.text, note.actor) == ("3 of 12 pods are ill", "maya")
    before = len(bot.store.diagnoses.of(number))
    said(bot, "diagnose", thread_ts=incident)
    assert len(bot.store.diagnoses.of(number)) == before + 1


def test_documents_come_as_files_where_all_can_see_them(bot: Bench, incident: str) -> None:
    assert incident
    key = key_of(bot)
    for line, names in (
        (f"timeline {key} csv", [f"{key}-timeline.csv"]),
        (f"timeline {key} html", [f"{key}-timeline.html"]),
        (f"postmortem {key}", [f"{key}-postmortem.md", f"{key}-postmortem.html"]),
        ("stats 30d", ["stats.html"]),
    ):
        before = len(bot.slack.messages("checkout"))
        bot.slack.command("maya", "checkout", f"/gocrash {line}")
        bot.settle()
        posted = [file["name"] for message in bot.slack.messages("checkout")[before:] for file in message.get("files", ())]
        assert posted == names, line


def test_a_runbook_nobody_needed_yet_is_filled_in_from_an_example(bot: Bench) -> None:
    answer = typed(bot, "runbook panic-nil-map")
    assert "those of an example" in str(answer["blocks"])


def test_memory_is_searched(bot: Bench, incident: str) -> None:
    assert incident
    assert "fetch" in str(typed(bot, "search fetch")["blocks"])
    assert key_of(bot) in typed(bot, "history checkout")["text"]
    assert "Said to be wrong" in str(typed(bot, "stats checkout")["blocks"]) or "incident" in typed(bot, "stats checkout")["text"]


def test_muting_is_told_and_ends(bot: Bench) -> None:
    assert "muted the alerts of cart for 2 h: load test" in typed(bot, "mute cart 2h load test")["text"]
    assert ":mute:" in str(typed(bot, "services")["blocks"])
    assert "unmuted" in typed(bot, "unmute cart")["text"]


def test_an_incident_is_opened_by_hand(bot: Bench) -> None:
    assert "opened INC-" in typed(bot, "open cart customers cannot pay")["text"]
    assert "is open for cart" in typed(bot, "open cart once more")["text"]
    (there,) = bot.store.incidents.list_incidents(service="cart")
    assert (there.title, there.opened_by) == ("customers cannot pay", "maya")
    typed(bot, f"resolve {there.key}")


@pytest.mark.parametrize(
    ("line", "by", "channel", "allowed"),
    [
        ("resolve {key}", "maya", "checkout", False),
        ("status {key} resolved", "maya", "checkout", False),
        ("note {key} still there", "maya", "checkout", True),
        ("mute ledger 2h load test", "maya", "checkout", False),
        ("mute ledger 2h load test", "maya", "incidents", True),
        ("diagnose ledger deep", "maya", "checkout", False),
        ("resolve {key}", "jonas", "checkout", True),
    ],
)
def test_who_may_do_what_is_checked_here(bot: Bench, *, line: str, by: str, channel: str, allowed: bool) -> None:
    if not bot.store.incidents.list_incidents(service="ledger"):
        typed(bot, "open ledger books do not close")
    (there,) = bot.store.incidents.list_incidents(service="ledger")
    answer = typed(bot, line.format(key=there.key), by=by, channel=channel)
    assert ("is reserved for" not in answer["text"]) == allowed
    assert bool(answer.get("visible_to"))
