"""Snapshot → `Facts`: every table of every instance. Start reading here; each table has its own function elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from bot.facts.allocations import allocation_growth, allocation_sites, heaps_of
from bot.facts.calls import blocked_calls
from bot.facts.census import take_census
from bot.facts.changes import new_code, platform_changes, version_changes
from bot.facts.channels import channel_waits
from bot.facts.collection import collection, failed_collection
from bot.facts.contention import contention_sites
from bot.facts.crashes import crashes
from bot.facts.culprit import Ownership, infer_own_modules
from bot.facts.entries import goroutine_entries
from bot.facts.exits import exits
from bot.facts.fleet import growth_against_others
from bot.facts.goroutines import goroutine_groups
from bot.facts.growth import Growth, goroutine_growth, growth_of
from bot.facts.history import with_history
from bot.facts.kubelet import kubelet_events
from bot.facts.kubernetes import events, pods
from bot.facts.locks import lock_waits, wait_cycles
from bot.facts.logs import gateway_errors, log_events, races
from bot.facts.pages import build_path_of
from bot.facts.readings import Instance, instances_of
from bot.facts.runtime import runtime
from bot.facts.series import db_pools, metric_series
from bot.facts.waitgraph import wait_graph
from bot.model.benign import Benign
from bot.model.facts import ChangeRow, Facts, PodRow, RuntimeRow
from bot.model.goroutines import Frame, GoroutineDump
from bot.model.logs import LogReading
from bot.model.profiles import MetricsPage, Profile
from bot.model.snapshot import Snapshot


def derive(snapshot: Snapshot, *, benign: Benign, own_modules: tuple[str, ...] = ()) -> Facts:
    """Return the fact tables of a snapshot.

    Rows of one instance stand together, in the order of the snapshot's evidence; among them the most important come first.

    Args:
        snapshot: what was read, with the baseline it is compared to.
        benign: goroutines known to be harmless.
        own_modules: import paths of the service's own code; the main module is inferred where none is given.
    """
    instances = instances_of(snapshot)
    ownership = Ownership(own_modules or _inferred_modules(instances))
    platform_events = events(instances) or kubelet_events(instances, snapshot.bundle.service)
    pod_rows = pods(instances, platform_events, snapshot.taken_at)
    of_instances = []
    growths = [growth_of(instance) for instance in instances]
    for instance, growth in zip(instances, growths, strict=True):
        pod = next((row for row in pod_rows if row.target and row.target == instance.name), None)
        of_instances.append(_facts_of(instance, growth, pod, about=snapshot.bundle.about, ownership=ownership, benign=benign))
    of_service = Facts(
        events=tuple(platform_events),
        pods=tuple(pod_rows),
        exits=tuple(exits(instances, platform_events, snapshot.taken_at)),
        changes=tuple(platform_changes(instances)),
        goroutine_growth=tuple(growth_against_others(growths, ownership)),
        collection=tuple(failed_collection(snapshot.bundle.failures)),
    )
    facts = _joined([*of_instances, of_service])
    targets = [target.instance for target in snapshot.bundle.targets]
    return replace(facts, metric_series=with_history(facts.metric_series, instances, targets, facts.runtime))


def _facts_of(
    instance: Instance, growth: Growth, pod: PodRow | None, *, about: dict[str, str], ownership: Ownership, benign: Benign
) -> Facts:
    """Return the tables that are derived from the evidence of one instance alone."""
    census = take_census(instance.now)
    process = runtime(instance, census, pod, about)
    heaps = heaps_of(instance, ownership)
    site_growth = allocation_growth(heaps, _headroom(process))
    facts = Facts(
        crashes=tuple(crashes(instance, ownership)),
        gateway_errors=tuple(gateway_errors(instance)),
        changes=(*version_changes(instance), *_new_code(instance, ownership)),
        log_events=tuple(log_events(instance)),
        races=tuple(races(instance, ownership)),
        runtime=(process,) if process else (),
        db_pools=tuple(db_pools(instance)),
        goroutine_growth=tuple(goroutine_growth(growth, ownership)),
        contention_sites=tuple(contention_sites(instance, ownership)),
        allocation_sites=tuple(allocation_sites(heaps)),
        allocation_growth=tuple(site_growth),
        metric_series=tuple(metric_series(instance)),
        collection=tuple(collection(instance)),
    )
    if census is None:
        return facts
    graph = wait_graph(census)
    return replace(
        facts,
        goroutine_groups=tuple(goroutine_groups(census, growth, ownership, benign)),
        goroutine_entries=tuple(goroutine_entries(census, growth)),
        blocked_calls=tuple(blocked_calls(census, ownership)),
        lock_waits=tuple(lock_waits(graph, ownership)),
        wait_cycles=tuple(wait_cycles(graph, ownership)),
        channel_waits=tuple(channel_waits(census, ownership)),
    )


def _new_code(instance: Instance, ownership: Ownership) -> list[ChangeRow]:
    if not instance.healthy.parsed:
        return []
    since_healthy = replace(instance, before=instance.healthy)
    sites = allocation_growth(heaps_of(since_healthy, ownership), None)
    return new_code(growth_of(since_healthy), sites, ownership)


def _joined(parts: Sequence[Facts]) -> Facts:
    """Return one set of tables with the rows of all parts."""
    tables: dict[str, Any] = {
        item.name: tuple(row for part in parts for row in getattr(part, item.name)) for item in fields(Facts)
    }
    return Facts(**tables)


def _headroom(process: RuntimeRow | None) -> int | None:
    """Return how many bytes the process may still take; None when its size or its limit is unknown."""
    if process is None or process.memory_limit_bytes is None:
        return None
    taken = process.resident_bytes or process.heap_inuse_bytes
    return max(0, process.memory_limit_bytes - taken) if taken is not None else None


def _inferred_modules(instances: Sequence[Instance]) -> tuple[str, ...]:
    """Return the main module by a metric that names it, else by the goroutines and crashes, else by the profiles."""
    paths = (build_path_of(page) for instance in instances for _, page in instance.now.of(MetricsPage))
    build_path = next(filter(None, paths), "")
    profiles = (profile for instance in instances for _, profile in instance.now.of(Profile))
    sampled = (sample.stack for profile in profiles for sample in profile.samples)
    return infer_own_modules(_goroutine_stacks(instances), build_path) or infer_own_modules(sampled)


def _goroutine_stacks(instances: Sequence[Instance]) -> Iterator[tuple[Frame, ...]]:
    """Yield the stacks of goroutines, with the function that started each at its outer end."""
    for instance in instances:
        for _, dump in instance.now.of(GoroutineDump):
            yield from _dump_stacks(dump)
        for _, log in instance.now.of(LogReading):
            for dump in log.dumps:
                yield from _dump_stacks(dump)
            for crash in log.crashes:
                yield (*crash.stack, *([crash.created_by] if crash.created_by else []))
            for race in log.races:
                yield from (race.stack, race.previous_stack)


def _dump_stacks(dump: GoroutineDump) -> Iterator[tuple[Frame, ...]]:
    for group in dump.groups:
        yield (*group.stack, *([group.created_by] if group.created_by else []))
