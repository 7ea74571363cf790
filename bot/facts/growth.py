"""How the number of goroutines with one stack changed: from the baseline, and between the two samples of one run.

Counts are compared between dumps of the same form wherever both moments have one, because a full dump is taken later than the
profile beside it. Where a rebuild moved lines, a stack of the baseline is recognised by its functions alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.facts.census import SeenDump, StackKey, counted_dumps, stack_key
from bot.facts.culprit import Ownership
from bot.facts.numbers import never_down, ratio
from bot.facts.readings import Instance, seconds_between, shorten
from bot.model.facts import GoroutineGrowthRow
from bot.model.goroutines import GoroutineGroup

SECOND_SAMPLE = "second sample"
BASELINE = "baseline"
_COMPARED_FORMS = ("proto", "debug=1", "debug=2", "crash")


@dataclass(frozen=True, slots=True)
class Change:
    """How one stack's count changed. `monotonic`: it never fell and ended higher; `per_minute` is None without distinct times."""

    count_change: int
    per_minute: float | None
    monotonic: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """All goroutines of one moment, counted by stack. `against`: what the moment before it is called in the table."""

    dump: SeenDump
    counts: Mapping[StackKey, int]
    groups: Mapping[StackKey, GoroutineGroup]
    against: str


@dataclass(frozen=True, slots=True)
class Growth:
    """Moments in the order of time: baseline (where there is one), first sample, second sample (where there is one)."""

    moments: tuple[Moment, ...] = ()

    def change(self, *keys: StackKey) -> Change | None:
        """Return how the count of these stacks together changed from the earliest moment to the latest; None with one moment."""
        if not self.moments[1:]:
            return None
        points = [sum(moment.counts.get(key, 0) for key in set(keys)) for moment in self.moments]
        change = points[-1] - points[0]
        seconds = seconds_between(self.moments[0].dump.evidence.collected_at, self.moments[-1].dump.evidence.collected_at)
        return Change(change, ratio(change * 60, seconds), never_down(points))


def growth_of(instance: Instance) -> Growth:
    """Count every stack of an instance at each moment that was collected."""
    baseline, first, second = counted_dumps(instance.before, 0), counted_dumps(instance.now, 0), counted_dumps(instance.now, 1)
    if not first:
        return Growth()
    moments = []
    for dumps, beside, against in ((baseline, first, ""), (first, second or baseline, BASELINE), (second, first, SECOND_SAMPLE)):
        if dumps:
            moments.append(_moment(dumps[_form(dumps, beside)], against))
    if baseline:
        moments[0] = _with_moved_lines(moments[0], moments[1])
    return Growth(tuple(moments))


def goroutine_growth(growth: Growth, ownership: Ownership) -> list[GoroutineGrowthRow]:
    """Return one row per stack for every pair of successive moments, stacks that have gone included."""
    rows = []
    for earlier, later in pairwise(growth.moments):
        for key, group in {**earlier.groups, **later.groups}.items():
            rows.append(_row(key, group, (earlier, later), growth, ownership))
    return sorted(rows, key=lambda row: (-row.count_change, -row.count, row.function, row.line or 0))


def _row(
    key: StackKey, group: GoroutineGroup, pair: tuple[Moment, Moment], growth: Growth, ownership: Ownership
) -> GoroutineGrowthRow:
    earlier, later = pair
    place = ownership.waiting_place(group.stack, group.created_by)
    evidence = (later if key in later.groups else earlier).dump.evidence
    interval = seconds_between(earlier.dump.evidence.collected_at, later.dump.evidence.collected_at)
    before, count = earlier.counts.get(key, 0), later.counts.get(key, 0)
    change = growth.change(key)
    return GoroutineGrowthRow(
        function=place.function,
        file=place.file,
        line=place.line,
        state=group.state or None,
        count=count,
        count_change=count - before,
        change_ratio=ratio(count - before, before),
        per_minute=ratio((count - before) * 60, interval),
        samples=len(growth.moments),
        monotonic=change.monotonic if change else None,
        interval_seconds=interval,
        against=later.against,
        target=later.dump.evidence.instance,
        evidence=evidence.name,
        locator=group.locator,
        excerpt=shorten(group.excerpt),
    )


def _form(dumps: Mapping[str, SeenDump], beside: Mapping[str, SeenDump]) -> str:
    """Return the form to compare in: one that both moments have, else the first this one has."""
    return next((form for form in _COMPARED_FORMS if form in dumps and form in beside), next(iter(dumps)))


def _moment(dump: SeenDump, against: str) -> Moment:
    counts: Counter[StackKey] = Counter()
    groups: dict[StackKey, GoroutineGroup] = {}
    for group in dump.dump.groups:
        key = stack_key(group.stack)
        counts[key] += group.count
        groups.setdefault(key, group)
    return Moment(dump, counts, groups, against)


def _with_moved_lines(baseline: Moment, now: Moment) -> Moment:
    """Count a stack that is gone under the new stack with the same functions whose lines are nearest."""
    new: defaultdict[tuple[str, ...], list[StackKey]] = defaultdict(list)
    for key in now.counts:
        if key not in baseline.counts:
            new[_functions(key)].append(key)
    counts: Counter[StackKey] = Counter()
    groups: dict[StackKey, GoroutineGroup] = {}
    for key, group in baseline.groups.items():
        moved = [] if key in now.counts else new[_functions(key)]
        found = min(moved, key=lambda other: _line_distance(key, other), default=key)
        counts[found] += baseline.counts[key]
        groups.setdefault(found, group)
    return replace(baseline, counts=counts, groups=groups)


def _functions(key: StackKey) -> tuple[str, ...]:
    return tuple(function for function, _ in key)


def _line_distance(one: StackKey, other: StackKey) -> int:
    return sum(abs(a - b) for (_, a), (_, b) in zip(one, other, strict=True))
