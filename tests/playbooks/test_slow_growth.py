"""The playbooks of slow growth, held against curves of every phase: what leaks is found, what only looks like it stays quiet."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.diagnose import Engine, Subject, judge, load_engine
from bot.model.evidence import Bundle, Evidence, Kind
from bot.model.history import HistoryPoint, HistorySeries
from bot.parse.history import to_matrix

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
END = NOW.timestamp()
HOUR = 3600.0
STEP = 300.0
MIB = float(1 << 20)
METRICS = {
    "goroutine-growth-slow": ("go_goroutines", 1000.0),
    "memory-growth-slow": ("process_resident_memory_bytes", 200 * MIB),
    "fd-growth-slow": ("process_open_fds", 300.0),
}

Curve = Callable[[float], float]
"""A factor by hours before the end (negative)."""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def points(curve: Curve, hours: float) -> tuple[HistoryPoint, ...]:
    times = [END - STEP * number for number in range(int(hours * HOUR / STEP), -1, -1)]
    return tuple(HistoryPoint(at, curve((at - END) / HOUR)) for at in times)


def processor_seconds(load: Curve, hours: float) -> tuple[HistoryPoint, ...]:
    total, found = 0.0, []
    for point in points(load, hours):
        total += point.value * 0.5 * STEP
        found.append(HistoryPoint(point.at, total))
    return tuple(found)


def said(
    engine: Engine, playbook: str, curve: Curve, *, load: Curve = lambda _at: 1.0, hours: float = 30, born: float = -99
) -> bool:
    """Whether a playbook fires on a series of its metric; `born` is when the process started, in hours before the end."""
    name, base = METRICS[playbook]
    labels = (("instance", "10.0.3.7:8080"),)
    series = (
        HistorySeries(name, labels, points(lambda at: base * curve(at), hours)),
        HistorySeries("process_cpu_seconds_total", labels, processor_seconds(load, hours)),
        HistorySeries("process_start_time_seconds", labels, points(lambda at: END + (born if at >= born else -99) * HOUR, hours)),
    )
    evidence = Evidence(kind=Kind.HISTORY, name="history.json", content=to_matrix(series), source="test", collected_at=NOW)
    bundle = Bundle(service="checkout", taken_at=NOW, evidence=(evidence,))
    found = judge(bundle, engine, Subject(name="checkout")).diagnosis.findings
    assert {finding.playbook for finding in found} <= {playbook}
    return bool(found)


def noisy(curve: Curve, share: float, seed: int) -> Curve:
    noise = random.Random(seed)  # noqa: S311  # the same noise in every run
    return lambda at: curve(at) * (1 + share * noise.uniform(-1, 1))


def growing(per_hour: float) -> Curve:
    return lambda at: 1 + per_hour * max(0.0, at + 6)


def wave(phase: float, depth: float = 0.5) -> Curve:
    return lambda at: 1 + depth * math.sin((at + phase) / 24 * 2 * math.pi)


@pytest.mark.parametrize("playbook", METRICS)
@pytest.mark.parametrize("per_hour", [0.03, 0.1, 0.5])
@pytest.mark.parametrize("hours", [6, 30])
def test_a_leak_is_found(engine: Engine, playbook: str, per_hour: float, hours: float) -> None:
    assert said(engine, playbook, growing(per_hour), hours=hours)
    assert said(engine, playbook, noisy(growing(per_hour), 0.01, seed=3), hours=hours)


@pytest.mark.parametrize("playbook", METRICS)
@pytest.mark.parametrize("phase", range(0, 24, 2))
def test_the_daily_wave_is_no_leak_whatever_the_hour(engine: Engine, playbook: str, phase: int) -> None:
    assert not said(engine, playbook, wave(phase))
    assert not said(engine, playbook, wave(phase), load=wave(phase))
    assert not said(engine, playbook, wave(phase), load=wave(phase), hours=6)  # yesterday is not known, but it is busier
    assert not said(engine, playbook, noisy(wave(phase, 0.2), 0.03, seed=phase))


@pytest.mark.parametrize("playbook", METRICS)
@pytest.mark.parametrize("times", [1.0, 1.5])
def test_a_busier_day_than_yesterday_is_no_leak(engine: Engine, playbook: str, times: float) -> None:
    def monday(at: float) -> float:
        return wave(3)(at) * (times if at > -12 else 1.0)

    assert not said(engine, playbook, monday, load=monday)


@pytest.mark.parametrize("playbook", METRICS)
@pytest.mark.parametrize("hour", [-5.5, -5, -4, -3, -2, -1, -0.5])
def test_neither_a_restart_nor_the_step_of_a_rollout_is_a_leak(engine: Engine, playbook: str, hour: float) -> None:
    assert not said(engine, playbook, lambda at: 1.5 if at > hour else 1.0)
    assert not said(engine, playbook, lambda at: 1.0 + 0.1 * max(0.0, at - hour), born=hour + 0.6)


@pytest.mark.parametrize("playbook", METRICS)
@pytest.mark.parametrize("tau", [0.25, 0.5, 1.0, 2.0])
def test_a_fresh_process_that_warms_up_is_no_leak(engine: Engine, playbook: str, tau: float) -> None:
    def warm(at: float) -> float:
        return 1.0 if at < -6 else 2.0 - math.exp(-(at + 6) / tau)

    assert not said(engine, playbook, warm, hours=6)
    assert not said(engine, playbook, warm, born=-6)


@pytest.mark.parametrize("playbook", METRICS)
@pytest.mark.parametrize("period", [0.2, 0.7, 1.7, 5.0])
def test_teeth_of_a_saw_and_noise_are_no_leak(engine: Engine, playbook: str, period: float) -> None:
    assert not said(engine, playbook, lambda at: 1 + 0.5 * ((at / period) % 1))
    assert not said(engine, playbook, noisy(lambda _at: 1.0, 0.3, seed=int(period * 10)))


@pytest.mark.parametrize("playbook", METRICS)
def test_little_that_grows_slowly_or_falls_is_no_leak(engine: Engine, playbook: str) -> None:
    assert not said(engine, playbook, growing(0.01), hours=6)
    assert not said(engine, playbook, lambda at: 0.1 * growing(0.05)(at))
    assert not said(engine, playbook, lambda at: 2 - growing(0.05)(at))


@pytest.mark.parametrize("playbook", METRICS)
def test_what_was_given_back_in_between_was_no_leak(engine: Engine, playbook: str) -> None:
    assert not said(engine, playbook, lambda at: growing(0.1)(at) - 0.24 * (-1 < at < -0.7))  # hours
