from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.incidents.store import Store
from bot.model.evidence import Evidence, Kind, Target
from bot.model.incident import Status


def evidence(now: datetime, content: bytes | Path, instance: str = "10.0.3.7:6060") -> Evidence:
    return Evidence(
        kind=Kind.GOROUTINE,
        name="goroutine.pb.gz",
        content=content,
        source="http://10.0.3.7:6060/debug/pprof/goroutine",
        collected_at=now,
        target=Target("checkout", instance) if instance else None,
        duration_seconds=0.25,
        frozen_seconds=0.003,
        sample=1,
        truncated=True,
    )


def files(data: Path) -> dict[str, bytes]:
    root = data / "evidence"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lines", [0, 1, 100_000])
@pytest.mark.parametrize("given_as", ["bytes", "file"])
def test_content_is_kept_under_its_hash(store: Store, now: datetime, tmp_path: Path, lines: int, given_as: str) -> None:
    content = b"goroutine 1 [running]:\n" * lines
    pulled = tmp_path / "pulled"
    pulled.write_bytes(content)
    kept = store.evidence.put(evidence(now, content if given_as == "bytes" else pulled), service="checkout")
    sha256 = hashlib.sha256(content).hexdigest()
    assert kept.content == tmp_path / "evidence" / sha256[:2] / sha256
    assert files(tmp_path) == {f"{sha256[:2]}/{sha256}": content}


def test_equal_content_is_kept_once_and_known_twice(store: Store, now: datetime, tmp_path: Path) -> None:
    job = store.queue.enqueue(kind="diagnose", payload={}, now=now)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.evidence.put(evidence(now, b"same"), service="checkout", job=job), range(8)))
    assert list(files(tmp_path).values()) == [b"same"]
    assert len(store.evidence.of_job(job)) == 8


@pytest.mark.parametrize("instance", ["10.0.3.7:6060", ""])
def test_a_resumed_job_finds_what_it_had_collected(store: Store, now: datetime, tmp_path: Path, instance: str) -> None:
    job = store.queue.enqueue(kind="diagnose", payload={}, now=now)
    put = store.evidence.put(replace(evidence(now, b"dump", instance), masked=2), service="checkout", job=job)
    with Store(tmp_path) as restarted:
        assert restarted.evidence.of_job(job) == (put,)
        assert put.read() == b"dump"
        assert restarted.evidence.of_job(job + 1) == ()


def test_evidence_is_attached_to_the_incident_that_a_job_opened(store: Store, now: datetime) -> None:
    job = store.queue.enqueue(kind="diagnose", payload={}, now=now)
    put = store.evidence.put(evidence(now, b"dump"), service="checkout", job=job)
    incident, _ = store.incidents.open_or_join(
        service="checkout", dedup_key="k", title="t", severity="SEV3", opened_by="U1", now=now
    )
    assert store.evidence.of_incident(incident.number) == ()
    store.evidence.attach(job=job, incident=incident.number)
    later = store.evidence.put(evidence(now, b"second"), service="checkout", incident=incident.number)
    assert store.evidence.of_incident(incident.number) == (put, later)


def test_the_last_collection_of_a_service_is_known_for_a_while(store: Store, now: datetime) -> None:
    before = now - timedelta(seconds=60)
    assert store.evidence.recent_job("checkout", since=before) is None
    for service in ("checkout", "cart"):
        store.queue.enqueue(kind="diagnose", payload={"service": service}, now=now)
        job = store.queue.claim("w", kinds=["diagnose"], lease_seconds=60, now=now)
        assert job is not None
        store.evidence.put(evidence(now, b"dump"), service=service, job=job.number)
        assert store.evidence.recent_job(service, since=before) is None, "it may not be complete yet"
        store.queue.finish(job, now=now)
        assert store.evidence.recent_job(service, since=before) == job.number
        assert store.evidence.recent_job(service, since=now) is None


def test_evidence_from_before_a_resolution_is_not_the_latest_any_more(store: Store, now: datetime) -> None:
    store.queue.enqueue(kind="diagnose", payload={"service": "checkout"}, now=now)
    job = store.queue.claim("w", kinds=["diagnose"], lease_seconds=60, now=now)
    assert job is not None
    store.evidence.put(evidence(now, b"dump"), service="checkout", job=job.number)
    store.queue.finish(job, now=now)
    opened, _ = store.incidents.open_or_join(
        service="checkout", dedup_key="k", title="t", severity="SEV3", opened_by="U1", now=now
    )
    store.evidence.attach(job=job.number, incident=opened.number)
    before = now - timedelta(seconds=60)
    assert store.evidence.recent_job("checkout", since=before) == job.number
    store.incidents.change_status(opened.number, Status.RESOLVED, text="", actor="U1", now=now)
    assert store.evidence.recent_job("checkout", since=before) is None


def test_the_row_says_what_was_kept(store: Store, now: datetime, tmp_path: Path) -> None:
    store.evidence.put(replace(evidence(now, b"dump"), masked=2), service="checkout")
    sha256 = hashlib.sha256(b"dump").hexdigest()
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        row = plain.execute("SELECT sha256, kind, instance, bytes, path, collected_at, masked FROM evidence").fetchone()
    assert row == (sha256, "goroutine", "10.0.3.7:6060", 4, f"{sha256[:2]}/{sha256}", "2026-11-20T14:02:11.123Z", 2)


def test_what_is_kept_may_be_read_by_the_bot_only(store: Store, now: datetime) -> None:
    content = store.evidence.put(evidence(now, b"dump"), service="checkout").content
    assert isinstance(content, Path)
    assert [path.stat().st_mode & 0o077 for path in (content, content.parent, content.parent.parent)] == [0, 0, 0]


def test_a_directory_that_cannot_be_written_is_said(store: Store, now: datetime, tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("a file in the way")
    with pytest.raises(StoreError, match=r"evidence cannot be kept in .*evidence .* let the bot's user write there"):
        store.evidence.put(evidence(now, b"dump"), service="checkout")


def test_a_copy_that_fails_leaves_no_file_and_no_row(store: Store, now: datetime, tmp_path: Path) -> None:
    job = store.queue.enqueue(kind="diagnose", payload={}, now=now)
    with pytest.raises(StoreError, match="evidence cannot be kept"):
        store.evidence.put(evidence(now, tmp_path), service="checkout", job=job)  # a directory is no content
    assert store.evidence.of_job(job) == ()
    (tmp_path / "evidence" / hashlib.sha256(b"dump").hexdigest()[:2]).write_text("a file in the way")
    with pytest.raises(StoreError, match="evidence cannot be kept"):
        store.evidence.put(evidence(now, b"dump"), service="checkout", job=job)
    assert list(files(tmp_path).values()) == [b"a file in the way"]
