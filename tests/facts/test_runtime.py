from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from snapshots import NOW, TARGET, dump, group, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import Facts, RuntimeRow
from bot.model.logs import LogReading, RuntimeTrace
from bot.model.profiles import MetricPoint, MetricsPage
from bot.model.snapshot import KubernetesList, Parsed, Snapshot

GIB = 1 << 30


Values = Mapping[str, float | dict[str, str]]


def page(values: Values, *, sample: int = 0, minutes_ago: int = 0) -> Parsed:
    """Return a metrics page; a metric is a number, or the labels of an information metric."""
    points: dict[str, tuple[MetricPoint, ...]] = {
        name: (MetricPoint(tuple(value.items()), 1.0) if isinstance(value, dict) else MetricPoint((), value),)
        for name, value in values.items()
    }
    return parsed("metrics.txt", MetricsPage(points=points), sample=sample, at=NOW - timedelta(minutes=minutes_ago))


def facts(*readings: Parsed, baseline: Snapshot | None = None, about: dict[str, str] | None = None) -> Facts:
    return derive(snapshot(*readings, baseline=baseline, about=about), benign=shared_benign())


def row(*readings: Parsed, baseline: Snapshot | None = None, about: dict[str, str] | None = None) -> RuntimeRow:
    found = facts(*readings, baseline=baseline, about=about).runtime
    assert len(found) == 1
    return found[0]


def test_a_real_page() -> None:
    found = row(*recorded("go1.27/fd-leak").parsed)
    assert (found.go_version, found.go_minor, found.gomemlimit_set, found.gomemlimit_bytes) == ("go1.27.3", 27, False, None)
    assert found.goroutines is not None
    assert found.gomaxprocs is not None
    assert found.open_fds_ratio is not None
    assert 0.5 < found.open_fds_ratio <= 1
    assert found.resident_limit_ratio is None


def test_limits_come_from_the_pod_and_the_page() -> None:
    limits = {"cpu": "500m", "memory": "1Gi"}
    pod = {"metadata": {"name": TARGET.instance}, "spec": {"containers": [{"resources": {"limits": limits}}]}}
    metrics = page(
        {"go_sched_gomaxprocs_threads": 8, "process_resident_memory_bytes": GIB * 0.9, "go_memstats_heap_inuse_bytes": GIB / 2}
    )
    found = row(metrics, parsed("pods.json", KubernetesList((pod,)), target=None))
    assert (found.cpu_limit_cores, found.gomaxprocs_limit_ratio) == (0.5, 16)
    assert (found.memory_limit_bytes, found.heap_limit_ratio) == (GIB, 0.5)
    assert found.resident_limit_ratio is not None
    assert round(found.resident_limit_ratio, 3) == 0.9
    by_page = row(
        page({"container_spec_memory_limit_bytes": GIB, "container_spec_cpu_quota": 50_000, "container_spec_cpu_period": 100_000})
    )
    assert (by_page.memory_limit_bytes, by_page.cpu_limit_cores) == (GIB, 0.5)


def test_a_limit_that_stands_for_none_is_none() -> None:
    found = row(page({"container_spec_memory_limit_bytes": 2.0**63, "go_gc_gomemlimit_bytes": 2.0**63 - 1}))
    assert (found.memory_limit_bytes, found.gomemlimit_set, found.gomemlimit_bytes) == (None, False, None)
    assert row(page({"go_gc_gomemlimit_bytes": GIB})).gomemlimit_set is True
    assert row(page({"go_threads": 7})).gomemlimit_set is None


def test_ratios_of_counters_need_two_samples() -> None:
    counters: Values = {
        "process_cpu_seconds_total": 100.0,
        "go_sched_gomaxprocs_threads": 2.0,
        "container_cpu_cfs_periods_total": 1000.0,
        "container_cpu_cfs_throttled_periods_total": 10.0,
        "go_cpu_classes_gc_total_cpu_seconds_total": 5.0,
        "go_cpu_classes_total_cpu_seconds_total": 100.0,
    }
    grown: Values = {
        "process_cpu_seconds_total": 108.0,
        "container_cpu_cfs_periods_total": 1100.0,
        "container_cpu_cfs_throttled_periods_total": 60.0,
        "go_cpu_classes_gc_total_cpu_seconds_total": 8.0,
        "go_cpu_classes_total_cpu_seconds_total": 110.0,
    }
    alone = row(page(counters))
    assert (alone.cpu_used_ratio, alone.cpu_throttled_ratio, alone.gc_cpu_ratio) == (None, None, 0.05)
    both = row(page(counters), page({**counters, **grown}, sample=1))
    assert (both.cpu_used_ratio, both.cpu_throttled_ratio, both.gc_cpu_ratio) == (0.8, 0.5, 0.3)
    restarted = row(page(counters), page({"process_cpu_seconds_total": 1.0}, sample=1))
    assert restarted.cpu_used_ratio is None


def test_changes_run_from_the_baseline_to_the_latest_sample() -> None:
    baseline = snapshot(page({"go_goroutines": 40, "go_threads": 8}, minutes_ago=60))
    found = facts(page({"go_goroutines": 400}), page({"go_goroutines": 450}, sample=1), baseline=baseline)
    assert (found.runtime[0].goroutines, found.runtime[0].goroutines_change, found.runtime[0].threads_change) == (400, 410, None)
    series = {item.name: item for item in found.metric_series}
    assert (series["go_goroutines"].first, series["go_goroutines"].last, series["go_goroutines"].monotonic) == (40, 450, True)
    assert series["go_goroutines"].slope_per_hour is not None
    assert 409 < series["go_goroutines"].slope_per_hour < 410
    assert "go_threads" not in series


def test_versions_from_the_page_or_from_the_recording() -> None:
    found = row(page({"go_info": {"version": "go1.24.11"}, "shop_build_info": {"revision": "4f2a91c", "version": "1.4"}}))
    assert (found.go_minor, found.revision) == (24, "4f2a91c")
    said = row(page({"go_threads": 7}), about={"go_version": "go1.26.6", "revision": "9d"})
    assert (said.go_version, said.go_minor, said.revision) == ("go1.26.6", 26, "9d")


def test_goroutines_alone_give_a_row() -> None:
    found = row(
        parsed("goroutine.pb.gz", dump(group("IO wait", 20, "net.Read", "net/http.(*conn).serve"), group("select", 20, "main.a")))
    )
    assert (found.goroutines, found.goroutines_per_connection, found.open_fds) == (40, 2, None)
    assert facts().runtime == ()


def test_no_number_of_a_page_breaks_it() -> None:
    found = row(
        page(
            {"process_max_fds": float("nan"), "process_open_fds": float("inf"), "go_threads": -1, "process_start_time_seconds": 0}
        )
    )
    assert (found.max_fds, found.open_fds, found.threads, found.uptime_seconds) == (None, None, None, None)


def test_connection_pools() -> None:
    def points(**values: float) -> tuple[MetricPoint, ...]:
        return tuple(MetricPoint((("db_name", name),), value) for name, value in values.items())

    metrics = MetricsPage(
        points={
            "go_sql_max_open_connections": points(orders=10, archive=0),
            "go_sql_in_use_connections": points(archive=3, orders=9),
            "go_sql_wait_count_total": points(orders=77),
            "go_sql_wait_duration_seconds_total": points(orders=12.5),
        }
    )
    rows = facts(parsed("metrics.txt", metrics)).db_pools
    assert [(item.name, item.in_use, item.max_open, item.in_use_ratio, item.wait_count, item.wait_seconds) for item in rows] == [
        ("orders", 9, 10, 0.9, 77, 12.5),
        ("archive", 3, None, None, None, None),
    ]


def test_trace_lines_of_the_runtime_fill_what_the_metrics_do_not_say() -> None:
    trace = RuntimeTrace(collections=9, gc_cpu_ratio=0.4, gc_pause_max_seconds=0.2, gomaxprocs=2, threads=31)
    log = parsed("service.log", LogReading(transport="plain", lines=9, runtime_trace=trace))
    alone = row(log)
    assert (alone.gc_cpu_ratio, alone.gc_pause_max_seconds, alone.gomaxprocs, alone.threads) == (0.4, 0.2, 2, 31)
    assert (alone.target, alone.evidence, alone.goroutines) == (TARGET.instance, "service.log", None)
    filled = row(log, page({"go_threads": 12, "go_goroutines": 8}))
    assert (filled.threads, filled.gomaxprocs, filled.goroutines, filled.evidence) == (12, 2, 8, "metrics.txt")
    with_goroutines = row(log, parsed("goroutine.pb.gz", dump(group("select", 3, "shop.f f.go:1"))))
    assert (with_goroutines.goroutines, with_goroutines.gomaxprocs) == (3, 2)


def test_bodies_that_nobody_reads_are_told_from_those_being_read() -> None:
    waiting = group("select", 30, "net/http.(*persistConn).readLoop t.go:1")
    idle = group("IO wait", 5, "net.Read n.go:1", "net/http.(*persistConn).readLoop t.go:2")
    reading = group("IO wait", 12, "net.Read n.go:1", "net/http.(*bodyEOFSignal).Read t.go:3", "shop.follow f.go:1")
    assert row(parsed("goroutine.txt", dump(waiting, idle, form="debug=2"))).unread_response_bodies == 30
    assert row(parsed("goroutine.txt", dump(waiting, idle, reading, form="debug=2"))).unread_response_bodies == 18
    assert row(*recorded("go1.27/body-leak").parsed).unread_response_bodies == 120
    assert row(*recorded("go1.27/healthy").parsed).unread_response_bodies == 0
    assert row(page({"go_goroutines": 8})).unread_response_bodies is None


def test_goroutines_that_could_run_are_counted_for_each_processor() -> None:
    groups = (
        group("runnable", 39, "shop.rank r.go:1"),
        group("running", 1, "shop.rank r.go:2"),
        group("select", 9, "shop.f f.go:1"),
    )
    goroutines = parsed("goroutine.txt", dump(*groups, form="debug=2"))
    found = row(goroutines, page({"go_sched_gomaxprocs_threads": 4}))
    assert (found.runnable_goroutines, found.runnable_per_processor) == (40, 10)
    assert row(goroutines).runnable_per_processor is None
    stateless = parsed("goroutine.debug1.txt", dump(group("", 9, "shop.f f.go:1"), form="debug=1"))
    assert row(stateless).runnable_goroutines is None
