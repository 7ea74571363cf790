"""Arithmetic on counts where a part may be unknown: unknown in, unknown out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return `part / whole`; None when either is unknown or the whole is not positive.

    >>> ratio(1, 4), ratio(1, None), ratio(1, 0)
    (0.25, None, None)
    """
    return None if part is None or whole is None or whole <= 0 else part / whole


def share(part: float, whole: float) -> float:
    """Return how much of the whole a part is, 0 … 1; 0 when there is nothing.

    >>> share(3, 4), share(0, 0), share(5, 4)
    (0.75, 0.0, 1.0)
    """
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0


def median(pairs: Iterable[tuple[float, int]]) -> float | None:
    """Return the median of (value, how often) pairs; the lower one of two middles; None when there are none.

    >>> median([(3, 10), (0, 9)]), median([])
    (3, None)
    """
    ordered = sorted(pair for pair in pairs if pair[1] > 0)
    middle = (sum(count for _, count in ordered) + 1) // 2
    passed = 0
    for value, count in ordered:
        passed += count
        if passed >= middle:
            return value
    return None


def never_down(points: Iterable[float]) -> bool:
    """Return whether the points never fall and end higher than they began.

    >>> never_down([1, 1, 5]), never_down([1, 3, 2]), never_down([2, 2])
    (True, False, False)
    """
    values = list(points)
    return len(values) > 1 and values[-1] > values[0] and all(a <= b for a, b in pairwise(values))
