"""`goroutine_groups`: what the goroutines do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from bot.facts.census import Census, SeenGroup, entry_of, stack_key
from bot.facts.culprit import Owner, Ownership
from bot.facts.growth import Growth
from bot.facts.harmless import is_benign
from bot.facts.numbers import median, ratio, share
from bot.facts.readings import shorten
from bot.model.benign import Benign
from bot.model.facts import GoroutineGroupRow
from bot.model.goroutines import Frame, GoroutineGroup


def goroutine_groups(census: Census, growth: Growth, ownership: Ownership, benign: Benign) -> list[GoroutineGroupRow]:
    """Return one row per group: leaked ones first, then the largest, harmless ones last."""
    total, started = census.total, _started(census)
    rows = [
        replace(_group_row(seen, total, growth, ownership, benign), children_ratio=_children_ratio(seen, started))
        for seen in census.groups
    ]
    return sorted(rows, key=lambda row: (-row.leaked_count, row.benign, -row.count, row.function, row.line, row.top_function))


def wait_minutes(group: GoroutineGroup) -> float | None:
    """Return the median of the minutes waited; None when the evidence cannot say it (a profile; goroutines marked as leaked).

    A full dump prints minutes from the first one on, so a goroutine without them has waited less than one, as far as the runtime
    knows. Goroutines that it marked as leaked print none, however long they have waited.
    """
    if not group.members:
        return median(group.minutes)
    printed = sum(count for _, count in group.minutes)
    return median([*group.minutes, (0, max(0, group.count - printed - group.leaked_count))])


def _group_row(seen: SeenGroup, total: int, growth: Growth, ownership: Ownership, benign: Benign) -> GoroutineGroupRow:
    group = seen.group
    place = ownership.waiting_place(group.stack, group.created_by)
    change = growth.change(stack_key(group.stack))
    return GoroutineGroupRow(
        state=group.state or None,
        top_function=_top_function(group.stack, ownership),
        function=place.function,
        file=place.file,
        line=place.line,
        package=place.package,
        own_code=place.own_code,
        module=place.module,
        entry=entry_of(group.stack),
        count=group.count,
        share_ratio=share(group.count, total),
        leaked=group.leaked_count > 0,
        leaked_count=group.leaked_count,
        benign=is_benign(group, change, benign),
        created_by=group.created_by.function if group.created_by else None,
        wait_minutes=wait_minutes(group),
        wait_minutes_max=max((minutes for minutes, _ in group.minutes), default=None),
        count_change=change.count_change if change else None,
        per_minute=change.per_minute if change else None,
        monotonic=change.monotonic if change else None,
        labels=tuple(labels for labels, _ in group.labels),
        stack=tuple(frame.function for frame in group.stack),
        target=seen.evidence.instance,
        evidence=seen.evidence.name,
        locator=group.locator,
        excerpt=shorten(group.excerpt, place.function),
    )


def _started(census: Census) -> Counter[str]:
    """Count the goroutines by the function that started them; empty when no evidence names any."""
    started: Counter[str] = Counter()
    for seen in census.groups:
        if seen.group.created_by:
            started[seen.group.created_by.function] += seen.group.count
    return started


def _children_ratio(seen: SeenGroup, started: Counter[str]) -> float | None:
    functions = {frame.function for frame in seen.group.stack}
    return ratio(sum(started[function] for function in functions), seen.group.count) if started else None


def _top_function(stack: tuple[Frame, ...], ownership: Ownership) -> str:
    """Return the innermost function that is not the runtime's own."""
    shown = (frame for frame in stack if ownership.owner(frame) is not Owner.RUNTIME)
    return next(shown, stack[0] if stack else Frame("")).function
