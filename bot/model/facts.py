"""The fact tables: what rules may select on. One frozen row class per table, one tuple of rows per table in `Facts`.

Column names carry their unit (`_bytes _seconds _ratio _total`; `wait_minutes` because Go prints whole minutes).
None means unknown, and no predicate holds on it. A table says what was observed; what it means is the playbook's.
Columns marked below as having no default are always known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every row carries: where it was seen.

    Attributes:
        target: the instance it was seen on; empty when it was seen on the service as a whole.
        evidence: file name of the evidence in the bundle, such as `goroutine.pb.gz`.
        locator: where in that evidence, such as `lines 120-131`.
        excerpt: the text that proves it, short enough to show.
    """

    target: str = ""
    evidence: str = ""
    locator: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashRow(Row):
    """One crash, repeats of the same crash counted. `function` … `module_version` describe the culprit frame."""

    kind: str
    message: str
    root_message: str
    count: int
    process_survived: bool
    recovered: bool
    in_handler: bool
    in_init: bool
    in_cgo: bool
    in_runtime: bool
    signal: str | None = None
    signal_code: str | None = None
    fault_address: int | None = None
    exit_code: int | None = None
    function: str | None = None
    package: str | None = None
    file: str | None = None
    line: int | None = None
    own_code: bool | None = None
    module: str | None = None
    module_version: str | None = None
    repeating_functions: tuple[str, ...] = ()
    goroutines: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    stack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRow(Row):
    """One life of a process that ended, `age_seconds` before the collection."""

    instance: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    life_seconds: float | None = None
    age_seconds: float | None = None
    exit_code: int | None = None
    signal: str | None = None
    reason: str | None = None
    revision: str | None = None
    requested_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow(Row):
    """One distinct platform event."""

    reason: str
    object: str
    message: str
    count: int
    first_seen: datetime | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayErrorRow(Row):
    """One kind of gateway error per upstream: refused, reset, premature-close, timeout, no-live-upstream."""

    kind: str
    upstream: str
    count: int
    status: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow(Row):
    """One difference to the last healthy baseline."""

    kind: str
    before: str | None = None
    after: str | None = None
    changed_at: datetime | None = None
    instance: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEventRow(Row):
    """One distinct log message, numbers folded. `source` is service, gateway, kernel or kubelet.

    `ends_log`: its last line is the last of the log, what a process says before it exits.
    """

    text: str
    count: int
    source: str
    ends_log: bool = False
    level: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceRow(Row):
    """One race report; `function`, `file`, `line` of the access that was caught."""

    access: str
    previous_access: str
    function: str | None = None
    file: str | None = None
    line: int | None = None
    previous_function: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeRow(Row):
    """The process as a whole; one row per target.

    `runnable_goroutines` could run if a processor were free; `unread_response_bodies` are answers of HTTP/1 servers whose body
    nobody reads at the moment, though it is neither read to its end nor closed.
    """

    goroutines: int | None = None
    threads: int | None = None
    gomaxprocs: int | None = None
    cpu_limit_cores: float | None = None
    gomaxprocs_limit_ratio: float | None = None
    open_fds: int | None = None
    max_fds: int | None = None
    open_fds_ratio: float | None = None
    resident_bytes: int | None = None
    memory_limit_bytes: int | None = None
    resident_limit_ratio: float | None = None
    gomemlimit_set: bool | None = None
    gomemlimit_bytes: int | None = None
    heap_inuse_bytes: int | None = None
    heap_limit_ratio: float | None = None
    stack_inuse_bytes: int | None = None
    gc_pause_max_seconds: float | None = None
    gc_cpu_ratio: float | None = None
    cpu_throttled_ratio: float | None = None
    cpu_used_ratio: float | None = None
    uptime_seconds: float | None = None
    go_version: str | None = None
    go_minor: int | None = None
    revision: str | None = None
    goroutines_per_connection: float | None = None
    runnable_goroutines: int | None = None
    runnable_per_processor: float | None = None
    unread_response_bodies: int | None = None
    goroutines_change: int | None = None
    threads_change: int | None = None
    open_fds_change: int | None = None
    heap_inuse_change_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoroutineGroupRow(Row):
    """One group of goroutines. `function` … `module` describe the culprit frame, `top_function` is where it waits.

    `entry` is the outermost function; `wait_minutes` the median; `leaked` is true only when the runtime proved it;
    `count_change`, `per_minute` and `monotonic` need a second sample or a baseline; `benign` means known to be
    harmless at this count; `labels` and `stack` are for people and for `contains`. `children_ratio` is how many goroutines live
    that functions of its stack started, for each goroutine of the group; None when no evidence says who started whom.
    """

    state: str | None = None
    top_function: str
    function: str
    file: str
    line: int
    package: str
    own_code: bool
    module: str
    entry: str
    count: int
    share_ratio: float
    leaked: bool
    leaked_count: int
    benign: bool
    created_by: str | None = None
    wait_minutes: float | None = None
    wait_minutes_max: int | None = None
    count_change: int | None = None
    per_minute: float | None = None
    monotonic: bool | None = None
    children_ratio: float | None = None
    labels: tuple[str, ...] = ()
    stack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoroutineEntryRow(Row):
    """Goroutines by outermost function; `sibling` is the entry it is normally spawned beside, `wait_minutes` the median."""

    entry: str
    count: int
    share_ratio: float
    leaked_count: int = 0
    wait_minutes: float | None = None
    created_by: str | None = None
    sibling: str | None = None
    sibling_ratio: float | None = None
    count_change: int | None = None
    monotonic: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedCallRow(Row):
    """One library call that blocks goroutines; `family` is database, http-client, grpc, redis, lock or channel."""

    call: str
    family: str
    count: int
    request_share_ratio: float | None = None
    wait_minutes: float | None = None
    function: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DbPoolRow(Row):
    """One connection pool seen in the metrics."""

    name: str
    in_use: int | None = None
    max_open: int | None = None
    in_use_ratio: float | None = None
    wait_count: int | None = None
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoroutineGrowthRow(Row):
    """One group between two samples; `against` is second sample, baseline or other instance."""

    function: str
    count: int
    count_change: int
    samples: int
    against: str
    state: str | None = None
    change_ratio: float | None = None
    per_minute: float | None = None
    monotonic: bool | None = None
    interval_seconds: float | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaitRow(Row):
    """One contended lock. `function`, `file`, `line`: where most of the waiters want it.

    `kind` is Mutex, RWMutex (a writer waits), RWMutex.RLock (readers wait); `holder_basis` says how the holder was found:
    `address` (same receiver in its frames) or `frame` (it stands in the locked method beyond the lock).
    """

    kind: str
    waiters: int
    function: str
    file: str
    line: int
    address: str | None = None
    holder_function: str | None = None
    holder_file: str | None = None
    holder_line: int | None = None
    holder_goroutine: int | None = None
    holder_state: str | None = None
    holder_basis: str | None = None
    wait_minutes: float | None = None
    wait_minutes_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitCycleRow(Row):
    """One cycle in the wait graph; `chain` is readable, `kinds` the locks and channels on it.

    `basis` is `address` when every holder was found by the lock's address, `frame` when one of them by its place in the code.
    """

    kinds: tuple[str, ...]
    chain: str
    length: int
    function: str
    file: str
    line: int
    basis: str = "frame"
    wait_minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentionSiteRow(Row):
    """One site in a mutex or block profile."""

    profile: str
    function: str
    file: str
    line: int
    delay_seconds: float
    contentions: int
    delay_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWaitRow(Row):
    """One channel operation, and how many goroutines stand where its other side could be."""

    operation: str
    function: str
    file: str
    line: int
    waiters: int
    counterparts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationSiteRow(Row):
    """One allocation site of the heap profile, by culprit frame; `top_function` is where the memory was asked for."""

    function: str
    file: str
    line: int
    package: str
    own_code: bool
    module: str
    top_function: str
    inuse_bytes: int
    inuse_objects: int
    inuse_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationGrowthRow(Row):
    """One allocation site between two samples (`against`: second sample, baseline)."""

    function: str
    file: str
    line: int
    inuse_bytes: int
    inuse_bytes_change: int
    against: str
    change_ratio: float | None = None
    bytes_per_second: float | None = None
    seconds_to_limit: float | None = None
    interval_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRow(Row):
    """One pod."""

    name: str
    phase: str
    restarts: int
    oom_killed: bool
    restarts_in_window: int | None = None
    waiting_reason: str | None = None
    last_exit_code: int | None = None
    last_reason: str | None = None
    last_message: str | None = None
    probe_failures: int | None = None
    age_seconds: float | None = None
    image: str | None = None
    node: str | None = None
    cpu_limit_cores: float | None = None
    memory_limit_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeriesRow(Row):
    """One metric of interest over time: by the metrics history where it knows it, else by baseline, first and second sample.

    A history counts from the last restart on, and of that the last six hours, folded into spans of time whose medians stand for
    them. Without a history `fit_ratio` to `load_change_ratio` are unknown.

    Attributes:
        first, last: the values at both ends.
        change_ratio: (last - first) / first.
        slope_per_hour: of a history the median of the slopes between all pairs of spans (Theil-Sen), else that between both ends.
        monotonic: it ended higher and never fell; a history may fall by a third of its whole rise, which is noise.
        span_seconds, points: from the first value to the last, and how many there are.
        hourly_ratio: slope_per_hour / first.
        fit_ratio: how straight the line is: r² of the least squares line through the spans, 1 for a line.
        limit: what it runs into: the limit of open files, the memory limit (GOMEMLIMIT where there is no other).
        seconds_to_limit: until then at this slope, where it is monotonic. Goroutines have no limit but memory: it is that of the
            resident memory, where both rise.
        restarted: the history saw the process start again and was cut there; None when it does not know when it started.
        day_ratio: the last half hour against the same time of yesterday, on this instance, else on the median of all there were.
        load_change_ratio: change of the processor time used, last third against first third, at least a hundredth of a core.
        recent_ratio, recent_per_hour: change from the first to the second sample of this run.
    """

    name: str
    first: float | None = None
    last: float | None = None
    change_ratio: float | None = None
    slope_per_hour: float | None = None
    monotonic: bool | None = None
    span_seconds: float | None = None
    points: int | None = None
    hourly_ratio: float | None = None
    fit_ratio: float | None = None
    limit: float | None = None
    seconds_to_limit: float | None = None
    restarted: bool | None = None
    day_ratio: float | None = None
    load_change_ratio: float | None = None
    recent_ratio: float | None = None
    recent_per_hour: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow(Row):
    """One kind of evidence per target: whether it was had, and how completely it was read."""

    kind: str
    ok: bool
    truncated: bool
    reason: str | None = None
    bytes: int | None = None
    duration_seconds: float | None = None
    parsed: int | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All tables. A field's name is the table's name in a rule; rows are sorted most important first."""

    crashes: tuple[CrashRow, ...] = ()
    exits: tuple[ExitRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    gateway_errors: tuple[GatewayErrorRow, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    log_events: tuple[LogEventRow, ...] = ()
    races: tuple[RaceRow, ...] = ()
    runtime: tuple[RuntimeRow, ...] = ()
    goroutine_groups: tuple[GoroutineGroupRow, ...] = ()
    goroutine_entries: tuple[GoroutineEntryRow, ...] = ()
    blocked_calls: tuple[BlockedCallRow, ...] = ()
    db_pools: tuple[DbPoolRow, ...] = ()
    goroutine_growth: tuple[GoroutineGrowthRow, ...] = ()
    lock_waits: tuple[LockWaitRow, ...] = ()
    wait_cycles: tuple[WaitCycleRow, ...] = ()
    contention_sites: tuple[ContentionSiteRow, ...] = ()
    channel_waits: tuple[ChannelWaitRow, ...] = ()
    allocation_sites: tuple[AllocationSiteRow, ...] = ()
    allocation_growth: tuple[AllocationGrowthRow, ...] = ()
    pods: tuple[PodRow, ...] = ()
    metric_series: tuple[MetricSeriesRow, ...] = ()
    collection: tuple[CollectionRow, ...] = ()

    def tables(self) -> Iterator[tuple[str, tuple[Row, ...]]]:
        """Yield (table name, rows) in declaration order, empty tables included."""
        for item in fields(self):
            yield item.name, getattr(self, item.name)
