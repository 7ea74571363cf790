"""Goroutine evidence of one moment → one count of every goroutine, each counted once.

The same goroutines may stand in a full dump (debug=2), a profile (proto), its text form (debug=1) and a leak profile. One of them
is the base: a complete debug=2, else the proto, else debug=1, else a truncated debug=2. From the others comes only what the base
does not know: wait minutes, arguments and creators from debug=2, labels from the profiles, and how many the runtime proved to be
leaked. A group is recognised again by its stack: functions and lines, without the runtime's own frames, which debug=1 hides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.facts.readings import Readings
from bot.model.evidence import Evidence, Kind
from bot.model.functions import normalise_function
from bot.model.goroutines import Frame, GoroutineDump, GoroutineGroup
from bot.model.logs import LogReading

StackKey = tuple[tuple[str, int], ...]
"""(normalised function, line) pairs, innermost first."""

COMPARED_FRAMES = 40
"""Frames that make a key: a full dump leaves out the middle of stacks of more than 100 frames."""

_OUTERMOST = frozenset({"runtime.main", "runtime.goexit"})
FULL_FORMS = frozenset({"debug=2", "crash"})


@dataclass(frozen=True, slots=True)
class SeenDump:
    """One goroutine dump or profile, and the evidence it stands in."""

    evidence: Evidence
    dump: GoroutineDump


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """One group of the census, and the evidence it was counted in."""

    group: GoroutineGroup
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Census:
    """Every goroutine of one instance at one moment, and the evidence that is the base of the count."""

    groups: tuple[SeenGroup, ...]
    evidence: Evidence

    @property
    def total(self) -> int:
        """How many goroutines there are."""
        return sum(seen.group.count for seen in self.groups)


def take_census(readings: Readings, *, sample: int = 0) -> Census | None:
    """Merge the goroutine evidence of one sample; None when there is none."""
    dumps = [*_pulled(readings, sample)] or ([*_printed(readings)] if sample == 0 else [])
    if not dumps:
        return None
    base, *others = sorted(dumps, key=_rank)
    groups = [SeenGroup(_with_leaks_counted(group, base.dump), base.evidence) for group in base.dump.groups]
    for other in others:
        groups = _merge(groups, other)
    return Census(tuple(groups), base.evidence)


def counted_dumps(readings: Readings, sample: int) -> dict[str, SeenDump]:
    """Return the dumps of one sample by their form, without leak profiles: what counts of two samples can be compared in."""
    dumps = [*_pulled(readings, sample)] or ([*_printed(readings)] if sample == 0 else [])
    return {seen.dump.form: seen for seen in dumps if not seen.dump.leak_profile}


normalised = lru_cache(maxsize=65_536)(normalise_function)  # evidence repeats few names many times


def stack_key(stack: Iterable[Frame]) -> StackKey:
    """Return what identifies a stack in every form of evidence of one build."""
    frames = list(stack)
    shown = [frame for frame in frames if not _is_runtime(frame.function)] or frames
    return tuple((normalised(frame.function), frame.line) for frame in shown[:COMPARED_FRAMES])


def entry_of(stack: tuple[Frame, ...]) -> str:
    """Return the outermost function: what the `go` statement called, or `main.main`; empty for an empty stack."""
    functions = [frame.function for frame in stack]
    return next((name for name in reversed(functions) if name not in _OUTERMOST), functions[-1] if functions else "")


def _is_runtime(function: str) -> bool:
    return function.startswith(("runtime.", "internal/runtime/", "runtime/internal/")) or function == "panic"


def _pulled(readings: Readings, sample: int) -> Iterator[SeenDump]:
    for evidence, dump in readings.of(GoroutineDump, Kind.GOROUTINE, Kind.GOROUTINELEAK):
        if evidence.sample == sample:
            yield SeenDump(evidence, dump)


def _printed(readings: Readings) -> Iterator[SeenDump]:
    """Yield the last dump of each form that a log holds; a crash counts when it printed more than the goroutine that died."""
    latest: dict[str, SeenDump] = {}
    for evidence, log in readings.of(LogReading):
        crashed = (crash.dump for crash in log.crashes if crash.dump and crash.dump.parsed > 1)
        for dump in (*log.dumps, *crashed):
            latest[dump.form] = SeenDump(evidence, dump)
    yield from latest.values()


def _rank(seen: SeenDump) -> tuple[int, int]:
    """Sort key of the base: how much it can be trusted with the counts; of equals the largest."""
    dump = seen.dump
    complete = dump.form in FULL_FORMS and not dump.truncated and dump.parsed >= dump.seen
    order = 0 if complete else {"proto": 1, "debug=1": 2}.get(dump.form, 3)
    return (4 if dump.leak_profile else order), -dump.parsed


def _with_leaks_counted(group: GoroutineGroup, dump: GoroutineDump) -> GoroutineGroup:
    return replace(group, leaked_count=group.count) if dump.leak_profile else group


def _merge(groups: list[SeenGroup], other: SeenDump) -> list[SeenGroup]:
    """Add to the groups what only another dump of the same moment knows.

    Groups that only a leak profile knows are added: it proves them. Any other dump was taken a moment earlier or later, so what
    it alone shows had ended by then, or had not begun.
    """
    known: defaultdict[StackKey, list[GoroutineGroup]] = defaultdict(list)
    for group in other.dump.groups:
        known[stack_key(group.stack)].append(_with_leaks_counted(group, other.dump))
    unproved = Counter({key: sum(group.leaked_count for group in same) for key, same in known.items()})
    keys = [stack_key(seen.group.stack) for seen in groups]
    sharing = Counter(keys)
    merged = []
    for key, seen in zip(keys, groups, strict=True):
        group = seen.group
        if same := known.get(key):
            group = _filled(group, max(same, key=lambda found: found.count), alone=sharing[key] == 1)
        leaked = max(group.leaked_count, min(group.count, unproved[key]))
        unproved[key] -= leaked
        merged.append(replace(seen, group=replace(group, leaked_count=leaked)))
    if other.dump.leak_profile:
        merged += [SeenGroup(group, other.evidence) for key, same in known.items() if not sharing[key] for group in same]
    return merged


def _filled(group: GoroutineGroup, other: GoroutineGroup, *, alone: bool) -> GoroutineGroup:
    """Return the group with what is empty in it taken from the same stack elsewhere.

    `alone`: no other group of the base has this stack, so that counts by label or by minute are this group's and no one else's.
    """
    more_exact = not group.state or other.state.startswith(f"{group.state} (")
    filled = replace(group, state=other.state if more_exact else group.state, created_by=group.created_by or other.created_by)
    if not group.members and other.members:
        filled = replace(filled, members=other.members, elided=other.elided, excerpt=other.excerpt)
    if not alone:
        return filled
    return replace(
        filled,
        minutes=group.minutes or other.minutes,
        labels=group.labels or other.labels,
        addresses=group.addresses or other.addresses,
        locked_count=max(group.locked_count, min(group.count, other.locked_count)),
    )
