from __future__ import annotations

from datetime import timedelta

from snapshots import NOW, frames, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import AllocationGrowthRow, Facts
from bot.model.profiles import MetricPoint, MetricsPage, Profile, ProfileSample
from bot.model.snapshot import Parsed, Snapshot

TYPES = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
PUT = ("runtime.mallocgc", "bytes.growSlice", "example.com/shop.(*Cache).Put c.go:7", "net/http.(*conn).serve")


def heap(*samples: tuple[int, tuple[str, ...]], sample: int = 0, minutes_ago: int = 0) -> Parsed:
    found = tuple(ProfileSample(frames(*stack), (9, 99, 1, size)) for size, stack in samples)
    profile = Profile(value_types=TYPES, samples=found)
    return parsed("heap.pb.gz", profile, sample=sample, at=NOW - timedelta(minutes=minutes_ago))


def facts(*readings: Parsed, baseline: Snapshot | None = None) -> Facts:
    return derive(snapshot(*readings, baseline=baseline), benign=shared_benign())


def growth(*readings: Parsed, baseline: Snapshot | None = None) -> tuple[AllocationGrowthRow, ...]:
    return facts(*readings, baseline=baseline).allocation_growth


def test_memory_is_added_up_by_the_line_to_blame() -> None:
    read = ("io.ReadAll", *PUT[2:])
    rows = facts(
        heap((300, PUT), (100, read), (100, ("bufio.NewReaderSize b.go:1",)), (0, ("main.idle m.go:1",)))
    ).allocation_sites
    assert [(row.function, row.line, row.inuse_bytes, row.inuse_objects, row.inuse_ratio) for row in rows] == [
        ("example.com/shop.(*Cache).Put", 7, 400, 2, 0.8),
        ("bufio.NewReaderSize", 1, 100, 1, 0.2),
    ]
    assert (rows[0].top_function, rows[0].own_code, rows[0].module) == ("bytes.growSlice", True, "example.com/shop")
    assert "example.com/shop.(*Cache).Put" in rows[0].excerpt


def test_growth_between_two_samples_and_the_time_to_the_limit() -> None:
    limits: dict[str, tuple[MetricPoint, ...]] = {
        "process_resident_memory_bytes": (MetricPoint((), 600.0),),
        "container_spec_memory_limit_bytes": (MetricPoint((), 1600.0),),
    }
    row = growth(heap((300, PUT)), heap((800, PUT), sample=1), parsed("metrics.txt", MetricsPage(points=limits)))[0]
    assert (row.inuse_bytes, row.inuse_bytes_change, row.against) == (800, 500, "second sample")
    assert (row.bytes_per_second, row.seconds_to_limit, row.interval_seconds) == (100, 10, 5)


def test_shrinking_memory_never_reaches_a_limit_and_a_line_that_moved_did_not_grow() -> None:
    moved = (*PUT[:2], "example.com/shop.(*Cache).Put c.go:9")
    rows = growth(heap((300, moved)), baseline=snapshot(heap((400, PUT), minutes_ago=60)))
    assert [(row.line, row.inuse_bytes_change, row.against, row.seconds_to_limit) for row in rows] == [
        (9, -100, "baseline", None)
    ]


def test_a_site_that_is_new_and_one_that_is_gone() -> None:
    rows = growth(heap((300, PUT)), heap((50, ("main.other o.go:1",)), sample=1))
    assert [(row.function, row.inuse_bytes_change, row.change_ratio) for row in rows] == [
        ("main.other", 50, None),
        ("example.com/shop.(*Cache).Put", -300, -1),
    ]


def test_without_a_profile_there_is_nothing() -> None:
    assert facts().allocation_sites == ()
    assert growth(heap((300, PUT))) == ()


def test_the_growing_cache_of_a_real_program() -> None:
    row = derive(recorded("go1.27/heap-map"), benign=shared_benign()).allocation_growth[0]
    assert (row.function, row.file, row.line) == ("example.com/shop/cart.renderBasket", "example.com/shop/cart/cache.go", 36)
    assert row.inuse_bytes_change > 10_000_000
