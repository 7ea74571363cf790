from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from snapshots import NOW, TARGET, parsed, shared_benign, snapshot

from bot.errors import ParseError
from bot.facts.derive import derive
from bot.facts.kubernetes import quantity
from bot.model.facts import Facts
from bot.model.snapshot import KubernetesList, Parsed, Snapshot
from bot.parse.kubernetes import parse_kubernetes


def at(minutes: int) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def pod(
    name: str = TARGET.instance, *, restarts: int = 0, ended: dict[str, Any] | None = None, **status: object
) -> dict[str, Any]:
    container = {"name": "checkout", "restartCount": restarts, "lastState": {"terminated": ended} if ended else {}}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "creationTimestamp": at(-90)},
        "spec": {
            "nodeName": "node-4",
            "containers": [{"name": "checkout", "image": "registry.example.com:5000/shop/checkout:4f2a91c"}],
        },
        "status": {"phase": "Running", "startTime": at(-60), "containerStatuses": [container], **status},
    }


def event(reason: str, message: str, about: str = f"Pod/{TARGET.instance}", *, minute: int = 0, count: int = 1) -> dict[str, Any]:
    kind, _, name = about.partition("/")
    return {
        "reason": reason,
        "message": message,
        "involvedObject": {"kind": kind, "name": name},
        "count": count,
        "firstTimestamp": at(minute - 5),
        "lastTimestamp": at(minute),
    }


def pods(*items: dict[str, Any]) -> Parsed:
    return parsed("pods.json", KubernetesList(items), target=None)


def events(*items: dict[str, Any]) -> Parsed:
    return parsed("events.json", KubernetesList(items), target=None)


def facts(*readings: Parsed, baseline: Snapshot | None = None) -> Facts:
    return derive(snapshot(*readings, baseline=baseline), benign=shared_benign())


def ended(reason: str, code: int, minute: int = -1) -> dict[str, Any]:
    return {"reason": reason, "exitCode": code, "startedAt": at(minute - 2), "finishedAt": at(minute)}


def test_a_pod_that_was_killed_for_its_memory() -> None:
    found = facts(pods(pod("other"), pod(restarts=4, ended=ended("OOMKilled", 137))))
    row = found.pods[0]
    assert (row.name, row.restarts, row.oom_killed, row.last_exit_code, row.last_reason) == ("shop-1", 4, True, 137, "OOMKilled")
    assert (row.image, row.node, row.age_seconds) == ("registry.example.com:5000/shop/checkout:4f2a91c", "node-4", 3600)
    assert (found.pods[1].restarts, found.pods[1].oom_killed) == (0, False)
    end = found.exits[0]
    assert (end.exit_code, end.signal, end.requested_by, end.life_seconds) == (137, "SIGKILL", "kernel", 120)
    assert (end.revision, end.instance) == ("4f2a91c", "shop-1")


def test_a_pod_that_waits_to_be_started_again() -> None:
    item = pod(restarts=9)
    item["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}
    row = facts(pods(item)).pods[0]
    assert (row.waiting_reason, row.last_message, row.last_exit_code) == ("CrashLoopBackOff", "back-off 5m0s", None)


def test_restarts_since_the_baseline_and_probe_failures() -> None:
    probes = events(event("Unhealthy", "Liveness probe failed: timeout", count=6), event("Unhealthy", "x", "Pod/other", count=50))
    row = facts(pods(pod(restarts=9)), probes, baseline=snapshot(pods(pod(restarts=4)))).pods[0]
    assert (row.restarts_in_window, row.probe_failures) == (5, 6)
    assert facts(pods(pod())).pods[0].probe_failures is None


def test_a_pod_belongs_to_the_instance_of_its_name_or_address() -> None:
    metrics = parsed("metrics.txt", KubernetesList(()))
    assert facts(metrics, pods(pod())).pods[0].target == "shop-1"
    assert facts(pods(pod())).pods[0].target == ""


@pytest.mark.parametrize(
    ("said", "asker"),
    [
        (event("Killing", "Container checkout failed liveness probe, will be restarted"), "probe"),
        (event("Killing", "Stopping container checkout"), "operator"),
        (event("Evicted", "The node was low on resource: memory."), "eviction"),
        (event("ScalingReplicaSet", "Scaled down replica set shop to 0", "Deployment/shop"), "rollout"),
        (event("NodeNotReady", "Node is not ready", "Node/node-4"), "eviction"),
        (event("NodeNotReady", "Node is not ready", "Node/node-5"), None),
        (event("Killing", "Stopping container checkout", "Pod/other"), None),
        (event("Killing", "Stopping container checkout", minute=-60), None),
    ],
)
def test_who_asked_for_the_end(said: dict[str, Any], asker: str | None) -> None:
    assert facts(pods(pod(ended=ended("Error", 143))), events(said)).exits[0].requested_by == asker


def test_an_evicted_pod_says_it_itself() -> None:
    assert facts(pods(pod(ended=ended("Error", 143), reason="Evicted"))).exits[0].requested_by == "eviction"


def test_events_that_differ_in_numbers_are_one() -> None:
    found = facts(
        events(
            event("BackOff", "back-off 10s restarting", minute=-9, count=2),
            event("BackOff", "back-off 20s restarting", minute=-4, count=3),
            event("Pulled", "image is present", minute=-1),
        )
    )
    assert [(row.reason, row.object, row.count) for row in found.events] == [
        ("Pulled", "pod/shop-1", 1),
        ("BackOff", "pod/shop-1", 5),
    ]
    assert found.events[1].last_seen == NOW - timedelta(minutes=4)


def test_events_of_the_newer_kind() -> None:
    newer = {
        "reason": "Killing",
        "note": "Stopping",
        "regarding": {"kind": "Pod", "name": "shop-1"},
        "eventTime": at(0),
        "series": {"count": 4},
    }
    row = facts(events(newer)).events[0]
    assert (row.message, row.object, row.count, row.first_seen) == ("Stopping", "pod/shop-1", 4, NOW)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("250m", 0.25), ("1Gi", 1 << 30), ("512M", 512e6), ("1e3", 1000), ("", None), (None, None), ("x", None), (2, 2)],
)
def test_quantity(text: object, number: float | None) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize(
    "item", [{}, {"metadata": {}}, {"status": {"containerStatuses": [{}]}}, {"metadata": None, "spec": None}]
)
def test_objects_with_nothing_in_them(item: dict[str, Any]) -> None:
    found = facts(pods(item), events(item))
    assert (len(found.pods), len(found.events), found.exits) == (1, 1, ())


WHOLE = {
    **pod(restarts=2, ended={**ended("OOMKilled", 137), "message": "x", "signal": 9}),
    **event("Unhealthy", "Liveness probe failed"),
    "regarding": {"kind": "Pod", "name": TARGET.instance},
    "series": {"count": 2, "lastObservedTime": at(-1)},
    "note": "x",
}
WHOLE["metadata"] |= {"uid": "9f3c", "labels": {"app.kubernetes.io/version": "7"}}
WHOLE["spec"]["containers"][0] |= {"env": [{"name": "A", "value": "b"}], "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
WHOLE["status"] |= {"podIP": "10.0.0.7", "initContainerStatuses": [{"state": {"waiting": {"reason": "x", "message": "y"}}}]}


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


@pytest.mark.parametrize("path", list(places(WHOLE)), ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize(
    "odd", [None, 5, -1, 1e999, "", "x", "1e999", "2026-11-20T12:00:00", [], [None], {}, {"a": {"b": 1}}, True], ids=repr
)
def test_whatever_stands_in_a_field_facts_are_derived_or_it_is_refused(path: tuple[str | int, ...], odd: object) -> None:
    whole = copy.deepcopy(WHOLE)
    inner: Any = whole
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    try:
        found = parse_kubernetes(json.dumps({"kind": "List", "items": [whole]}).encode())
    except ParseError:
        return
    baseline = snapshot(pods(copy.deepcopy(WHOLE)))
    derived = facts(parsed("pods.json", found, target=None), parsed("events.json", found, target=None), baseline=baseline)
    for row in (*derived.pods, *derived.events, *derived.exits):
        hash(row)
