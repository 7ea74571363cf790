"""Instances of one service against each other: of which stacks one has more goroutines than the others."""

from __future__ import annotations

from collections.abc import Sequence

from bot.facts.culprit import Ownership
from bot.facts.growth import Growth, Moment
from bot.facts.numbers import median, ratio
from bot.facts.readings import shorten
from bot.model.facts import GoroutineGrowthRow
from bot.model.goroutines import GoroutineGroup

OTHER_INSTANCE = "other instance"


def growth_against_others(growths: Sequence[Growth], ownership: Ownership) -> list[GoroutineGrowthRow]:
    """Return one row per instance and stack of which it has more goroutines than the median of the others, the largest first.

    Instances are compared as they were seen last. `samples` is how many instances were compared. There is no rate and no trend:
    the others are no earlier moment.
    """
    seen = [growth.moments[-1] for growth in growths if growth.moments]
    if len(seen) < 2:  # noqa: PLR2004  # one instance has no others
        return []
    rows = []
    for moment in seen:
        others = [other for other in seen if other is not moment]
        for key, group in moment.groups.items():
            usual = median((other.counts.get(key, 0), 1) for other in others) or 0
            if moment.counts[key] > usual:
                rows.append(_row(moment, group, ownership, counts=(moment.counts[key], int(usual)), instances=len(seen)))
    return sorted(rows, key=lambda row: (-row.count_change, row.target, row.function, row.line or 0))


def _row(
    moment: Moment, group: GoroutineGroup, ownership: Ownership, *, counts: tuple[int, int], instances: int
) -> GoroutineGrowthRow:
    count, usual = counts
    place = ownership.waiting_place(group.stack, group.created_by)
    return GoroutineGrowthRow(
        function=place.function,
        file=place.file,
        line=place.line,
        state=group.state or None,
        count=count,
        count_change=count - usual,
        change_ratio=ratio(count - usual, usual),
        samples=instances,
        against=OTHER_INSTANCE,
        target=moment.dump.evidence.instance,
        evidence=moment.dump.evidence.name,
        locator=group.locator,
        excerpt=shorten(group.excerpt),
    )
