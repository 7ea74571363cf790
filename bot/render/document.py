"""Diagnosis → the JSON document of `gocrash diagnose --format json`: a contract, so keys are only ever added. And back.

`schema_version` is 1. Times are UTC to the second, durations are seconds, sizes are bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from bot.model.diagnosis import Culprit, Diagnosis, DumpCounts, Finding, NotEvaluated, Proof, SimilarIncident, TargetReport
from bot.model.evidence import CollectFailure, Kind
from bot.model.facts import ChangeRow
from bot.model.rule import Confidence, Severity
from bot.render.phrases import all_symptoms, utc
from bot.render.recovery import recovered_document

SCHEMA_VERSION = 1


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the document: plain dicts, lists, strings and numbers, in the contract's order of keys."""
    dump = diagnosis.dump
    return {
        "schema_version": SCHEMA_VERSION,
        "service": diagnosis.service,
        "started_at": time_text(diagnosis.started_at),
        "duration_seconds": round(diagnosis.duration_seconds, 3),
        "verdict": diagnosis.verdict,
        "targets": [_target(target) for target in diagnosis.targets],
        "dump": {field.name: getattr(dump, field.name) for field in fields(dump)} if dump else None,
        "incident": diagnosis.incident,
        "masked": diagnosis.masked,
        "changes": [_change(change) for change in diagnosis.changes],
        "baseline_at": time_text(diagnosis.baseline_at) if diagnosis.baseline_at else None,
        "recovered": None if diagnosis.recovered is None else recovered_document(diagnosis.recovered),
        "findings": [_finding(finding, diagnosis) for finding in diagnosis.findings],
        "not_evaluated": [{"playbook": entry.playbook, "missing": list(entry.missing)} for entry in diagnosis.not_evaluated],
        "problems": list(diagnosis.problems),
    }


def diagnosis_of(stored: Mapping[str, Any]) -> Diagnosis:
    """Return the diagnosis that a document tells of, also one that an older version wrote.

    What no document holds is not in it: rows, measures and runbooks.

    Raises:
        KeyError, ValueError: it is no such document.
    """
    dump, found = stored["dump"], [_finding_of(finding) for finding in stored["findings"]]
    return Diagnosis(
        service=stored["service"],
        started_at=_moment(stored["started_at"]),
        duration_seconds=stored["duration_seconds"],
        verdict=stored["verdict"],
        targets=tuple(_target_of(target) for target in stored["targets"]),
        findings=tuple(found),
        not_evaluated=tuple(NotEvaluated(entry["playbook"], tuple(entry["missing"])) for entry in stored["not_evaluated"]),
        dump=DumpCounts(**dump) if dump else None,
        masked=stored["masked"],
        changes=tuple(
            ChangeRow(**{**change, "changed_at": _moment(change["changed_at"]) if change["changed_at"] else None})
            for change in stored["changes"]
        ),
        baseline_at=_moment(stored["baseline_at"]) if stored.get("baseline_at") else None,
        problems=tuple(stored["problems"]),
        incident=stored["incident"],
        similar={finding["fingerprint"]: tuple(map(_similar_of, finding["similar_incidents"])) for finding in stored["findings"]},
        times_seen={finding["fingerprint"]: finding.get("times_seen", 0) for finding in stored["findings"]},
    )


def document_json(diagnosis: Diagnosis) -> str:
    """Return the document as indented JSON text that can be written as UTF-8 (half characters become `?`)."""
    return json_text(document(diagnosis))


def json_text(value: object) -> str:
    """Return a value as indented JSON text that can be written as UTF-8."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def time_text(when: datetime) -> str:
    """Write a moment as the contract does: `2026-11-20T14:02:11Z`."""
    return utc(when).strftime("%Y-%m-%dT%H:%M:%SZ")


def _target(target: TargetReport) -> dict[str, Any]:
    return {
        "instance": target.instance,
        "collected": list(target.collected),
        "failures": [_failure(failure) for failure in target.failures],
        "frozen_seconds": round(target.frozen_seconds, 6),
        "bytes": target.bytes,
        "revision": target.revision or None,
        "go_version": target.go_version or None,
    }


def _target_of(target: Mapping[str, Any]) -> TargetReport:
    return TargetReport(
        instance=target["instance"],
        collected=tuple(target["collected"]),
        failures=tuple(
            CollectFailure(
                kind=Kind(failure["kind"]),
                reason=failure["reason"],
                withheld="would_freeze_seconds" in failure,
                would_freeze_seconds=failure.get("would_freeze_seconds", 0.0),
                longest_freeze_seconds=failure.get("longest_freeze_seconds", 0.0),
            )
            for failure in target["failures"]
        ),
        frozen_seconds=target["frozen_seconds"],
        bytes=target["bytes"],
        revision=target.get("revision") or "",
        go_version=target.get("go_version") or "",
    )


def _failure(failure: CollectFailure) -> dict[str, Any]:
    """Return what could not be had; where we chose not to pull, also what the pull would have frozen."""
    shown: dict[str, Any] = {"kind": str(failure.kind), "reason": failure.reason}
    if failure.withheld:
        shown["would_freeze_seconds"] = round(failure.would_freeze_seconds, 3)
        shown["longest_freeze_seconds"] = round(failure.longest_freeze_seconds, 3)
    return shown


def _change(change: ChangeRow) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "before": change.before,
        "after": change.after,
        "changed_at": time_text(change.changed_at) if change.changed_at else None,
        "instance": change.instance,
    }


def _finding(finding: Finding, diagnosis: Diagnosis) -> dict[str, Any]:
    culprit = finding.culprit
    return {
        "playbook": finding.playbook,
        "failure_class": finding.failure_class,
        "title": finding.title,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "summary": finding.summary,
        "culprit": {"function": culprit.function, "file": culprit.file, "line": culprit.line} if culprit else None,
        "instances": list(finding.instances),
        "evidence": [{field.name: getattr(proof, field.name) for field in fields(proof)} for proof in finding.proofs],
        "explains": list(dict.fromkeys(symptom.playbook for symptom in all_symptoms(finding))),
        "next_steps": list(finding.next_steps),
        "fingerprint": finding.fingerprint,
        "times_seen": max(diagnosis.times_seen.get(finding.fingerprint, 0), len(diagnosis.similar.get(finding.fingerprint, ()))),
        "similar_incidents": [
            {
                "key": incident.key,
                "opened_at": time_text(incident.opened_at),
                "status": incident.status,
                "resolution": incident.resolution,
                "permalink": incident.permalink or None,
                "said_wrong": incident.said_wrong,
            }
            for incident in diagnosis.similar.get(finding.fingerprint, ())
        ],
        "symptoms": [
            {"playbook": symptom.playbook, "severity": str(symptom.severity), "summary": symptom.summary}
            for symptom in all_symptoms(finding)
        ],
    }


def _finding_of(finding: Mapping[str, Any]) -> Finding:
    culprit = finding["culprit"]
    return Finding(
        playbook=finding["playbook"],
        failure_class=finding["failure_class"],
        title=finding["title"],
        severity=Severity(finding["severity"]),
        confidence=Confidence(finding["confidence"]),
        summary=finding["summary"],
        culprit=Culprit(**culprit) if culprit else None,
        instances=tuple(finding["instances"]),
        proofs=tuple(Proof(**proof) for proof in finding["evidence"]),
        next_steps=tuple(finding["next_steps"]),
        fingerprint=finding["fingerprint"],
        symptoms=tuple(_symptom_of(symptom) for symptom in finding.get("symptoms", ())),
    )


def _symptom_of(symptom: Mapping[str, Any]) -> Finding:
    """Return what another finding explains, of which only a line is kept."""
    return Finding(
        playbook=symptom["playbook"],
        failure_class="",
        title=symptom["playbook"],
        severity=Severity(symptom["severity"]),
        confidence=Confidence.POSSIBLE,
        summary=symptom["summary"],
        culprit=None,
        instances=(),
        proofs=(),
        next_steps=(),
        fingerprint="",
    )


def _similar_of(incident: Mapping[str, Any]) -> SimilarIncident:
    return SimilarIncident(
        key=incident["key"],
        opened_at=_moment(incident["opened_at"]),
        status=incident["status"],
        resolution=incident["resolution"],
        permalink=incident.get("permalink") or "",
        said_wrong=incident.get("said_wrong", False),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
