"""Metrics over hours: `MetricsHistory` of `HistorySeries`, and which metrics are kept that long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

HISTORY_METRICS = (
    "go_goroutines",
    "go_threads",
    "go_memstats_heap_inuse_bytes",
    "go_memstats_stack_inuse_bytes",
    "go_gc_gomemlimit_bytes",
    "go_sql_in_use_connections",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
    "process_cpu_seconds_total",
    "process_start_time_seconds",
    "container_spec_memory_limit_bytes",
)
"""Metrics that a history holds: what leaks, the limits it runs into, how busy the process is, and when it was started."""


class HistoryPoint(NamedTuple):
    """One value at one time (seconds since the epoch)."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class HistorySeries:
    """One metric of one process over time.

    Attributes:
        name: the metric's name.
        labels: its other labels; `instance` says whose it is.
        points: the values, in the order of time, no two of one time, each a finite number.
    """

    name: str
    labels: tuple[tuple[str, str], ...] = ()
    points: tuple[HistoryPoint, ...] = ()

    def label(self, name: str) -> str:
        """The value of a label, empty when it is not there."""
        return next((value for key, value in self.labels if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsHistory:
    """The series of one or more processes, as they were given. `problems` says what could not be read."""

    series: tuple[HistorySeries, ...] = ()
    problems: tuple[str, ...] = ()
