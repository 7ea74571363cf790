from __future__ import annotations

from datetime import datetime
from pathlib import Path

from bot.incidents.store import Store


def test_the_data_directory_is_made(tmp_path: Path) -> None:
    with Store(tmp_path / "some" / "where"):
        assert (tmp_path / "some" / "where" / "gocrash.db").exists()


def test_idle_means_that_no_job_and_no_message_is_left(store: Store, now: datetime) -> None:
    assert store.is_idle()
    store.queue.accept("Ev1", kind="diagnose", payload={}, now=now)
    assert not store.is_idle()
    job = store.queue.claim("w1", kinds=["diagnose"], lease_seconds=30, now=now)
    assert job is not None
    assert store.queue.unfinished() == 1
    with store.transaction():
        message = store.outbox.put("k", channel="C1", payload={"text": "done"}, now=now)
        store.queue.finish(job, now=now)
    assert store.queue.unfinished() == 0
    assert not store.is_idle()
    store.outbox.mark_sent(message, ts="1.1")
    assert store.is_idle()
