from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from bot.model.diagnosis import Diagnosis
from bot.model.evidence import CollectFailure, Kind
from bot.render.document import diagnosis_of, document, document_json


def test_document_is_the_contract(leak: Diagnosis, golden: Callable[[str, str], None]) -> None:
    golden("leak.json", document_json(leak))


def test_keys_of_the_contract_are_there_in_its_order(leak: Diagnosis) -> None:
    shown = document(leak)
    assert list(shown)[:5] == ["schema_version", "service", "started_at", "duration_seconds", "verdict"]
    assert set(shown) >= {"targets", "dump", "incident", "masked", "changes", "recovered", "findings", "not_evaluated"}
    assert list(shown["findings"][0]) == [
        "playbook", "failure_class", "title", "severity", "confidence", "summary", "culprit", "instances",
        "evidence", "explains", "next_steps", "fingerprint", "times_seen", "similar_incidents", "symptoms",
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


def test_a_document_becomes_the_diagnosis_again(leak: Diagnosis, healthy: Diagnosis) -> None:
    withheld = CollectFailure(
        kind=Kind.GOROUTINE, reason="too dear", withheld=True, would_freeze_seconds=7.7, longest_freeze_seconds=1.1
    )
    dear = replace(leak.targets[0], failures=(withheld,), revision="9f3e771", go_version="go1.27.3")
    for diagnosis in (leak, healthy, replace(leak, targets=(dear,), incident="INC-7")):
        again = diagnosis_of(json.loads(document_json(diagnosis)))
        assert document(again) == document(diagnosis)
        assert again.findings[:1] == () or again.findings[0].symptoms[0].summary == leak.findings[0].symptoms[0].summary


def test_a_document_of_an_older_version_can_be_read(leak: Diagnosis) -> None:
    shown = document(leak)
    for finding in shown["findings"]:
        del finding["symptoms"]
    for target in shown["targets"]:
        del target["revision"], target["go_version"]
    assert diagnosis_of(shown).findings[0].summary == leak.findings[0].summary
