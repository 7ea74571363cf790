"""How a series of values goes: points in the order of time enter, slope, straightness and the like leave. Arithmetic only.

A series is folded first: its time is cut into `SPANS` equal spans, and the median of each stands for it. That takes the teeth off
the garbage collector's saw and keeps the work small.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean, median

from bot.model.history import HistoryPoint

SPANS = 24
NOISE_RATIO = 1 / 3
"""How much of its whole rise a series may fall in between and still count as rising."""

Points = Sequence[HistoryPoint]


def folded(points: Points) -> tuple[HistoryPoint, ...]:
    """Return the median time and value of each span that has any.

    >>> folded([HistoryPoint(at, at % 3) for at in range(72)])[:2]
    (HistoryPoint(at=1, value=1), HistoryPoint(at=4, value=1))
    """
    if len(points) <= SPANS:
        return tuple(points)
    start, length = points[0].at, points[-1].at - points[0].at
    spans: dict[int, list[HistoryPoint]] = {}
    for point in points:
        spans.setdefault(min(SPANS - 1, int((point.at - start) / length * SPANS)), []).append(point)
    return tuple(HistoryPoint(median(p.at for p in span), median(p.value for p in span)) for span in spans.values())


def slope_per_second(points: Points) -> float | None:
    """Return the median slope between all pairs of points (Theil-Sen), which single outliers do not move; None for one point.

    >>> slope_per_second([HistoryPoint(at, 2 * at + (1000 if at == 3 else 0)) for at in range(9)])
    2.0
    """
    slopes = [(b.value - a.value) / (b.at - a.at) for a, b in combinations(points, 2) if b.at > a.at]
    return median(slopes) if slopes else None


def fit_ratio(points: Points) -> float | None:
    """Return r² of the least squares line, 0 … 1; None for fewer than three points, or where nothing changes.

    >>> fit_ratio([HistoryPoint(at, 7 * at) for at in range(5)]), fit_ratio([HistoryPoint(at, at % 2) for at in range(5)])
    (1.0, 0.0)
    """
    if len(points) < 3:  # noqa: PLR2004  # two points are always a line
        return None
    middle_at, middle = fmean(point.at for point in points), fmean(point.value for point in points)
    together = sum((point.at - middle_at) * (point.value - middle) for point in points)
    times = sum((point.at - middle_at) ** 2 for point in points)
    values = sum((point.value - middle) ** 2 for point in points)
    return min(1.0, together**2 / (times * values)) if times and values else None


def rises(points: Points) -> bool:
    """Return whether a series ends higher than it began and never falls clearly: by more than `NOISE_RATIO` of its whole rise.

    >>> [rises([HistoryPoint(at, value) for at, value in enumerate(values)]) for values in ([1, 6, 5, 9], [1, 6, 2, 9], [3, 3])]
    [True, False, False]
    """
    if len(points) < 2 or points[-1].value <= points[0].value:  # noqa: PLR2004  # one point goes nowhere
        return False
    highest, fall = points[0].value, 0.0
    for point in points:
        highest = max(highest, point.value)
        fall = max(fall, highest - point.value)
    return fall <= NOISE_RATIO * (highest - points[0].value)


def rate(points: Points) -> float | None:
    """Return the rise of a counter per second; None when it was reset, or for one point."""
    if len(points) < 2 or points[-1].at <= points[0].at or points[-1].value < points[0].value:  # noqa: PLR2004  # as above
        return None
    return (points[-1].value - points[0].value) / (points[-1].at - points[0].at)
