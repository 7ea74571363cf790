"""`metric_series` from the metrics history: each series of the service, cut to the current life and the last hours, as a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median

from bot.facts.numbers import ratio
from bot.facts.readings import Instance
from bot.facts.trend import Points, fit_ratio, folded, rate, rises, slope_per_second
from bot.model.evidence import Evidence
from bot.model.facts import MetricSeriesRow, RuntimeRow
from bot.model.history import HistorySeries, MetricsHistory

WINDOW_SECONDS = 6 * 3600
"""What is judged of a series: long enough for slow growth to stand out, short enough for a leak that a release brought today."""
STALE_SECONDS = 3600
"""A series that ended so long before the others is that of a process that is gone: it serves as yesterday only."""

GOROUTINES, RESIDENT, HEAP = "go_goroutines", "process_resident_memory_bytes", "go_memstats_heap_inuse_bytes"
FILES, MAX_FILES = "process_open_fds", "process_max_fds"
STARTED, PROCESSOR = "process_start_time_seconds", "process_cpu_seconds_total"
MEMORY_LIMIT, GOMEMLIMIT = "container_spec_memory_limit_bytes", "go_gc_gomemlimit_bytes"
SERIES = (
    GOROUTINES,
    "go_threads",
    HEAP,
    "go_memstats_stack_inuse_bytes",
    RESIDENT,
    FILES,
    "go_sql_in_use_connections",
)
"""Metrics that are a row: what may leak."""

_NO_LIMIT = float(1 << 60)
_DAY = 24 * 3600.0
_HALF_HOUR = 1800.0
_JITTER_SECONDS = 5.0
"""By which the start time of one process may differ: it is computed from clocks that are set."""
_LEAST_CORES = 0.01
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class _Process:
    """What the history knows of one process: its series by name, the newest of each name where there are several."""

    owner: str
    evidence: Evidence
    series: Mapping[str, HistorySeries]

    @property
    def ended_at(self) -> float:
        return max((series.points[-1].at for series in self.series.values()), default=0.0)

    def points(self, name: str) -> Points:
        """Return all points of a metric, none when it is not there."""
        return self.series[name].points if name in self.series else ()

    def last(self, name: str) -> float | None:
        """Return the last value of a metric where it is a number that limits anything."""
        points = self.points(name)
        return points[-1].value if points and 0 < points[-1].value < _NO_LIMIT else None


def with_history(
    rows: Iterable[MetricSeriesRow], instances: Sequence[Instance], targets: Sequence[str], runtime: Sequence[RuntimeRow]
) -> tuple[MetricSeriesRow, ...]:
    """Return the table with what the history knows: one row for each metric of an instance, that of the history before others.

    Args:
        rows: those from metrics pages; what they show of this run goes over to the row that takes their place.
        instances: where the history is.
        targets: names of the instances that were looked at.
        runtime: limits of the processes as they are now.
    """
    by_key = {(row.target, row.name): row for row in rows}
    now = {row.target: row for row in runtime}
    processes = _processes(instances, targets)
    end = max((process.ended_at for process in processes), default=0.0)
    for process in processes:
        if process.ended_at >= end - STALE_SECONDS:
            for row in _rows(process, now.get(process.owner), processes):
                seen = by_key.get((row.target, row.name), row)
                recent = replace(row, recent_ratio=seen.recent_ratio, recent_per_hour=seen.recent_per_hour)
                by_key[row.target, row.name] = recent
    order = {target: place for place, target in enumerate(dict.fromkeys(target for target, _ in by_key))}
    return tuple(sorted(by_key.values(), key=lambda row: (order[row.target], -abs(row.change_ratio or 0), row.name)))


def _processes(instances: Sequence[Instance], targets: Sequence[str]) -> list[_Process]:
    """Sort the series of all histories by process."""
    found = [
        (evidence, series)
        for instance in instances
        for evidence, read in instance.now.of(MetricsHistory)
        for series in read.series
    ]
    labels = {_label(series) for _, series in found}
    sorted_out: defaultdict[str, list[tuple[Evidence, HistorySeries]]] = defaultdict(list)
    for evidence, series in found:
        if series.points:
            owner = evidence.instance or _owner(series, targets, only=len(labels) == 1)
            sorted_out[owner].append((evidence, series))
    return [_process(owner, owned) for owner, owned in sorted_out.items()]


def _process(owner: str, owned: Sequence[tuple[Evidence, HistorySeries]]) -> _Process:
    newest: dict[str, HistorySeries] = {}
    for _, series in sorted(owned, key=lambda item: item[1].points[-1]):
        newest[series.name] = series
    return _Process(owner, owned[0][0], newest)


def _label(series: HistorySeries) -> str:
    return series.label("instance") or series.label("pod")


def _owner(series: HistorySeries, targets: Sequence[str], *, only: bool) -> str:
    """Return whose series it is: the target of that name or host, the only target of an only process, else its own label."""
    labels = [label for label in (series.label("instance"), series.label("pod")) if label]
    named = next((label for label in labels if label in targets), "")
    hosts = [target for target in targets if labels and _host(target) == _host(labels[0])]
    if named or len(hosts) == 1:
        return named or hosts[0]
    return targets[0] if only and len(targets) == 1 else next(iter(labels), "")


def _host(place: str) -> str:
    """Return the host of `host:port`.

    >>> _host("10.0.3.7:6060"), _host("[fd00::7]:6060"), _host("shop-1")
    ('10.0.3.7', '[fd00::7]', 'shop-1')
    """
    host, colon, port = place.rpartition(":")
    return host if colon and port.isdecimal() else place


def _rows(process: _Process, now: RuntimeRow | None, all_processes: Sequence[_Process]) -> list[MetricSeriesRow]:
    born_at, restarted = _birth(process.points(STARTED))
    window = max(born_at, process.ended_at - WINDOW_SECONDS)
    load = _load_change([point for point in process.points(PROCESSOR) if point.at >= window])
    rows = []
    for name in SERIES:
        points = [point for point in process.points(name) if point.at >= window]
        if len(points) > 1:
            row = _row(process, name, points, _limit(process, name, now))
            day = ratio(_shortly_before(points, points[-1].at), _day_before(process, name, points[-1].at - _DAY, all_processes))
            rows.append(replace(row, restarted=restarted, day_ratio=day, load_change_ratio=load))
    memory = next((row.seconds_to_limit for row in rows if row.name == RESIDENT), None)
    return [replace(row, seconds_to_limit=memory) if row.name == GOROUTINES and row.monotonic else row for row in rows]


def _row(process: _Process, name: str, points: Points, limit: float | None) -> MetricSeriesRow:
    spans = folded(points)
    first, last = points[0].value, points[-1].value
    per_second = slope_per_second(spans)
    rising = rises(spans)
    left = ratio(limit - last, per_second) if limit is not None and rising else None
    per_hour = per_second * 3600 if per_second is not None else None
    return MetricSeriesRow(
        name=name,
        first=first,
        last=last,
        change_ratio=ratio(last - first, first),
        slope_per_hour=per_hour,
        monotonic=rising,
        span_seconds=points[-1].at - points[0].at,
        points=len(points),
        hourly_ratio=ratio(per_hour, first),
        fit_ratio=fit_ratio(spans),
        limit=limit,
        seconds_to_limit=max(0.0, left) if left is not None else None,
        target=process.owner,
        evidence=process.evidence.name,
        locator=f"{name} of {process.owner}" if process.owner else name,
        excerpt=_drawn(spans, points),
    )


def _birth(starts: Points) -> tuple[float, bool | None]:
    """Return since when the current life was seen, and whether another one was seen before it; None when nobody knows."""
    if not starts:
        return 0.0, None
    current = starts[-1].value
    before = [point.at for point in starts if abs(point.value - current) > _JITTER_SECONDS]
    return (next(point.at for point in starts if point.at > before[-1]), True) if before else (0.0, False)


def _limit(process: _Process, name: str, now: RuntimeRow | None) -> float | None:
    if name == FILES:
        return process.last(MAX_FILES) or (now.max_fds if now else None)
    if name not in (RESIDENT, HEAP):
        return None
    hard = (now.memory_limit_bytes if now else None) or process.last(MEMORY_LIMIT)
    return hard or process.last(GOMEMLIMIT) or (now.gomemlimit_bytes if now else None)


def _load_change(points: Points) -> float | None:
    """Return how the processor time used per second changed from the first third of the points to the last."""
    third = len(points) // 3
    early, late = rate(points[: third + 1]), rate(points[-third - 1 :])
    return (late - early) / max(early, _LEAST_CORES) if third and early is not None and late is not None else None


def _shortly_before(points: Points, at: float) -> float | None:
    """Return the median of the values in the half hour up to a time; None when there are none."""
    near = [point.value for point in points if 0 <= at - point.at <= _HALF_HOUR]
    return median(near) if near else None


def _day_before(process: _Process, name: str, at: float, all_processes: Sequence[_Process]) -> float | None:
    """Return what the process showed then; where it did not live yet, the median of those that did."""
    own = _shortly_before(process.points(name), at)
    others = [value for other in all_processes if (value := _shortly_before(other.points(name), at)) is not None]
    return own if own is not None else median(others) if others else None


def _drawn(spans: Points, points: Points) -> str:
    """Draw a series as text, from one end to the other."""
    low, high = min(point.value for point in spans), max(point.value for point in spans)
    bars = "".join(_BARS[round((point.value - low) / (high - low) * 7)] if high > low else _BARS[0] for point in spans)
    begin, end = (datetime.fromtimestamp(point.at, UTC).strftime("%H:%M") for point in (points[0], points[-1]))
    return f"{begin} UTC {points[0].value:,.10g} {bars} {points[-1].value:,.10g} {end} UTC"
