"""Who waits for which lock, and who holds it.

A full dump shows the address of a contended Mutex, and arguments of the frames above it, some of them stale (`0x1?`). The holder
is looked for among the goroutines that stand in code of the lock's owner, the type (or function) whose method takes the lock:

1. in a function that others wait to enter, on a line beyond theirs;
2. failing that, the waiter itself, when it stands twice in code of the owner (it took the lock further out);
3. failing that, the only goroutine in another method of that type.

Where arguments are known, the receiver must be the one that the lock lies in (`basis` address); else position decides (`frame`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.facts.census import Census, SeenGroup
from bot.facts.waiting import (
    PLUMBING,
    READER,
    WRITER,
    LockCall,
    LockKey,
    lock_call,
    lock_keys,
    owner_of,
    receiver_of,
    wanted_counts,
)
from bot.model.goroutines import Frame, Member

_LARGEST_OWNER_BYTES = 4096
"""How far from its receiver's address a lock may lie and still be a field of it."""

_HOLDERS_SOUGHT = 200
"""Locks whose holder is looked for, most waiters first; a dump with more contended ones is a sharded lock."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One goroutine that takes part; `member` is None when only profiles were seen, which do not tell goroutines apart."""

    seen: SeenGroup
    member: Member | None

    @property
    def alone(self) -> bool:
        """Whether this is known to be one goroutine."""
        return self.member is not None or self.seen.group.count == 1


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, the frame that shows it, and how it was found; `waits_itself`: it waits for the lock it holds."""

    who: Standing
    frame: Frame
    basis: str
    waits_itself: bool = False


@dataclass(frozen=True, slots=True)
class _Inside:
    """A goroutine that stands in code of a lock's owner.

    Attributes:
        wanted: the lock it waits for itself.
        receivers: addresses of the values whose methods it stands in, those of the owner's type only.
    """

    who: Standing
    wanted: Lock | None
    receivers: tuple[int, ...]

    def works_on(self, lock: Lock) -> bool | None:
        """Return whether the lock lies in a value it works on; None when no frame shows a receiver of that type."""
        how, address = lock.key
        if isinstance(address, str) or not self.receivers:
            return None
        reach = _LARGEST_OWNER_BYTES if how == "at" else 1
        return any(0 <= address - receiver < reach for receiver in self.receivers)


@dataclass(frozen=True, slots=True)
class _Place:
    """A group that stands in code of a lock's owner, in which of its frames, and its goroutines."""

    seen: SeenGroup
    depths: tuple[int, ...]
    goroutines: tuple[_Inside, ...]


@dataclass(slots=True, eq=False)
class Lock:
    """One contended lock.

    Attributes:
        callers: functions that take it, and the lowest line on which somebody waits there.
        passed: functions of the owner that waiters stand in further out: standing there does not mean holding it.
    """

    key: LockKey
    owners: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    waiters: list[tuple[SeenGroup, int]] = field(default_factory=list)
    callers: dict[str, int] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    holder: Holder | None = None

    @property
    def count(self) -> int:
        """How many goroutines wait for it."""
        return sum(count for _, count in self.waiters)

    def lowest_line(self, frame: Frame) -> int:
        """Return the lowest line on which somebody waits in the frame's function; the frame's own when nobody does."""
        return self.callers.get(frame.function, frame.line)


@dataclass(frozen=True, slots=True)
class WaitGraph:
    """All contended locks by key, and the call that each waiting group waits in."""

    locks: dict[LockKey, Lock]
    calls: dict[int, LockCall]

    def wanted(self, who: Standing) -> Lock | None:
        """Return the lock that a goroutine waits for; None when it waits for none, or nobody can tell which."""
        call = self.calls.get(id(who.seen))
        if call is None:
            return None
        keys = lock_keys(who.seen.group, call, who.member)
        return next((self.locks[key] for key in keys if key in self.locks), None)


def wait_graph(census: Census) -> WaitGraph:
    """Find the contended locks of one instance and their holders."""
    calls = {id(seen): call for seen in census.groups if (call := lock_call(seen.group))}
    locks: dict[LockKey, Lock] = {}
    for seen in census.groups:
        if call := calls.get(id(seen)):
            _join(locks, seen, call)
    graph = WaitGraph(locks, calls)
    standing = _by_owner(census, graph)
    for lock in sorted(locks.values(), key=lambda lock: -lock.count)[:_HOLDERS_SOUGHT]:
        lock.holder = _find_holder(lock, [place for owner in sorted(lock.owners) for place in standing[owner]], calls)
    return graph


def _join(locks: dict[LockKey, Lock], seen: SeenGroup, call: LockCall) -> None:
    """Count a waiting group at the lock, or the locks, that its goroutines wait for."""
    for key, count in wanted_counts(seen.group, call).items():
        lock = locks.setdefault(key, Lock(key))
        lock.owners.add(call.owner)
        lock.kinds.add(call.kind)
        lock.waiters.append((seen, count))
        line = lock.callers.get(call.caller.function, call.caller.line)
        lock.callers[call.caller.function] = min(line, call.caller.line)
        lock.passed.update(frame.function for frame in seen.group.stack[call.depth + 1 :])


def _by_owner(census: Census, graph: WaitGraph) -> dict[str, list[_Place]]:
    """Index the groups by the owners of contended locks whose code they stand in."""
    owners = {owner for lock in graph.locks.values() for owner in lock.owners}
    index: defaultdict[str, list[_Place]] = defaultdict(list)
    for seen in census.groups if owners else ():
        depths: defaultdict[str, list[int]] = defaultdict(list)
        for depth, frame in enumerate(seen.group.stack):
            if not frame.function.startswith(PLUMBING) and (owner := owner_of(frame.function)) in owners:
                depths[owner].append(depth)
        for owner, found in depths.items():
            goroutines = tuple(_inside(Standing(seen, member), found, graph) for member in seen.group.members or (None,))
            index[owner].append(_Place(seen, tuple(found), goroutines))
    return index


def _inside(who: Standing, depths: list[int], graph: WaitGraph) -> _Inside:
    group, member = who.seen.group, who.member
    receivers = (receiver_of(group, member, depth) for depth in depths) if member else ()
    return _Inside(who, graph.wanted(who), tuple(filter(None, receivers)))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A goroutine that may hold a lock. `rank`: the lower, the better the sign."""

    rank: tuple[int, int]
    holder: Holder


def _find_holder(lock: Lock, places: list[_Place], calls: Mapping[int, LockCall]) -> Holder | None:
    candidates = [found for place in places for found in _candidates(lock, place)]
    beyond = sorted((found for found in candidates if found.rank[0] == 0), key=_order)
    if beyond:
        return beyond[0].holder
    itself = _waits_itself(lock, places, calls)
    if itself:
        return itself
    best = min((found.rank for found in candidates), default=None)
    elsewhere = [found.holder for found in candidates if found.rank == best]
    return elsewhere[0] if len(elsewhere) == 1 and elsewhere[0].who.alone else None


def _order(found: _Candidate) -> tuple[tuple[int, int], int, int]:
    member = found.holder.who.member
    return found.rank, -(member.minutes or 0) if member else 0, member.id if member else 0


def _candidates(lock: Lock, place: _Place) -> Iterator[_Candidate]:
    """Yield the goroutines of a group that may hold the lock, each by the best of its frames, but do not wait for it."""
    group = place.seen.group
    stack = group.stack
    beyond = next((depth for depth in place.depths if stack[depth].line > lock.lowest_line(stack[depth])), None)
    elsewhere = next((depth for depth in place.depths if stack[depth].function not in {*lock.passed, *lock.callers}), None)
    for inside in place.goroutines:
        proved = inside.works_on(lock)
        if proved is False or inside.wanted is lock:
            continue
        sign = (0 if proved else 2) + (0 if inside.wanted else 1)
        basis = "address" if proved else "frame"
        if beyond is not None:
            yield _Candidate((0, sign), Holder(inside.who, stack[beyond], basis))
        elif proved and inside.wanted:
            yield _Candidate((1, sign), Holder(inside.who, stack[place.depths[0]], basis))
        elif elsewhere is not None and group.state != "select":
            yield _Candidate((1, sign), Holder(inside.who, stack[elsewhere], basis))


def _waits_itself(lock: Lock, places: list[_Place], calls: Mapping[int, LockCall]) -> Holder | None:
    """Return the waiter that holds the lock already: it stands in code of the owner once more, further out.

    That alone is no proof, for the outer method need not lock. It counts when others wait in that method on an earlier line, when
    a writer stands between two read locks of one goroutine, or when nobody else wants the lock and it has waited for minutes: a
    lock that is only busy is free again by then.
    """
    for place in places:
        call, stack = calls.get(id(place.seen)), place.seen.group.stack
        outer = [stack[depth] for depth in place.depths if call and depth > call.depth]
        if call is None or not outer:
            continue
        beyond = next((frame for frame in outer if frame.line > lock.lowest_line(frame)), None)
        between = call.kind == READER and WRITER in lock.kinds
        sure = beyond is not None or between
        if not sure and lock.count > 1:
            continue
        for inside in place.goroutines:
            waited = inside.who.member.minutes if inside.who.member else None
            if (sure or waited) and inside.wanted is lock and (proved := inside.works_on(lock)) is not False:
                return Holder(inside.who, beyond or outer[0], "address" if proved and sure else "frame", waits_itself=True)
    return None
