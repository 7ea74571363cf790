"""Rows of the metrics history: what rises, what only looks like it, whose it is, and what it runs into."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from snapshots import NOW, TARGET, parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.evidence import Target
from bot.model.facts import MetricSeriesRow
from bot.model.history import HistoryPoint, HistorySeries, MetricsHistory
from bot.model.profiles import MetricPoint, MetricsPage
from bot.model.snapshot import Parsed

END = NOW.timestamp()
HOUR = 3600.0
STEP = 300.0
MIB = float(1 << 20)

GOROUTINES = "go_goroutines"
RESIDENT = "process_resident_memory_bytes"
Curve = Callable[[float], float]
"""A value by hours before the end (negative)."""


def series(name: str, curve: Curve, *, hours: float = 30, ago: float = 0, instance: str = "10.0.3.7:8080") -> HistorySeries:
    """One series that begins so many hours before the end, and ends `ago` hours before it."""
    times = [END - ago * HOUR - STEP * number for number in range(int((hours - ago) * HOUR / STEP) + 1)]
    points = tuple(HistoryPoint(at, curve((at - END) / HOUR)) for at in reversed(times))
    return HistorySeries(name, (("instance", instance),), points)


def history(*found: HistorySeries, target: Target | None = None) -> Parsed:
    return parsed("history.json", MetricsHistory(series=found), target=target)


def rows(*readings: Parsed) -> dict[tuple[str, str], MetricSeriesRow]:
    found = derive(snapshot(*readings), benign=shared_benign()).metric_series
    assert len(found) == len({(row.target, row.name) for row in found})
    return {(row.target, row.name): row for row in found}


def row(*found: HistorySeries) -> MetricSeriesRow:
    return rows(history(*found))[TARGET.instance, found[0].name]


def constant(value: float) -> Curve:
    return lambda _at: value


def leak(at: float) -> float:
    """3 % an hour for the last six hours, after a quiet day."""
    return 1000 + 30 * max(0.0, at + 6)


def noisy(curve: Curve, share: float) -> Curve:
    noise = random.Random(7)  # noqa: S311  # the same noise in every run
    return lambda at: curve(at) * (1 + share * noise.uniform(-1, 1))


def wave(at: float) -> float:
    """A day's wave in the steepest hours of its rise."""
    return 1000 + 400 * math.sin((at + 3) / 24 * 2 * math.pi)


def test_a_leak_of_six_hours() -> None:
    found = row(series(GOROUTINES, leak))
    assert (found.first, found.last, found.monotonic, found.restarted) == (1000, 1180, True, None)
    assert found.change_ratio == pytest.approx(0.18)
    assert found.slope_per_hour == pytest.approx(30)
    assert found.hourly_ratio == pytest.approx(0.03)
    assert found.fit_ratio == pytest.approx(1)
    assert found.span_seconds == 6 * HOUR
    assert found.points == 73
    assert found.day_ratio == pytest.approx(1.1725)  # the median of the last half hour
    assert (found.limit, found.seconds_to_limit, found.load_change_ratio) == (None, None, None)
    assert (found.evidence, found.locator) == ("history.json", "go_goroutines of shop-1")
    assert found.excerpt == "08:00 UTC 1,000 ▁▁▂▂▂▃▃▃▃▄▄▄▅▅▅▆▆▆▆▇▇▇██ 1,180 14:00 UTC"


def test_noise_does_not_hide_a_leak_nor_make_one() -> None:
    found = row(series(GOROUTINES, noisy(leak, 0.03)))
    assert found.monotonic
    assert found.fit_ratio is not None
    assert found.fit_ratio > 0.85
    assert found.hourly_ratio == pytest.approx(0.03, rel=0.2)
    still = row(series(GOROUTINES, noisy(lambda _at: 1000, 0.03)))
    assert not still.monotonic
    assert still.hourly_ratio == pytest.approx(0, abs=0.002)


def test_the_daily_wave_looks_like_a_leak_until_yesterday_is_known() -> None:
    found = row(series(GOROUTINES, wave))
    assert found.monotonic
    assert found.fit_ratio is not None
    assert found.fit_ratio > 0.98
    assert found.day_ratio == pytest.approx(1, abs=0.01)
    assert row(series(GOROUTINES, wave, hours=6)).day_ratio is None


def test_a_pod_that_was_not_there_yesterday_is_compared_with_those_that_were() -> None:
    old = [series(GOROUTINES, constant(value), ago=20, instance=f"10.0.4.{value}:1") for value in (400, 500, 900)]
    new = series(GOROUTINES, lambda at: 1000 + 10 * at, hours=7)
    found = rows(history(new, *old))
    assert list(found) == [("10.0.3.7:8080", GOROUTINES)]
    assert found["10.0.3.7:8080", GOROUTINES].day_ratio == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize(
    ("curve", "monotonic", "straight"),
    [
        (lambda at: 1000 + 500 * (at > -3), True, False),  # a deploy step
        (lambda at: 1000 + 500 * (1 - math.exp(-(at + 6) / 1.5)), True, False),  # a cache that fills
        (lambda at: 1000 + 100 * math.sin(at * 7), False, False),
        (lambda at: 1000 + 400 * ((at * 1.7) % 1), False, False),  # teeth of a saw
        (lambda at: 2000 - 30 * (at + 6), False, True),
    ],
    ids=["step", "warm-up", "waves", "saw", "falling"],
)
def test_what_only_looks_like_growth(curve: Curve, monotonic: bool, straight: bool) -> None:  # noqa: FBT001  # a table's columns
    found = row(series("go_memstats_heap_inuse_bytes", curve))
    assert found.fit_ratio is not None
    assert (found.monotonic, found.fit_ratio > 0.9) == (monotonic, straight)


def test_the_teeth_of_the_collector_do_not_hide_a_growing_heap() -> None:
    heap = row(series("go_memstats_heap_inuse_bytes", lambda at: (100 + 20 * (at + 6) + 30 * ((at * 9) % 1)) * MIB))
    assert heap.monotonic
    assert heap.slope_per_hour == pytest.approx(20 * MIB, rel=0.1)


@pytest.mark.parametrize("jitter", [0.0, 1.5])
def test_only_the_current_life_counts(jitter: float) -> None:
    started = series("process_start_time_seconds", lambda at: END - 90000 + jitter * (at > -5) if at < -2 else END - 2 * HOUR)
    found = row(series(GOROUTINES, lambda at: 5000 + 100 * at if at < -2 else 100 + 50 * (at + 2)), started)
    assert (found.first, found.last, found.restarted, found.span_seconds) == (100, 200, True, 2 * HOUR)
    alone = row(series(GOROUTINES, leak), series("process_start_time_seconds", lambda at: END - 90000 + jitter * (at > -5)))
    assert (alone.restarted, alone.span_seconds) == (False, 6 * HOUR)


def test_memory_and_files_know_their_limits_and_goroutines_share_that_of_memory() -> None:
    found = rows(
        history(
            series(GOROUTINES, leak),
            series(RESIDENT, lambda at: (300 + 20 * (at + 6)) * MIB),
            series("go_gc_gomemlimit_bytes", lambda _at: 600 * MIB),
            series("process_open_fds", lambda at: 700 + 30 * at),
            series("process_max_fds", lambda _at: 1024),
            series("go_threads", lambda _at: 9),
        )
    )
    memory, files, goroutines, threads = (
        found[TARGET.instance, name] for name in (RESIDENT, "process_open_fds", GOROUTINES, "go_threads")
    )
    assert memory.limit == 600 * MIB
    assert memory.seconds_to_limit == pytest.approx(9 * HOUR)
    assert files.seconds_to_limit == pytest.approx(10.8 * HOUR)
    assert goroutines.seconds_to_limit == memory.seconds_to_limit
    assert (goroutines.limit, threads.limit, threads.monotonic, threads.fit_ratio) == (None, None, False, None)


def test_the_limit_of_the_container_goes_before_gomemlimit_and_none_is_none() -> None:
    def limit(**limits: float) -> float | None:
        known = [series(name, constant(value)) for name, value in limits.items()]
        return row(series(RESIDENT, lambda _at: 200 * MIB), *known).limit

    assert limit(container_spec_memory_limit_bytes=512 * MIB, go_gc_gomemlimit_bytes=400 * MIB) == 512 * MIB
    assert limit(container_spec_memory_limit_bytes=0, go_gc_gomemlimit_bytes=2.0**63) is None


def test_how_busy_it_is_tells_load_from_a_leak() -> None:
    def change(cores: Curve) -> float | None:
        spent, total = [], 0.0
        for point in series("x", cores).points:
            total += point.value * STEP
            spent.append(HistoryPoint(point.at, total))
        return row(
            series(GOROUTINES, leak), replace(series("process_cpu_seconds_total", cores), points=tuple(spent))
        ).load_change_ratio

    assert change(lambda _at: 0.5) == pytest.approx(0)
    assert change(lambda at: 0.5 + 0.1 * (at + 6)) == pytest.approx(0.4 / 0.6, rel=0.05)
    assert change(lambda at: 0.0001 if at < -3 else 0.0003) == pytest.approx(0.02, rel=0.1)  # idle twice over


def page(sample: int, value: float) -> Parsed:
    points: dict[str, tuple[MetricPoint, ...]] = {
        GOROUTINES: (MetricPoint((), value),),
        "go_threads": (MetricPoint((), 9 + sample),),
    }
    return parsed("metrics.txt", MetricsPage(points=points), sample=sample)


def test_the_history_takes_the_place_of_samples_and_keeps_what_they_saw() -> None:
    found = rows(page(0, 1200), page(1, 1260), history(series(GOROUTINES, leak)))
    assert list(found) == [(TARGET.instance, GOROUTINES), (TARGET.instance, "go_threads")]
    goroutines, threads = found.values()
    assert (goroutines.points, goroutines.recent_ratio, goroutines.recent_per_hour) == (73, 0.05, 43200)
    assert (threads.points, threads.span_seconds, threads.fit_ratio, threads.recent_per_hour) == (2, 5, None, 720)


def one_point(instance: str) -> HistorySeries:
    return series(GOROUTINES, leak, hours=1, instance=instance)


@pytest.mark.parametrize(
    ("targets", "label", "owner"),
    [
        (("10.0.3.7:6060", "10.0.3.8:6060"), "10.0.3.8:8080", "10.0.3.8:6060"),
        (("10.0.3.7:6060", "10.0.3.7:6061"), "10.0.3.7:6061", "10.0.3.7:6061"),
        (("10.0.3.7:6060", "10.0.3.7:6061"), "10.0.3.7:9", "10.0.3.7:9"),
        (("checkout-1",), "10.0.3.7:8080", "checkout-1"),
        ((), "10.0.3.7:8080", "10.0.3.7:8080"),
    ],
)
def test_whose_series_it_is(targets: tuple[str, ...], label: str, owner: str) -> None:
    known = snapshot(history(one_point(label)))
    asked = replace(known, bundle=replace(known.bundle, targets=tuple(Target("checkout", name) for name in targets)))
    assert [found.target for found in derive(asked, benign=shared_benign()).metric_series] == [owner]


def test_a_pod_is_known_by_its_label_and_evidence_of_one_instance_is_its_own() -> None:
    pod = replace(one_point("10.0.3.7:1"), labels=(("instance", "10.0.3.7:1"), ("pod", TARGET.instance)))
    assert list(rows(history(pod, one_point("10.0.3.8:1")))) == [(TARGET.instance, GOROUTINES), ("10.0.3.8:1", GOROUTINES)]
    assert list(rows(history(one_point("10.0.3.8:1"), target=TARGET))) == [(TARGET.instance, GOROUTINES)]


def test_no_history_breaks_the_table() -> None:
    empty = HistorySeries(GOROUTINES)
    single = HistorySeries(GOROUTINES, (), (HistoryPoint(END, 5),))
    zero = series(GOROUTINES, lambda _at: 0)
    huge = series(RESIDENT, lambda at: 1e100 * (at + 31) / 31)
    assert rows(history(empty, single)) == {}
    assert row(zero).change_ratio is None
    assert row(huge).fit_ratio == pytest.approx(1)
