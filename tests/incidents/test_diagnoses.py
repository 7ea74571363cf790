from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.diagnosis import Culprit, Diagnosis, Finding, SimilarIncident
from bot.model.incident import Status
from bot.model.rule import Confidence, Severity


def finding(fingerprint: str, *symptoms: Finding) -> Finding:
    return Finding(
        playbook="goroutine-leak-channel-send",
        failure_class="goroutine-leak",
        title="Goroutines leak on a channel send",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        summary="412 goroutines are stuck",
        culprit=Culprit("shop.(*Pool).fetch", "/src/shop/pool.go", 88),
        instances=("10.0.3.7:6060",),
        proofs=(),
        next_steps=(),
        fingerprint=fingerprint,
        measure=412.0,
        symptoms=symptoms,
    )


def diagnosis(started_at: datetime, *findings: Finding) -> Diagnosis:
    return Diagnosis(
        service="checkout", started_at=started_at, duration_seconds=0.84, verdict="412 stuck", targets=(), findings=findings
    )


def open_one(store: Store, now: datetime, dedup_key: str, service: str = "checkout") -> int:
    incident, _ = store.incidents.open_or_join(
        service=service, dedup_key=dedup_key, title="t", severity="SEV3", opened_by="U1", now=now
    )
    return incident.number


def test_findings_are_stored_with_what_they_explain(store: Store, now: datetime, tmp_path: Path) -> None:
    number = open_one(store, now, "k")
    store.diagnoses.record(number, diagnosis(now, finding("f1", finding("f2")), finding("f3")), {}, actor="U1", now=now)
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        rows = plain.execute(
            "SELECT number, explained_by, fingerprint, culprit_line, measure FROM findings ORDER BY number"
        ).fetchall()
    assert rows == [(1, None, "f1", 88, 412.0), (2, 1, "f2", 88, 412.0), (3, None, "f3", 88, 412.0)]


def test_a_diagnosis_is_an_event_of_its_incident(store: Store, now: datetime) -> None:
    number = open_one(store, now, "k")
    later = now + timedelta(seconds=5)
    store.diagnoses.record(number, diagnosis(now + timedelta(seconds=1), finding("f1")), {}, actor="U1", now=later)
    event = store.timeline.of(number)[1]
    assert (event.kind, event.text, event.occurred_at, event.recorded_at) == (
        "diagnosis",
        "412 stuck",
        later,
        later,
    )


def test_a_finding_is_an_event_the_first_time_it_is_named_as_the_cause(store: Store, now: datetime) -> None:
    number = open_one(store, now, "k")
    for found in ((finding("f1", finding("f2")),), (finding("f1"), finding("f2")), (finding("f3"), finding("f3"), finding("f1"))):
        store.diagnoses.record(number, diagnosis(now, *found), {}, actor="U1", now=now, permalink="https://slack.example/p1")
    store.diagnoses.record(open_one(store, now, "other"), diagnosis(now, finding("f1")), {}, actor="U1", now=now)
    events = [event for event in store.timeline.of(number) if event.kind == "finding"]
    assert [event.details["fingerprint"] for event in events] == ["f1", "f2", "f3"]
    assert {(event.actor, event.text, event.permalink) for event in events} == {
        ("U1", finding("f1").summary, "https://slack.example/p1")
    }
    assert [event.kind for event in store.timeline.of(number + 1)] == ["opened", "diagnosis", "finding"]


def test_a_diagnosis_knows_the_jobs_it_came_from(store: Store, now: datetime) -> None:
    number = open_one(store, now, "k")
    first, second = (store.queue.enqueue(kind="diagnose", payload={}, now=now) for _ in range(2))
    store.diagnoses.record(number, diagnosis(now), {"n": 1}, actor="U1", now=now)
    store.diagnoses.record(number, diagnosis(now), {"n": 2}, actor="U1", now=now, job=first)
    store.diagnoses.record(number, diagnosis(now), {"n": 3}, actor="U1", now=now, job=second, collected_by=first)
    assert [(each.job, each.collected_by, each.document) for each in store.diagnoses.recorded(number)] == [
        (None, None, {"n": 1}),
        (first, first, {"n": 2}),
        (second, first, {"n": 3}),
    ]


def test_the_latest_answer_comes_back_as_it_was(store: Store, now: datetime) -> None:
    number = open_one(store, now, "k")
    assert store.diagnoses.latest(number) is None
    for verdict in ("first", "käse 🔥"):
        store.diagnoses.record(number, diagnosis(now), {"schema_version": 1, "verdict": verdict}, actor="U1", now=now)
    assert store.diagnoses.latest(number) == {"schema_version": 1, "verdict": "käse 🔥"}


def test_a_diagnosis_that_opened_no_incident_is_kept_too(store: Store, now: datetime, tmp_path: Path) -> None:
    assert store.diagnoses.record(None, diagnosis(now), {}, actor="U1", now=now) == 1
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        assert plain.execute("SELECT incident, service, duration_seconds FROM diagnoses").fetchall() == [(None, "checkout", 0.84)]


def test_an_unknown_incident_is_said_and_nothing_is_stored(store: Store, now: datetime, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no INC-5"):
        store.diagnoses.record(5, diagnosis(now, finding("f1")), {}, actor="U1", now=now)
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        assert plain.execute("SELECT count(*) FROM diagnoses").fetchone() == (0,)


def test_similar_incidents_are_those_with_the_same_fingerprint(store: Store, now: datetime) -> None:
    for hours, key in enumerate(("a", "b", "c")):
        number = open_one(store, now + timedelta(hours=hours), key)
        for _ in range(2):
            store.diagnoses.record(number, diagnosis(now, finding("f1")), {}, actor="U1", now=now)
    store.incidents.change_status(1, Status.RESOLVED, text="rolled back to v41", actor="U1", now=now)
    other = open_one(store, now, "d")
    store.diagnoses.record(other, diagnosis(now, finding("f2", finding("f1"))), {}, actor="U1", now=now)
    payments = open_one(store, now, "e", service="payments")
    store.diagnoses.record(payments, diagnosis(now, finding("f1")), {}, actor="U1", now=now)
    store.diagnoses.record(None, diagnosis(now, finding("f1")), {}, actor="U1", now=now)

    assert store.diagnoses.similar("f1", service="checkout", exclude=3) == (
        SimilarIncident("INC-2", now + timedelta(hours=1), "investigating", ""),
        SimilarIncident("INC-1", now, "resolved", "rolled back to v41"),
    )
    assert [similar.key for similar in store.diagnoses.similar("f1", service="checkout", limit=1)] == ["INC-3"]
    assert store.diagnoses.times_seen("f1", service="checkout") == 3
    assert store.diagnoses.times_seen("f1", service="checkout", exclude=3) == 2
    assert store.diagnoses.times_seen("f9", service="checkout") == 0

    store.incidents.set_permalink(2, "https://slack.example/p2")
    store.feedback.give(incident=1, service="checkout", playbook="p", fingerprint="f1", text="no", actor="U1", now=now)
    assert [(each.permalink, each.said_wrong) for each in store.diagnoses.similar("f1", service="checkout", exclude=3)] == [
        ("https://slack.example/p2", False),
        ("", True),
    ]
    assert store.diagnoses.similar("f9", service="checkout") == ()


def test_what_findings_measured_is_told_in_order_of_time(store: Store, now: datetime) -> None:
    number = open_one(store, now, "k")
    later = now + timedelta(minutes=5)
    unmeasured = replace(finding("f4"), measure=None)
    store.diagnoses.record(number, diagnosis(later, replace(finding("f1"), measure=900.0), unmeasured), {}, actor="U1", now=later)
    store.diagnoses.record(number, diagnosis(now, finding("f1", finding("f2"))), {}, actor="U1", now=later)
    store.diagnoses.record(None, diagnosis(now, finding("f1")), {}, actor="U1", now=later)
    measured = store.diagnoses.measures(number)
    assert [(each.fingerprint, each.measured_at, each.value) for each in measured] == [("f1", now, 412.0), ("f1", later, 900.0)]
