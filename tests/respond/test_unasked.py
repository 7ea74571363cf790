"""A diagnosis that nobody has asked for: told where it matters, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config, Service
from bot.incidents.incidents import SERVICE_KEY
from bot.model.incident import Job
from bot.respond import diagnosing
from bot.respond.asking import diagnosis_payload
from bot.respond.context import Context

EXAMPLES = Path(__file__).parents[2] / "playbooks" / "goroutine-leak-channel-send" / "examples"
LEAKING, HEALTHY = EXAMPLES / "fires-abandoned-results", EXAMPLES / "quiet-healthy-shop"

Make = Callable[[Config], Context]


def diagnose(make: Make, replay: Path, *, channel: str = "C0CHECKOUT") -> Context:
    context = make(Config(services={"checkout": Service(replay=str(replay), channel=channel)}))
    carry_out(context, channel)
    return context


def carry_out(context: Context, channel: str) -> None:
    payload = diagnosis_payload("checkout", actor="gocrash", channel=channel, unasked=True)
    context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())
    job = context.store.queue.claim("w", kinds=["diagnose"], lease_seconds=60, now=context.now())
    assert job
    commit = diagnosing.run(context, job)
    assert waiting(context) == [], "progress is shown to those who wait"
    with context.store.transaction():
        commit()
        context.store.queue.finish(job, now=context.now())


def waiting(context: Context) -> list[tuple[str, str, str]]:
    """What is to be posted next: channel, thread and words."""
    due = context.store.outbox.due(context.now() + timedelta(minutes=1))
    return [(message.channel, message.thread_ts, message.payload["text"]) for message in due]


def test_what_is_found_begins_an_incident_in_the_service_s_channel(make_context: Make) -> None:
    context = diagnose(make_context, LEAKING)
    (incident,) = context.store.incidents.list_incidents()
    assert (incident.opened_by, incident.channel) == ("gocrash", "C0CHECKOUT")
    ((channel, thread, text),) = waiting(context)
    assert (channel, thread) == ("C0CHECKOUT", "")
    assert "stuck sending" in text


def test_nothing_found_is_not_told(make_context: Make) -> None:
    context = diagnose(make_context, HEALTHY)
    assert context.store.incidents.list_incidents() == ()
    assert waiting(context) == []


def test_without_a_channel_the_incident_is_there_all_the_same(make_context: Make) -> None:
    context = diagnose(make_context, LEAKING, channel="")
    (incident,) = context.store.incidents.list_incidents()
    assert (incident.channel, incident.headline) == ("", "")
    assert context.store.diagnoses.latest(incident.number)
    assert waiting(context) == []
    assert context.store.evidence.of_incident(incident.number)


def test_an_open_incident_hears_of_it_in_its_thread(make_context: Make) -> None:
    context = make_context(Config(services={"checkout": Service(replay=str(LEAKING), channel="C0CHECKOUT")}))
    incident, _ = context.store.incidents.open_or_join(
        service="checkout", dedup_key=SERVICE_KEY, title="slow", severity="SEV3", opened_by="maya", now=context.now()
    )
    context.store.incidents.set_thread(incident.number, channel="C0INCIDENTS", thread="17.1")
    carry_out(context, "C0CHECKOUT")
    assert {(channel, thread) for channel, thread, _ in waiting(context)} == {("C0INCIDENTS", "17.1")}


@pytest.mark.parametrize(("unasked", "told"), [(True, False), (False, True)])
def test_that_it_failed_hears_only_who_has_asked(make_context: Make, unasked: bool, told: bool) -> None:  # noqa: FBT001  # parameters
    context = make_context(Config(services={"checkout": Service(replay=str(LEAKING))}))
    payload = diagnosis_payload("checkout", actor="gocrash", channel="C0CHECKOUT", unasked=unasked)
    job = Job(number=7, kind="diagnose", payload=payload, attempts=3, created_at=context.now())
    diagnosing.give_up(context, job, "the disk is full")()
    assert bool(waiting(context)) is told
