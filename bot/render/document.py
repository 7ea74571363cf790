"""Diagnosis → the JSON document of `gocrash diagnose --format json`: a contract, so keys are only ever added.

`schema_version` is 1. Times are UTC to the second, durations are seconds, sizes are bytes.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from bot.model.diagnosis import Diagnosis, Finding, TargetReport
from bot.model.facts import ChangeRow
from bot.render.phrases import all_symptoms, utc

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
        "recovered": None,
        "findings": [_finding(finding, diagnosis) for finding in diagnosis.findings],
        "not_evaluated": [{"playbook": entry.playbook, "missing": list(entry.missing)} for entry in diagnosis.not_evaluated],
        "problems": list(diagnosis.problems),
    }


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
        "failures": [{"kind": str(failure.kind), "reason": failure.reason} for failure in target.failures],
        "frozen_seconds": round(target.frozen_seconds, 6),
        "bytes": target.bytes,
        "revision": target.revision or None,
        "go_version": target.go_version or None,
    }


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
        "similar_incidents": [
            {
                "key": incident.key,
                "opened_at": time_text(incident.opened_at),
                "status": incident.status,
                "resolution": incident.resolution,
            }
            for incident in diagnosis.similar.get(finding.fingerprint, ())
        ],
    }
