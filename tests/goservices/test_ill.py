"""Every failure of a shop that runs but is ill shows what it is known by."""

from __future__ import annotations

import re

import pytest
import shop

COUNT = 24
DUMP = "/debug/pprof/goroutine?debug=2"


def waiting(dump: str, state: str, function: str) -> int:
    """How many goroutines of a dump are in a state that begins so, with a function on their stack whose name begins so."""
    return sum(
        bool(re.match(rf"goroutine \d+ \[{re.escape(state)}[^\]]*\]", goroutine)) and function in goroutine
        for goroutine in dump.split("\n\n")
    )


def metric(page: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    assert found, f"{name} is not on the page"
    return float(found[1])


@pytest.mark.parametrize(
    ("failure", "state", "function"),
    [
        ("client-no-timeout", "select", "example.com/shop/inventory.(*Carrier).Delivery("),
        ("healthy-events", "select", "example.com/shop/cart.events("),
        ("healthy-hub", "chan receive", "example.com/shop/cart.hub.func"),
        ("healthy-streams", "select", "example.com/shop/cart.(*line).write("),
        ("healthy-watch", "IO wait", "example.com/shop/inventory.follow("),
        ("leak-cond", "sync.Cond.Wait", "example.com/shop/orders.(*printJob).next("),
        ("leak-context", "select", "context.(*cancelCtx).propagateCancel"),
        ("leak-empty-select", "select (no cases)", "example.com/shop/orders.hold("),
        ("leak-nil-channel", "chan receive (nil chan)", "example.com/shop/orders.(*Tracker).follow("),
        ("leak-resend", "select", "example.com/shop/cart.(*line).resend("),
        ("leak-select", "select", "example.com/shop/cart.(*watcher).watch("),
        ("leak-ticker", "chan receive", "example.com/shop/cart.autosave("),
        ("leak-waitgroup", "sync.WaitGroup.Wait", "example.com/shop/catalogue.(*Report).build("),
        ("lock-channel", "sync.RWMutex.RLock", "example.com/shop/ledger.(*Accounts).Balance("),
        ("lock-forgotten", "sync.Mutex.Lock", "example.com/shop/ledger.(*Rates).Convert("),
        ("lock-reader-slow", "sync.RWMutex.RLock", "example.com/shop/ledger.(*Accounts).Balance("),
        ("lock-reader-twice", "sync.RWMutex.RLock", "example.com/shop/ledger.(*Accounts).Balance("),
        ("lock-twice", "sync.Mutex.Lock", "example.com/shop/ledger.(*Voucher).Redeem("),
        ("rows-leak", "select", "database/sql.(*DB).conn("),
        ("slow-queries", "select", "database/sql.(*DB).conn("),
        ("slow-supplier", "select", "net/http.(*persistConn).roundTrip("),
        ("threads-blocked", "syscall", "example.com/shop/catalogue.(*Scanner).next("),
    ],
)
def test_goroutines_wait_where_the_fault_is(run_shop: shop.ShopRunner, failure: str, state: str, function: str) -> None:
    ill = run_shop(failure, count=COUNT)
    assert waiting(ill.get(DUMP).decode(), state, function) >= COUNT
    assert ill.stop() == 0, "it ends in good order"


def test_sleep_loops_wake_and_sleep_again(run_shop: shop.ShopRunner) -> None:
    dump = run_shop("leak-sleep-loop", count=COUNT).get(DUMP).decode()
    assert waiting(dump, "", "example.com/shop/cart.poll(") == COUNT


def test_timers_of_time_after_are_held_by_old_releases_only(run_shop: shop.ShopRunner) -> None:
    feed = run_shop("leak-time-after", count=COUNT)
    assert waiting(feed.get(DUMP).decode(), "select", "example.com/shop/pricing.(*Feed).follow(") == 1
    assert metric(feed.get("/metrics").decode(), "go_memstats_heap_inuse_bytes") < 8 << 20, "Go 1.23 and newer collect them"


def test_collector_has_no_pause_close_to_the_memory_limit(run_shop: shop.ShopRunner) -> None:
    thrashing = run_shop("gc-thrash", count=200)

    def share() -> float:
        page = thrashing.get("/metrics").decode()
        collector = metric(page, "go_cpu_classes_gc_total_cpu_seconds_total")
        return collector / metric(page, "go_cpu_classes_total_cpu_seconds_total")

    shop.wait_until(lambda: share() > 0.25, 20)
    assert metric(thrashing.get("/metrics").decode(), "go_gc_gomemlimit_bytes") < 1 << 30


def test_history_is_held_without_limit(run_shop: shop.ShopRunner) -> None:
    page = run_shop("history-held", count=200).get("/metrics").decode()
    assert metric(page, "go_memstats_heap_inuse_bytes") > 200 * 2000 * 96
    assert metric(page, "go_gc_gomemlimit_bytes") > 1 << 60


def test_overload_leaves_goroutines_without_a_processor(run_shop: shop.ShopRunner) -> None:
    overloaded = run_shop("overload", count=COUNT)
    # A request that has just ended begins again, so one look may find a few between the two.
    shop.wait_until(lambda: waiting(overloaded.get(DUMP).decode(), "runn", "example.com/shop/orders.rank(") >= COUNT - 1, 20)


def test_refused_connections_are_logged_in_the_words_of_the_drivers(run_shop: shop.ShopRunner) -> None:
    log = run_shop("database-refuses", count=COUNT).log
    assert log.count('error="pq: sorry, too many clients already"') == COUNT
    assert 'error="Error 1040 (08004): Too many connections"' in log


def test_quotes_of_others_are_only_logged(run_shop: shop.ShopRunner) -> None:
    quoting = run_shop("quotes-others", count=COUNT)
    assert quoting.log.count("we have too many open files") == COUNT
    assert quoting.get("/search?sku=A-1") == b"found\n"
