from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.diagnosis import Culprit, NotEvaluated, Proof
from bot.model.evidence import Target
from bot.model.facts import (
    AllocationGrowthRow,
    Facts,
    GatewayErrorRow,
    GoroutineGroupRow,
    GoroutineGrowthRow,
    LogEventRow,
    RuntimeRow,
)
from bot.model.failure import FailureClass
from bot.model.rule import Confidence, Playbook, Rule, Selection, Severity
from bot.rules.match import MatchContext, Matched, match, threshold_problems

Load = Callable[..., tuple[Playbook, ...]]
Group = Callable[..., GoroutineGroupRow]
Had = Callable[..., Any]
Run = Callable[..., Matched]

STUCK = {"table": "goroutine_groups", "where": {"state": "chan send", "count|gte": 100}}


@pytest.fixture
def run(load: Load, classes: Mapping[str, FailureClass]) -> Run:
    """Matches one playbook, `my-leak`, against facts."""

    def match_one(facts: Facts, rule: Mapping[str, Any], **context: Any) -> Matched:  # noqa: ANN401  # fields of every type
        playbooks = load(my_leak={"match": {"stuck": STUCK}, "culprit": "stuck", **rule})
        return match(playbooks, facts, context=MatchContext(**{"service": "checkout", "classes": classes, **context}))

    return match_one


def test_a_finding_carries_what_proves_it(run: Run, group: Group) -> None:
    row = group(wait_minutes=12.0)
    rule = {
        "measure": "stuck.count",
        "summary": "{{ stuck[0].count | plural('goroutine') }} in {{ stuck[0].function | short }} on {{ target.url }}",
        "next_steps": ["restart {{ service }}", "on {{ target.instance }}"],
    }
    matched = run(Facts(goroutine_groups=(row,)), rule, targets=(Target("checkout", "a:6060", "http://a:6060"),))
    [finding] = matched.findings
    assert finding.summary == "500 goroutines in shop.send on http://a:6060"
    assert finding.next_steps == ("restart checkout", "on a:6060")
    assert (finding.playbook, finding.failure_class, finding.title) == ("my-leak", "goroutine-leak", "A failure")
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.LIKELY)
    assert finding.culprit == Culprit("example.com/shop.send", "/src/shop/send.go", 7)
    assert finding.instances == ("a:6060",)
    assert finding.proofs == (Proof("goroutine", "a:6060", "lines 1-9", "goroutine 7 [chan send]:"),)
    assert finding.measure == 500.0
    assert finding.rows == {"stuck": (row,)}
    assert matched.not_evaluated == ()
    assert matched.problems == ()


def test_every_selection_needs_a_row(run: Run, group: Group) -> None:
    rule = {"match": {"stuck": STUCK, "busy": {"table": "runtime", "where": {"goroutines|gte": 1000}}}}
    few, many = RuntimeRow(target="a:6060", goroutines=500), RuntimeRow(target="a:6060", goroutines=5000)
    assert run(Facts(goroutine_groups=(group(),), runtime=(few,)), rule).findings == ()
    [finding] = run(Facts(goroutine_groups=(group(),), runtime=(many,)), rule).findings
    assert finding.rows == {"stuck": (group(),), "busy": (many,)}


def test_a_playbook_is_for_every_service_or_for_some(run: Run, group: Group) -> None:
    facts = Facts(goroutine_groups=(group(),))
    assert run(facts, {"services": ["checkout"]}).findings
    assert run(facts, {"services": ["billing"], "needs": ["heap"]}) == Matched((), ())


def test_selections_meet_on_one_target_or_on_the_service_as_a_whole(run: Run, group: Group) -> None:
    rule = {"match": {"stuck": STUCK, "seen": {"table": "gateway_errors", "where": {"kind": "refused"}}}}
    refused = GatewayErrorRow(kind="refused", upstream="10.0.0.1", count=3)
    elsewhere = replace(refused, target="b:6060")
    assert run(Facts(goroutine_groups=(group(),), gateway_errors=(elsewhere,)), rule).findings == ()
    [finding] = run(Facts(goroutine_groups=(group(),), gateway_errors=(elsewhere, refused)), rule).findings
    assert finding.rows["seen"] == (refused,)
    assert finding.instances == ("a:6060",)


def test_what_is_seen_on_the_service_as_a_whole_belongs_to_no_instance(run: Run, group: Group, had: Had) -> None:
    facts = Facts(goroutine_groups=(group(target=""),), collection=(*had("heap", target="a"), *had("heap", target="b")))
    [finding] = run(facts, {}).findings
    assert finding.instances == ()
    assert len(finding.rows["stuck"]) == 1
    assert finding.proofs[0].source == "goroutine.txt"


def test_one_finding_per_culprit_over_all_instances(run: Run, group: Group, had: Had) -> None:
    a, b = group(function="shop.f.func1", count=900), group("b:6060", function="shop.f.func2", count=800, line=9)
    other = group("b:6060", function="shop.g", count=700)
    quiet = group("c:6060", count=1)
    facts = Facts(goroutine_groups=(a, b, other, quiet), collection=had("goroutine", target="b:6060"))
    first, second = run(facts, {}).findings
    assert first.culprit == Culprit("shop.f.func1", "/src/shop/send.go", 7)
    assert first.rows == {"stuck": (a, b)}
    assert first.instances == ("b:6060", "a:6060")
    assert second.rows == {"stuck": (other,)}
    assert second.instances == ("b:6060",)
    assert second.summary == "700 stuck"
    assert first.fingerprint != second.fingerprint


def test_rows_without_a_function_are_one_culprit_without_a_name(run: Run) -> None:
    rule = {"match": {"stuck": {"table": "blocked_calls", "where": {}}}}
    assert run(Facts(), rule).findings == ()
    crash = {"match": {"stuck": {"table": "goroutine_growth", "where": {"count|gte": 1}}}, "measure": "stuck.change_ratio"}
    row = GoroutineGrowthRow(function="", count=5, count_change=5, samples=2, against="baseline")
    [finding] = run(Facts(goroutine_growth=(row,)), crash).findings
    assert finding.culprit is None
    assert finding.measure is None


def test_without_a_culprit_there_is_one_finding(run: Run, group: Group) -> None:
    [finding] = run(Facts(goroutine_groups=(group(), group("b:6060", function="shop.g"))), {"culprit": ""}).findings
    assert finding.culprit is None
    assert finding.instances == ("a:6060", "b:6060")


def test_at_most_five_proofs_per_selection(run: Run, group: Group) -> None:
    rows = tuple(group(line=line, locator=f"line {line}") for line in range(20))
    [finding] = run(Facts(goroutine_groups=rows), {}).findings
    assert [proof.locator for proof in finding.proofs] == [f"line {line}" for line in range(5)]
    assert len(finding.rows["stuck"]) == 20


def growth(**columns: Any) -> GoroutineGrowthRow:  # noqa: ANN401  # columns of every type
    defaults: dict[str, Any] = {"target": "a:6060", "function": "example.com/shop.send", "state": "chan send", "count": 5}
    return GoroutineGrowthRow(**{**defaults, "count_change": -50, "samples": 2, "against": "baseline", **columns})


@pytest.mark.parametrize(
    ("row", "silent"),
    [
        (growth(), True),
        (growth(target=""), True),
        (growth(target="b:6060"), False),
        (growth(count_change=50), False),
        (growth(function="example.com/shop.other"), False),
        (growth(state=None), False),
    ],
)
def test_unless_silences_the_joined_rows(run: Run, group: Group, row: GoroutineGrowthRow, *, silent: bool) -> None:
    rule = {"unless": {"draining": {"table": "goroutine_growth", "same": ["function", "state"], "where": {"count_change|lt": 0}}}}
    other = group(function="example.com/shop.loud")
    findings = run(Facts(goroutine_groups=(group(), other), goroutine_growth=(row,)), rule).findings
    functions = [finding.culprit.function for finding in findings if finding.culprit]
    assert functions == ["example.com/shop.loud"] + ([] if silent else ["example.com/shop.send"])


def test_unless_without_same_silences_the_rows_it_matches(run: Run, group: Group) -> None:
    rule = {"unless": {"workers": {"table": "goroutine_groups", "where": {"entry|contains": "worker"}}}}
    facts = Facts(goroutine_groups=(group(entry="shop.worker"), group(function="shop.g")))
    assert [finding.culprit.function for finding in run(facts, rule).findings if finding.culprit] == ["shop.g"]


def test_an_unknown_join_column_silences_nothing(run: Run, group: Group) -> None:
    rule = {"match": {"stuck": {"table": "goroutine_groups", "where": {}}}}
    unless = {"unless": {"draining": {"table": "goroutine_growth", "same": ["state"], "where": {"count_change|lt": 0}}}}
    facts = Facts(goroutine_groups=(group(state=None),), goroutine_growth=(growth(state=None),))
    assert run(facts, {**rule, **unless}).findings


def test_raise_takes_the_first_hit(run: Run, group: Group) -> None:
    rule = {
        "raise": [
            {"to": {"confidence": "certain"}, "when": {"stuck": {"leaked": True}}},
            {"to": {"severity": "critical"}, "when": {"stuck": {"count|gte": 400}}},
        ]
    }
    [leaked] = run(Facts(goroutine_groups=(group(leaked=True),)), rule).findings
    assert (leaked.severity, leaked.confidence) == (Severity.HIGH, Confidence.CERTAIN)


def test_raise_tests_the_rows_of_the_finding(run: Run, group: Group) -> None:
    rule = {"raise": [{"to": {"severity": "critical"}, "when": {"stuck": {"count|gte": 1000}}}]}
    facts = Facts(goroutine_groups=(group(count=5000), group(function="shop.g", count=200)))
    assert [finding.severity for finding in run(facts, rule).findings] == [Severity.CRITICAL, Severity.HIGH]


def test_missing_evidence_is_not_evaluated(run: Run, group: Group, had: Had) -> None:
    facts = Facts(goroutine_groups=(group(),), collection=(*had("goroutine"), *had("heap", ok=False)))
    matched = run(facts, {"needs": ["heap", "metrics"]})
    assert matched == Matched((), (NotEvaluated("my-leak", ("heap", "metrics")),))
    assert run(facts, {"needs": ["goroutine"]}).findings


def test_of_several_targets_the_summary_says_on_how_many(run: Run, group: Group) -> None:
    facts = Facts(goroutine_groups=(group(), group("b:6060")))
    targets = tuple(Target("checkout", name) for name in ("a:6060", "b:6060", "c:6060"))
    assert run(facts, {}, targets=targets).findings[0].summary.endswith(", on 2 of 3 instances")
    assert run(facts, {}, targets=targets[:2]).findings[0].summary.endswith(", on all 2 instances")
    assert "instance" not in run(Facts(goroutine_groups=(group(),)), {}, targets=targets[:1]).findings[0].summary


def test_evidence_of_the_whole_service_serves_every_target(run: Run, group: Group, had: Had) -> None:
    facts = Facts(goroutine_groups=(group(),), collection=(*had("goroutine"), *had("service.log", target="")))
    assert run(facts, {"needs": ["goroutine", "service.log"]}).findings


def test_one_target_that_could_be_judged_is_enough(run: Run, group: Group, had: Had) -> None:
    collection = (*had("goroutine", target="a:6060"), *had("heap", target="b:6060"))
    quiet = Facts(goroutine_groups=(group(count=1), group("b:6060", count=1)), collection=collection)
    assert run(quiet, {"needs": ["goroutine"]}) == Matched((), ())


def test_an_unknown_column_is_not_evaluated(run: Run, group: Group) -> None:
    rule = {"match": {"stuck": {"table": "goroutine_groups", "where": {"count|gte": 100, "wait_minutes|gte": 10}}}}
    assert run(Facts(goroutine_groups=(group(),)), rule).not_evaluated == (NotEvaluated("my-leak", ("a full goroutine dump",)),)
    assert run(Facts(goroutine_groups=(group(count=5),)), rule) == Matched((), ())
    assert run(Facts(goroutine_groups=(group(), group(wait_minutes=11.0, function="shop.g"))), rule).not_evaluated == ()


def test_a_selection_that_is_surely_unmet_decides(run: Run, group: Group) -> None:
    rule = {
        "match": {
            "stuck": {"table": "goroutine_groups", "where": {"wait_minutes|gte": 10}},
            "busy": {"table": "runtime", "where": {"goroutines|gte": 1000}},
        }
    }
    facts = Facts(goroutine_groups=(group(),))
    assert run(facts, rule) == Matched((), ())
    unknown = replace(facts, runtime=(RuntimeRow(target="a:6060"),))
    missing = ("a full goroutine dump", "runtime.goroutines")
    assert run(unknown, rule).not_evaluated == (NotEvaluated("my-leak", missing),)


def test_silenced_rows_are_not_unknown(run: Run, group: Group) -> None:
    rule = {
        "match": {"stuck": {"table": "goroutine_groups", "where": {"wait_minutes|gte": 10}}},
        "unless": {"few": {"table": "goroutine_groups", "where": {"count|lt": 1000}}},
    }
    assert run(Facts(goroutine_groups=(group(),)), rule) == Matched((), ())


def test_a_service_sets_its_own_thresholds(run: Run, group: Group) -> None:
    facts = Facts(goroutine_groups=(group(),))
    assert run(facts, {}, thresholds={"my-leak.stuck.count": 501}).findings == ()
    assert run(facts, {}, thresholds={"my-leak.stuck.count": 500, "other.stuck.count": 9000}).findings


def test_unknown_thresholds_are_named(load: Load) -> None:
    unless = {"few": {"table": "goroutine_groups", "where": {"any": [{"share_ratio|lt": 0.1}]}}}
    playbooks = load(my_leak={"unless": unless})
    known = {"my-leak.stuck.count": 2000, "my-leak.few.share_ratio": 0.2}
    assert threshold_problems(playbooks, known) == {}
    assert threshold_problems(playbooks, {"my-leak.stuck.cuont": 1, "x": 1}) == {
        "my-leak.stuck.cuont": "no playbook has this threshold, did you mean `my-leak.stuck.count`?",
        "x": "no playbook has this threshold",
    }


def test_a_template_that_cannot_be_filled_in_loses_words_not_the_finding(run: Run, group: Group) -> None:
    matched = run(Facts(goroutine_groups=(group(),)), {"summary": "{{ stuck[3].count }}"})
    assert matched.findings[0].summary == "A failure"
    assert len(matched.problems) == 1
    assert "my-leak/rule.yaml: summary: " in matched.problems[0]


def test_outside_text_is_never_run_as_a_template(run: Run) -> None:
    rule = {"match": {"stuck": {"table": "log_events", "where": {}}}, "summary": "{{ stuck[0].text }}", "culprit": ""}
    row = LogEventRow(text="{{ 7 * 7 }}{% for x in y %}", count=1, source="service")
    assert run(Facts(log_events=(row,)), rule).findings[0].summary == "{{ 7 * 7 }}{% for x in y %}"


def test_explained_findings_of_several_culprits(load: Load, group: Group, classes: Mapping[str, FailureClass]) -> None:
    grown = {
        "failure_class": "heap-growth",
        "match": {"site": {"table": "allocation_growth", "where": {"inuse_bytes|gte": 1}}},
        "summary": "x",
        "culprit": "site",
    }
    playbooks = load(leak={"match": {"stuck": STUCK}, "culprit": "stuck", "explains": "heap-growth"}, heap=grown)
    sites = tuple(
        AllocationGrowthRow(
            target="b", function=name, file="f.go", line=1, inuse_bytes=9, inuse_bytes_change=9, against="baseline"
        )
        for name in ("shop.one", "shop.two")
    )
    facts = Facts(goroutine_groups=(group(), group(function="shop.g")), allocation_growth=sites)
    matched = match(playbooks, facts, context=MatchContext(service="checkout", classes=classes))
    assert [(finding.playbook, len(finding.symptoms)) for finding in matched.findings] == [("leak", 2), ("leak", 0)]


@given(targets=st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=12), counts=st.lists(st.integers(0, 200), max_size=12))
def test_no_matching_row_is_lost_or_told_twice(targets: list[str], counts: list[int]) -> None:
    rule = Rule(
        title="t",
        failure_class="overload",
        severity=Severity.LOW,
        confidence=Confidence.POSSIBLE,
        match={"rows": Selection("log_events", {"count|gte": 100})},
        summary="s",
        next_steps=(),
    )
    rows = tuple(
        LogEventRow(target=target, text=str(index), count=count, source="service")
        for index, (target, count) in enumerate(zip(targets, counts, strict=False))
    )
    playbook = Playbook(name="p", rule=rule, runbook="", directory=Path("p"))
    matched = match((playbook,), Facts(log_events=rows), context=MatchContext(service="s", classes={}))
    found = [row for finding in matched.findings for row in finding.rows["rows"]]
    assert found == [row for row in rows if row.count >= 100]
    assert all(set(finding.instances) == {row.target for row in found if row.target} for finding in matched.findings)
