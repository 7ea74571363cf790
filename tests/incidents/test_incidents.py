from __future__ import annotations

import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.incident import Incident, Status

MINUTE = timedelta(minutes=1)


def open_one(
    store: Store, now: datetime, *, service: str = "checkout", dedup_key: str = "k1", severity: str = "SEV2"
) -> Incident:
    incident, _ = store.incidents.open_or_join(
        service=service, dedup_key=dedup_key, title="Goroutines pile up", severity=severity, opened_by="U1", now=now
    )
    return incident


def kinds(store: Store, incident: Incident) -> list[str]:
    return [event.kind for event in store.timeline.of(incident.number)]


def test_opening_gives_a_key_and_the_first_event(store: Store, now: datetime) -> None:
    incident, opened = store.incidents.open_or_join(
        service="checkout",
        dedup_key="k1",
        title="Goroutines pile up",
        severity="SEV2",
        opened_by="U1",
        now=now,
        channel="C1",
        thread="1.2",
    )
    assert opened
    assert incident == Incident(
        number=1,
        service="checkout",
        title="Goroutines pile up",
        status=Status.INVESTIGATING,
        severity="SEV2",
        dedup_key="k1",
        opened_at=now,
        opened_by="U1",
        channel="C1",
        thread="1.2",
    )
    (event,) = store.timeline.of(1)
    assert (event.kind, event.text, event.actor, event.occurred_at, event.recorded_at) == (
        "opened",
        "Goroutines pile up",
        "U1",
        now,
        now,
    )


def test_the_same_service_and_key_joins_the_open_one(store: Store, now: datetime) -> None:
    first = open_one(store, now)
    again, opened = store.incidents.open_or_join(
        service="checkout", dedup_key="k1", title="Another title", severity="SEV1", opened_by="U2", now=now + MINUTE
    )
    assert (again, opened) == (first, False)
    assert open_one(store, now, service="payments").number == 2
    assert open_one(store, now, dedup_key="k2").number == 3


def test_after_resolving_the_same_key_opens_a_new_one(store: Store, now: datetime) -> None:
    first = open_one(store, now)
    store.incidents.change_status(first.number, Status.RESOLVED, text="rolled back", actor="U1", now=now)
    assert open_one(store, now).number == 2


def test_of_many_threads_exactly_one_opens(store: Store, now: datetime) -> None:
    def join(_: int) -> tuple[Incident, bool]:
        return store.incidents.open_or_join(service="a", dedup_key="k", title="t", severity="SEV3", opened_by="U", now=now)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(join, range(40)))
    assert {incident.number for incident, _ in answers} == {1}
    assert [opened for _, opened in answers].count(True) == 1


def test_the_database_itself_refuses_a_second_open_incident(store: Store, now: datetime, tmp_path: Path) -> None:
    open_one(store, now)
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        plain.execute(
            "INSERT INTO incidents (service, dedup_key, title, status, severity, opened_at, opened_by)"
            " SELECT service, dedup_key, title, 'mitigated', severity, opened_at, opened_by FROM incidents"
        )


def test_a_life_from_investigating_to_resolved_and_back(store: Store, now: datetime) -> None:
    number = open_one(store, now).number
    for minutes, status in enumerate((Status.IDENTIFIED, Status.MITIGATED, Status.RESOLVED), start=1):
        incident = store.incidents.change_status(number, status, text=f"why {minutes}", actor="U2", now=now + minutes * MINUTE)
        assert incident.status is status
    assert (incident.resolved_at, incident.resolution) == (now + 3 * MINUTE, "why 3")
    reopened = store.incidents.reopen(number, text="it is back", actor="U3", now=now + 4 * MINUTE)
    assert (reopened.status, reopened.resolved_at, reopened.resolution) == (Status.INVESTIGATING, None, "")
    events = store.timeline.of(number)
    assert [(event.kind, event.text, event.occurred_at - now) for event in events[1:]] == [
        ("status", "identified: why 1", 1 * MINUTE),
        ("status", "mitigated: why 2", 2 * MINUTE),
        ("status", "resolved: why 3", 3 * MINUTE),
        ("reopened", "investigating: it is back", 4 * MINUTE),
    ]
    assert events[-1].details == {"from": "resolved", "to": "investigating"}


def test_open_statuses_may_go_back_but_the_same_one_is_refused(store: Store, now: datetime) -> None:
    number = open_one(store, now).number
    store.incidents.change_status(number, Status.MITIGATED, text="", actor="U1", now=now)
    store.incidents.change_status(number, Status.IDENTIFIED, text="", actor="U1", now=now)
    with pytest.raises(UsageError, match="INC-1 is already identified"):
        store.incidents.change_status(number, Status.IDENTIFIED, text="", actor="U1", now=now)


@pytest.mark.parametrize("status", [Status.INVESTIGATING, Status.IDENTIFIED, Status.MITIGATED])
def test_a_resolved_incident_only_reopens(store: Store, now: datetime, status: Status) -> None:
    number = open_one(store, now).number
    with pytest.raises(UsageError, match="only a resolved incident is reopened"):
        store.incidents.reopen(number, text="", actor="U1", now=now)
    store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=now)
    with pytest.raises(UsageError, match="INC-1 is resolved: reopen it first"):
        store.incidents.change_status(number, status, text="", actor="U1", now=now)


def test_reopening_yields_to_a_newer_incident_of_the_same_key(store: Store, now: datetime) -> None:
    number = open_one(store, now).number
    store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=now)
    open_one(store, now)
    with pytest.raises(UsageError, match="INC-2 is open for the same problem of checkout"):
        store.incidents.reopen(number, text="", actor="U1", now=now)


def test_a_clock_that_was_set_back_gives_no_negative_length(store: Store, now: datetime) -> None:
    number = open_one(store, now).number
    incident = store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=now - timedelta(hours=1))
    assert incident.resolved_at == now


def test_a_change_is_undone_together_with_what_stands_in_its_transaction(store: Store, now: datetime) -> None:
    incident = open_one(store, now)
    message = {"text": "resolved"}

    def resolve_and_fail() -> None:
        with store.transaction():
            store.incidents.change_status(incident.number, Status.RESOLVED, text="", actor="U1", now=now)
            store.outbox.put("INC-1:headline", channel="C1", payload=message, now=now)
            store.incidents.get(99)

    with pytest.raises(UsageError):
        resolve_and_fail()
    assert store.incidents.get(incident.number) == incident
    assert kinds(store, incident) == ["opened"]
    assert store.outbox.due(now) == ()


def test_severity_and_lead(store: Store, now: datetime) -> None:
    number = open_one(store, now).number
    assert store.incidents.set_severity(number, "SEV1", actor="U1", now=now).severity == "SEV1"
    assert store.incidents.set_severity(number, "SEV1", actor="U1", now=now).severity == "SEV1"
    assert store.incidents.set_lead(number, "U7", actor="U1", now=now).lead == "U7"
    incident = store.incidents.set_lead(number, "U7", actor="U1", now=now)
    assert kinds(store, incident) == ["opened", "severity", "lead"]
    assert [event.text for event in store.timeline.of(number)][1:] == ["SEV2 → SEV1", "lead: U7"]


def test_a_wrong_severity_names_the_right_ones(store: Store, now: datetime) -> None:
    with pytest.raises(UsageError, match="'SEV9' is no severity: use one of SEV1, SEV2, SEV3, SEV4"):
        open_one(store, now, severity="SEV9")
    number = open_one(store, now).number
    with pytest.raises(UsageError, match="'bad'"):
        store.incidents.set_severity(number, "bad", actor="U1", now=now)


def test_the_thread_can_be_set_later(store: Store, now: datetime) -> None:
    incident = store.incidents.set_thread(open_one(store, now).number, channel="C9", thread="17.1", headline="diagnosis-4")
    assert (incident.channel, incident.thread, incident.headline, incident.permalink) == ("C9", "17.1", "diagnosis-4", "")


def test_every_event_has_the_address_of_the_thread_or_its_own(store: Store, now: datetime) -> None:
    number = open_one(store, now).number
    store.timeline.add(number, kind="alert", text="slow", actor="Alertmanager", now=now)
    store.timeline.add(number, kind="diagnosis", text="it is", actor="ana", now=now, permalink="https://slack.example/own")
    store.incidents.add_note(number, "typed in a terminal", actor="ana", now=now)
    assert store.incidents.set_permalink(number, "https://slack.example/p1").permalink == "https://slack.example/p1"
    assert [(event.kind, event.permalink) for event in store.timeline.of(number)] == [
        ("opened", "https://slack.example/p1"),
        ("alert", "https://slack.example/p1"),
        ("diagnosis", "https://slack.example/own"),
        ("note", "https://slack.example/p1"),
    ]
    assert store.incidents.add_note(number, "later", actor="ana", now=now).permalink == "https://slack.example/p1"
    assert store.incidents.set_thread(number, channel="C1", thread="2.1").permalink == ""


def test_lists(store: Store, now: datetime) -> None:
    for service in ("checkout", "payments", "checkout"):
        number = open_one(store, now, service=service).number
        store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=now)
    open_one(store, now)
    numbers = [
        [incident.number for incident in found]
        for found in (
            store.incidents.list_incidents(),
            store.incidents.list_incidents(status="all"),
            store.incidents.list_incidents(status="all", service="checkout"),
            store.incidents.list_incidents(service="payments"),
            store.incidents.list_incidents(status="all", limit=2),
        )
    ]
    assert numbers == [[4], [4, 3, 2, 1], [4, 3, 1], [], [4, 3]]


def test_an_unknown_incident_is_said_by_everything_that_takes_a_number(store: Store, now: datetime) -> None:
    incidents = store.incidents
    for call in (
        lambda: incidents.get(9),
        lambda: incidents.change_status(9, Status.RESOLVED, text="", actor="U", now=now),
        lambda: incidents.reopen(9, text="", actor="U", now=now),
        lambda: incidents.set_severity(9, "SEV1", actor="U", now=now),
        lambda: incidents.set_lead(9, "U", actor="U", now=now),
        lambda: incidents.set_thread(9, channel="C", thread="1"),
        lambda: incidents.set_permalink(9, "https://slack.example/p1"),
        lambda: incidents.add_note(9, "text", actor="U", now=now),
    ):
        with pytest.raises(UsageError, match="there is no INC-9: look at the list of incidents"):
            call()


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters()))
def test_a_note_of_any_unicode_comes_back(text: str) -> None:
    with tempfile.TemporaryDirectory() as data, Store(Path(data)) as store:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        number = open_one(store, now).number
        store.incidents.add_note(number, text, actor="U1", now=now)
        assert store.timeline.of(number)[-1].text == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.mark.parametrize(
    "text", ["ö" * 100_000, "🔥" * 25_000, "a\x00b", "\u202eltr", "line\r\nline", "'; DROP TABLE incidents; --"]
)
def test_a_note_of_any_size_comes_back(store: Store, now: datetime, text: str) -> None:
    number = open_one(store, now).number
    event = store.incidents.add_note(number, text, actor="U1", now=now, occurred_at=now - MINUTE)
    assert event.text == text
    assert store.timeline.of(number)[0] == event, "notes stand where they happened"
