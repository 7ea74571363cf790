from __future__ import annotations

from datetime import timedelta
from typing import Any

from snapshots import NOW, dump, frames, group, parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.profiles import MetricPoint, MetricsPage, Profile, ProfileSample
from bot.model.snapshot import KubernetesList, Parsed

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


def test_stacks_and_allocation_sites_that_the_baseline_did_not_have() -> None:
    def goroutines(*calls: str) -> Parsed:
        return parsed("goroutine.pb.gz", dump(*(group("select", 5, call) for call in calls)), at=HOUR_AGO)

    def heap(*calls: str) -> Parsed:
        samples = tuple(ProfileSample(frames(call), (100,)) for call in calls)
        return parsed("heap.pb.gz", Profile(value_types=(("inuse_space", "bytes"),), samples=samples), at=HOUR_AGO)

    old, new = "main.old o.go:1", "main.new n.go:2"
    assert changes([goroutines(old), heap(old)], [goroutines(old, new), heap(old, new)]) == [
        ("new_group", None, "main.new:2"),
        ("new_site", None, "main.new:2"),
    ]
