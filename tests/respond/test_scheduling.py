"""What is due when, decided by a clock that the test sets."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from misbehaving import Misbehaving, http_answer

from bot.config import Config, Defaults, Retention, Service
from bot.model.evidence import Evidence, Kind
from bot.model.incident import Incident, Job, Status
from bot.model.units import ByteSize, Duration
from bot.respond import pruning, rechecking, sampling, scheduling
from bot.respond.context import Context

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALIVE = Service(targets=("http://127.0.0.1:9",))
NEVER = Duration(0)

Make = Callable[[Config], Context]


class Clock(Protocol):
    now: datetime

    def forward(self, length: timedelta) -> None: ...


def tick(context: Context) -> list[tuple[str, str]]:
    """Let the schedule look once, and carry every job out by ending it; return their kinds and services."""
    scheduling.due(context)
    return [(job.kind, job.payload["service"]) for job in take(context)]


def take(context: Context, *, finish: bool = True) -> list[Job]:
    jobs: list[Job] = []
    kinds = ["sample", "baseline", "recheck", "prune", "diagnose"]
    while job := context.store.queue.claim("w", kinds=kinds, lease_seconds=60, now=context.now()):
        jobs.append(job)
        if finish:
            context.store.queue.finish(job, now=context.now())
    return jobs


def config(*names: str, service: Service = ALIVE, **pauses: Duration) -> Config:
    return Config(services=dict.fromkeys(names or ("checkout",), service), defaults=replace(Defaults(), **pauses))  # type: ignore[arg-type]


def after(context: Context, clock: Clock, length: timedelta, step: timedelta = MINUTE) -> Counter[tuple[str, str]]:
    """Let the schedule look every minute for a while; count what it queued."""
    found: Counter[tuple[str, str]] = Counter()
    end = clock.now + length
    while clock.now < end:
        found.update(tick(context))
        clock.forward(step)
    return found


def test_every_service_has_its_turn_and_never_all_at_once(make_context: Make, clock: Clock) -> None:
    names = [f"service-{number}" for number in range(30)]
    context = make_context(config(*names, baseline=NEVER))
    assert tick(context) == []
    most = 0
    found: Counter[tuple[str, str]] = Counter()
    for _ in range(120):
        clock.forward(MINUTE)
        queued = [job for job in tick(context) if job[0] == "sample"]
        most = max(most, len(queued))
        found.update(queued)
    assert set(found) == {("sample", name) for name in names}
    assert {7, 8} >= set(found.values())
    assert most <= 8


def test_every_pause_has_its_own_schedule(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    tick(context)
    clock.forward(HOUR)
    found = after(context, clock, 2 * DAY - HOUR, step=5 * MINUTE)
    assert found["baseline", "checkout"] == 2
    assert found["prune", ""] == 2
    assert 187 <= found["sample", "checkout"] <= 189


def test_what_does_not_live_is_not_looked_at(make_context: Make, clock: Clock) -> None:
    context = make_context(config(service=Service(replay=str(RECORDED))))
    assert set(after(context, clock, 3 * HOUR)) == {("prune", "")}


def test_zero_switches_a_look_off(make_context: Make, clock: Clock) -> None:
    context = make_context(config(sample=NEVER, baseline=NEVER))
    assert set(after(context, clock, 3 * HOUR)) == {("prune", "")}


def test_a_look_gives_way_to_a_diagnosis_and_its_cooldown(make_context: Make, clock: Clock) -> None:
    context = make_context(config(baseline=NEVER, cooldown=Duration(120.0)))
    tick(context)
    context.store.queue.enqueue(kind="diagnose", payload={"service": "checkout"}, now=clock.now)
    (asked,) = take(context, finish=False)
    clock.forward(20 * MINUTE)
    context.store.queue.renew(asked, lease_seconds=60, now=clock.now)
    assert tick(context) == []
    context.store.queue.finish(asked, now=clock.now)
    context.store.queue.enqueue(kind="diagnose", payload={"service": "checkout"}, now=clock.now)
    take(context)
    clock.forward(MINUTE)
    assert tick(context) == []
    clock.forward(MINUTE)
    assert tick(context) == [("sample", "checkout")]


def test_nothing_is_queued_twice_while_it_waits(make_context: Make, clock: Clock) -> None:
    context = make_context(config(baseline=NEVER))
    tick(context)
    for _ in range(40):
        clock.forward(5 * MINUTE)
        scheduling.due(context)
    assert Counter(job.kind for job in take(context)) == {"sample": 1, "prune": 1}


def open_incident(context: Context, service: str = "checkout") -> Incident:
    incident, _ = context.store.incidents.open_or_join(
        service=service, dedup_key="service", title="slow", severity="SEV3", opened_by="maya", now=context.now()
    )
    return incident


def test_no_baseline_is_taken_while_an_incident_is_open(make_context: Make, clock: Clock) -> None:
    context = make_context(config(sample=NEVER, recheck=NEVER))
    incident = open_incident(context)
    assert ("baseline", "checkout") not in after(context, clock, 3 * HOUR)
    context.store.incidents.change_status(incident.number, Status.RESOLVED, text="", actor="maya", now=clock.now)
    assert after(context, clock, 2 * HOUR)["baseline", "checkout"] == 1


def mitigate(context: Context, incident: Incident) -> None:
    context.store.incidents.change_status(incident.number, Status.MITIGATED, text="rolled back", actor="maya", now=context.now())


def test_a_mitigation_is_looked_at_after_the_wait_and_once(make_context: Make, clock: Clock) -> None:
    context = make_context(config(sample=NEVER, baseline=NEVER))
    incident = open_incident(context)
    mitigate(context, incident)
    since = clock.now
    clock.forward(4 * MINUTE)
    assert tick(context) == []
    clock.forward(MINUTE)
    scheduling.due(context)
    scheduling.due(context)
    (job,) = take(context)
    assert (job.kind, job.payload["incident"], datetime.fromisoformat(job.payload["since"])) == (
        "recheck",
        incident.number,
        since,
    )
    rechecking.give_up(context, job, "the disk is full")()
    clock.forward(MINUTE)
    assert tick(context) == []
    (event,) = [event for event in context.store.timeline.of(incident.number) if event.kind == "check"]
    assert event.text == "could not look again: the disk is full"


def test_old_mitigations_strange_services_and_replays_are_left_alone(make_context: Make, clock: Clock) -> None:
    services = {"checkout": ALIVE, "saved": Service(replay=str(RECORDED))}
    context = make_context(Config(services=services, defaults=Defaults(sample=NEVER, baseline=NEVER)))
    for service in ("saved", "gone"):
        mitigate(context, open_incident(context, service))
    assert "recheck" not in [kind for kind, _ in after(context, clock, HOUR)]
    mitigate(context, open_incident(context))
    clock.forward(2 * DAY)
    assert "recheck" not in [kind for kind, _ in tick(context)]


def test_who_went_back_to_work_is_not_told_whether_it_helped(make_context: Make, clock: Clock) -> None:
    context = make_context(config())
    incident = open_incident(context)
    payload = {"service": "checkout", "incident": incident.number, "since": clock.now.isoformat()}
    job = Job(number=1, kind="recheck", payload=payload, attempts=1, created_at=clock.now)
    rechecking.run(context, job)()
    assert [event.kind for event in context.store.timeline.of(incident.number)] == ["opened"]


@pytest.fixture
def leaking() -> Iterator[Service]:
    """A service that answers with what was recorded of a leak, but has nearly as many files open as it may."""
    metrics = (RECORDED / "metrics.txt").read_text()
    full = "".join(
        line for line in metrics.splitlines(keepends=True) if not line.startswith(("process_open_fds", "process_max_fds"))
    )
    files = {
        "/debug/pprof/goroutine": (RECORDED / "goroutine.pb.gz").read_bytes(),
        "/metrics": f"{full}process_open_fds 99\nprocess_max_fds 100\n".encode(),
    }

    def reply(connection: socket.socket, request: bytes) -> None:
        found = files.get(request.split(b" ")[1].decode())
        connection.sendall(http_answer(found or b"", status="200 OK" if found else "404 Not Found"))

    server = Misbehaving(reply)
    yield Service(targets=(server.url,), channel="C0CHECKOUT")
    server.close()


def sample(context: Context) -> None:
    context.store.queue.enqueue(kind="sample", payload={"service": "checkout"}, now=context.now())
    job = context.store.queue.claim("w", kinds=["sample"], lease_seconds=60, now=context.now())
    assert job
    commit = sampling.run(context, job)
    with context.store.transaction():
        commit()
        context.store.queue.finish(job, now=context.now())


def test_a_sample_keeps_values_and_no_evidence(make_context: Make, leaking: Service, clock: Clock) -> None:
    context = make_context(config(service=leaking))
    sample(context)
    kept = {series.name: series.points for series in context.store.samples.history("checkout", since=clock.now - HOUR)}
    assert kept["process_open_fds"] == ((clock.now.timestamp(), 99.0),)
    assert kept["go_goroutines"][0].value > 10
    assert context.store.evidence.of_job(1) == ()


def test_what_a_sample_finds_asks_for_one_diagnosis(make_context: Make, leaking: Service, clock: Clock) -> None:
    context = make_context(config(service=leaking))
    sample(context)
    (job,) = take(context)
    assert (job.kind, job.payload["unasked"], job.payload["channel"]) == ("diagnose", True, "C0CHECKOUT")
    clock.forward(15 * MINUTE)
    sample(context)
    assert take(context) == []
    clock.forward(HOUR)
    sample(context)
    assert len(take(context)) == 1


def test_a_muted_service_asks_for_nothing(make_context: Make, leaking: Service, clock: Clock) -> None:
    context = make_context(config(service=leaking))
    context.store.mutes.mute("checkout", until=clock.now + HOUR, reason="", actor="maya", now=clock.now)
    sample(context)
    assert take(context) == []


def test_pruning_takes_old_evidence_samples_and_the_jobs_behind_them(make_context: Make, clock: Clock) -> None:
    context = make_context(
        Config(services={"checkout": ALIVE}, retention=Retention(evidence=Duration(30 * 86400.0), evidence_max=ByteSize(10**6)))
    )
    old = Evidence(kind=Kind.HEAP, name="heap.pb.gz", content=b"x", source="here", collected_at=clock.now - 31 * DAY)
    kept = context.store.evidence.put(old, service="checkout")
    for age in (8, 6):
        context.store.samples.record("checkout", {"a": {"go_goroutines": age}}, taken_at=clock.now - age * DAY)
    pruning.run(context, Job(number=1, kind="prune", payload={"service": ""}, attempts=1, created_at=clock.now))()
    assert isinstance(kept.content, Path)
    assert not kept.content.exists()
    (series,) = context.store.samples.history("checkout", since=datetime(2026, 1, 1, tzinfo=UTC))
    assert [point.value for point in series.points] == [6]
