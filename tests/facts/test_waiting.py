from __future__ import annotations

import pytest
from snapshots import frames, group

from bot.facts.waiting import lock_call, owner_of, wanted_counts
from bot.model.goroutines import GoroutineGroup, Member

POST = "example.com/shop.(*Book).Post book.go:31"
SLOW = "internal/sync.(*Mutex).lockSlow"


@pytest.mark.parametrize(
    ("state", "stack", "kind"),
    [
        ("sync.Mutex.Lock", (SLOW, "internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock", POST), "Mutex"),
        ("semacquire", ("sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", POST), "Mutex"),
        ("sync.Mutex.Lock", ("sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", POST), "RWMutex"),
        ("", ("sync.runtime_SemacquireRWMutexR", "sync.(*RWMutex).RLock", POST), "RWMutex.RLock"),
        ("sync.WaitGroup.Wait", ("sync.runtime_Semacquire", "sync.(*WaitGroup).Wait", POST), None),
        ("semacquire", ("sync.runtime_Semacquire", "sync.(*WaitGroup).Wait", POST), None),
        ("running", ("sync.(*Mutex).Lock", POST), None),
        ("IO wait", (POST,), None),
        ("", (), None),
    ],
)
def test_lock_call(state: str, stack: tuple[str, ...], kind: str | None) -> None:
    call = lock_call(group(state, 1, *stack))
    assert (call.kind if call else None) == kind
    assert call is None or (call.caller.line, call.owner) == (31, "example.com/shop.(*Book)")


@pytest.mark.parametrize(
    ("function", "owner"),
    [
        ("example.com/shop.(*Cache[...]).Get", "example.com/shop.(*Cache)"),
        ("example.com/shop/v2.transfer.func1.2", "example.com/shop.transfer"),
        ("main.main", "main.main"),
    ],
)
def test_owner_of(function: str, owner: str) -> None:
    assert owner_of(function) == owner


def waiting(kind: str, *args: tuple[str, ...], count: int = 0, addresses: tuple[tuple[str, int], ...] = ()) -> GoroutineGroup:
    members = tuple(Member(number, None, found) for number, found in enumerate(args))
    stack = frames(SLOW, f"sync.(*{kind}).Lock", POST)
    return GoroutineGroup(
        state=f"sync.{kind}.Lock", stack=stack, count=count or len(members), members=members, addresses=addresses
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (waiting("Mutex", count=5, addresses=(("0xc000", 3), ("0xd000", 2))), {("at", 0xC000): 3, ("at", 0xD000): 2}),
        (waiting("Mutex", count=5, addresses=(("0xc000", 3),)), {("at", 0xC000): 5}),
        (waiting("Mutex", ("0xc000", "...", "0xa000?"), count=4), {("at", 0xC000): 4}),
        (waiting("Mutex", ("0x0?", "...", "0xa000, 0x1")), {("in", 0xA000): 1}),
        (waiting("RWMutex", ("0x0?", "0x0?", "0xa000")), {("in", 0xA000): 1}),
        (waiting("RWMutex", ("0x0?", "0x0?", "0x0?")), {("owner", "example.com/shop.(*Book)"): 1}),
        (waiting("Mutex", count=7), {("owner", "example.com/shop.(*Book)"): 7}),
    ],
)
def test_wanted_counts(found: GoroutineGroup, expected: dict[tuple[str, int | str], int]) -> None:
    call = lock_call(found)
    assert call is not None
    assert wanted_counts(found, call) == expected
