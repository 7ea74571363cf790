from __future__ import annotations

import pytest
from snapshots import dump, group, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.facts.goroutines import wait_minutes
from bot.model.facts import GoroutineGroupRow
from bot.model.goroutines import GoroutineGroup, Member
from bot.model.snapshot import Snapshot

MEMBERS = (Member(1, None, ()),)


def groups(found: Snapshot) -> tuple[GoroutineGroupRow, ...]:
    return derive(found, benign=shared_benign()).goroutine_groups


def test_a_row_says_where_it_waits_whose_code_it_is_and_where_it_comes_from() -> None:
    stack = ("internal/poll.runtime_pollWait", "example.com/shop/db.query db.go:4", "net/http.(*conn).serve")
    found = dump(group("IO wait", 3, *stack), group("select", 1, "main.main"))
    row = groups(snapshot(parsed("goroutine.pb.gz", found)))[0]
    assert (row.top_function, row.function, row.file, row.line) == (stack[0], "example.com/shop/db.query", "db.go", 4)
    assert (row.entry, row.package, row.module, row.own_code) == (stack[2], "example.com/shop/db", "example.com/shop", True)
    assert (row.count, row.share_ratio, row.leaked, row.count_change) == (3, 0.75, False, None)
    assert (row.target, row.evidence) == ("shop-1", "goroutine.pb.gz")


@pytest.mark.parametrize(
    ("minutes", "count", "leaked", "members", "expected"),
    [
        (((11, 3),), 4, 0, MEMBERS, 11),
        (((11, 3),), 9, 0, MEMBERS, 0),
        ((), 9, 0, MEMBERS, 0),
        ((), 9, 9, MEMBERS, None),
        ((), 9, 0, (), None),
    ],
)
def test_wait_minutes(
    minutes: tuple[tuple[int, int], ...], count: int, leaked: int, members: tuple[Member, ...], expected: float | None
) -> None:
    found = GoroutineGroup(state="select", stack=(), count=count, minutes=minutes, leaked_count=leaked, members=members)
    assert wait_minutes(found) == expected


def test_a_benign_group_is_not_benign_above_its_ceiling_or_when_it_grows_or_leaks() -> None:
    def idle(count: int, sample: int = 0) -> tuple[GoroutineGroup, int]:
        return group("IO wait", count, "net.(*netFD).Read", "net/http.(*persistConn).readLoop t.go:1"), sample

    def benign(*counts: tuple[GoroutineGroup, int]) -> bool:
        readings = [parsed("goroutine.pb.gz", dump(found), sample=sample) for found, sample in counts]
        return groups(snapshot(*readings))[0].benign

    assert benign(idle(100))
    assert not benign(idle(100_000))
    assert benign(idle(100), idle(104, 1))
    assert not benign(idle(100), idle(160, 1))
    leaked = parsed("goroutineleak.txt", dump(idle(2)[0], leak_profile=True))
    assert not groups(snapshot(leaked))[0].benign


@pytest.mark.parametrize("version", ["go1.21", "go1.24", "go1.26", "go1.27", "go1.27-aged"])
@pytest.mark.parametrize("names", [(), ("goroutine.pb.gz",), ("goroutine.txt",), ("goroutine.debug1.txt",)])
def test_the_standard_librarys_goroutines_of_a_healthy_program_are_benign(version: str, names: tuple[str, ...]) -> None:
    rows = groups(recorded(f"{version}/healthy", *names))
    assert len(rows) > 5
    begun = [row for row in rows if row.function]  # one caught before its first instruction has no stack yet
    assert [(row.function, row.state, row.count) for row in begun if not row.benign and not row.own_code] == []
    assert all(row.count < 10 for row in rows if not row.benign)


@pytest.mark.parametrize(
    ("state", "stack"),
    [
        ("select", "net/http.(*http2serverConn).serve"),
        ("select", "net/http/internal/http2.(*serverConn).serve"),
        ("IO wait", "net/http.(*http2clientConnReadLoop).run"),
        ("IO wait", "net/http/internal/http2.(*clientConnReadLoop).run"),
    ],
)
def test_http2_loops_are_benign_under_both_names(state: str, stack: str) -> None:
    found = group(state, 40, "net.(*netFD).Read", stack, "net/http.(*conn).serve")
    assert groups(snapshot(parsed("goroutine.pb.gz", dump(found))))[0].benign


def test_leaks_come_first_and_harmless_groups_last() -> None:
    rows = groups(recorded("go1.27/leak-chan-send"))
    first = rows[0]
    assert (first.function, first.count, first.leaked_count) == ("example.com/shop/pricing.(*Pool).fetch", 480, 480)
    assert (first.leaked, first.created_by) == (True, "example.com/shop/pricing.(*Pool).Quote")
    assert [row.benign for row in rows] == sorted(row.benign for row in rows)
    assert sum(row.count for row in rows) == 493


@pytest.mark.parametrize("version", ["go1.21", "go1.24", "go1.26", "go1.27"])
@pytest.mark.parametrize("name", ["goroutine.pb.gz", "goroutine.txt", "goroutine.debug1.txt"])
def test_every_form_of_every_version_blames_the_same_line(version: str, name: str) -> None:
    row = groups(recorded(f"{version}/leak-chan-send", name))[0]
    assert (row.function, row.line) == ("example.com/shop/pricing.(*Pool).fetch", 46)
    assert row.share_ratio > 0.5
    assert row.state == (None if "debug1" in name else "chan send")


def test_minutes_of_goroutines_that_waited_long() -> None:
    rows = groups(recorded("go1.27-aged/body-leak"))
    row = rows[0]
    assert (row.function, row.state, row.count) == ("net/http.(*persistConn).readLoop", "select", 120)
    assert row.wait_minutes is not None
    assert row.wait_minutes >= 10


def test_children_are_counted_for_each_goroutine_that_may_wait_for_them() -> None:
    waiting = group("sync.WaitGroup.Wait", 10, "sync.(*WaitGroup).Wait w.go:1", "shop.serve s.go:9", created_by="shop.accept")
    children = group("IO wait", 20, "net.Read n.go:1", "shop.read r.go:1", created_by="shop.serve")
    rows = derive(
        snapshot(parsed("goroutine.txt", dump(waiting, children, form="debug=2"))), benign=shared_benign()
    ).goroutine_groups
    assert {row.function: row.children_ratio for row in rows} == {"shop.serve": 2, "shop.read": 0}
    profile = derive(recorded("go1.27/healthy", "goroutine.pb.gz"), benign=shared_benign()).goroutine_groups
    assert {row.children_ratio for row in profile} == {None}, "a profile does not say who started whom"
