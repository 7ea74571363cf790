from __future__ import annotations

from snapshots import dump, group, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import ChannelWaitRow
from bot.model.goroutines import GoroutineGroup


def waits(*groups: GoroutineGroup) -> tuple[ChannelWaitRow, ...]:
    return derive(snapshot(parsed("goroutine.pb.gz", dump(*groups))), benign=shared_benign()).channel_waits


def test_senders_whose_receiver_has_gone_have_no_counterpart() -> None:
    found = waits(
        group("chan send", 9, "example.com/shop/pool.fetch p.go:4"),
        group("chan receive", 2, "example.com/shop/mail.work m.go:4"),
        group("IO wait", 3, "net.Read", "example.com/shop/mail.send m.go:9"),
        group("IO wait", 5, "net.Read", "net/http.(*conn).serve"),
    )
    assert [(row.operation, row.function, row.waiters, row.counterparts) for row in found] == [
        ("chan send", "example.com/shop/pool.fetch", 9, 0),
        ("chan receive", "example.com/shop/mail.work", 2, 3),
    ]


def test_nothing_can_meet_an_operation_on_a_nil_channel() -> None:
    found = waits(
        group("chan receive (nil chan)", 1, "example.com/shop.a a.go:4"), group("running", 5, "example.com/shop.b a.go:9")
    )
    assert [(row.operation, row.counterparts) for row in found] == [("chan receive (nil chan)", 0)]


def test_groups_of_one_place_are_one_row() -> None:
    stacks = (("example.com/shop.a a.go:4", "main.x"), ("example.com/shop.a a.go:4", "main.y"))
    assert [row.waiters for row in waits(*(group("select", 2, *stack) for stack in stacks))] == [4]


def test_a_real_leak_has_no_counterpart() -> None:
    row = derive(recorded("go1.27/leak-chan-send", "goroutine.pb.gz"), benign=shared_benign()).channel_waits[0]
    assert (row.operation, row.function, row.waiters, row.counterparts) == (
        "chan send",
        "example.com/shop/pricing.(*Pool).fetch",
        480,
        0,
    )
