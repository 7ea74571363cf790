"""Services whose alerts nobody wants to hear of for a while."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.duty import Mute

HOUR = timedelta(hours=1)


def test_a_mute_holds_until_its_time(store: Store, now: datetime) -> None:
    mute = store.mutes.mute("checkout", until=now + HOUR, reason="load test", actor="ana", now=now)
    assert mute == Mute(service="checkout", until=now + HOUR, reason="load test", actor="ana", muted_at=now)
    assert store.mutes.active("checkout", now=now + HOUR - timedelta(seconds=1)) == mute
    assert store.mutes.active("checkout", now=now + HOUR) is None
    assert store.mutes.active("cart", now=now) is None


def test_a_service_has_one_mute_at_a_time(store: Store, now: datetime) -> None:
    store.mutes.mute("checkout", until=now + 5 * HOUR, reason="", actor="ana", now=now)
    shorter = store.mutes.mute("checkout", until=now + 2 * HOUR, reason="", actor="ben", now=now + HOUR)
    other = store.mutes.mute("cart", until=now + 3 * HOUR, reason="", actor="ben", now=now + HOUR)
    assert store.mutes.all_active(now + HOUR) == (shorter, other)
    assert store.mutes.all_active(now + 2 * HOUR) == (other,)


def test_unmuting_ends_it_and_both_are_audited(store: Store, now: datetime, tmp_path: Path) -> None:
    store.mutes.mute("checkout", until=now + HOUR, reason="load test", actor="ana", now=now)
    store.mutes.unmute("checkout", actor="ben", now=now)
    assert store.mutes.active("checkout", now=now) is None
    with pytest.raises(UsageError, match="checkout is not muted"):
        store.mutes.unmute("checkout", actor="ben", now=now)
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        rows = plain.execute("SELECT actor, action, subject, allowed, reason FROM audit").fetchall()
    assert rows == [("ana", "mute", "checkout", 1, "load test"), ("ben", "unmute", "checkout", 1, "")]


def test_a_mute_that_has_ended_already_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(UsageError, match="write how long, such as 2h"):
        store.mutes.mute("checkout", until=now, reason="", actor="ana", now=now)
    assert store.mutes.all_active(now) == ()
