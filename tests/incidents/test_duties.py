"""When people are to hear more, and who was told of what."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.incident import Incident, Status

MINUTE = timedelta(minutes=1)
UPDATES = {"SEV1": 1800.0, "SEV2": 3600.0, "SEV3": 14400.0, "SEV4": 0.0}


def open_one(store: Store, now: datetime, *, service: str = "checkout", severity: str = "SEV2") -> Incident:
    incident, _ = store.incidents.open_or_join(
        service=service, dedup_key="k", title="slow", severity=severity, opened_by="ana", now=now
    )
    return incident


def due_in_minutes(store: Store, now: datetime) -> float | None:
    update = store.duties.next_update(1, updates=UPDATES)
    return (update.due_at - now) / MINUTE if update else None


def due_keys(store: Store, now: datetime) -> list[str]:
    return [update.incident.key for update in store.duties.due(now, updates=UPDATES)]


def test_what_people_hear_moves_the_next_update(store: Store, now: datetime) -> None:
    open_one(store, now)
    assert due_in_minutes(store, now) == 60
    store.incidents.change_status(1, Status.IDENTIFIED, text="", actor="ben", now=now + 10 * MINUTE)
    assert due_in_minutes(store, now) == 70
    note = store.incidents.add_note(1, "still slow", actor="maya", now=now + 20 * MINUTE, occurred_at=now - MINUTE)
    assert due_in_minutes(store, now) == 80
    store.incidents.set_severity(1, "SEV1", actor="ana", now=now + 30 * MINUTE)
    assert due_in_minutes(store, now) == 60
    store.incidents.set_severity(1, "SEV4", actor="ana", now=now + 31 * MINUTE)
    assert due_in_minutes(store, now) is None
    store.incidents.change_status(1, Status.RESOLVED, text="", actor="ben", now=now + 40 * MINUTE)
    store.incidents.reopen(1, text="", actor="ben", now=now + 50 * MINUTE)
    store.incidents.set_severity(1, "SEV3", actor="ana", now=now + 50 * MINUTE)
    assert due_in_minutes(store, now) == 50 + 240
    store.timeline.withdraw(note.number, actor="maya", now=now)
    assert due_in_minutes(store, now) == 50 + 240


def test_a_withdrawn_note_told_nobody_anything(store: Store, now: datetime) -> None:
    open_one(store, now)
    note = store.incidents.add_note(1, "wrong window", actor="maya", now=now + 5 * MINUTE)
    store.timeline.withdraw(note.number, actor="maya", now=now + 6 * MINUTE)
    update = store.duties.next_update(1, updates=UPDATES)
    assert update is not None
    assert (update.heard_at, update.heard_from) == (now, "ana")


def test_what_the_bot_sees_by_itself_is_no_update(store: Store, now: datetime) -> None:
    open_one(store, now)
    for kind in ("alert", "occurrence", "diagnosis", "finding", "check", "lead", "responder", "link"):
        store.timeline.add(1, kind=kind, text="", actor="bot", now=now + 30 * MINUTE)
    assert due_in_minutes(store, now) == 60


def test_people_are_reminded_once_each_time_an_update_falls_due(store: Store, now: datetime) -> None:
    open_one(store, now)
    open_one(store, now, service="cart", severity="SEV4")
    assert due_keys(store, now + 59 * MINUTE) == []
    assert due_keys(store, now + 60 * MINUTE) == ["INC-1"]
    store.duties.mark_reminded(1, now=now + 60 * MINUTE)
    assert due_keys(store, now + 900 * MINUTE) == []
    store.incidents.add_note(1, "still slow", actor="maya", now=now + 70 * MINUTE)
    assert due_keys(store, now + 129 * MINUTE) == []
    (update,) = store.duties.due(now + 130 * MINUTE, updates=UPDATES)
    assert (update.incident.key, update.heard_from, update.due_at) == ("INC-1", "maya", now + 130 * MINUTE)


def test_a_resolved_incident_owes_nothing(store: Store, now: datetime) -> None:
    open_one(store, now)
    store.incidents.change_status(1, Status.RESOLVED, text="", actor="ana", now=now)
    assert due_keys(store, now + 900 * MINUTE) == []
    with pytest.raises(UsageError, match="INC-1 is resolved: nobody is reminded"):
        store.duties.snooze(1, now + MINUTE, actor="ana", now=now)


def test_a_snooze_puts_the_reminder_off_and_stands_in_the_timeline(store: Store, now: datetime) -> None:
    open_one(store, now)
    store.duties.mark_reminded(1, now=now + 60 * MINUTE)
    store.duties.snooze(1, now + 90 * MINUTE, actor="maya", now=now + 61 * MINUTE)
    assert due_keys(store, now + 89 * MINUTE) == []
    assert due_keys(store, now + 90 * MINUTE) == ["INC-1"]
    store.duties.snooze(1, now + 80 * MINUTE, actor="maya", now=now + 62 * MINUTE)
    assert due_keys(store, now + 80 * MINUTE) == ["INC-1"]
    events = [(event.kind, event.actor, event.text) for event in store.timeline.of(1)][1:]
    assert events == [
        ("snoozed", "maya", "no reminder before 2026-11-20 15:32 UTC"),
        ("snoozed", "maya", "no reminder before 2026-11-20 15:22 UTC"),
    ]


@pytest.mark.parametrize(("number", "minutes", "sentence"), [(9, 5, "there is no INC-9"), (1, -5, "write how long, such as 30m")])
def test_a_snooze_that_cannot_be_is_refused(store: Store, now: datetime, number: int, minutes: int, sentence: str) -> None:
    open_one(store, now)
    with pytest.raises(UsageError, match=sentence):
        store.duties.snooze(number, now + minutes * MINUTE, actor="ana", now=now)
    assert len(store.timeline.of(1)) == 1


def test_what_is_owed_survives_a_restart(tmp_path: Path, now: datetime) -> None:
    with Store(tmp_path) as store:
        open_one(store, now)
        open_one(store, now, service="cart")
        store.duties.mark_reminded(1, now=now + 60 * MINUTE)
        store.duties.snooze(2, now + 70 * MINUTE, actor="ana", now=now)
    with Store(tmp_path) as store:
        assert due_keys(store, now + 65 * MINUTE) == []
        assert due_keys(store, now + 70 * MINUTE) == ["INC-2"]


def test_an_incident_is_announced_again_only_when_it_got_worse(store: Store, now: datetime) -> None:
    def unannounced() -> list[str]:
        return [incident.key for incident in store.duties.unannounced(["SEV1", "SEV2"])]

    open_one(store, now, severity="SEV3")
    assert unannounced() == []
    store.incidents.set_severity(1, "SEV2", actor="ana", now=now)
    assert unannounced() == ["INC-1"]
    store.duties.mark_announced(1, "SEV2")
    assert unannounced() == []
    store.incidents.set_severity(1, "SEV1", actor="ana", now=now)
    assert unannounced() == ["INC-1"]
    store.duties.mark_announced(1, "SEV1")
    store.incidents.set_severity(1, "SEV2", actor="ana", now=now)
    assert unannounced() == []
    store.incidents.change_status(1, Status.RESOLVED, text="", actor="ana", now=now)
    open_one(store, now, severity="SEV1")
    assert unannounced() == ["INC-2"]
    store.incidents.change_status(2, Status.RESOLVED, text="", actor="ana", now=now)
    assert unannounced() == []


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["note", "severity", "snooze", "remind", "alert", "look"]), st.integers(1, 90)), max_size=20
    )
)
def test_nobody_is_reminded_early_or_twice(steps: list[tuple[str, int]]) -> None:
    """A model of one line: reminded at most once between two updates or snoozes, never before the later of both ends."""
    moment = start = datetime(2026, 1, 1, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as directory, Store(Path(directory)) as store:
        open_one(store, moment)
        severity, heard, snoozed, reminded = "SEV2", start, start, False
        for action, minutes in steps:
            moment += minutes * MINUTE
            if action == "note":
                store.incidents.add_note(1, "x", actor="a", now=moment)
                heard = moment
            elif action == "severity":
                severity = "SEV1" if severity == "SEV2" else "SEV2"
                store.incidents.set_severity(1, severity, actor="a", now=moment)
                heard = moment
            elif action == "snooze":
                snoozed = moment + 45 * MINUTE
                store.duties.snooze(1, snoozed, actor="a", now=moment)
            elif action == "alert":
                store.timeline.add(1, kind="alert", text="", actor="a", now=moment)
            due_at = max(heard + timedelta(seconds=UPDATES[severity]), snoozed)
            if action in {"note", "severity", "snooze"} and due_at > moment:
                reminded = False
            assert bool(due_keys(store, moment)) == (due_at <= moment and not reminded)
            if action == "remind" and due_keys(store, moment):
                store.duties.mark_reminded(1, now=moment)
                reminded = True
