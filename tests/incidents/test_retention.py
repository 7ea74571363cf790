from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.incidents.retention import Pruned
from bot.incidents.store import Store
from bot.model.evidence import Evidence, Kind
from bot.model.incident import Status

DAY = timedelta(days=1)


def put(store: Store, when: datetime, content: bytes, *, incident: int | None = None, job: int | None = None) -> Path:
    piece = Evidence(kind=Kind.HEAP, name="heap.pb.gz", content=content, source="here", collected_at=when)
    kept = store.evidence.put(piece, service="checkout", incident=incident, job=job)
    assert isinstance(kept.content, Path)
    return kept.content


def prune(store: Store, now: datetime, *, days: float = 30, max_bytes: int = 1000) -> Pruned:
    return store.retention.prune(older_than=timedelta(days=days), max_bytes=max_bytes, now=now)


@pytest.fixture
def number(store: Store, now: datetime) -> int:
    incident, _ = store.incidents.open_or_join(
        service="checkout", dedup_key="k", title="slow", severity="SEV3", opened_by="U1", now=now - 90 * DAY
    )
    return incident.number


def test_what_is_too_old_goes_and_its_row_stays(store: Store, now: datetime) -> None:
    old, young = put(store, now - 31 * DAY, b"old" * 10), put(store, now - 29 * DAY, b"young")
    assert prune(store, now) == Pruned(pieces=1, bytes=30, bytes_left=5)
    assert (old.exists(), young.exists()) == (False, True)
    assert prune(store, now) == Pruned(pieces=0, bytes=0, bytes_left=5)


def test_the_oldest_goes_until_the_rest_fits(store: Store, now: datetime) -> None:
    paths = [put(store, now - days * DAY, bytes([days]) * 400) for days in (3, 1, 2)]
    assert prune(store, now) == Pruned(pieces=1, bytes=400, bytes_left=800)
    assert [path.exists() for path in paths] == [False, True, True]


def test_evidence_of_an_open_incident_is_never_pruned(store: Store, now: datetime, number: int) -> None:
    path = put(store, now - 80 * DAY, b"needed" * 1000, incident=number)
    assert prune(store, now, max_bytes=0).pieces == 0
    assert path.exists()
    assert len(store.evidence.of_incident(number)) == 1


def test_the_age_counts_from_the_end_of_the_incident(store: Store, now: datetime, number: int) -> None:
    path = put(store, now - 80 * DAY, b"x" * 10, incident=number)
    store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=now - 29 * DAY)
    assert prune(store, now).pieces == 0
    assert prune(store, now + 2 * DAY).pieces == 1
    assert not path.exists()
    assert store.evidence.of_incident(number) == ()


def test_unfinished_jobs_and_the_last_hour_keep_theirs(store: Store, now: datetime) -> None:
    job = store.queue.enqueue(kind="diagnose", payload={}, now=now)
    paths = [put(store, now - 80 * DAY, b"of a job", job=job), put(store, now - timedelta(minutes=59), b"fresh")]
    assert prune(store, now, days=0, max_bytes=0).pieces == 0
    assert all(path.exists() for path in paths)


def test_a_file_goes_with_the_last_that_has_it(store: Store, now: datetime, number: int) -> None:
    path = put(store, now - 80 * DAY, b"same")
    put(store, now - 80 * DAY, b"same", incident=number)
    assert prune(store, now) == Pruned(pieces=1, bytes=0, bytes_left=4)
    assert path.exists()
    store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=now)
    assert prune(store, now + 31 * DAY) == Pruned(pieces=1, bytes=4, bytes_left=0)
    assert not path.exists()


def test_what_comes_again_after_pruning_is_kept_again(store: Store, now: datetime) -> None:
    put(store, now - 80 * DAY, b"again")
    prune(store, now)
    assert put(store, now, b"again").read_bytes() == b"again"
    assert store.retention.missing() == ()


def test_files_that_a_crash_left_over_go_too(store: Store, now: datetime, tmp_path: Path) -> None:
    put(store, now, b"kept")
    left_over = tmp_path / "evidence" / "ab" / "abcdef"
    left_over.parent.mkdir(exist_ok=True)
    left_over.write_bytes(b"12345")
    assert prune(store, now) == Pruned(pieces=0, bytes=5, bytes_left=4)
    assert not left_over.exists()


def test_missing_and_damaged_files_are_found(store: Store, now: datetime) -> None:
    gone, cut, whole = (put(store, now, content) for content in (b"gone", b"cut", b"whole"))
    gone.unlink()
    cut.write_bytes(b"c")
    assert store.retention.missing() == (
        f"evidence 1 (heap.pb.gz): {gone} is missing: put it back from a backup",
        f"evidence 2 (heap.pb.gz): {cut} is damaged: 1 bytes instead of 3; put it back from a backup",
    )
    assert whole.exists()
