"""`runtime`: the process as a whole, from its metrics page.

Metric names are those of the Go client of Prometheus (https://github.com/prometheus/client_golang), of cAdvisor and of
kube-state-metrics.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.facts.census import Census, SeenGroup, entry_of
from bot.facts.numbers import ratio
from bot.facts.pages import Page, go_version_of, pages_of, revision_of
from bot.facts.readings import Instance, seconds_between
from bot.model.evidence import Kind
from bot.model.facts import PodRow, RuntimeRow
from bot.model.logs import LogReading
from bot.model.profiles import Profile

NO_MEMORY_LIMIT = 1 << 60
"""GOMEMLIMIT that is not set reads 2^63-1 bytes, a cgroup without limit nearly as much."""

_TRACED = ("gc_cpu_ratio", "gc_pause_max_seconds", "gomaxprocs", "threads")
"""Columns that trace lines know, too."""

_READ_LOOP = "net/http.(*persistConn).readLoop"
_READS_BODY = "net/http.(*bodyEOFSignal).Read"

_GO_VERSION = re.compile(r"go1\.(\d+)")


def runtime(instance: Instance, census: Census | None, pod: PodRow | None, about: Mapping[str, str]) -> RuntimeRow | None:
    """Return the row of one instance; None when neither metrics nor goroutines nor trace lines of it are known.

    Lines of `gctrace` and `schedtrace` in its log fill what the metrics do not say.

    Args:
        instance: its metrics pages and logs.
        census: its goroutines.
        pod: the pod it runs in, for limits.
        about: what the recording says of itself (`go_version`, `revision`), where the page does not.
    """
    row = _from_metrics(instance, census, pod, about) or (_without_metrics(instance, census, about) if census else None)
    return _with_trace_lines(row, instance)


def _from_metrics(instance: Instance, census: Census | None, pod: PodRow | None, about: Mapping[str, str]) -> RuntimeRow | None:
    pages = pages_of(instance.now)
    if not pages:
        return None
    page, later = pages[0], pages[-1] if len(pages) > 1 else None
    goroutines = page.whole("go_goroutines")
    started = page.page.value("process_start_time_seconds")
    open_fds, max_fds = page.whole("process_open_fds"), page.whole("process_max_fds")
    version = go_version_of(page.page) or about.get("go_version")
    row = RuntimeRow(
        goroutines=goroutines if goroutines is not None or census is None else census.total,
        threads=page.whole("go_threads") or _threads(instance),
        open_fds=open_fds,
        max_fds=max_fds,
        open_fds_ratio=ratio(open_fds, max_fds),
        uptime_seconds=max(0.0, page.at.timestamp() - started) if started else None,
        go_version=version,
        go_minor=go_minor(version),
        revision=revision_of(page.page) or about.get("revision"),
        goroutines_per_connection=ratio(goroutines, _connections(census)),
        runnable_goroutines=_runnable(census),
        unread_response_bodies=_unread_bodies(census),
        target=instance.name,
        evidence=page.evidence.name,
    )
    return _with_changes(_with_processors(_with_memory(row, page, pod), page, later, pod), instance)


def go_minor(version: str | None) -> int | None:
    """Return the minor version as a number.

    >>> go_minor("go1.27.3"), go_minor(None)
    (27, None)
    """
    found = _GO_VERSION.search(version) if version else None
    return int(found[1]) if found else None


def _without_metrics(instance: Instance, census: Census, about: Mapping[str, str]) -> RuntimeRow:
    return RuntimeRow(
        goroutines=census.total,
        threads=_threads(instance),
        go_version=about.get("go_version"),
        go_minor=go_minor(about.get("go_version")),
        revision=about.get("revision"),
        goroutines_per_connection=ratio(census.total, _connections(census)),
        runnable_goroutines=_runnable(census),
        unread_response_bodies=_unread_bodies(census),
        target=instance.name,
        evidence=census.evidence.name,
    )


def _with_trace_lines(row: RuntimeRow | None, instance: Instance) -> RuntimeRow | None:
    """Fill what is unknown from the trace lines of the newest log that has any."""
    found = next(((evidence, log.runtime_trace) for evidence, log in instance.now.of(LogReading) if log.runtime_trace), None)
    if found is None:
        return row
    evidence, trace = found
    known = row or RuntimeRow(target=instance.name, evidence=evidence.name)
    values = {name: getattr(known, name) for name in _TRACED}
    filled = replace(known, **{name: getattr(trace, name) if value is None else value for name, value in values.items()})
    return replace(filled, runnable_per_processor=ratio(filled.runnable_goroutines, filled.gomaxprocs))


def _with_memory(row: RuntimeRow, page: Page, pod: PodRow | None) -> RuntimeRow:
    limit = (pod.memory_limit_bytes if pod else None) or _memory_limit(page)
    resident, heap = page.whole("process_resident_memory_bytes"), page.whole("go_memstats_heap_inuse_bytes")
    memlimit = page.whole("go_gc_gomemlimit_bytes", "go_memlimit_bytes")
    limited = memlimit < NO_MEMORY_LIMIT if memlimit is not None else None
    return replace(
        row,
        resident_bytes=resident,
        memory_limit_bytes=limit,
        resident_limit_ratio=ratio(resident, limit),
        gomemlimit_set=limited,
        gomemlimit_bytes=memlimit if limited else None,
        heap_inuse_bytes=heap,
        heap_limit_ratio=ratio(heap, limit),
        stack_inuse_bytes=page.whole("go_memstats_stack_inuse_bytes"),
    )


def _with_processors(row: RuntimeRow, page: Page, later: Page | None, pod: PodRow | None) -> RuntimeRow:
    quota = ratio(page.page.value("container_spec_cpu_quota"), page.page.value("container_spec_cpu_period"))
    cores = (pod.cpu_limit_cores if pod else None) or _resource_limit(page, "cpu") or quota
    gomaxprocs = page.whole("go_sched_gomaxprocs_threads")
    spent, total = "go_cpu_classes_gc_total_cpu_seconds_total", "go_cpu_classes_total_cpu_seconds_total"
    gc_cpu = _rate_ratio(page, later, spent, total) if later else ratio(page.page.value(spent), page.page.value(total))
    used = _increase(page, later, "process_cpu_seconds_total")
    seconds = seconds_between(page.at, later.at) if later else None
    available = cores or gomaxprocs
    pauses = page.page.points.get("go_gc_duration_seconds", ())
    return replace(
        row,
        gomaxprocs=gomaxprocs,
        cpu_limit_cores=cores,
        gomaxprocs_limit_ratio=ratio(gomaxprocs, cores),
        runnable_per_processor=ratio(row.runnable_goroutines, gomaxprocs),
        gc_pause_max_seconds=next((point.value for point in pauses if point.label("quantile") == "1"), None),
        gc_cpu_ratio=gc_cpu if gc_cpu is not None else page.page.value("go_memstats_gc_cpu_fraction"),
        cpu_throttled_ratio=_rate_ratio(
            page, later, "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"
        ),
        cpu_used_ratio=ratio(used, seconds * available if seconds and available else None),
    )


def _with_changes(row: RuntimeRow, instance: Instance) -> RuntimeRow:
    """Add changes from the earliest page (the baseline's, where there is one) to the latest."""
    pages = [*pages_of(instance.before)[:1], *pages_of(instance.now)]

    def change(name: str) -> int | None:
        first, last = pages[0].whole(name), pages[-1].whole(name)
        return last - first if len(pages) > 1 and first is not None and last is not None else None

    return replace(
        row,
        goroutines_change=change("go_goroutines"),
        threads_change=change("go_threads"),
        open_fds_change=change("process_open_fds"),
        heap_inuse_change_bytes=change("go_memstats_heap_inuse_bytes"),
    )


def _memory_limit(page: Page) -> int | None:
    limit = _resource_limit(page, "memory") or page.whole("container_spec_memory_limit_bytes")
    return int(limit) if limit and limit < NO_MEMORY_LIMIT else None


def _resource_limit(page: Page, resource: str) -> float | None:
    points = page.page.points.get("kube_pod_container_resource_limits", ())
    return next((point.value for point in points if point.label("resource") == resource), None)


def _increase(page: Page, later: Page | None, name: str) -> float | None:
    """Return by how much a counter rose between two samples; None with one sample, or when it was reset."""
    first, last = page.page.value(name), later.page.value(name) if later else None
    return last - first if first is not None and last is not None and last >= first else None


def _rate_ratio(page: Page, later: Page | None, part: str, whole: str) -> float | None:
    return ratio(_increase(page, later, part), _increase(page, later, whole))


def _threads(instance: Instance) -> int | None:
    """Return the thread count of the threadcreate profile; None without one."""
    totals = [sum(sample.values[0] for sample in profile.samples) for _, profile in instance.now.of(Profile, Kind.THREADCREATE)]
    return totals[0] if totals else None


def _connections(census: Census | None) -> int | None:
    """Return how many inbound HTTP connections are open: one goroutine each."""
    if census is None:
        return None
    return sum(seen.group.count for seen in census.groups if entry_of(seen.group.stack) == "net/http.(*conn).serve")


def _runnable(census: Census | None) -> int | None:
    """Return how many goroutines run or could; None when the evidence does not say what they do."""
    if census is None or not any(seen.group.state for seen in census.groups):
        return None
    return sum(seen.group.count for seen in census.groups if seen.group.state in {"runnable", "running"})


def _unread_bodies(census: Census | None) -> int | None:
    """Return how many answers wait for a reader (`waitForBodyRead` in net/http/transport.go), less those that have one."""
    if census is None:
        return None
    open_bodies = sum(seen.group.count for seen in census.groups if seen.group.state == "select" and _has(seen, _READ_LOOP))
    return max(0, open_bodies - sum(seen.group.count for seen in census.groups if _has(seen, _READS_BODY)))


def _has(seen: SeenGroup, function: str) -> bool:
    return any(frame.function == function for frame in seen.group.stack)
