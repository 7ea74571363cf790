from __future__ import annotations

from snapshots import dump, group, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import GoroutineEntryRow
from bot.model.goroutines import GoroutineGroup


def entries(*groups: GoroutineGroup) -> dict[str, GoroutineEntryRow]:
    found = snapshot(parsed("goroutine.txt", dump(*groups, form="debug=2")))
    return {row.entry: row for row in derive(found, benign=shared_benign()).goroutine_entries}


def test_goroutines_out_of_proportion_to_the_connections_they_serve() -> None:
    found = entries(
        group("select", 100, "sync.x", "shop.resend r.go:1", created_by="shop.(*Session).serve"),
        group("sleep", 54, "time.Sleep", "shop.resend r.go:2", created_by="shop.(*Session).serve"),
        group("IO wait", 29, "net.Read", "shop.(*Session).serve"),
    )
    row = found["shop.resend"]
    assert (row.count, row.sibling) == (154, "shop.(*Session).serve")
    assert row.sibling_ratio == 154 / 29


def test_without_a_creator_the_function_around_a_closure_is_the_place() -> None:
    found = entries(group("select", 8, "shop.(*Session).serve.func1"), group("IO wait", 2, "net.Read", "shop.(*Session).serve"))
    assert found["shop.(*Session).serve.func1"].sibling == "shop.(*Session).serve"


def test_what_main_starts_and_what_a_listener_starts_is_beside_nothing() -> None:
    found = entries(
        group("select", 8, "shop.worker", created_by="main.main"),
        group("select", 1, "main.main"),
        group("select", 90, "net/http.(*conn).serve", created_by="net/http.(*Server).Serve"),
        group("IO wait", 1, "net.(*TCPListener).Accept", "net/http.(*Server).Serve"),
    )
    assert (found["shop.worker"].sibling, found["net/http.(*conn).serve"].sibling) == (None, None)


def test_readers_and_writers_of_connections_are_siblings() -> None:
    rows = {row.entry: row for row in derive(recorded("go1.27/body-leak"), benign=shared_benign()).goroutine_entries}
    reader = rows["net/http.(*persistConn).readLoop"]
    assert (reader.sibling, reader.sibling_ratio) == ("net/http.(*persistConn).writeLoop", 1)


def test_an_entry_has_the_waits_and_leaks_of_its_groups() -> None:
    rows = {row.entry: row for row in derive(recorded("go1.27-aged/leak-chan-send"), benign=shared_benign()).goroutine_entries}
    row = rows["example.com/shop/pricing.(*Pool).fetch"]
    assert row.wait_minutes is not None
    assert row.wait_minutes >= 10
    proved = derive(recorded("go1.27/leak-chan-send"), benign=shared_benign()).goroutine_entries
    assert [row.leaked_count for row in proved if row.leaked_count] == [480]
