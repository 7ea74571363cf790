from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.diagnosis import Finding
from bot.model.facts import CrashRow, GatewayErrorRow, Row
from bot.model.failure import FailureClass
from bot.model.rule import Confidence, Rule, Severity
from bot.rules.judgement import judge

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rule(*, explains: tuple[str, ...] = (), yields_to: tuple[str, ...] = (), within_seconds: float | None = None) -> Rule:
    return Rule(
        title="t",
        failure_class="overload",
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        match={},
        summary="s",
        next_steps=(),
        explains=explains,
        yields_to=yields_to,
        within_seconds=within_seconds,
    )


def finding(
    playbook: str,
    failure_class: str = "overload",
    *,
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.LIKELY,
    instances: tuple[str, ...] = ("a",),
    rows: tuple[Row, ...] = (),
) -> Finding:
    return Finding(
        playbook=playbook,
        failure_class=failure_class,
        title="t",
        severity=severity,
        confidence=confidence,
        summary="s",
        culprit=None,
        instances=instances,
        proofs=(),
        next_steps=(),
        fingerprint=playbook,
        rows={"rows": rows},
    )


def crash(message: str) -> CrashRow:
    return CrashRow(
        kind="panic",
        message=message,
        root_message=message,
        count=1,
        process_survived=False,
        recovered=False,
        in_handler=False,
        in_init=False,
        in_cgo=False,
        in_runtime=False,
    )


def refused(minute: int) -> GatewayErrorRow:
    seen = NOON + timedelta(minutes=minute)
    return GatewayErrorRow(kind="refused", upstream="u", count=1, first_seen=seen, last_seen=seen + timedelta(seconds=30))


def tree(findings: Sequence[Finding], rules: Mapping[str, Rule], classes: Mapping[str, FailureClass]) -> dict[str, list[str]]:
    """Returns the playbooks that stand, in order, each with those it explains."""
    known = {**{found.playbook: rule() for found in findings}, **rules}
    judged = judge(findings, known, classes)
    return {found.playbook: [symptom.playbook for symptom in found.symptoms] for found in judged}


Classes = Mapping[str, FailureClass]


def test_death_then_sickness_then_symptom_then_severity(classes: Classes) -> None:
    findings = [
        finding("seen", "gateway-502", severity=Severity.CRITICAL),
        finding("own", "x-own", severity=Severity.CRITICAL),
        finding("ill", "goroutine-leak"),
        finding("ill-sure", "goroutine-leak", confidence=Confidence.CERTAIN),
        finding("ill-wide", "goroutine-leak", instances=("a", "b")),
        finding("ill-also", "goroutine-leak"),
        finding("dead", "deadlock", severity=Severity.LOW),
    ]
    order = ["dead", "own", "ill-sure", "ill-wide", "ill", "ill-also", "seen"]
    assert list(tree(findings, {}, classes)) == order
    assert list(tree(findings[::-1], {}, classes)) == order


def test_what_is_explained_stands_beneath_its_cause(classes: Classes) -> None:
    findings = [finding("leak", "goroutine-leak"), finding("oom", "oom-killed"), finding("gateway", "gateway-502")]
    assert tree(findings, {"leak": rule(explains=("oom-killed", "gateway"))}, classes) == {"leak": ["oom", "gateway"]}


def test_a_cause_ranks_with_the_gravest_of_its_symptoms(classes: Classes) -> None:
    findings = [
        finding("leak", "goroutine-leak"),
        finding("oom", "oom-killed"),
        finding("panic", "panic-nil-map", severity=Severity.LOW),
    ]
    assert tree(findings, {"leak": rule(explains=("oom-killed",))}, classes) == {"leak": ["oom"], "panic": []}


def test_a_cause_is_as_severe_as_the_worst_of_its_symptoms(classes: Classes) -> None:
    cause, symptom = finding("heap-growth", severity=Severity.MEDIUM), finding("oom-killed", severity=Severity.CRITICAL)
    rules = {"heap-growth": rule(explains=("oom-killed",)), "oom-killed": rule()}
    (judged,) = judge([cause, symptom], rules, classes)
    assert (judged.playbook, judged.severity) == ("heap-growth", Severity.CRITICAL)
    assert [each.severity for each in judged.symptoms] == [Severity.CRITICAL]


def test_a_chain_of_explanations_ends_at_its_root(classes: Classes) -> None:
    findings = [
        finding("a", "goroutine-leak"),
        finding("b", "heap-growth"),
        finding("c", "oom-killed"),
        finding("d", "gateway-502"),
    ]
    rules = {"a": rule(explains=("b",)), "b": rule(explains=("c",)), "c": rule(explains=("d",))}
    assert tree(findings, rules, classes) == {"a": ["c", "b", "d"]}


def test_of_two_that_explain_each_other_the_earlier_wins(classes: Classes) -> None:
    rules = {"a": rule(explains=("b",)), "b": rule(explains=("a",))}
    assert tree([finding("b"), finding("a")], rules, classes) == {"a": ["b"]}


def test_explaining_applies_within_the_service(classes: Classes) -> None:
    findings = [finding("a", instances=("x",)), finding("b", instances=("y",))]
    assert tree(findings, {"a": rule(explains=("b",))}, classes) == {"a": ["b"]}


def test_a_playbook_does_not_explain_itself(classes: Classes) -> None:
    findings = [finding("a", "heap-growth"), replace(finding("a", "heap-growth"), fingerprint="other")]
    assert len(judge(findings, {"a": rule(explains=("heap-growth",))}, classes)) == 2


@pytest.mark.parametrize(
    ("minute", "explained"), [(0, True), (1, True), (2, True), (3, False), (-1, True), (-2, True), (-3, False)]
)
def test_explaining_within_some_seconds(classes: Classes, minute: int, *, explained: bool) -> None:
    findings = [finding("a", rows=(refused(0),)), finding("b", rows=(refused(minute),))]
    found = tree(findings, {"a": rule(explains=("b",), within_seconds=90)}, classes)
    assert found == ({"a": ["b"]} if explained else {"a": [], "b": []})


def test_unknown_times_do_not_hinder_explaining(classes: Classes) -> None:
    findings = [finding("a", rows=(crash("x"),)), finding("b", rows=(refused(0),))]
    assert tree(findings, {"a": rule(explains=("b",), within_seconds=1)}, classes) == {"a": ["b"]}


@pytest.mark.parametrize("word", ["panic", "panic-nil-map", "any-crash"])
def test_a_catch_all_yields(classes: Classes, word: str) -> None:
    findings = [finding("panic", "panic-nil-map"), finding("any", "unhandled-exit")]
    assert tree(findings, {"any": rule(yields_to=(word,))}, classes) == {"panic": []}


def test_any_crash_is_a_crash(classes: Classes) -> None:
    findings = [finding("leak", "goroutine-leak"), finding("any", "unhandled-exit")]
    assert tree(findings, {"any": rule(yields_to=("any-crash",))}, classes) == {"any": [], "leak": []}


def test_it_yields_on_the_same_target_only(classes: Classes) -> None:
    rules = {"any": rule(yields_to=("any-crash",))}
    panic = finding("panic", "panic-nil-map", instances=("a", "b"))
    assert set(tree([panic, finding("any", instances=("c",))], rules, classes)) == {"panic", "any"}
    assert set(tree([panic, finding("any", instances=("b", "c"))], rules, classes)) == {"panic"}
    assert set(tree([panic, finding("any", instances=())], rules, classes)) == {"panic"}


def test_another_crash_of_the_same_target_is_another_failure(classes: Classes) -> None:
    rules = {"any": rule(yields_to=("any-crash",))}
    panic = finding("panic", "panic-nil-map", rows=(crash("assignment to entry in nil map"),))
    assert set(tree([panic, finding("any", "panic-explicit", rows=(crash("boom"),))], rules, classes)) == {"panic", "any"}
    assert set(tree([panic, finding("any", "panic-explicit", rows=panic.rows["rows"])], rules, classes)) == {"panic"}


def test_of_two_that_yield_to_each_other_one_stays(classes: Classes) -> None:
    rules = {"a": rule(yields_to=("b",)), "b": rule(yields_to=("a",))}
    assert tree([finding("a"), finding("b")], rules, classes) == {"a": []}


_NAMES = "abcde"
_WORDS = st.lists(st.sampled_from(_NAMES), max_size=3).map(tuple)


@given(st.dictionaries(st.sampled_from(_NAMES), st.tuples(_WORDS, _WORDS), min_size=1))
def test_no_cycle_loses_everything(wishes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
    rules = {name: rule(explains=explains, yields_to=yields_to) for name, (explains, yields_to) in wishes.items()}
    judged = judge([finding(name) for name in wishes], rules, {})
    assert judged
    assert all(not symptom.symptoms for found in judged for symptom in found.symptoms)
    told = [each.playbook for found in judged for each in (found, *found.symptoms)]
    assert len(told) == len(set(told))
    assert all(set(wishes[name][1]) & (set(wishes) - {name}) for name in set(wishes) - set(told))


@given(st.dictionaries(st.sampled_from(_NAMES), _WORDS, min_size=1))
def test_explaining_keeps_every_finding(wishes: dict[str, tuple[str, ...]]) -> None:
    rules = {name: rule(explains=explains) for name, explains in wishes.items()}
    judged = judge([finding(name) for name in wishes], rules, {})
    assert sorted(each.playbook for found in judged for each in (found, *found.symptoms)) == sorted(wishes)
