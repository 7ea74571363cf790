from __future__ import annotations

from datetime import timedelta

from snapshots import NOW, dump, group, parsed, snapshot

from bot.facts.census import stack_key
from bot.facts.culprit import Ownership
from bot.facts.growth import Growth, goroutine_growth, growth_of
from bot.facts.readings import instances_of
from bot.model.facts import GoroutineGrowthRow
from bot.model.snapshot import Parsed, Snapshot

FETCH = "shop/pool.fetch f.go:9"
MOVED = "shop/pool.fetch f.go:12"
OWN = Ownership(("shop",))


def growth(*readings: Parsed, baseline: Snapshot | None = None) -> Growth:
    return growth_of(instances_of(snapshot(*readings, baseline=baseline))[0])


def rows(*readings: Parsed, baseline: Snapshot | None = None) -> list[GoroutineGrowthRow]:
    return goroutine_growth(growth(*readings, baseline=baseline), OWN)


def moment(count: int, call: str = FETCH, *, sample: int = 0) -> Parsed:
    return parsed("goroutine.pb.gz", dump(group("chan send", count, call)), sample=sample)


def hour_ago(count: int, call: str = FETCH) -> Snapshot:
    return snapshot(parsed("goroutine.pb.gz", dump(group("chan send", count, call)), at=NOW - timedelta(hours=1)))


def test_second_sample_gives_the_change_and_its_rate() -> None:
    found = rows(moment(100), moment(150, sample=1))
    assert [(row.function, row.state, row.count, row.count_change, row.against) for row in found] == [
        ("shop/pool.fetch", "chan send", 150, 50, "second sample")
    ]
    assert (found[0].change_ratio, found[0].per_minute, found[0].interval_seconds) == (0.5, 600, 5)
    assert (found[0].monotonic, found[0].samples, found[0].line) == (True, 2, 9)


def test_baseline_and_both_samples_are_one_line_of_three_points() -> None:
    found = rows(moment(100), moment(90, sample=1), baseline=hour_ago(10))
    assert [(row.against, row.count_change, row.monotonic) for row in found] == [
        ("baseline", 90, False),
        ("second sample", -10, False),
    ]
    change = growth(moment(100), moment(100, sample=1), baseline=hour_ago(40)).change(stack_key(group("", 1, FETCH).stack))
    assert change is not None
    assert (change.count_change, change.monotonic) == (60, True)
    assert change.per_minute is not None
    assert 0.9 < change.per_minute < 1.0


def test_a_single_moment_shows_no_change() -> None:
    assert rows(moment(100)) == []
    assert growth(moment(100)).change(stack_key(group("", 1, FETCH).stack)) is None


def test_stacks_that_came_or_went_have_rows() -> None:
    found = rows(moment(30), moment(40, MOVED, sample=1))
    assert [(row.line, row.count, row.count_change) for row in found] == [(12, 40, 40), (9, 0, -30)]
    assert found[0].change_ratio is None


def test_a_rebuild_that_moved_lines_is_no_change() -> None:
    found = rows(moment(30, MOVED), baseline=hour_ago(30))
    assert [(row.line, row.count, row.count_change) for row in found] == [(12, 30, 0)]


def test_counts_are_compared_in_the_form_that_both_samples_have() -> None:
    late = parsed("goroutine.txt", dump(group("chan send", 999, FETCH), form="debug=2"))
    found = rows(late, moment(100), moment(101, sample=1))
    assert [row.count_change for row in found] == [1]
    full_baseline = snapshot(late)
    found = rows(late, moment(100), moment(101, sample=1), baseline=full_baseline)
    assert [row.count_change for row in found if row.against == "second sample"] == [1]


def test_samples_of_the_same_time_have_no_rate() -> None:
    found = rows(moment(1), baseline=snapshot(moment(0)))
    assert (found[0].per_minute, found[0].interval_seconds) == (None, None)
