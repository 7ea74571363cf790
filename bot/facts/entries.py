"""`goroutine_entries`: where goroutines come from, and what they are out of proportion to."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from bot.facts.census import Census, SeenGroup, StackKey, entry_of, stack_key
from bot.facts.goroutines import wait_minutes
from bot.facts.growth import Growth
from bot.facts.numbers import median, ratio, share
from bot.facts.readings import shorten
from bot.model.facts import GoroutineEntryRow

_CLOSURE = re.compile(r"(?:\.func\d+(?:\.\d+)*|\.gowrap\d+|\.deferwrap\d+|-range\d+|-fm)+$")


@dataclass(slots=True)
class _Entry:
    """Goroutines with one outermost function and one creator, added up."""

    name: str
    creator: str | None
    largest: SeenGroup
    count: int = 0
    functions: set[str] = field(default_factory=set)
    stacks: list[StackKey] = field(default_factory=list)
    leaked_count: int = 0
    waits: list[tuple[float, int]] = field(default_factory=list)

    def add(self, seen: SeenGroup) -> None:
        """Count a group in."""
        self.count += seen.group.count
        self.functions.update(frame.function for frame in seen.group.stack)
        self.stacks.append(stack_key(seen.group.stack))
        self.leaked_count += seen.group.leaked_count
        if (minutes := wait_minutes(seen.group)) is not None:
            self.waits.append((minutes, seen.group.count))

    @property
    def started_in(self) -> str:
        """The function with the `go` statement; where the evidence does not name it, the function that a closure stands in."""
        return self.creator or _CLOSURE.sub("", self.name)


def goroutine_entries(census: Census, growth: Growth) -> list[GoroutineEntryRow]:
    """Return one row per outermost function and creator, largest first.

    The sibling is the largest other entry that the same function starts, or that this function runs in: a connection's writer
    beside its reader, a worker beside the connection that started it.
    """
    entries: dict[tuple[str, str | None], _Entry] = {}
    for seen in census.groups:
        creator = seen.group.created_by.function if seen.group.created_by else None
        name = entry_of(seen.group.stack)
        entries.setdefault((name, creator), _Entry(name, creator, seen)).add(seen)
    beside = _beside(sorted(entries.values(), key=lambda entry: (-entry.count, entry.name)))
    total = census.total
    rows = [_row(entry, beside.get(entry.started_in, []), total, growth) for entry in entries.values()]
    return sorted(rows, key=lambda row: (-row.count, row.entry, row.created_by or ""))


def _row(entry: _Entry, beside: list[_Entry], total: int, growth: Growth) -> GoroutineEntryRow:
    change = growth.change(*entry.stacks)
    sibling = next((other for other in beside if other.name != entry.name), None)
    return GoroutineEntryRow(
        entry=entry.name,
        created_by=entry.creator,
        count=entry.count,
        share_ratio=share(entry.count, total),
        leaked_count=entry.leaked_count,
        wait_minutes=median(entry.waits),
        sibling=sibling.name if sibling else None,
        sibling_ratio=ratio(entry.count, sibling.count) if sibling else None,
        count_change=change.count_change if change else None,
        monotonic=change.monotonic if change else None,
        target=entry.largest.evidence.instance,
        evidence=entry.largest.evidence.name,
        locator=entry.largest.group.locator,
        excerpt=shorten(entry.largest.group.excerpt),
    )


def _beside(entries: list[_Entry]) -> dict[str, list[_Entry]]:
    """Return, for each function, the entries that it starts or runs in, in the given order.

    Left out are `main.main`, which starts everything once, and loops that accept connections: what these start is in no
    proportion to their own number.
    """
    beside: defaultdict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        if any(function.endswith(").Accept") for function in entry.functions):
            continue
        for function in {*entry.functions, *([entry.creator] if entry.creator else [])} - {"main.main"}:
            beside[function].append(entry)
    return beside
