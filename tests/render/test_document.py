from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from bot.model.diagnosis import Diagnosis
from bot.render.document import document, document_json


def test_document_is_the_contract(leak: Diagnosis, golden: Callable[[str, str], None]) -> None:
    golden("leak.json", document_json(leak))


def test_keys_of_the_contract_are_there_in_its_order(leak: Diagnosis) -> None:
    shown = document(leak)
    assert list(shown)[:5] == ["schema_version", "service", "started_at", "duration_seconds", "verdict"]
    assert set(shown) >= {"targets", "dump", "incident", "masked", "changes", "recovered", "findings", "not_evaluated"}
    assert list(shown["findings"][0]) == [
        "playbook", "failure_class", "title", "severity", "confidence", "summary", "culprit", "instances",
        "evidence", "explains", "next_steps", "fingerprint", "similar_incidents",
    ]  # fmt: skip
    assert shown["targets"][0]["failures"] == [{"kind": "goroutineleak", "reason": "404: needs Go 1.27"}]
    assert shown["started_at"] == "2026-11-20T14:02:11Z"


def test_nothing_wrong_gives_no_findings_and_a_verdict(healthy: Diagnosis) -> None:
    shown = document(healthy)
    assert shown["findings"] == []
    assert shown["dump"] is None
    assert shown["verdict"].startswith("Nothing wrong found")


def test_culprit_is_null_when_no_frame_is_known(leak: Diagnosis) -> None:
    shown = document(replace(leak, findings=(replace(leak.findings[0], culprit=None),)))
    assert shown["findings"][0]["culprit"] is None


def test_text_that_is_no_unicode_can_still_be_written(leak: Diagnosis) -> None:
    text = document_json(replace(leak, verdict="half \ud83d here"))
    assert json.loads(text.encode("utf-8"))["verdict"] == "half ? here"


def test_the_same_diagnosis_gives_the_same_text(leak: Diagnosis) -> None:
    assert document_json(leak) == document_json(leak)
