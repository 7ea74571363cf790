"""Schedules, light samples, baselines and looks after mitigations, as the store keeps them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.incidents.checks import DueCheck
from bot.incidents.schedule import first_due
from bot.incidents.store import Store
from bot.model.diagnosis import Culprit, Diagnosis, Finding
from bot.model.evidence import Evidence, Kind
from bot.model.history import HistoryPoint
from bot.model.incident import Job, Status
from bot.model.recovery import Earlier
from bot.model.rule import Confidence, Severity

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def is_due(store: Store, now: datetime, *, every: timedelta = HOUR) -> bool:
    return store.schedule.is_due("sample", "checkout", every=every, now=now)


def test_the_first_time_comes_within_half_a_pause_to_a_whole_one(store: Store, now: datetime) -> None:
    first = first_due("sample", "checkout", every=HOUR, now=now)
    assert now + HOUR / 2 <= first <= now + HOUR
    assert not is_due(store, now)
    assert not is_due(store, first - MINUTE)
    assert is_due(store, first + MINUTE)


def test_services_are_spread(now: datetime) -> None:
    times = sorted(first_due("sample", f"service-{number}", every=HOUR, now=now) for number in range(60))
    assert max(later - earlier for earlier, later in pairwise(times)) < 5 * MINUTE
    assert first_due("baseline", "checkout", every=30 * DAY, now=now) <= now + HOUR


def test_a_restart_neither_forgets_nor_repeats_nor_makes_up(tmp_path: Path, now: datetime) -> None:
    with Store(tmp_path) as store:
        is_due(store, now)
        first = first_due("sample", "checkout", every=HOUR, now=now)
        store.schedule.done("sample", "checkout", every=HOUR, now=first)
    with Store(tmp_path) as store:
        assert not is_due(store, first + 59 * MINUTE)
        assert is_due(store, first + 61 * MINUTE)
        late = first + 10.5 * HOUR
        store.schedule.done("sample", "checkout", every=HOUR, now=late)
        assert not is_due(store, late + 29 * MINUTE)
        assert is_due(store, late + 31 * MINUTE)


@pytest.mark.parametrize("every", [timedelta(seconds=10), HOUR])
def test_a_shorter_pause_and_a_clock_set_back_do_not_wait_for_the_old_time(store: Store, now: datetime, every: timedelta) -> None:
    is_due(store, now + 400 * DAY, every=DAY)
    assert not is_due(store, now, every=every)
    assert is_due(store, now + every, every=every)


def test_samples_come_back_as_series(store: Store, now: datetime) -> None:
    for minutes, count in ((0, 9.0), (15, 12.0)):
        values = {"a:6060": {"go_goroutines": count, "process_open_fds": 7}, "b:6060": {"go_goroutines": 1.5}}
        store.samples.record("checkout", values, taken_at=now + minutes * MINUTE)
    store.samples.record("cart", {"c:6060": {"go_goroutines": 4}}, taken_at=now)
    start = now.timestamp()
    found = {(one.label("instance"), one.name): one.points for one in store.samples.history("checkout", since=now - HOUR)}
    assert found["a:6060", "go_goroutines"] == (HistoryPoint(start, 9.0), HistoryPoint(start + 900, 12.0))
    assert found.keys() == {("a:6060", "go_goroutines"), ("a:6060", "process_open_fds"), ("b:6060", "go_goroutines")}
    assert [len(one.points) for one in store.samples.history("checkout", since=now)] == [1, 1, 1]


def test_the_same_moment_again_and_what_is_forgotten(store: Store, now: datetime) -> None:
    for age in (8, 8, 6):
        store.samples.record("checkout", {"a": {"go_goroutines": age}}, taken_at=now - age * DAY)
    assert store.samples.forget(before=now - 7 * DAY) == 1
    (series,) = store.samples.history("checkout", since=now - 30 * DAY)
    assert [point.value for point in series.points] == [6]


def take_baseline(store: Store, when: datetime, content: bytes) -> Path:
    job = store.queue.enqueue(kind="baseline", payload={"service": "checkout"}, now=when)
    claimed = store.queue.claim("w", kinds=["baseline"], lease_seconds=60, now=when)
    assert claimed
    piece = Evidence(kind=Kind.HEAP, name="heap.pb.gz", content=content, source="here", collected_at=when)
    kept = store.evidence.put(piece, service="checkout", job=job)
    store.baselines.record("checkout", job=job, taken_at=when)
    store.queue.finish(claimed, now=when)
    assert isinstance(kept.content, Path)
    return kept.content


def test_only_the_newest_baseline_is_never_pruned(store: Store, now: datetime) -> None:
    assert store.baselines.newest("checkout") is None
    paths = [take_baseline(store, now - age * DAY, bytes([age])) for age in (60, 40)]
    store.retention.prune(older_than=30 * DAY, max_bytes=0, now=now)
    assert [path.exists() for path in paths] == [False, True]
    newest = store.baselines.newest("checkout")
    assert newest
    assert newest.taken_at == now - 40 * DAY
    assert len(store.evidence.of_job(newest.job)) == 1


def test_a_baseline_is_no_recent_look(store: Store, now: datetime) -> None:
    take_baseline(store, now, b"heap")
    assert store.evidence.recent_job("checkout", since=now - HOUR) is None


def test_two_kinds_of_look_never_run_at_one_service_together(store: Store, now: datetime) -> None:
    for kind, service in (("sample", "checkout"), ("diagnose", "checkout"), ("diagnose", "cart")):
        store.queue.enqueue(kind=kind, payload={"service": service}, now=now)

    def claim(kind: str) -> Job | None:
        return store.queue.claim("w", kinds=[kind], lease_seconds=60, now=now)

    sample = claim("sample")
    assert sample
    other = claim("diagnose")
    assert other
    assert other.payload["service"] == "cart"
    assert claim("diagnose") is None
    store.queue.finish(sample, now=now)
    waiting = claim("diagnose")
    assert waiting
    assert waiting.payload["service"] == "checkout"


def test_what_was_asked_for(store: Store, now: datetime) -> None:
    assert store.queue.last_asked_for("diagnose", "checkout") is None
    store.queue.enqueue(kind="diagnose", payload={"service": "checkout"}, now=now)
    assert store.queue.last_asked_for("diagnose", "checkout") == now
    assert store.queue.is_asked_for("checkout", ["sample", "diagnose"])
    assert not store.queue.is_asked_for("checkout", ["sample"])
    assert not store.queue.is_asked_for("cart", ["diagnose"])


def test_jobs_that_left_nothing_behind_are_forgotten(store: Store, now: datetime) -> None:
    take_baseline(store, now - 9 * DAY, b"heap")
    for age in (9, 1):
        store.queue.enqueue(kind="sample", payload={"service": "checkout"}, now=now - age * DAY)
        job = store.queue.claim("w", kinds=["sample"], lease_seconds=60, now=now - age * DAY)
        assert job
        store.queue.finish(job, now=now - age * DAY)
    assert store.queue.forget("sample", before=now - 7 * DAY) == 1
    assert store.queue.forget("baseline", before=now - 7 * DAY) == 0
    assert store.queue.last_asked_for("sample", "checkout") == now - DAY


def open_incident(store: Store, now: datetime) -> int:
    incident, _ = store.incidents.open_or_join(
        service="checkout", dedup_key="service", title="slow", severity="SEV3", opened_by="U1", now=now
    )
    return incident.number


def test_a_mitigation_is_looked_at_once(store: Store, now: datetime) -> None:
    number = open_incident(store, now - HOUR)

    def due() -> tuple[DueCheck, ...]:
        return store.checks.due(since=now - DAY, until=now)

    store.incidents.change_status(number, Status.IDENTIFIED, text="", actor="U1", now=now - 40 * MINUTE)
    assert due() == ()
    since = now - 30 * MINUTE
    store.incidents.change_status(number, Status.MITIGATED, text="rolled back", actor="U1", now=since)
    assert due() == (DueCheck(number, "checkout", since),)
    assert store.checks.due(since=now - DAY, until=now - 31 * MINUTE) == ()
    assert store.checks.due(since=now - 29 * MINUTE, until=now) == ()
    event = store.checks.add(number, text="recovered", actor="gocrash", now=now - 20 * MINUTE, details={"recovered": {}})
    assert (event.kind, event.actor) == ("check", "gocrash")
    assert due() == ()
    store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=now - 10 * MINUTE)
    assert due() == (DueCheck(number, "checkout", now - 10 * MINUTE),)
    store.incidents.reopen(number, text="", actor="U1", now=now - 5 * MINUTE)
    assert due() == ()


def found(fingerprint: str, *, measure: float, symptoms: tuple[Finding, ...] = ()) -> Finding:
    return Finding(
        playbook="leak",
        failure_class="goroutine-leak",
        title="A leak",
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        summary="leak",
        culprit=Culprit("main.run", "m.go", 7),
        instances=(),
        proofs=(),
        next_steps=(),
        fingerprint=fingerprint,
        measure=measure,
        symptoms=symptoms,
    )


def record(store: Store, number: int, when: datetime, *findings: Finding) -> None:
    diagnosis = Diagnosis(service="checkout", started_at=when, duration_seconds=1, verdict="v", targets=(), findings=findings)
    store.diagnoses.record(number, diagnosis, {}, actor="U1", now=when)


def test_what_counts_is_the_last_diagnosis_before_that_found_something(store: Store, now: datetime) -> None:
    number = open_incident(store, now)
    assert store.checks.found_before(number, at=now) == ()
    record(store, number, now, found("old", measure=1))
    record(store, number, now + MINUTE, found("f", measure=412, symptoms=(found("s", measure=9),)))
    record(store, number, now + 2 * MINUTE)
    record(store, number, now + 4 * MINUTE, found("later", measure=3))
    (earlier,) = store.checks.found_before(number, at=now + 3 * MINUTE)
    assert earlier == Earlier(fingerprint="f", playbook="leak", title="A leak", function="main.run", measure=412)
    assert store.diagnoses.found_since("s", service="checkout", since=now)
    assert not store.diagnoses.found_since("s", service="cart", since=now)
    assert not store.diagnoses.found_since("old", service="checkout", since=now)
