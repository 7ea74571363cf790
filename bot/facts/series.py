"""`db_pools` and `metric_series`: connection pools, and metrics of interest over time, from the metrics pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.facts.history import SERIES
from bot.facts.numbers import never_down, ratio
from bot.facts.pages import Page, pages_of
from bot.facts.readings import Instance, seconds_between
from bot.model.facts import DbPoolRow, MetricSeriesRow
from bot.model.profiles import MetricPoint, MetricsPage


@dataclass(frozen=True, slots=True)
class _PoolMetrics:
    """Names under which one metrics client shows a connection pool."""

    max_open: str
    in_use: str
    waits: str
    seconds: str


_POOL_METRICS = (
    _PoolMetrics(
        "go_sql_max_open_connections",
        "go_sql_in_use_connections",
        "go_sql_wait_count_total",
        "go_sql_wait_duration_seconds_total",
    ),
    _PoolMetrics(
        "go_sql_stats_connections_max_open",
        "go_sql_stats_connections_in_use",
        "go_sql_stats_connections_waited_for",
        "go_sql_stats_connections_blocked_seconds",
    ),
    _PoolMetrics("pgxpool_max_conns", "pgxpool_acquired_conns", "pgxpool_empty_acquire", "pgxpool_acquire_duration_ns_total"),
)


def db_pools(instance: Instance) -> list[DbPoolRow]:
    """Return one row per connection pool that the metrics name, the fullest first."""
    rows = []
    for evidence, page in instance.now.of(MetricsPage):
        if evidence.sample:
            continue
        for client in _POOL_METRICS:
            for point in page.points.get(client.max_open, ()):
                in_use, waits, seconds = (
                    _same_labels(page, name, point) for name in (client.in_use, client.waits, client.seconds)
                )
                row = DbPoolRow(
                    name=next((value for _, value in point.labels), ""),
                    in_use=int(in_use) if in_use is not None else None,
                    max_open=int(point.value) or None,  # 0 = no limit
                    in_use_ratio=ratio(in_use, point.value),
                    wait_count=int(waits) if waits is not None else None,
                    wait_seconds=seconds,
                    target=evidence.instance,
                    evidence=evidence.name,
                    locator=f"{client.max_open} {dict(point.labels)}",
                )
                rows.append(row)
    return sorted(rows, key=lambda row: (-(row.in_use_ratio or 0), row.name))


def metric_series(instance: Instance) -> list[MetricSeriesRow]:
    """Return one row per metric of interest that was seen more than once: baseline, first sample, second sample."""
    pages = [*pages_of(instance.before)[:1], *pages_of(instance.now)]
    rows = []
    for name in SERIES:
        points = [(page, value) for page in pages if (value := page.page.value(name)) is not None]
        if len(points) > 1:
            (first_page, first), (last_page, last) = points[0], points[-1]
            seconds = seconds_between(first_page.at, last_page.at)
            per_hour = ratio((last - first) * 3600, seconds)
            row = MetricSeriesRow(
                name=name,
                first=first,
                last=last,
                change_ratio=ratio(last - first, first),
                slope_per_hour=per_hour,
                monotonic=never_down(value for _, value in points),
                span_seconds=seconds,
                points=len(points),
                hourly_ratio=ratio(per_hour, first),
                target=instance.name,
                evidence=last_page.evidence.name,
            )
            rows.append(_with_recent(row, pages_of(instance.now)))
    return sorted(rows, key=lambda row: (-abs(row.change_ratio or 0), row.name))


def _with_recent(row: MetricSeriesRow, pages: Sequence[Page]) -> MetricSeriesRow:
    """Add what changed from the first to the second sample of this run."""
    values = [(page.at, value) for page in pages if (value := page.page.value(row.name)) is not None]
    if len(values) < 2:  # noqa: PLR2004  # one sample shows no change
        return row
    (begun, first), (ended, last) = values[0], values[-1]
    per_hour = ratio((last - first) * 3600, seconds_between(begun, ended))
    return replace(row, recent_ratio=ratio(last - first, first), recent_per_hour=per_hour)


def _same_labels(page: MetricsPage, name: str, point: MetricPoint) -> float | None:
    return next((other.value for other in page.points.get(name, ()) if other.labels == point.labels), None)
