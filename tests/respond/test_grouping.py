"""What a notice of an alert leads to, with the clock in the test's hand: a question, a line, another look, or only a count."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import AlertChannel, Config, Defaults, Service, SlackSettings
from bot.diagnose import load_engine
from bot.incidents.alerts import states
from bot.incidents.store import Store
from bot.model.alert import NoticeState
from bot.model.incident import Incident, Job, Status
from bot.model.units import Duration
from bot.respond import alerting, diagnosing
from bot.respond.context import Context
from bot.respond.grouping import LINES
from bot.slack.app import web_client
from bot.slack.workspace import SlackWorkspace
from bot.telemetry import create_metrics

EXAMPLES = Path(__file__).parents[2] / "playbooks" / "goroutine-leak-channel-send" / "examples"
REPLAY = str(EXAMPLES / "fires-abandoned-results")
START = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
NUMBERS = itertools.count(1)

Make = Callable[[Config], Context]


class Clock(Protocol):
    def __call__(self) -> datetime: ...
    def forward(self, length: timedelta) -> None: ...


def config(*services: str, group: float = 300.0) -> Config:
    return Config(
        services={name: Service(replay=REPLAY, channel="C0SHOP") for name in services or ("checkout",)},
        defaults=Defaults(group=Duration(group), cooldown=Duration(0.0)),
        slack=SlackSettings(alerts=(AlertChannel("C0ALERTS", ("B0ALERTMANAGER",)),)),
    )


def message(title: str, at: float, *, state: str = "FIRING", thread: float | None = None) -> dict[str, Any]:
    stamp = START.timestamp()
    said = {"ts": f"{stamp + at:.6f}", "bot_id": "B0ALERTMANAGER", "attachments": [{"title": f"[{state}] {title}"}]}
    return said | ({"thread_ts": f"{stamp + thread:.6f}"} if thread is not None else {})


def hear(context: Context, said: dict[str, Any], *, edited: float | None = None) -> None:
    edition = f"{START.timestamp() + edited:.6f}" if edited is not None else ""
    payload = {"message": said, "channel": "C0ALERTS", "edition": edition}
    job = Job(number=next(NUMBERS), kind="message", payload=payload, attempts=1, created_at=context.now())
    commit = alerting.run(context, job)
    with context.store.transaction():
        commit()


def jobs(context: Context, kind: str) -> list[Job]:
    """Take the jobs of a kind out of the queue."""
    found = []
    while job := context.store.queue.claim("w", kinds=[kind], lease_seconds=600, now=context.now()):
        found.append(job)
        context.store.queue.finish(job, now=context.now())
    return found


def answer(context: Context) -> Job:
    """Carry out the one diagnosis that is asked for."""
    job = context.store.queue.claim("w", kinds=["diagnose"], lease_seconds=600, now=context.now())
    assert job, "no diagnosis was asked for"
    commit = diagnosing.run(context, job)
    with context.store.transaction():
        commit()
        context.store.queue.finish(job, now=context.now())
    return job


def opened(context: Context) -> Incident:
    (incident,) = context.store.incidents.list_incidents()
    return incident


def told(context: Context) -> list[tuple[str, str]]:
    events = sorted(context.store.timeline.of(opened(context).number), key=lambda event: event.number)
    return [(event.kind, event.text) for event in events if event.kind in ("alert", "occurrence")]


def shown(context: Context) -> str:
    return str(context.store.outbox.get(opened(context).headline).payload["blocks"])


def count(context: Context, outcome: str) -> float:
    return context.metrics.registry.get_sample_value("gocrash_alerts_total", {"outcome": outcome}) or 0.0


def test_what_comes_while_the_answer_is_being_made_belongs_to_it(make_context: Make) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 0))
    hear(context, message("Errors (checkout)", 1))
    hear(context, message("Slow (checkout)", 2, state="RESOLVED"))
    job = answer(context)
    assert job.payload["headline"] == f"alert-C0ALERTS-{message('', 0)['ts']}"
    assert jobs(context, "diagnose") == []
    assert told(context) == [
        ("alert", "Slow (checkout)"),
        ("alert", "Errors (checkout)"),
        ("alert", "alertmanager says it is over: Slow (checkout)"),
    ]
    assert "also: Errors (checkout) (2 alerts)" in shown(context)
    assert "1 of 2 alerts resolved, the last 14:02 UTC by alertmanager" in shown(context)


def test_another_look_is_taken_for_news_after_the_window_and_edits_the_same_message(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 0))
    first = answer(context)
    clock.forward(timedelta(minutes=4))
    hear(context, message("Errors (checkout)", 240))
    assert jobs(context, "diagnose") == [], "within the window"
    clock.forward(timedelta(minutes=2))
    hear(context, message("Slow (checkout)", 360))
    assert jobs(context, "diagnose") == [], "a repeat is no news"
    hear(context, message("Restarts (checkout)", 361))
    hear(context, message("Evictions (checkout)", 362))
    before = shown(context)
    again = answer(context)
    assert again.payload["headline"] == first.payload["headline"]
    assert again.payload["thread_ts"] == first.payload["thread_ts"]
    assert "Errors" in before
    assert jobs(context, "diagnose") == [], "one look per window"
    assert "4 alerts" in shown(context)
    assert len(context.store.answers.of(opened(context).number)) == 1


def test_an_alert_that_comes_back_after_the_window_is_news(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 0))
    answer(context)
    clock.forward(timedelta(hours=1))
    hear(context, message("Slow (checkout)", 3600, state="RESOLVED"))
    hear(context, message("Slow (checkout)", 3660))
    assert len(jobs(context, "diagnose")) == 1


def test_a_second_look_that_fails_leaves_the_answer_as_it_is(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 0))
    answer(context)
    clock.forward(timedelta(hours=1))
    hear(context, message("Errors (checkout)", 3600))
    before = shown(context)
    (job,) = jobs(context, "diagnose")
    diagnosing.give_up(context, job, "the disk is full")()
    assert shown(context) == before


def test_an_edit_is_a_repeat_in_the_same_message(make_context: Make) -> None:
    context = make_context(config())
    said = message("Slow (checkout)", 0)
    hear(context, said)
    answer(context)
    hear(context, said, edited=60)
    hear(context, said, edited=60)
    assert told(context)[1:] == [("occurrence", "alertmanager says it fires: Slow (checkout)")]
    assert "seen 2 times" in shown(context)
    assert jobs(context, "point") == [], "the answer stands right there"
    hear(context, message("Slow (checkout)", 0, state="RESOLVED"), edited=120)
    assert "alert resolved 14:04 UTC by alertmanager" in shown(context)
    assert opened(context).status is Status.INVESTIGATING, "a person ends it"


def test_lines_end_when_there_were_enough_of_them(make_context: Make) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 0))
    answer(context)
    for index in range(1, 12):
        hear(context, message(f"Alert{index} (checkout)", index))
    points = jobs(context, "point")
    assert [point.payload["is_last"] for point in points] == [False] * (LINES - 1) + [True]
    assert "12 alerts" in shown(context)
    hear(context, message("Slow (checkout)", 4000))
    (again,) = jobs(context, "point")
    assert again.payload["occurrences"] == 2
    assert not again.payload["is_last"], "a repeat hours later has its line"


def test_a_storm_leads_to_one_diagnosis_per_service(make_context: Make) -> None:
    services = [f"shop-{letter}" for letter in "abcdefghijklmnopqrst"]
    context = make_context(config(*services))
    for index in range(200):
        hear(context, message(f"Alert{index // 20} ({services[index % 20]})", index * 0.3))
    assert len(jobs(context, "diagnose")) == len(services)
    assert len(jobs(context, "point")) == LINES * len(services)
    assert (count(context, "asked"), count(context, "grouped")) == (20, 180)


def test_repeats_are_folded_in_the_timeline(make_context: Make) -> None:
    context = make_context(config())
    said = message("Slow (checkout)", 0)
    hear(context, said)
    answer(context)
    for index in range(1, 100):
        hear(context, said, edited=index)
    lines = told(context)
    assert len(lines) == 13
    assert lines[-1] == ("occurrence", "alertmanager says it fires: Slow (checkout) (seen 80 times)")
    assert "seen 100 times" in shown(context)


def test_a_muted_service_is_counted_and_answered_with_nothing(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    mutes = context.store.mutes
    mutes.mute("checkout", until=clock() + timedelta(hours=1), reason="load test", actor="maya", now=clock())
    hear(context, message("Slow (checkout)", 0))
    assert jobs(context, "diagnose") == []
    mutes.unmute("checkout", actor="maya", now=clock())
    hear(context, message("Slow (checkout)", 60))
    answer(context)
    mutes.mute("checkout", until=clock() + timedelta(hours=1), reason="load test", actor="maya", now=clock())
    hear(context, message("Errors (checkout)", 120))
    assert jobs(context, "point") == jobs(context, "diagnose") == []
    assert told(context)[-1] == ("alert", "Errors (checkout)")
    assert count(context, "muted") == 2
    clock.forward(timedelta(hours=2))
    hear(context, message("Restarts (checkout)", 7200))
    assert len(jobs(context, "diagnose")) == 1, "a mute ends by itself"


def test_the_end_may_come_in_before_the_alert(make_context: Make) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 60, state="RESOLVED"))
    assert jobs(context, "diagnose") == []
    hear(context, message("Slow (checkout)", 0))
    answer(context)
    assert "alert resolved 14:03 UTC by alertmanager" in shown(context)


def test_what_a_product_says_in_the_thread_of_its_alert(make_context: Make) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 0))
    answer(context)
    hear(context, message("Still slow, says maya", 30, thread=0))
    assert len(told(context)) == 1, "a remark is no alert"
    # It neither names the service nor the alert; the thread does.
    hear(context, message("All is well", 60, state="RESOLVED", thread=0))
    assert "alert resolved 14:03 UTC by alertmanager" in shown(context)
    assert jobs(context, "point") == []


def test_a_resolved_incident_is_over_for_the_next_alert(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    hear(context, message("Slow (checkout)", 0))
    answer(context)
    context.store.incidents.change_status(1, Status.RESOLVED, text="rolled back", actor="maya", now=clock())
    hear(context, message("Slow (checkout)", 60))
    job = answer(context)
    assert job.payload["thread_ts"] == message("", 60)["ts"]
    assert opened(context).number == 2


def test_an_incident_that_was_opened_by_hand_gets_its_answer_with_the_first_alert(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    context.store.incidents.open_or_join(
        service="checkout", dedup_key="service", title="slow", severity="SEV3", opened_by="maya", now=clock()
    )
    hear(context, message("Slow (checkout)", 0))
    hear(context, message("Errors (checkout)", 1))
    answer(context)
    assert jobs(context, "diagnose") == []
    hear(context, message("Restarts (checkout)", 2))
    assert jobs(context, "diagnose") == []
    assert [kind for kind, _ in told(context)] == ["alert"] * 3


def test_an_alert_of_nobody_is_counted_and_one_of_two_is_asked_about_once(make_context: Make) -> None:
    context = make_context(config("checkout", "cart"))
    hear(context, message("Slow (warehouse)", 0))
    hear(context, message("Slow (checkout cart)", 1))
    hear(context, message("Slow (checkout cart)", 2))
    (asked,) = context.store.outbox.due(START + timedelta(days=1))
    assert "may be about" in asked.payload["text"]
    assert (count(context, "unknown"), count(context, "ambiguous")) == (1, 2)


SAID = [
    (message("Slow (checkout)", 0), None),
    (message("Slow (checkout)", 0), 30.0),
    (message("Slow (checkout)", 0, state="RESOLVED"), 60.0),
    (message("Errors (checkout)", 10), None),
    (message("Errors (checkout)", 90), None),
    (message("Errors (checkout)", 95, state="RESOLVED"), None),
]


@given(order=st.permutations(range(len(SAID))), doubled=st.lists(st.integers(0, len(SAID) - 1), max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_same_events_in_any_order_end_the_same_way(order: Sequence[int], doubled: list[int]) -> None:
    with TemporaryDirectory() as directory, Store(Path(directory)) as store:
        context = _context(store, Path(directory))
        for index in (*order, *doubled):
            hear(context, SAID[index][0], edited=SAID[index][1])
        assert len(jobs(context, "diagnose")) == 1
        said = [
            notice
            for at in ("0", "10", "90", "95")
            for notice in store.alerts.of_message("C0ALERTS", message("", float(at))["ts"])
        ]
        found = {state.title: (state.state, state.occurrences) for state in states(said)}
        assert found == {"Slow (checkout)": (NoticeState.RESOLVED, 2), "Errors (checkout)": (NoticeState.RESOLVED, 2)}


def _context(store: Store, directory: Path) -> Context:
    return Context(
        config=config(),
        store=store,
        engine=ENGINE,
        workspace=SlackWorkspace(web_client("xoxb-test", "http://127.0.0.1:9/")),
        metrics=create_metrics(),
        now=lambda: START,
        started_at=START,
        uploads=directory / "uploads",
    )


ENGINE = load_engine()
