"""Locks, their holders and cycles: on recorded programs of every Go version, and on dumps built by hand for what is rare."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import dump, frames, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import Facts
from bot.model.goroutines import GoroutineGroup, Member

VERSIONS = ["go1.21", "go1.24", "go1.26", "go1.27"]
LOCK = {
    "sync.Mutex.Lock": ("internal/sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"),
    "sync.RWMutex.Lock": ("sync.runtime_SemacquireRWMutex", "sync.(*RWMutex).Lock"),
    "sync.RWMutex.RLock": ("sync.runtime_SemacquireRWMutexR", "sync.(*RWMutex).RLock"),
}


MAX_SECONDS = 20.0


def facts(*groups: GoroutineGroup, form: str = "debug=2") -> Facts:
    return derive(snapshot(parsed("goroutine.txt", dump(*groups, form=form))), benign=shared_benign())


def goroutine(number: int, state: str, *calls: str, address: str = "", minutes: int = 3) -> GoroutineGroup:
    """Return one goroutine; a call is written `function(arguments) file:line`."""
    plumbing = [f"{function}()" for function in LOCK.get(state, ())]
    if plumbing and address:
        plumbing[0] = plumbing[0].replace("()", f"({address})")
    functions, args = [], []
    for call in (*plumbing, *calls):
        head, _, place = call.partition(" ")
        name, _, arguments = head.rpartition("(")
        functions.append(f"{name} {place}")
        args.append(arguments.removesuffix(")").replace(",", ", "))
    return GoroutineGroup(
        state=state,
        stack=frames(*functions),
        count=1,
        members=(Member(number, minutes, tuple(args)),),
        minutes=((minutes, 1),),
        addresses=((address, 1),) if address else (),
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["goroutine.txt", "goroutine.pb.gz"])
def test_the_holder_of_a_convoys_lock_is_the_one_beyond_it(version: str, name: str) -> None:
    found = derive(recorded(f"{version}/lock-convoy", name), benign=shared_benign())
    assert len(found.lock_waits) == 1
    row = found.lock_waits[0]
    assert row.waiters >= 60
    assert (row.kind, row.function, row.line) == ("Mutex", "example.com/shop/ledger.(*Book).Post", 31)
    assert (row.holder_function, row.holder_line, row.holder_state) == ("example.com/shop/ledger.(*Book).Post", 34, "IO wait")
    assert (row.address is not None) == (row.holder_goroutine is not None) == (name == "goroutine.txt")
    assert found.wait_cycles == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_two_locks_taken_in_opposite_order_are_a_cycle(version: str) -> None:
    found = derive(recorded(f"{version}/lock-cycle", "goroutine.txt"), benign=shared_benign())
    assert [row.waiters > 30 for row in found.lock_waits] == [True, True]
    assert {row.holder_basis for row in found.lock_waits} == {"address"}
    assert [(row.length, row.kinds) for row in found.wait_cycles] == [(2, ("Mutex", "Mutex"))]
    assert (found.wait_cycles[0].function, found.wait_cycles[0].line) == ("example.com/shop/inventory.(*Warehouse).Release", 39)
    chain = found.wait_cycles[0].chain
    assert "holds the Mutex" in chain
    assert "inventory.(*Warehouse).Release:39" in chain
    assert "ledger.(*Refunds).Note:22" in chain


@pytest.mark.parametrize("failure", ["healthy", "leak-chan-send", "body-leak", "heap-map"])
def test_no_locks_where_nobody_waits_for_one(failure: str) -> None:
    found = derive(recorded(f"go1.27/{failure}"), benign=shared_benign())
    assert (found.lock_waits, found.wait_cycles) == ((), ())


def test_a_transfer_between_two_accounts_in_both_directions_is_a_cycle() -> None:
    call = "bank.(*Account).Transfer"
    found = facts(
        goroutine(18, "sync.Mutex.Lock", f"{call}(0xa100,0xa200) a.go:12", address="0xa208"),
        goroutine(19, "sync.Mutex.Lock", f"{call}(0xa200,0xa100) a.go:12", address="0xa108"),
    )
    assert [row.length for row in found.wait_cycles] == [2]
    assert "goroutine 18 holds the Mutex 0xa108" in found.wait_cycles[0].chain


@pytest.mark.parametrize("numbers", [(18, 19), (19, 18)])
def test_a_cycle_begins_with_the_same_function_whatever_goroutine_is_listed_first(numbers: tuple[int, int]) -> None:
    one, other = (
        goroutine(
            numbers[0], "sync.Mutex.Lock", "shop.(*B).Note(0xb100) b.go:7", "shop.(*A).Take(0xa100) a.go:9", address="0xb108"
        ),
        goroutine(
            numbers[1], "sync.Mutex.Lock", "shop.(*A).Give(0xa100) a.go:3", "shop.(*B).Pay(0xb100) b.go:5", address="0xa108"
        ),
    )
    for groups in ((one, other), (other, one)):
        (row,) = facts(*groups).wait_cycles
        assert (row.function, row.line) == ("shop.(*A).Give", 3)
        assert row.chain.startswith(f"goroutine {numbers[1]} holds the Mutex 0xb108 of shop.(*B)")


def test_a_goroutine_that_locks_twice_waits_for_itself() -> None:
    found = facts(
        goroutine(
            18, "sync.Mutex.Lock", "shop.(*Store).Get(0x0?) s.go:10", "shop.(*Store).Update(0xa100) s.go:22", address="0xa100"
        ),
        goroutine(20, "sync.Mutex.Lock", "shop.(*Store).Update(0xa100) s.go:20", address="0xa100"),
    )
    assert [(row.holder_goroutine, row.holder_line) for row in found.lock_waits] == [(18, 22)]
    held = "goroutine 18 holds the Mutex 0xa100 of shop.(*Store) since shop.(*Store).Update"
    assert [row.chain for row in found.wait_cycles] == [f"{held} and waits for it again in shop.(*Store).Get:10"]


def test_a_read_lock_taken_again_behind_a_writer_waits_for_itself() -> None:
    found = facts(
        goroutine(18, "sync.RWMutex.RLock", "shop.(*Cache).Get(0xa100) c.go:10", "shop.(*Cache).All(0xa100) c.go:22"),
        goroutine(20, "sync.RWMutex.Lock", "shop.(*Cache).Set(0xa100) c.go:30"),
    )
    assert [(row.kind, row.waiters) for row in found.lock_waits] == [("RWMutex", 2)]
    assert found.wait_cycles[0].chain.endswith("behind a waiting writer")


@pytest.mark.parametrize(("minutes", "cycles"), [(0, []), (3, ["frame"])])
def test_one_waiter_below_a_method_of_the_owner_is_a_suspect_only_after_minutes(minutes: int, cycles: list[str]) -> None:
    found = facts(
        goroutine(
            21,
            "sync.Mutex.Lock",
            "shop.(*Store).fetch(0xc000108) store.go:48",
            "shop.(*Store).Get(0xc000108) store.go:20",
            address="0xc000108",
            minutes=minutes,
        )
    )
    assert [row.waiters for row in found.lock_waits] == [1]
    assert [row.basis for row in found.wait_cycles] == cycles


def test_many_contended_locks_take_bounded_time() -> None:
    held = [
        goroutine(number, "sync.Mutex.Lock", f"shop.(*Shard).add({hex(number << 12)}) shard.go:9", address=hex(number << 12))
        for number in range(1, 3_000)
    ]
    started = time.process_time()
    found = facts(*held)
    assert len(found.lock_waits) == len(held)
    assert time.process_time() - started < MAX_SECONDS


def test_waiting_in_an_outer_method_that_does_not_lock_is_no_cycle() -> None:
    waiters = [
        goroutine(
            number, "sync.Mutex.Lock", "shop.(*Book).Post(0x0?) b.go:31", "shop.(*Book).pay(0xa100) b.go:46", address="0xa100"
        )
        for number in range(5)
    ]
    answering = goroutine(9, "IO wait", "net.Write()", "shop.(*Book).pay(0xa100) b.go:49")
    found = facts(*waiters, answering)
    assert found.wait_cycles == ()
    assert [(row.waiters, row.holder_function) for row in found.lock_waits] == [(5, None)]


def test_a_lock_held_over_a_channel_operation_names_the_operation() -> None:
    found = facts(
        goroutine(7, "chan send", "shop.(*Book).Flush(0x0?) b.go:50"),
        goroutine(8, "sync.Mutex.Lock", "shop.(*Book).Post(0x0?) b.go:31", address="0xa100"),
        goroutine(9, "sync.Mutex.Lock", "shop.(*Book).Post(0x0?) b.go:31", address="0xa100"),
    )
    row = found.lock_waits[0]
    assert (row.holder_goroutine, row.holder_state, row.holder_basis) == (7, "chan send", "frame")


def test_a_loop_of_the_same_type_in_select_holds_nothing() -> None:
    found = facts(
        goroutine(7, "select", "shop.(*Book).run(0xa100) b.go:50"),
        goroutine(8, "sync.Mutex.Lock", "shop.(*Book).Post(0xa100) b.go:31", address="0xa100"),
    )
    assert found.lock_waits[0].holder_function is None


def test_a_goroutine_that_works_on_another_value_of_the_type_holds_nothing() -> None:
    found = facts(
        goroutine(7, "IO wait", "shop.(*Book).Post(0xffff00) b.go:34"),
        goroutine(8, "sync.Mutex.Lock", "shop.(*Book).Post(0xa100) b.go:31", address="0xa100"),
    )
    assert found.lock_waits[0].holder_function is None


def test_locks_of_different_values_are_told_apart() -> None:
    found = facts(
        goroutine(8, "sync.Mutex.Lock", "shop.(*Book).Post(0x0?) b.go:31", address="0xa100"),
        goroutine(9, "sync.Mutex.Lock", "shop.(*Book).Post(0x0?) b.go:31", address="0xb100"),
        goroutine(10, "sync.Mutex.Lock", "shop.(*Book).Post(0x0?) b.go:31", address="0xb100", minutes=9),
    )
    assert [(row.address, row.waiters, row.wait_minutes_max) for row in found.lock_waits] == [("0xb100", 2, 9), ("0xa100", 1, 3)]


calls = st.sampled_from(
    ["shop.(*A).f(0xa100) a.go:1", "shop.(*A).f(0x0?) a.go:9", "shop.(*B).g(0xb100) b.go:2", "main.h() h.go:3"]
)
goroutines = st.builds(
    lambda number, state, stack, address: goroutine(number, state, *stack, address=address),
    st.integers(1, 99),
    st.sampled_from([*LOCK, "IO wait", "select", "running"]),
    st.lists(calls, min_size=1, max_size=3),
    st.sampled_from(["", "0xa108", "0xb108"]),
)


@given(st.lists(goroutines, max_size=8), st.sampled_from(["debug=2", "proto"]))
def test_every_waiter_is_counted_once_and_every_cycle_closes(groups: list[GoroutineGroup], form: str) -> None:
    found = facts(*groups, form=form)
    assert sum(row.waiters for row in found.lock_waits) == sum(group.state in LOCK for group in groups)
    assert [row.waiters for row in found.lock_waits] == sorted((row.waiters for row in found.lock_waits), reverse=True)
    for row in found.wait_cycles:
        assert row.length == len(row.kinds) >= 1
        assert row.chain.startswith("goroutine ")


def test_a_cycle_says_whether_addresses_prove_it() -> None:
    full = derive(recorded("go1.27/lock-cycle", "goroutine.txt"), benign=shared_benign())
    assert [row.basis for row in full.wait_cycles] == ["address"]
    profile = derive(recorded("go1.27/lock-cycle", "goroutine.pb.gz"), benign=shared_benign())
    assert [row.basis for row in profile.wait_cycles] == ["frame"]
