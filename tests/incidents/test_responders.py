"""Who works on an incident."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.errors import UsageError
from bot.incidents.store import Store


@pytest.fixture
def number(store: Store, now: datetime) -> int:
    incident, _ = store.incidents.open_or_join(
        service="checkout", dedup_key="k", title="slow", severity="SEV2", opened_by="ana", now=now
    )
    return incident.number


def events(store: Store, number: int) -> list[tuple[str, str, str]]:
    return [(event.kind, event.actor, event.text) for event in store.timeline.of(number)][1:]


def test_people_join_and_leave(store: Store, number: int, now: datetime) -> None:
    store.responders.join(number, "maya", now=now)
    store.responders.join(number, "ben", actor="maya", now=now + timedelta(seconds=1))
    store.responders.join(number, "maya", now=now + timedelta(seconds=2))
    assert store.responders.of(number) == ("maya", "ben")
    store.responders.leave(number, "maya", now=now + timedelta(seconds=3))
    assert store.responders.of(number) == ("ben",)
    assert events(store, number) == [
        ("responder", "maya", "joined: maya"),
        ("responder", "maya", "joined: ben"),
        ("responder", "maya", "left: maya"),
    ]


def test_the_lead_is_a_responder_and_stays_one(store: Store, number: int, now: datetime) -> None:
    store.incidents.set_lead(number, "ben", actor="maya", now=now)
    assert store.responders.of(number) == ("ben",)
    assert events(store, number) == [("lead", "maya", "lead: ben")]
    with pytest.raises(UsageError, match="ben leads INC-1: name another lead first"):
        store.responders.leave(number, "ben", now=now)
    store.incidents.set_lead(number, "maya", actor="maya", now=now)
    store.responders.leave(number, "ben", now=now)
    assert store.responders.of(number) == ("maya",)


def test_what_cannot_be_is_refused_and_changes_nothing(store: Store, number: int, now: datetime) -> None:
    with pytest.raises(UsageError, match="there is no INC-9"):
        store.responders.join(9, "maya", now=now)
    with pytest.raises(UsageError, match="say who joins"):
        store.responders.join(number, " ", now=now)
    with pytest.raises(UsageError, match="maya does not work on INC-1: there is nobody"):
        store.responders.leave(number, "maya", now=now)
    assert events(store, number) == []
    assert store.responders.of(9) == ()
