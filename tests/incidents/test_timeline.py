from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.incident import TimelineEvent


@pytest.fixture
def number(store: Store, now: datetime) -> int:
    incident, _ = store.incidents.open_or_join(
        service="checkout", dedup_key="k1", title="Goroutines pile up", severity="SEV2", opened_by="U1", now=now
    )
    return incident.number


def test_an_event_keeps_everything(store: Store, now: datetime, number: int) -> None:
    earlier = now - timedelta(minutes=3)
    event = store.timeline.add(
        number,
        kind="alert",
        text="HighErrors",
        actor="alertmanager",
        now=now,
        occurred_at=earlier,
        permalink="https://example.slack.com/archives/C1/p1",
        details={"labels": {"severity": "page"}, "values": [1, 2.5, None]},
    )
    assert event == TimelineEvent(
        number=event.number,
        incident=number,
        kind="alert",
        text="HighErrors",
        actor="alertmanager",
        occurred_at=earlier,
        recorded_at=now,
        permalink="https://example.slack.com/archives/C1/p1",
        details={"labels": {"severity": "page"}, "values": [1, 2.5, None]},
    )
    assert store.timeline.of(number)[0] == event


def test_events_of_the_same_moment_stay_in_the_order_of_recording(store: Store, now: datetime, number: int) -> None:
    for text in ("a", "b", "c"):
        store.timeline.add(number, kind="note", text=text, actor="U1", now=now)
    assert [event.text for event in store.timeline.of(number)][1:] == ["a", "b", "c"]


def test_withdrawn_events_are_not_shown_but_kept(store: Store, now: datetime, number: int, tmp_path: Path) -> None:
    event = store.timeline.add(number, kind="note", text="wrong channel", actor="U1", now=now)
    store.timeline.withdraw(event.number, actor="U2", now=now + timedelta(minutes=1))
    assert store.timeline.withdraw(event.number, actor="U3", now=now + timedelta(minutes=9)) == event
    assert [shown.kind for shown in store.timeline.of(number)] == ["opened"]
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        row = plain.execute("SELECT text, withdrawn_at, withdrawn_by FROM timeline_events WHERE kind = 'note'").fetchone()
    assert row == ("wrong channel", "2026-11-20T14:03:11.123Z", "U2")


def test_what_opened_an_incident_stays(store: Store, now: datetime, number: int) -> None:
    (opened,) = store.timeline.of(number)
    with pytest.raises(UsageError, match=r"opened INC-1: resolve the incident"):
        store.timeline.withdraw(opened.number, actor="U1", now=now)
    assert store.timeline.of(number) == (opened,)


def test_an_unknown_event_is_said(store: Store, now: datetime) -> None:
    with pytest.raises(UsageError, match="there is no timeline event 77"):
        store.timeline.withdraw(77, actor="U1", now=now)


@pytest.mark.usefixtures("number")
@pytest.mark.parametrize("statement", ["DELETE FROM timeline_events", "UPDATE timeline_events SET text = 'nothing happened'"])
def test_the_database_itself_keeps_history(tmp_path: Path, statement: str) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain,
        pytest.raises(sqlite3.IntegrityError, match="withdrawn, never"),
    ):
        plain.execute(statement)


def test_the_time_of_a_note_can_be_corrected_and_the_earlier_one_is_kept(store: Store, now: datetime, number: int) -> None:
    event = store.timeline.add(number, kind="note", text="the rollout", actor="U1", now=now)
    for minutes in (10, 5):
        store.timeline.move(event.number, now - timedelta(minutes=minutes), actor="U2", now=now + timedelta(minutes=1))
    moved = store.timeline.of(number)[0]
    assert (moved.number, moved.occurred_at, moved.recorded_at) == (event.number, now - timedelta(minutes=5), now)
    assert moved.details == {
        "moved": [
            {"occurred_at": "2026-11-20T14:02:11.123Z", "changed_at": "2026-11-20T14:03:11.123Z", "changed_by": "U2"},
            {"occurred_at": "2026-11-20T13:52:11.123Z", "changed_at": "2026-11-20T14:03:11.123Z", "changed_by": "U2"},
        ]
    }


def test_only_notes_that_stand_can_be_moved(store: Store, now: datetime, number: int) -> None:
    (opened,) = store.timeline.of(number)
    with pytest.raises(UsageError, match="is no note but `opened`"):
        store.timeline.move(opened.number, now, actor="U1", now=now)
    note = store.timeline.add(number, kind="note", text="wrong", actor="U1", now=now)
    store.timeline.withdraw(note.number, actor="U1", now=now)
    with pytest.raises(UsageError, match="was withdrawn: write a new note"):
        store.timeline.move(note.number, now, actor="U1", now=now)
    with pytest.raises(UsageError, match="there is no timeline event 77"):
        store.timeline.move(77, now, actor="U1", now=now)
