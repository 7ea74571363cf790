"""Which groups of goroutines are known to be harmless: `Benign` patterns held against a group."""

from __future__ import annotations

from bot.facts.census import entry_of
from bot.facts.growth import Change
from bot.model.benign import Benign, BenignPattern
from bot.model.goroutines import GoroutineGroup


def is_benign(group: GoroutineGroup, change: Change | None, benign: Benign) -> bool:
    """Return whether a pattern covers the group: few enough, not proved to be leaked, and not growing."""
    grows = change is not None and change.count_change > benign.growth
    if group.leaked_count or grows:
        return False
    return any(group.count <= pattern.ceiling and _matches(group, pattern) for pattern in benign.patterns)


def _matches(group: GoroutineGroup, pattern: BenignPattern) -> bool:
    functions = [frame.function for frame in group.stack]
    creator = group.created_by.function if group.created_by else ""
    innermost = next((name for name in functions if not name.startswith("runtime.")), functions[0] if functions else "")
    return (
        (not pattern.states or group.state in {*pattern.states, ""})
        and (not pattern.stack or any(name.startswith(pattern.stack) for name in functions))
        and (not pattern.waits_in or innermost.startswith(pattern.waits_in))
        and (not pattern.entry or entry_of(group.stack).startswith(pattern.entry))
        and (not pattern.created_by or creator.startswith(pattern.created_by))
    )
