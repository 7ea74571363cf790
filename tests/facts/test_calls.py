from __future__ import annotations

from pathlib import Path

from snapshots import dump, group, parsed, recorded, shared_benign, snapshot

from bot.collect.bundle import read_bundle
from bot.facts.derive import derive
from bot.model.facts import BlockedCallRow
from bot.model.goroutines import GoroutineGroup
from bot.parse.read import read

EXAMPLES = Path(__file__).parents[2] / "playbooks"

SERVED = ("net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve")


def calls(*groups: GoroutineGroup) -> tuple[BlockedCallRow, ...]:
    return derive(snapshot(parsed("goroutine.pb.gz", dump(*groups))), benign=shared_benign()).blocked_calls


def test_a_call_names_its_family_its_caller_and_its_share_of_all_requests() -> None:
    found = calls(
        group(
            "select", 30, "database/sql.(*DB).conn", "database/sql.(*DB).QueryContext", "example.com/shop.list l.go:4", *SERVED
        ),
        group("select", 5, "database/sql.(*DB).conn", "example.com/shop.job j.go:4"),
        group("IO wait", 10, "net.Read", "example.com/shop.read r.go:4", *SERVED),
    )
    row = found[0]
    assert (row.call, row.family, row.count, row.request_share_ratio) == ("database/sql.(*DB).conn", "database", 35, 0.75)
    assert (row.function, row.line) == ("example.com/shop.list", 4)


def test_a_client_of_another_major_version_is_the_same_client() -> None:
    found = calls(
        group("IO wait", 3, "net.Read", "github.com/redis/go-redis/v9.(*baseClient).process", "example.com/shop.get g.go:1")
    )
    assert [(row.call, row.family, row.request_share_ratio) for row in found] == [
        ("github.com/redis/go-redis/v9.(*baseClient).process", "redis", None)
    ]


def test_a_channel_counts_only_within_a_request_and_running_goroutines_never() -> None:
    found = calls(
        group("chan receive", 3, "example.com/shop.wait w.go:1", *SERVED),
        group("chan receive", 9, "example.com/shop.worker w.go:9"),
        group("running", 9, "net/http.(*Client).Do", *SERVED),
    )
    assert [(row.call, row.family, row.count) for row in found] == [("chan receive", "channel", 3)]


def test_requests_of_a_real_convoy() -> None:
    row = derive(recorded("go1.27/lock-convoy", "goroutine.pb.gz"), benign=shared_benign()).blocked_calls[0]
    assert (row.call, row.family, row.count) == ("sync.(*Mutex).Lock", "lock", 120)
    assert row.request_share_ratio is not None
    assert row.request_share_ratio > 0.9


def test_the_excerpt_of_a_deep_stack_keeps_the_line_that_waits() -> None:
    example = EXAMPLES / "goroutine-leak-http-client-timeout" / "examples" / "fires-carrier-never-answers"
    found = derive(snapshot(*map(read, read_bundle(example).evidence)), benign=shared_benign())
    waiting = "example.com/shop/inventory.(*Carrier).Delivery"
    excerpts = [row.excerpt for row in found.blocked_calls if row.function == waiting]
    excerpts += [row.excerpt for row in found.goroutine_groups if row.function == waiting]
    assert len(excerpts) >= 2
    assert all(waiting in excerpt and len(excerpt.splitlines()) <= 17 for excerpt in excerpts)
