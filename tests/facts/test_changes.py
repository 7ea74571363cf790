from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from snapshots import NOW, dump, frames, group, parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.digest import digest
from bot.model.evidence import Target
from bot.model.goroutines import GoroutineGroup
from bot.model.profiles import MetricPoint, MetricsPage, Profile, ProfileSample
from bot.model.snapshot import KubernetesList, Parsed, Snapshot

HOUR_AGO = NOW - timedelta(hours=1)
Change = tuple[str, str | None, str | None]


def changes(before: list[Parsed], now: list[Parsed]) -> list[Change]:
    found = derive(snapshot(*now, baseline=snapshot(*before)), benign=shared_benign())
    return [(row.kind, row.before, row.after) for row in found.changes]


def page(go: str, revision: str) -> Parsed:
    points: dict[str, tuple[MetricPoint, ...]] = {
        "go_info": (MetricPoint((("version", go),), 1),),
        "shop_build_info": (MetricPoint((("revision", revision),), 1),),
    }
    return parsed("metrics.txt", MetricsPage(points=points))


def pods(count: int, image: str, **variables: str) -> Parsed:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    item: dict[str, Any] = {"metadata": {"name": "shop-1"}, "spec": {"containers": [{"image": image, "env": env}]}}
    return parsed("pods.json", KubernetesList((item,) * count), target=None)


def test_versions() -> None:
    assert changes([page("go1.26.6", "a1")], [page("go1.27.3", "b2")]) == [
        ("revision", "a1", "b2"),
        ("go_version", "go1.26.6", "go1.27.3"),
    ]
    assert changes([page("go1.27.3", "a1")], [page("go1.27.3", "a1")]) == []
    assert changes([], [page("go1.27.3", "a1")]) == []


def test_image_replicas_and_configuration_without_its_values() -> None:
    before, now = pods(2, "shop:1", REALM="ab", MODE="a"), pods(3, "shop:2", REALM="cd", REGION="eu")
    assert changes([before], [now]) == [
        ("image", "shop:1", "shop:2"),
        ("replicas", "2", "3"),
        ("config", "MODE, REALM", "REALM, REGION"),
    ]
    assert changes([pods(1, "shop:1", MODE="a")], [pods(1, "shop:1", MODE="b")]) == [("config", None, "MODE (other value)")]


def test_digests_compare_with_values_that_were_saved_as_they_are() -> None:
    kept, other = pods(1, "shop:1", MODE=digest("a")), pods(1, "shop:1", MODE="b")
    assert changes([pods(1, "shop:1", MODE="a")], [kept]) == []
    assert changes([kept], [other]) == [("config", None, "MODE (other value)")]


def test_pods_that_have_ended_are_no_replicas_and_the_newest_tells_the_configuration() -> None:
    def listed(*made: tuple[str, str, str]) -> Parsed:
        items = tuple(
            {
                "metadata": {"name": "shop", "creationTimestamp": f"2026-11-20T{hour}:00:00Z"},
                "spec": {"containers": [{"image": "shop:1", "env": [{"name": "MODE", "value": mode}]}]},
                "status": {"phase": phase},
            }
            for hour, phase, mode in made
        )
        return parsed("pods.json", KubernetesList(items), target=None)

    before = listed(("10", "Running", "a"), ("11", "Failed", "z"))
    assert changes([before], [listed(("12", "Failed", "z"), ("10", "Running", "a"))]) == []
    assert changes([before], [listed(("10", "Running", "a"), ("12", "Pending", "b"))]) == [
        ("replicas", "1", "2"),
        ("config", None, "MODE (other value)"),
    ]


def test_stacks_and_allocation_sites_that_the_baseline_did_not_have() -> None:
    def goroutines(*calls: str) -> Parsed:
        return parsed("goroutine.pb.gz", dump(*(group("select", 5, call) for call in calls)), at=HOUR_AGO)

    def heap(*calls: str) -> Parsed:
        samples = tuple(ProfileSample(frames(call), (1 << 20,)) for call in calls)
        return parsed("heap.pb.gz", Profile(value_types=(("inuse_space", "bytes"),), samples=samples), at=HOUR_AGO)

    old, new = "main.old o.go:1", "main.new n.go:2"
    assert changes([goroutines(old), heap(old)], [goroutines(old, new), heap(old, new)]) == [
        ("new_group", None, "main.new:2"),
        ("new_site", None, "main.new:2"),
    ]


def routine(*readings: Parsed) -> Snapshot:
    taken = snapshot(*readings)
    return replace(taken, bundle=replace(taken.bundle, routine=True))


def crowd(*groups: GoroutineGroup, sample: int = 0, instance: str = "shop-1", at: datetime = NOW) -> Parsed:
    return parsed("goroutine.pb.gz", dump(*groups), sample=sample, target=Target("checkout", instance), at=at)


def test_growth_is_not_measured_from_a_baseline_that_was_taken_as_a_routine() -> None:
    quiet = (crowd(group("chan send", 3, "main.work w.go:7"), at=HOUR_AGO), metrics(goroutines=20, threads=5, at=HOUR_AGO))
    busy = (
        crowd(group("chan send", 300, "main.work w.go:7")),
        crowd(group("chan send", 301, "main.work w.go:7"), sample=1),
        metrics(goroutines=6000, threads=90),
    )
    found = derive(snapshot(*busy, baseline=routine(*quiet)), benign=shared_benign())
    assert [(row.count, row.count_change) for row in found.goroutine_groups] == [(300, 1)]
    assert found.runtime[0].threads_change is None
    assert found.metric_series == ()
    asked = derive(snapshot(*busy, baseline=snapshot(*quiet)), benign=shared_benign())
    assert [row.count_change for row in asked.goroutine_groups] == [298]


def test_after_a_rollout_the_pods_have_other_names() -> None:
    def one(instance: str, revision: str, at: datetime) -> Parsed:
        return replace_target(page("go1.27.3", revision), instance, at)

    before = routine(one("shop-a", "v1.41", HOUR_AGO), one("shop-b", "v1.41", HOUR_AGO))
    now = snapshot(one("shop-c", "v1.42", NOW), one("shop-d", "v1.42", NOW), baseline=before)
    found = derive(now, benign=shared_benign()).changes
    assert [(row.kind, row.before, row.after, row.instance) for row in found] == [
        ("revision", "v1.41", "v1.42", "shop-c"),
        ("revision", "v1.41", "v1.42", "shop-d"),
    ]


def test_a_new_version_came_when_the_process_was_started() -> None:
    started = NOW - timedelta(minutes=2)
    before, now = page("go1.27.3", "a1"), page("go1.27.3", "b2")
    assert isinstance(now.reading, MetricsPage)
    points = {**now.reading.points, "process_start_time_seconds": (MetricPoint((), started.timestamp()),)}
    taken = snapshot(
        replace(now, reading=MetricsPage(points=points)), baseline=snapshot(replace_target(before, "shop-1", HOUR_AGO))
    )
    assert [row.changed_at for row in derive(taken, benign=shared_benign()).changes] == [started]


def test_what_only_libraries_do_and_a_chance_sample_of_the_heap_are_no_changes() -> None:
    def heap(*samples: tuple[str, int]) -> Parsed:
        found = tuple(ProfileSample(frames(call), (size,)) for call, size in samples)
        return parsed("heap.pb.gz", Profile(value_types=(("inuse_space", "bytes"),), samples=found))

    own, library = group("select", 5, "main.old o.go:1"), group("IO wait", 9, "net/http.(*conn).serve server.go:1")
    before, now = (
        [crowd(own, at=HOUR_AGO), heap(("main.old o.go:1", 1 << 20))],
        [crowd(own, library), heap(("main.new n.go:2", 4096))],
    )
    assert changes(before, now) == []


def metrics(*, goroutines: int, threads: int, at: datetime = NOW) -> Parsed:
    points: dict[str, tuple[MetricPoint, ...]] = {
        "go_goroutines": (MetricPoint((), goroutines),),
        "go_threads": (MetricPoint((), threads),),
    }
    return parsed("metrics.txt", MetricsPage(points=points), at=at)


def replace_target(item: Parsed, instance: str, at: datetime) -> Parsed:
    return replace(item, evidence=replace(item.evidence, target=Target("checkout", instance), collected_at=at))
