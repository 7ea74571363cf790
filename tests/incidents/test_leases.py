from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.incidents.store import Store

SECOND = timedelta(seconds=1)


def test_a_second_bot_is_refused_until_the_first_is_gone(store: Store, now: datetime, tmp_path: Path) -> None:
    store.running_lease.acquire("node-a:4711", seconds=30, now=now)
    with Store(tmp_path) as second:
        with pytest.raises(
            StoreError, match=r"another bot \(node-a:4711\) runs on this database, at least until 2026-11-20 14:02:41 UTC"
        ):
            second.running_lease.acquire("node-b:1", seconds=30, now=now + 29 * SECOND)
        second.running_lease.acquire("node-b:1", seconds=30, now=now + 31 * SECOND)
    with pytest.raises(StoreError, match=r"node-b:1"):
        store.running_lease.acquire("node-a:4711", seconds=30, now=now + 32 * SECOND)


def test_the_owner_renews_it(store: Store, now: datetime) -> None:
    store.running_lease.acquire("a", seconds=30, now=now)
    store.running_lease.acquire("a", seconds=30, now=now + 20 * SECOND)
    with pytest.raises(StoreError, match="14:03:01"):
        store.running_lease.acquire("b", seconds=10, now=now + 45 * SECOND)


def test_only_the_owner_gives_it_back(store: Store, now: datetime) -> None:
    store.running_lease.acquire("a", seconds=30, now=now)
    store.running_lease.release("b")
    with pytest.raises(StoreError):
        store.running_lease.acquire("b", seconds=30, now=now)
    store.running_lease.release("a")
    store.running_lease.acquire("b", seconds=30, now=now)


def test_after_the_clock_was_set_back_a_dead_bot_does_not_hold_it_for_long(store: Store, now: datetime) -> None:
    store.running_lease.acquire("dead", seconds=30, now=now + timedelta(days=300))
    with pytest.raises(StoreError, match="dead"):
        store.running_lease.acquire("b", seconds=30, now=now)
    store.running_lease.acquire("b", seconds=30, now=now + 30 * SECOND)


def test_after_the_clock_was_set_back_a_living_bot_keeps_it(store: Store, now: datetime) -> None:
    store.running_lease.acquire("a", seconds=30, now=now + timedelta(days=300))
    with pytest.raises(StoreError):
        store.running_lease.acquire("b", seconds=30, now=now)
    store.running_lease.acquire("a", seconds=30, now=now + 10 * SECOND)
    with pytest.raises(StoreError):
        store.running_lease.acquire("b", seconds=30, now=now + 31 * SECOND)
