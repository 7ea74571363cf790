"""What people say of findings, and what that makes of the playbooks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.diagnosis import Diagnosis, Finding
from bot.model.feedback import Feedback, PlaybookRecord
from bot.model.rule import Confidence, Severity

DAY = timedelta(days=1)


def record(store: Store, now: datetime, *playbooks: str, service: str = "checkout", explains: tuple[str, ...] = ()) -> int:
    """Diagnose the service with these findings in its open incident; each fingerprint is its playbook's name in capitals."""
    incident, _ = store.incidents.open_or_join(
        service=service, dedup_key="k", title="slow", severity="SEV3", opened_by="ana", now=now
    )
    symptoms = tuple(map(finding, explains))
    findings = tuple(finding(name, *symptoms) for name in playbooks)
    found = Diagnosis(service=service, started_at=now, duration_seconds=1.0, verdict="v", targets=(), findings=findings)
    store.diagnoses.record(incident.number, found, {"findings": []}, actor="ana", now=now)
    return incident.number


def finding(playbook: str, *symptoms: Finding) -> Finding:
    return Finding(
        playbook=playbook,
        failure_class="overload",
        title="t",
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        summary=f"{playbook} it is",
        culprit=None,
        instances=(),
        proofs=(),
        next_steps=(),
        fingerprint=playbook.upper(),
        symptoms=symptoms,
    )


def say(
    store: Store, now: datetime, playbook: str, text: str = "it was the disk", *, actor: str = "ana", incident: int | None = 1
) -> None:
    store.feedback.give(
        incident=incident,
        service="checkout",
        playbook=playbook,
        fingerprint=playbook.upper(),
        text=text,
        actor=actor,
        now=now,
    )


def test_what_a_person_says_again_replaces_what_they_said(store: Store, now: datetime) -> None:
    record(store, now, "leak")
    say(store, now, "leak")
    say(store, now + DAY, "leak")
    say(store, now + DAY, "leak", "it was the network")
    say(store, now + DAY, "leak", "no idea", actor="ben")
    assert store.feedback.of_incident(1) == (
        Feedback(1, "checkout", "leak", "LEAK", "it was the network", "ana", now + DAY),
        Feedback(1, "checkout", "leak", "LEAK", "no idea", "ben", now + DAY),
    )
    told = [(event.actor, event.text) for event in store.timeline.of(1) if event.kind == "feedback"]
    assert told == [
        ("ana", "leak is wrong: it was the disk"),
        ("ana", "leak is wrong: it was the network"),
        ("ben", "leak is wrong: no idea"),
    ]


def test_the_record_of_a_playbook(store: Store, now: datetime) -> None:
    record(store, now - 9 * DAY, "leak")
    record(store, now, "leak", "storm", explains=("slow",))
    record(store, now, "leak", service="cart")
    say(store, now, "leak")
    say(store, now, "leak", actor="ben")
    say(store, now, "leak", incident=None)
    say(store, now - 9 * DAY, "storm")
    assert store.feedback.per_playbook(now - 10 * DAY) == (
        PlaybookRecord("leak", diagnoses=3, incidents=2, wrong=2),
        PlaybookRecord("storm", diagnoses=1, incidents=1, wrong=1),
    )
    assert store.feedback.per_playbook(now - DAY, service="checkout") == (
        PlaybookRecord("leak", diagnoses=1, incidents=1, wrong=2),
        PlaybookRecord("storm", diagnoses=1, incidents=1, wrong=0),
    )
    assert store.feedback.per_playbook(now - DAY, service="cart") == (PlaybookRecord("leak", 1, 1, 0),)
    assert store.feedback.per_playbook(now + DAY) == ()


def test_without_an_incident_one_word_per_person_counts(store: Store, now: datetime) -> None:
    say(store, now, "leak", incident=None)
    say(store, now, "leak", "something else", incident=None)
    assert store.feedback.per_playbook(now - DAY) == (PlaybookRecord("leak", 0, 0, 1),)


def test_an_incident_that_does_not_exist_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(UsageError, match="there is no INC-1"):
        say(store, now, "leak")
    assert store.feedback.per_playbook(now - DAY) == ()
