"""`lock_waits` and `wait_cycles`: contended locks, who holds them, and locks whose holders wait for one another."""

from __future__ import annotations

from bot.facts.census import SeenGroup, stack_key
from bot.facts.culprit import Ownership
from bot.facts.goroutines import wait_minutes
from bot.facts.numbers import median
from bot.facts.readings import shorten
from bot.facts.waitgraph import Holder, Lock, Standing, WaitGraph
from bot.facts.waiting import MUTEX, READER, WRITER
from bot.model.facts import LockWaitRow, WaitCycleRow
from bot.model.functions import normalise_function, short_function


def lock_waits(graph: WaitGraph, ownership: Ownership) -> list[LockWaitRow]:
    """Return one row per contended lock, the one with most waiters first."""
    rows = [_lock_row(lock, ownership) for lock in graph.locks.values()]
    return sorted(rows, key=lambda row: (-row.waiters, row.function, row.line, row.address or ""))


def wait_cycles(graph: WaitGraph, ownership: Ownership) -> list[WaitCycleRow]:
    """Return one row per cycle: the holder of each lock waits for the next one, and the last for the first.

    A cycle of length 1 is a goroutine that waits for a lock it holds itself. Every lock has one holder at most, so following
    holders from each lock finds every cycle.
    """
    rows, done = [], set[int]()
    for start in graph.locks.values():
        path: list[Lock] = []
        lock: Lock | None = start
        while lock is not None and id(lock) not in done:
            done.add(id(lock))
            path.append(lock)
            lock = _next(lock, graph)
        if lock is not None and lock in path:
            rows.append(_cycle_row(path[path.index(lock) :], graph, ownership))
    return sorted(rows, key=lambda row: (-row.length, row.function, row.line))


def _next(lock: Lock, graph: WaitGraph) -> Lock | None:
    """Return the lock that the holder of a lock waits for."""
    if lock.holder is None:
        return None
    return lock if lock.holder.waits_itself else graph.wanted(lock.holder.who)


def _lock_row(lock: Lock, ownership: Ownership) -> LockWaitRow:
    largest, _ = min(lock.waiters, key=lambda waiting: (-waiting[1], stack_key(waiting[0].group.stack)))
    place = ownership.waiting_place(largest.group.stack, largest.group.created_by)
    holder = lock.holder
    held = ownership.place(holder.frame) if holder else None
    return LockWaitRow(
        kind=_kind(lock),
        waiters=lock.count,
        function=place.function,
        file=place.file,
        line=place.line,
        address=_address(lock),
        holder_function=held.function if held else None,
        holder_file=held.file if held else None,
        holder_line=held.line if held else None,
        holder_goroutine=holder.who.member.id if holder and holder.who.member else None,
        holder_state=(holder.who.seen.group.state or None) if holder else None,
        holder_basis=holder.basis if holder else None,
        wait_minutes=_wait_minutes(lock),
        wait_minutes_max=max((minutes for seen, _ in lock.waiters for minutes, _ in seen.group.minutes), default=None),
        target=largest.evidence.instance,
        evidence=largest.evidence.name,
        locator=largest.group.locator,
        excerpt=shorten(largest.group.excerpt),
    )


def _kind(lock: Lock) -> str:
    return next(kind for kind in (WRITER, READER, MUTEX) if kind in lock.kinds)


def _address(lock: Lock) -> str | None:
    how, address = lock.key
    return hex(address) if how == "at" and isinstance(address, int) else None


def _wait_minutes(lock: Lock) -> float | None:
    """Return the median over all waiters; a group that waits for several locks is taken to wait alike for each."""
    return median((minutes, count) for seen, count in lock.waiters if (minutes := wait_minutes(seen.group)) is not None)


def _cycle_row(locks: list[Lock], graph: WaitGraph, ownership: Ownership) -> WaitCycleRow:
    """Describe a cycle from the function on that sorts first, so that one deadlock reads the same in every dump of it.

    The numbers of goroutines, and with them the order in which the runtime lists them, differ from run to run.
    """
    holders = [(lock, lock.holder) for lock in locks if lock.holder]

    def rank(index: int) -> tuple[str, int, int]:
        who = holders[index][1].who
        waiting = ownership.waiting_place(who.seen.group.stack, who.seen.group.created_by)
        return normalise_function(waiting.function), waiting.line, who.member.id if who.member else 0

    first = min(range(len(holders)), key=rank)
    ordered = [*holders[first:], *holders[:first]]
    seen = ordered[0][1].who.seen
    place = ownership.waiting_place(seen.group.stack, seen.group.created_by)
    waited = [minutes for _, holder in ordered if (minutes := wait_minutes(holder.who.seen.group)) is not None]
    return WaitCycleRow(
        kinds=tuple(_kind(lock) for lock, _ in ordered),
        chain=_chain(ordered, graph),
        length=len(ordered),
        function=place.function,
        file=place.file,
        line=place.line,
        basis="address" if all(holder.basis == "address" for _, holder in ordered) else "frame",
        wait_minutes=min(waited, default=None),
        target=seen.evidence.instance,
        evidence=seen.evidence.name,
        locator=seen.group.locator,
        excerpt=shorten(seen.group.excerpt),
    )


def _chain(ordered: list[tuple[Lock, Holder]], graph: WaitGraph) -> str:
    """Say who holds what and waits for what, in the order of the cycle."""
    if len(ordered) == 1 and ordered[0][1].waits_itself:
        lock, holder = ordered[0]
        behind = " behind a waiting writer" if _kind(lock) == WRITER and _waits_in(holder.who.seen, graph)[1] == READER else ""
        waiting, _ = _waits_in(holder.who.seen, graph)
        name, outer = _name(holder.who), short_function(holder.frame.function)
        return f"{name} holds {_called(lock)} since {outer} and waits for it again in {waiting}{behind}"
    steps = [f"{_name(who.who)} holds {_called(lock)} and waits in {_waits_in(who.who.seen, graph)[0]}" for lock, who in ordered]
    return " → ".join([*steps, _name(ordered[0][1].who)])


def _waits_in(seen: SeenGroup, graph: WaitGraph) -> tuple[str, str]:
    call = graph.calls[id(seen)]
    return f"{short_function(call.caller.function)}:{call.caller.line}", call.kind


def _called(lock: Lock) -> str:
    address = _address(lock)
    owners = " or ".join(short_function(owner) for owner in sorted(lock.owners))
    return f"the {'Mutex' if _kind(lock) == MUTEX else 'RWMutex'}{f' {address}' if address else ''} of {owners}"


def _name(who: Standing) -> str:
    return f"goroutine {who.member.id}" if who.member else "a goroutine"
