"""What a light sample keeps of an instance: the metrics that a history holds, at one moment."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping

from bot.model.goroutines import GoroutineDump
from bot.model.history import HISTORY_METRICS, HistoryPoint, HistorySeries
from bot.model.profiles import MetricsPage
from bot.model.snapshot import Parsed

Values = dict[str, float]
GONE_SECONDS = 3600.0


def sample_values(parsed: Iterable[Parsed]) -> dict[str, Values]:
    """Return the values of each instance by the names of their metrics; of several samples of one run those of the first.

    Where no metrics page could be had, the goroutine profile still says how many goroutines there are.
    """
    taken: dict[str, Values] = {}
    for item in parsed:
        if item.evidence.sample or not item.evidence.instance:
            continue
        values = taken.setdefault(item.evidence.instance, {})
        if isinstance(item.reading, MetricsPage):
            page = item.reading
            found = {name: value for name in HISTORY_METRICS if (value := page.value(name)) is not None}
            values |= {name: value for name, value in found.items() if math.isfinite(value)}
        elif isinstance(item.reading, GoroutineDump):
            values.setdefault("go_goroutines", item.reading.seen)
    return {instance: values for instance, values in taken.items() if values}


def with_sample(
    history: Iterable[HistorySeries], taken: Mapping[str, Values], *, instances: Collection[str], at: float
) -> tuple[HistorySeries, ...]:
    """Return the history, continued by a sample.

    Of an instance that is none of `instances` any more the last hour is left out: a series that ended before the others shows
    what was usual yesterday, and is not judged itself. Where no instance is known at all, everything counts.

    Args:
        history: what earlier samples said.
        taken: the values of the sample, by instance.
        instances: names of the instances there are.
        at: time of the sample, in seconds since the epoch.
    """
    points: dict[tuple[str, str], tuple[HistoryPoint, ...]] = {}
    for series in history:
        gone = bool(instances) and series.label("instance") not in instances
        kept = tuple(point for point in series.points if not gone or point.at < at - GONE_SECONDS)
        points[series.label("instance"), series.name] = kept
    for instance, values in taken.items():
        for name, value in values.items():
            points[instance, name] = (*points.get((instance, name), ()), HistoryPoint(at, value))
    return tuple(HistorySeries(name, (("instance", instance),), found) for (instance, name), found in points.items() if found)
