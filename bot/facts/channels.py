"""`channel_waits`: channel operations, and how many goroutines stand where the other side could be.

No evidence says which channel a goroutine waits for. The other side is looked for by position: goroutines in the same package,
neither of the same stack nor in the same operation. None of them means that nobody is there to send, receive or close.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from bot.facts.census import Census
from bot.facts.culprit import Owner, Ownership, Place, package_of
from bot.facts.readings import shorten
from bot.model.facts import ChannelWaitRow
from bot.model.goroutines import GoroutineGroup

OPERATIONS = (
    "chan send",
    "chan receive",
    "select",
    "chan send (nil chan)",
    "chan receive (nil chan)",
    "select (no cases)",
)
"""Go's own wait reasons for channels; nothing can ever meet the last three."""

_NEVER = frozenset(OPERATIONS[3:])


def channel_waits(census: Census, ownership: Ownership) -> list[ChannelWaitRow]:
    """Return one row per operation and place, those that nobody can meet first, then the most frequent."""
    standing = _standing(census, ownership)
    rows: dict[tuple[str, str, str, int], ChannelWaitRow] = {}
    for seen in census.groups:
        group = seen.group
        if group.state not in OPERATIONS:
            continue
        place = ownership.waiting_place(group.stack, group.created_by)
        key = (group.state, place.function, place.file, place.line)
        known = rows.get(key)
        rows[key] = ChannelWaitRow(
            operation=group.state,
            function=place.function,
            file=place.file,
            line=place.line,
            waiters=group.count + (known.waiters if known else 0),
            counterparts=_counterparts(group, place, standing),
            target=seen.evidence.instance,
            evidence=seen.evidence.name,
            locator=known.locator if known else group.locator,
            excerpt=known.excerpt if known else shorten(group.excerpt),
        )
    return sorted(rows.values(), key=lambda row: (row.counterparts > 0, -row.waiters, row.function, row.line))


def _standing(census: Census, ownership: Ownership) -> dict[str, Counter[str]]:
    """Count goroutines by each package of own code or dependencies in their stack, and by state."""
    standing: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for seen in census.groups:
        interesting = (frame for frame in seen.group.stack if ownership.owner(frame) <= Owner.DEPENDENCY)
        for package in {package_of(frame.function) for frame in interesting}:
            standing[package][seen.group.state] += seen.group.count
    return standing


def _counterparts(group: GoroutineGroup, place: Place, standing: dict[str, Counter[str]]) -> int:
    if group.state in _NEVER:
        return 0
    return sum(count for state, count in standing.get(place.package, Counter()).items() if state != group.state)
