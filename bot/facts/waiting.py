"""What one goroutine waits for when it waits for a lock: read from the inner end of its stack, and from arguments where printed.

>>> stack = (Frame("sync.(*Mutex).lockSlow"), Frame("sync.(*Mutex).Lock"), Frame("example.com/shop.(*Book).Post", "book.go", 31))
>>> call = lock_call(GoroutineGroup(state="sync.Mutex.Lock", stack=stack, count=1))
>>> call.kind, call.caller.line, call.owner
('Mutex', 31, 'example.com/shop.(*Book)')
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from bot.model.functions import normalise_function
from bot.model.goroutines import Frame, GoroutineGroup, Member

MUTEX, WRITER, READER = "Mutex", "RWMutex", "RWMutex.RLock"
_LOCK_CALLS = {"sync.(*Mutex).Lock": MUTEX, "sync.(*RWMutex).Lock": WRITER, "sync.(*RWMutex).RLock": READER}
_WAITING_STATES = frozenset({"", "semacquire", "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock"})
PLUMBING = ("sync.", "internal/sync.", "runtime.", "internal/runtime/")
_RECEIVER_TYPE = re.compile(r"(.+?\.\(\*\w+\))\.")
_POINTER = re.compile(r"\{?0x([0-9a-f]{3,})(\?)?(?=[,)}]|$)")
_LOCK_FRAME = re.compile(r"(?:internal/)?sync\.\(\*(?:RW)?Mutex\)\.")

LockKey = tuple[str, int | str]
"""(`at`, address of the lock), (`in`, address of the value it lies in) or (`owner`, type or function that takes it)."""


@dataclass(frozen=True, slots=True)
class LockCall:
    """The call a goroutine waits in: what it wants, the frame that called it, and that frame's owner and place in the stack."""

    kind: str
    caller: Frame
    owner: str
    depth: int


def lock_call(group: GoroutineGroup) -> LockCall | None:
    """Return what lock a group waits for, read from the functions of package sync at the inner end of its stack."""
    if group.state not in _WAITING_STATES:
        return None
    kind = ""
    for depth, frame in enumerate(group.stack):
        kind = _LOCK_CALLS.get(frame.function, kind)
        if not frame.function.startswith(PLUMBING):
            return LockCall(kind, frame, owner_of(frame.function), depth) if kind else None
    return None


@lru_cache(maxsize=65_536)  # a dump repeats few names many times
def owner_of(function: str) -> str:
    """Return the receiver's type of a method or closure in one, else the function without its closure number.

    >>> owner_of("example.com/shop.(*Book).Post.func1"), owner_of("example.com/shop.transfer.func2")
    ('example.com/shop.(*Book)', 'example.com/shop.transfer')
    """
    name = normalise_function(function)
    method = _RECEIVER_TYPE.match(name)
    return method[1] if method else name.replace(".func", "")


def wanted_counts(group: GoroutineGroup, call: LockCall) -> dict[LockKey, int]:
    """Return how many goroutines of a group wait for each lock. Where only one is seen, those without an address want it too."""
    counts: defaultdict[LockKey, int] = defaultdict(int)
    if call.kind == MUTEX and group.addresses:
        for address, count in group.addresses:
            counts["at", int(address, 16)] += count
    else:
        for member in group.members:
            counts[lock_keys(group, call, member)[0]] += 1
    rest = group.count - sum(counts.values())
    if rest > 0:
        counts[next(iter(counts)) if len(counts) == 1 else ("owner", call.owner)] += rest
    return counts


def lock_keys(group: GoroutineGroup, call: LockCall, member: Member | None) -> list[LockKey]:
    """Return what may name the lock a goroutine waits for, best first. A RWMutex seldom shows its own address."""
    by_owner: LockKey = ("owner", call.owner)
    if member is None:
        return [*([("at", int(address, 16)) for address, _ in group.addresses[:1]] if call.kind == MUTEX else []), by_owner]
    plumbing = zip(group.stack[: call.depth], member.args, strict=False)
    addresses = (_pointer(args) for frame, args in plumbing if _LOCK_FRAME.match(frame.function))
    address, receiver = next(filter(None, addresses), None), receiver_of(group, member, call.depth)
    at: list[LockKey] = [("at", address)] if address else []
    inside: list[LockKey] = [("in", receiver)] if receiver else []
    return [*(at + inside if call.kind == MUTEX else inside + at), by_owner]


def _pointer(args: str) -> int | None:
    """Return the first argument as an address; None when it is stale, nil or not printed."""
    found = _POINTER.match(args)
    return int(found[1], 16) if found and not found[2] else None


def receiver_of(group: GoroutineGroup, member: Member, depth: int) -> int | None:
    """Return the receiver's address of a method's frame; None for closures and functions."""
    function = group.stack[depth].function
    if depth >= len(member.args) or ".func" in function or not _RECEIVER_TYPE.match(function):
        return None
    return _pointer(member.args[depth])
