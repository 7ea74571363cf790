"""The readings of one instance, sorted out of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.model.evidence import Evidence, Kind
from bot.model.goroutines import GoroutineDump
from bot.model.history import MetricsHistory
from bot.model.logs import LogReading
from bot.model.profiles import MetricsPage, Profile
from bot.model.snapshot import KubernetesList, Parsed, Snapshot

R = TypeVar("R", GoroutineDump, Profile, MetricsPage, MetricsHistory, LogReading, KubernetesList)

FRAME_LINES = 2
"""Of a frame as Go prints it: the function, and beneath it the file."""
EXCERPT_LINES = 16
"""Lines of an excerpt that are kept: enough for the innermost frames of a stack."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read of one instance in one collection."""

    parsed: tuple[Parsed, ...] = ()

    def of(self, noun: type[R], *kinds: Kind) -> Iterator[tuple[Evidence, R]]:
        """Yield the readings of one class, of the given kinds of evidence (none given: of every kind), in the bundle's order."""
        for item in self.parsed:
            if isinstance(item.reading, noun) and (not kinds or item.evidence.kind in kinds):
                yield item.evidence, item.reading


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance. Its name is empty for the service as a whole.

    Attributes:
        name: what people call it.
        now: what was read of it.
        before: what growth is measured from: the baseline, unless that was taken as a routine.
        healthy: what changes are seen against: the baseline, even if it was taken as a routine.
    """

    name: str
    now: Readings
    before: Readings = Readings()
    healthy: Readings = Readings()


def instances_of(snapshot: Snapshot) -> tuple[Instance, ...]:
    """Sort a snapshot by instance, in the order of their first evidence; the baseline goes to the instance of the same name.

    A baseline of one instance also serves a snapshot of one instance whose name differs: pods get new names. What has changed is
    seen on an instance that the baseline does not know against its first one.
    """
    now = _by_instance(snapshot)
    before = _by_instance(snapshot.baseline) if snapshot.baseline else {}
    names_now, names_before = [name for name in now if name], [name for name in before if name]
    if len(names_now) == len(names_before) == 1:
        before[names_now[0]] = before[names_before[0]]
    first = before[names_before[0]] if names_before else Readings()
    instances = []
    for name, readings in now.items():
        earlier = before.get(name, Readings())
        routine = snapshot.baseline is not None and snapshot.baseline.bundle.routine
        healthy = before.get(name, first if name else Readings())
        instances.append(Instance(name, readings, before=Readings() if routine else earlier, healthy=healthy))
    return tuple(instances)


def seconds_between(earlier: datetime, later: datetime) -> float | None:
    """Return the seconds from one time to a later one; None when it is not later."""
    seconds = (later - earlier).total_seconds()
    return seconds if seconds > 0 else None


def shorten(excerpt: str, function: str | None = None) -> str:
    r"""Return the first lines of an excerpt, and say how many are left out; the frame of a function stays wherever it stands.

    >>> shorten("one\n" * 20).splitlines()[-2:]
    ['one', '… 4 lines more']
    >>> shorten("one\n" * 20 + "shop.fetch(...)\n\tpool.go:88\n", "shop.fetch").splitlines()[-4:]
    ['…', 'shop.fetch(...)', '\tpool.go:88', '… 7 lines more']
    """
    lines = excerpt.rstrip("\n").split("\n")
    if len(lines) <= EXCERPT_LINES:
        return "\n".join(lines)
    at = next((number for number, line in enumerate(lines) if function and function in line), 0)
    if at + FRAME_LINES > EXCERPT_LINES:
        frame = lines[at : at + FRAME_LINES]
        head = lines[: EXCERPT_LINES - 1 - len(frame)]
        return "\n".join([*head, "…", *frame, f"… {len(lines) - len(head) - len(frame)} lines more"])
    return "\n".join([*lines[:EXCERPT_LINES], f"… {len(lines) - EXCERPT_LINES} lines more"])


def _by_instance(snapshot: Snapshot) -> dict[str, Readings]:
    sorted_out: dict[str, list[Parsed]] = {}
    for item in snapshot.parsed:
        sorted_out.setdefault(item.evidence.instance, []).append(item)
    return {name: Readings(tuple(items)) for name, items in sorted_out.items()}
