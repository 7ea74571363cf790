"""What a light sample keeps, and how it continues the samples before it."""

from __future__ import annotations

from dataclasses import replace

from snapshots import NOW, dump, group, parsed

from bot.facts.samples import sample_values, with_sample
from bot.model.evidence import Target
from bot.model.history import HistoryPoint, HistorySeries
from bot.model.profiles import MetricPoint, MetricsPage
from bot.model.snapshot import Parsed

AT = NOW.timestamp()


def page(instance: str = "a", *, sample: int = 0, **values: float) -> Parsed:
    reading = MetricsPage(points={name: (MetricPoint((), value),) for name, value in values.items()})
    return parsed("metrics.txt", reading, sample=sample, target=Target("checkout", instance))


def series(instance: str, *points: tuple[float, float], name: str = "go_goroutines") -> HistorySeries:
    return HistorySeries(name, (("instance", instance),), tuple(HistoryPoint(AT + after, value) for after, value in points))


def test_the_metrics_of_a_history_by_instance() -> None:
    taken = sample_values(
        [
            page(go_goroutines=9, process_open_fds=7, something_else=1, process_max_fds=float("inf"), go_threads=float("nan")),
            page(sample=1, go_goroutines=99),
            page("b", go_goroutines=3),
        ]
    )
    assert taken == {"a": {"go_goroutines": 9, "process_open_fds": 7}, "b": {"go_goroutines": 3}}


def test_without_a_metrics_page_the_goroutines_are_counted() -> None:
    profile = parsed("goroutine.pb.gz", dump(group("select", 12, "main.run m.go:1")), target=Target("checkout", "a"))
    assert sample_values([profile]) == {"a": {"go_goroutines": 12}}
    assert sample_values([profile, page(go_goroutines=14)]) == {"a": {"go_goroutines": 14}}
    assert sample_values([replace(profile, reading=None, error="broken"), page(other=1)]) == {}


def test_a_sample_continues_the_history_of_its_instance() -> None:
    history = [series("a", (-900, 5)), series("a", (-900, 3), name="go_threads")]
    assert with_sample(history, {"a": {"go_goroutines": 9, "process_open_fds": 7}}, instances=["a"], at=AT) == (
        series("a", (-900, 5), (0, 9)),
        series("a", (-900, 3), name="go_threads"),
        series("a", (0, 7), name="process_open_fds"),
    )


def test_an_instance_that_is_gone_shows_only_what_was_usual_before() -> None:
    history = [series("gone", (-9000, 5), (-900, 50)), series("just born and gone", (-60, 5)), series("silent", (-900, 8))]
    assert with_sample(history, {}, instances=["silent"], at=AT) == (series("gone", (-9000, 5)), series("silent", (-900, 8)))


def test_where_nobody_is_known_to_live_everything_counts() -> None:
    history = (series("dead", (-9000, 5), (-900, 50)),)
    assert with_sample(history, {}, instances=[], at=AT) == history
