from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from bot.model.diagnosis import Culprit, Diagnosis, NotEvaluated
from bot.render import phrases


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    berlin = timezone(timedelta(hours=1))
    assert phrases.utc_text(datetime(2026, 11, 20, 15, 2, tzinfo=berlin)) == "2026-11-20 14:02 UTC"
    assert phrases.utc_text(datetime(2026, 11, 20, 14, 2)) == "2026-11-20 14:02 UTC"  # noqa: DTZ001 - a time without a zone


def test_cost_adds_up_the_targets(leak: Diagnosis) -> None:
    assert phrases.cost_text(leak) == "cost: 3 ms frozen, 81 KB, 842 ms"


def test_places() -> None:
    assert phrases.place_text(Culprit("f", "/src/pool.go", 88)) == "/src/pool.go:88"
    assert phrases.place_text(Culprit("f", "/src/pool.go", 0)) == "/src/pool.go"
    assert phrases.place_text(Culprit("f", "", 0)) == ""
    assert phrases.short_place_text(Culprit("f", r"C:\src\pool.go", 88)) == "pool.go:88"


def test_instances_say_how_many_of_how_many(leak: Diagnosis) -> None:
    first = leak.findings[0]
    assert phrases.instances_text(first, leak) == "on 2 of 3 instances: 10.0.3.7:6060, 10.0.3.8:6060"
    assert phrases.instances_text(replace(first, instances=()), leak) == ""
    assert phrases.instances_text(replace(first, instances=("a",)), replace(leak, targets=leak.targets[:1])) == "on a"
    many = replace(first, instances=tuple("abcdef"))
    assert phrases.instances_text(many, leak) == "on 6 of 6 instances: a, b, c and 3 more"


def test_what_only_the_affected_instances_run_is_said(leak: Diagnosis) -> None:
    first = replace(leak.findings[0], instances=("a", "b"))

    def running(*revisions: str, go_versions: tuple[str, ...] = ("", "", "")) -> str:
        targets = tuple(
            replace(leak.targets[0], instance=name, revision=revision, go_version=go_version)
            for name, revision, go_version in zip("abc", revisions, go_versions, strict=True)
        )
        return phrases.instances_text(first, replace(leak, targets=targets)).removeprefix("on 2 of 3 instances: a, b")

    assert running("9f3e", "9f3e", "4ac1") == "; only these run revision 9f3e, the others 4ac1"
    assert (
        running("", "", "", go_versions=("go1.27.3", "go1.27.3", "go1.26.6")) == "; only these run Go 1.27.3, the others 1.26.6"
    )
    assert running("9f3e", "4ac1", "4ac1") == ""
    assert running("9f3e", "9f3e", "9f3e") == ""
    assert running("9f3e", "9f3e", "") == ""
    assert running("9f3e", "", "4ac1") == ""


def test_what_was_not_looked_at_is_grouped_by_what_is_missing(leak: Diagnosis) -> None:
    assert list(phrases.not_looked_at(leak)) == [
        "goroutineleak of 10.0.3.7:6060: 404: needs Go 1.27",
        "goroutine of 10.0.3.9:6060: no answer within 10 s",
        "service.log: line 3 is not a log line of any known transport",
        "not judged for want of heap baseline: heap-growth, heap-growth-map",
        "not judged for want of runtime.cpu_throttled_ratio: cpu-throttled",
    ]


def test_symptoms_of_symptoms_are_named_once(leak: Diagnosis) -> None:
    symptom = leak.findings[0].symptoms[0]
    deeper = replace(symptom, playbook="probe-failure", summary="probes failed")
    nested = replace(leak.findings[0], symptoms=(replace(symptom, symptoms=(deeper, deeper)), deeper))
    assert [found.playbook for found in phrases.all_symptoms(nested)] == ["gateway-502-reset", "probe-failure"]


def test_nothing_missing_yields_nothing(healthy: Diagnosis) -> None:
    assert list(phrases.not_looked_at(healthy)) == []
    assert list(phrases.not_looked_at(replace(healthy, not_evaluated=(NotEvaluated("a", ("heap",)),)))) == [
        "not judged for want of heap: a"
    ]
