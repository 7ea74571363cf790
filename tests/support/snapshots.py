"""Snapshots for tests of the stages behind parsing: built by hand, or read from recorded bundles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from cattrs import Converter

from bot.model.benign import Benign
from bot.model.evidence import Bundle, Evidence, Kind, Target
from bot.model.goroutines import Frame, GoroutineDump, GoroutineGroup, Member
from bot.model.snapshot import Parsed, Reading, Snapshot
from bot.parse.read import read

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
TARGET = Target("checkout", "shop-1")
INTERVAL = timedelta(seconds=5)
RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
BENIGN_FILE = Path(__file__).parents[2] / "playbooks" / "_shared" / "benign.yaml"
KINDS = {
    "goroutine.pb.gz": Kind.GOROUTINE,
    "goroutine.debug1.txt": Kind.GOROUTINE,
    "goroutine.txt": Kind.GOROUTINE,
    "goroutineleak.txt": Kind.GOROUTINELEAK,
    "heap.pb.gz": Kind.HEAP,
    "mutex.pb.gz": Kind.MUTEX,
    "metrics.txt": Kind.METRICS,
    "history.json": Kind.HISTORY,
    "service.log": Kind.SERVICE_LOG,
    "gateway.log": Kind.GATEWAY_LOG,
    "kernel.log": Kind.KERNEL_LOG,
    "kubelet.log": Kind.KUBELET_LOG,
    "pods.json": Kind.PODS,
    "events.json": Kind.EVENTS,
}


def frames(*calls: str) -> tuple[Frame, ...]:
    """Return frames written as `function` or `function file:line`, innermost first."""
    stack = []
    for call in calls:
        function, _, place = call.partition(" ")
        file, _, line = place.rpartition(":")
        stack.append(Frame(function, file, int(line or 0)))
    return tuple(stack)


def group(state: str, count: int, *calls: str, created_by: str = "", members: Iterable[Member] = ()) -> GoroutineGroup:
    """Return a group; `calls` as for `frames`."""
    creator = frames(created_by)[0] if created_by else None
    return GoroutineGroup(state=state, stack=frames(*calls), count=count, created_by=creator, members=tuple(members))


def dump(*groups: GoroutineGroup, form: str = "proto", leak_profile: bool = False, truncated: bool = False) -> GoroutineDump:
    """Return a dump of these groups."""
    total = sum(found.count for found in groups)
    return GoroutineDump(form=form, groups=groups, seen=total, parsed=total, leak_profile=leak_profile, truncated=truncated)


def parsed(name: str, reading: Reading, *, sample: int = 0, target: Target | None = TARGET, at: datetime = NOW) -> Parsed:
    """Return a reading with evidence of a file's name in a bundle; the second sample is taken five seconds later."""
    evidence = Evidence(
        kind=KINDS[name],
        name=name,
        content=b"",
        source="test",
        collected_at=at + sample * INTERVAL,
        target=target,
        sample=sample,
    )
    return Parsed(evidence, reading)


def snapshot(*readings: Parsed, baseline: Snapshot | None = None, about: dict[str, str] | None = None) -> Snapshot:
    """Return a snapshot of these readings."""
    evidence = tuple(item.evidence for item in readings)
    bundle = Bundle(service="checkout", taken_at=NOW, targets=(TARGET,), evidence=evidence, about=about or {})
    return Snapshot(bundle=bundle, parsed=readings, baseline=baseline)


def recorded(directory: str, *names: str) -> Snapshot:
    """Read a recorded bundle, of it only the files of these names where any are given."""
    readings = []
    for sample, folder in ((0, RECORDED / directory), (1, RECORDED / directory / "second")):
        for name in KINDS:
            path = folder / name
            if path.exists() and (not names or name in names):
                empty = parsed(name, GoroutineDump(form="", groups=(), seen=0, parsed=0), sample=sample)
                readings.append(read(replace(empty.evidence, content=path)))
    return snapshot(*readings)


def shared_benign() -> Benign:
    """Return the benign patterns that ship with the playbooks."""
    return Converter(forbid_extra_keys=True).structure(yaml.safe_load(BENIGN_FILE.read_text(encoding="utf-8")), Benign)
