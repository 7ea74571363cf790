"""What has become of earlier findings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.model.diagnosis import Diagnosis, Finding, NotEvaluated
from bot.model.facts import CrashRow, Facts, GoroutineGroupRow, Row
from bot.model.recovery import Earlier, Recovery
from bot.model.rule import Confidence, Playbook, Severity
from bot.rules.recovery import recoveries

Load = Callable[..., tuple[Playbook, ...]]

NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EARLIER = Earlier(fingerprint="f", playbook="leak", title="A leak", function="pool.(*Pool).fetch.func1", measure=412)
WHERE = {"state": "chan send", "benign": False, "count|gte": 100, "any": [{"leaked": True}, {"share_ratio|gte": 0.5}]}
RULE = {"match": {"stuck": {"table": "goroutine_groups", "where": WHERE}}, "measure": "stuck.count", "culprit": "stuck"}


def group(function: str, count: int, state: str = "chan send") -> GoroutineGroupRow:
    return GoroutineGroupRow(
        state=state,
        top_function="runtime.gopark",
        count=count,
        share_ratio=0.1,
        leaked=False,
        leaked_count=0,
        benign=False,
        function=function,
        file="pool.go",
        line=7,
        package="pool",
        module="pool",
        own_code=True,
        entry="main.main",
        stack=(),
    )


def finding(*rows: Row, measure: float = 640, fingerprint: str = "f", symptoms: tuple[Finding, ...] = ()) -> Finding:
    return Finding(
        playbook="leak",
        failure_class="goroutine-leak",
        title="A leak",
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        summary="leak",
        culprit=None,
        instances=(),
        proofs=(),
        next_steps=(),
        fingerprint=fingerprint,
        rows={"stuck": rows},
        measure=measure,
        symptoms=symptoms,
    )


def diagnosis(*findings: Finding, missing: tuple[str, ...] = ()) -> Diagnosis:
    unjudged = tuple(NotEvaluated(playbook, ("goroutine",)) for playbook in missing)
    return Diagnosis(
        service="checkout", started_at=NOW, duration_seconds=1, verdict="v", targets=(), findings=findings, not_evaluated=unjudged
    )


def recovery(load: Load, found: Diagnosis, *groups: GoroutineGroupRow, earlier: Earlier = EARLIER) -> Recovery:
    (only,) = recoveries([earlier], found, Facts(goroutine_groups=groups), playbooks=load(leak=RULE), since=NOW)
    return only


def test_little_of_it_is_left(load: Load) -> None:
    found = recovery(
        load,
        diagnosis(),
        group("other.send", 900),
        group("pool.(*Pool).fetch", 50, "chan receive"),
        group("pool.(*Pool).fetch.func2", 3),
    )
    assert (found.before, found.after, found.recovered, found.column) == (412, 3, True, "count")


def test_nothing_of_it_is_left(load: Load) -> None:
    found = recovery(load, diagnosis(), group("other.send", 900))
    assert (found.before, found.after, found.recovered) == (412, None, True)


@pytest.mark.parametrize("beneath", [False, True])
def test_it_is_still_found_also_beneath_another_finding(load: Load, beneath: bool) -> None:  # noqa: FBT001  # a parameter
    still = finding(group("pool.(*Pool).fetch", 640))
    found = recovery(load, diagnosis(finding(fingerprint="g", symptoms=(still,)) if beneath else still))
    assert (found.after, found.recovered) == (640, False)


def test_what_was_not_judged_again_is_not_known(load: Load) -> None:
    found = recovery(load, diagnosis(missing=("leak",)), group("pool.(*Pool).fetch", 3))
    assert (found.after, found.recovered) == (None, None)
    gone = Earlier(fingerprint="f", playbook="removed-since", title="t")
    assert recovery(load, diagnosis(), earlier=gone).recovered is None


def crash(last_seen: datetime | None) -> CrashRow:
    return CrashRow(
        kind="panic",
        message="boom",
        root_message="boom",
        process_survived=False,
        recovered=False,
        in_handler=False,
        in_init=False,
        in_cgo=False,
        in_runtime=False,
        own_code=True,
        count=1,
        last_seen=last_seen,
    )


@pytest.mark.parametrize(
    ("rows", "recovered"),
    [
        ([crash(NOW - MINUTE)], True),
        ([crash(NOW - MINUTE), crash(NOW + MINUTE)], False),
        ([crash(None)], None),
        ([crash(None), crash(NOW + MINUTE)], False),
        ([crash(NOW - MINUTE), group("pool.(*Pool).fetch", 640)], True),
    ],
)
def test_what_a_log_still_tells_of_may_be_over(load: Load, rows: list[Row], recovered: bool | None) -> None:  # noqa: FBT001  # a parameter
    assert recovery(load, diagnosis(finding(*rows, measure=412))).recovered is recovered
    if recovered is None:
        assert recovery(load, diagnosis(finding(*rows, measure=413))).recovered is False
