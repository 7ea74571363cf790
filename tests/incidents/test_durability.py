"""Several processes at one database, and processes that are killed."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.incidents.backup import problems
from bot.incidents.health import damaged_evidence
from bot.incidents.numbers import summarise
from bot.incidents.store import Store
from bot.model.evidence import Evidence, Kind
from bot.model.incident import Status

StartProgram = Callable[..., subprocess.Popen[str]]

KILLS = 12


def test_what_was_acknowledged_before_kill_9_is_there(tmp_path: Path, start_program: StartProgram) -> None:
    acknowledged: list[str] = []
    for number in range(KILLS):
        writer = start_program("acknowledging_writer", tmp_path, f"round{number}")
        assert writer.stdout is not None
        # Killed after another count each time, so in the middle of another statement.
        acknowledged += [writer.stdout.readline().strip() for _ in range(12 + 7 * number)]
        writer.kill()
        acknowledged += writer.communicate()[0].split()

        assert problems(tmp_path / "gocrash.db") == ()
        with Store(tmp_path) as store:
            incidents = store.incidents.list_incidents(limit=1_000_000)
            titles = {incident.title for incident in incidents}
            assert set(acknowledged) <= titles
            assert len(titles) - len(acknowledged) <= number + 1, "at most one commit per round was not acknowledged"
            for incident in incidents:
                texts = [event.text for event in store.timeline.of(incident.number)]
                assert texts == [incident.title, f"{incident.title} " * 500]
            assert not any(store.queue.accept(key, kind="diagnose", payload={}, now=datetime.now(UTC)) for key in acknowledged)


def test_two_processes_share_the_jobs_and_do_none_twice(tmp_path: Path, start_program: StartProgram, now: datetime) -> None:
    with Store(tmp_path) as store, store.transaction():
        jobs = [store.queue.enqueue(kind="diagnose", payload={}, now=now) for _ in range(200)]
    workers = [start_program("claiming_worker", tmp_path, f"w{number}") for number in range(2)]
    done = [int(line) for worker in workers for line in worker.communicate(timeout=60)[0].split()]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert sorted(done) == jobs


def test_a_full_disk_is_said_and_what_was_acknowledged_is_there(
    tmp_path: Path, start_program: StartProgram, now: datetime
) -> None:
    with Store(tmp_path) as store:
        store.incidents.open_or_join(service="checkout", dedup_key="k", title="slow", severity="SEV3", opened_by="U1", now=now)
        store.incidents.add_note(1, "before", actor="U1", now=now)
    largest = max(file.stat().st_size for file in tmp_path.iterdir())
    writer = start_program("filling_writer", tmp_path, largest + 200_000)
    *acknowledged, said = writer.communicate(timeout=60)[0].splitlines()
    assert acknowledged
    assert f"{tmp_path / 'gocrash.db'} cannot be read or written (" in said
    assert said.endswith("): check the disk and its free space")
    assert problems(tmp_path / "gocrash.db") == ()
    with Store(tmp_path) as store:
        assert [event.text for event in store.timeline.of(1)][1:] == ["before", *(text * 300 for text in acknowledged)]
        # There is room again.
        store.incidents.add_note(1, "after", actor="U1", now=datetime.now(UTC))


def test_evidence_that_finds_no_room_is_said_and_leaves_nothing(tmp_path: Path, now: datetime) -> None:
    piece = Evidence(kind=Kind.HEAP, name="heap.pb.gz", content=b"x" * 100_000, source="here", collected_at=now)
    small = replace(piece, content=b"y" * 100)
    with Store(tmp_path) as store:
        with (
            no_file_larger_than(50_000),
            pytest.raises(StoreError, match=r"evidence cannot be kept in .*evidence .*: free space"),
        ):
            store.evidence.put(piece, service="checkout", incident=None)
        assert not [file for file in (tmp_path / "evidence").rglob("*") if file.is_file()]
        store.evidence.put(small, service="checkout")
        store.evidence.put(piece, service="checkout")
    assert damaged_evidence(tmp_path / "gocrash.db", tmp_path / "evidence", hashed=None) == ()


def test_a_full_disk_does_not_hide_what_is_there(tmp_path: Path, now: datetime) -> None:
    with Store(tmp_path) as store:
        store.incidents.open_or_join(service="checkout", dedup_key="k", title="slow", severity="SEV2", opened_by="U1", now=now)
    with no_file_larger_than(0):
        with pytest.raises(StoreError, match="free space"):
            Store(tmp_path)
        with Store(tmp_path, reading=True) as store:
            assert [incident.title for incident in store.incidents.list_incidents()] == ["slow"]
        assert problems(tmp_path / "gocrash.db") == ()


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let writing beyond a size fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_clock_that_jumps_back_loses_nothing(tmp_path: Path, now: datetime) -> None:
    earlier = now - timedelta(days=400)
    with Store(tmp_path) as store:
        incident, _ = store.incidents.open_or_join(
            service="checkout", dedup_key="k", title="slow", severity="SEV2", opened_by="U1", now=now
        )
        assert store.queue.accept("e1", kind="diagnose", payload={}, now=now)
        store.incidents.add_note(incident.number, "written by the wrong clock", actor="U1", now=earlier)
        assert not store.queue.accept("e1", kind="diagnose", payload={}, now=earlier)
        store.incidents.change_status(incident.number, Status.MITIGATED, text="", actor="U1", now=earlier)
        resolved = store.incidents.change_status(incident.number, Status.RESOLVED, text="", actor="U1", now=earlier)
        assert resolved.resolved_at == now
        assert {event.kind for event in store.timeline.of(incident.number)} == {"opened", "note", "status"}
        (group,) = summarise(store.numbers.times(since=earlier), lambda each: each.service)
        assert (group.acknowledge_seconds, group.mitigate_seconds, group.resolve_seconds) == (0.0, 0.0, 0.0)
        assert store.numbers.outages("checkout", severities=["SEV2"], since=earlier, now=now) == ()
        assert store.queue.claim("worker", kinds=["diagnose"], lease_seconds=60, now=now)
