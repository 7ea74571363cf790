"""Every failure of the shop shows what it is known by."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
import shop
from prometheus_client.parser import text_string_to_metric_families

COUNT = 40
DUMP = "/debug/pprof/goroutine?debug=2"


def goroutines(dump: str, state: str, function: str) -> list[str]:
    """The goroutines of a dump whose state begins with `state` and whose stack holds `function`."""
    return [
        goroutine
        for goroutine in dump.split("\n\n")
        if re.match(rf"goroutine \d+ \[{re.escape(state)}[^\]]*\]:\n", goroutine) and f"{function}(" in goroutine
    ]


def metric(page: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    assert found, f"{name} is not on the page"
    return float(found[1])


def test_healthy_shop_answers_load_and_shows_only_benign_goroutines(run_shop: shop.ShopRunner, shop_binary: Path) -> None:
    healthy = run_shop("healthy")
    before = metric(healthy.get("/metrics").decode(), "go_goroutines")
    load = [str(shop_binary), "load", f"--url={healthy.url}", "--requests=200", "--concurrency=8"]
    done = subprocess.run(load, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, "200 requests, 0 failed\n")
    dump = healthy.get(DUMP).decode()
    assert len(goroutines(dump, "chan receive", "example.com/shop/orders.(*Mailer).work")) == 4
    assert len(goroutines(dump, "IO wait", "net/http.(*Server).Serve")) == 2
    assert len(goroutines(dump, "IO wait", "net/http.(*connReader).Read")) >= 6
    assert len(goroutines(dump, "select", "database/sql.(*DB).connectionOpener")) == 1
    assert len(goroutines(dump, "chan receive", "example.com/shop/inventory.refreshLoop")) == 1
    assert len(goroutines(dump, "syscall", "os/signal.signal_recv")) == 1
    shop.wait_until(lambda: metric(healthy.get("/metrics").decode(), "go_goroutines") <= before + 10, 10)
    assert healthy.stop() == 0
    assert healthy.log.endswith('level=info msg="bye"\n')


def test_metrics_page_has_the_names_of_the_go_client(run_shop: shop.ShopRunner) -> None:
    page = run_shop("healthy").get("/metrics").decode()
    samples = [(sample.name, str(sample.labels)) for family in text_string_to_metric_families(page) for sample in family.samples]
    assert len(samples) == len(set(samples)) > 40
    assert re.search(r'^go_info\{version="go1\.\d+[^"]*"\} 1$', page, re.MULTILINE)
    for quantile in ("0", "0.25", "0.5", "0.75", "1"):
        assert metric(page, f'go_gc_duration_seconds{{quantile="{quantile}"}}') >= 0
    names = (
        "go_goroutines go_threads go_memstats_heap_inuse_bytes go_memstats_heap_alloc_bytes go_memstats_stack_inuse_bytes "
        "go_memstats_next_gc_bytes process_open_fds process_max_fds process_resident_memory_bytes process_start_time_seconds "
        "process_cpu_seconds_total go_sched_gomaxprocs_threads go_gc_gomemlimit_bytes go_gc_gogc_percent"
    )
    assert all(metric(page, name) >= 0 for name in names.split())
    assert metric(page, 'go_sql_max_open_connections{db_name="orders"}') == 10


def test_leak_chan_send_strands_one_goroutine_per_request(run_shop: shop.ShopRunner) -> None:
    leaking = run_shop("leak-chan-send", count=COUNT)
    assert len(goroutines(leaking.get(DUMP).decode(), "chan send", "example.com/shop/pricing.(*Pool).fetch")) == COUNT
    assert leaking.log.count('msg="no quote in time"') == COUNT
    assert leaking.get("/debug/pprof/goroutineleak?debug=1").startswith(f"goroutineleak profile: total {COUNT}\n".encode())


def test_leak_chan_send_grows_along_its_ramp(run_shop: shop.ShopRunner) -> None:
    leaking = run_shop("leak-chan-send", count=COUNT, ramp=60, until="listening")

    def stuck() -> int:
        return len(goroutines(leaking.get(DUMP).decode(), "chan send", "example.com/shop/pricing.(*Pool).fetch"))

    shop.wait_until(lambda: stuck() >= 1, 10)
    shop.wait_until(lambda: stuck() >= 2, 10)
    assert "armed" not in leaking.control


def test_leak_chan_receive_strands_labelled_workers(run_shop: shop.ShopRunner) -> None:
    leaking = run_shop("leak-chan-receive", count=COUNT)
    assert len(goroutines(leaking.get(DUMP).decode(), "chan receive", "example.com/shop/cart.(*Importer).work")) == COUNT
    summary = leaking.get("/debug/pprof/goroutine?debug=1").decode()
    assert {f'# labels: {{"partner":"{name}"}}' for name in ("north", "south", "west")} <= set(summary.splitlines())


def test_lock_convoy_has_a_holder_in_slow_io_with_the_address_the_waiters_wait_for(run_shop: shop.ShopRunner) -> None:
    dump = run_shop("lock-convoy", count=COUNT).get(DUMP).decode()
    waiters = goroutines(dump, "sync.Mutex.Lock", "example.com/shop/ledger.(*Book).Post")
    (holder,) = goroutines(dump, "IO wait", "example.com/shop/ledger.(*Book).Post")
    assert len(waiters) == COUNT
    (mutex,) = {found[1] for waiter in waiters if (found := re.search(r"\(\*Mutex\)\.lockSlow\((0x[0-9a-f]+)\)", waiter))}
    assert f"ledger.(*Book).pay({mutex}, " in holder, "the mutex is the first field, so its address is the book's"


def test_lock_cycle_has_two_goroutines_in_each_others_lock_and_more_behind(run_shop: shop.ShopRunner) -> None:
    locked = run_shop("lock-cycle", count=COUNT)
    dump = locked.get(DUMP).decode()
    (reserving,) = goroutines(dump, "sync.Mutex.Lock", "example.com/shop/ledger.(*Refunds).Note")
    (refunding,) = goroutines(dump, "sync.Mutex.Lock", "example.com/shop/inventory.(*Warehouse).Release")
    assert "inventory.(*Warehouse).Reserve(" in reserving
    assert "ledger.(*Refunds).Refund(" in refunding
    assert len(goroutines(dump, "sync.Mutex.Lock", "sync.(*Mutex).Lock")) == COUNT + 2
    assert locked.get("/search?sku=A-1") == b"12.50 EUR\n", "the rest of the shop lives"


def test_heap_map_holds_its_pages_and_grows_on(run_shop: shop.ShopRunner) -> None:
    growing = run_shop("heap-map", count=COUNT)

    def heap() -> float:
        return metric(growing.get("/metrics").decode(), "go_memstats_heap_inuse_bytes")

    assert heap() >= COUNT * 64 * 1024
    shop.wait_until(lambda: heap() >= 2 * COUNT * 64 * 1024, 20)
    profile = growing.get("/debug/pprof/heap?debug=1&gc=1").decode()
    assert "example.com/shop/cart.renderBasket" in profile


def test_body_leak_leaves_both_loops_of_every_connection(run_shop: shop.ShopRunner) -> None:
    dump = run_shop("body-leak", count=COUNT).get(DUMP).decode()
    assert len(goroutines(dump, "select", "net/http.(*persistConn).readLoop")) == COUNT
    assert len(goroutines(dump, "select", "net/http.(*persistConn).writeLoop")) == COUNT


def test_fd_leak_reaches_the_limit_and_still_lets_one_observer_in(run_shop: shop.ShopRunner) -> None:
    leaking = run_shop("fd-leak", count=80)
    retry = r"http: Accept error: accept tcp 127\.0\.0\.1:\d+: accept4: too many open files; retrying in 5ms\n"
    assert re.search(retry, leaking.log)
    page = leaking.get("/metrics").decode()
    assert metric(page, "process_max_fds") == 80
    assert metric(page, "process_open_fds") / metric(page, "process_max_fds") >= 0.9


def test_handler_panic_is_survived(run_shop: shop.ShopRunner) -> None:
    survivor = run_shop("handler-panic")
    panics = re.findall(
        r"http: panic serving 127\.0\.0\.1:\d+: assignment to entry in nil map\ngoroutine \d+ \[running\]:\n", survivor.log
    )
    assert len(panics) == 3
    assert survivor.log.count("example.com/shop/checkout.(*Discounts).redeem(") == 3
    assert survivor.get("/cart?session=1") == b"1\n"


@pytest.mark.parametrize(
    ("failure", "first_line", "functions"),
    [
        (
            "crash-nil",
            r"panic: runtime error: invalid memory address or nil .*\n\[signal SIGSEGV: .* addr=0x10 pc=0x[0-9a-f]+\]",
            ["orders.(*Reconciler).discount", "orders.(*Reconciler).total", "orders.(*Reconciler).run"],
        ),
        ("crash-map", r"fatal error: concurrent map writes", ["cart.(*Recent).record"]),
        (
            "deadlock",
            r"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 \[sync\.WaitGroup\.Wait\]:",
            ["inventory.(*Loader).load", "inventory.(*Loader).read"],
        ),
        (
            "stack-overflow",
            r"runtime: goroutine stack exceeds 1000000000-byte limit\n.*\nfatal error: stack overflow",
            ["catalogue.(*Category).Path", "catalogue.(*Category).breadcrumb"],
        ),
        ("oom", r"fatal error: (?:runtime: )?out of memory.*", ["ledger.(*Export).gather"]),
    ],
)
def test_crash(run_shop: shop.ShopRunner, failure: str, first_line: str, functions: list[str]) -> None:
    crashed = run_shop(failure)
    assert crashed.wait_exit() == shop.CRASH_STATUS
    assert re.match(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d level=info msg=\"starting\" service=checkout ", crashed.log)
    assert re.search(rf"^{first_line}$", crashed.log, re.MULTILINE)
    assert all(f"example.com/shop/{function}(" in crashed.log for function in functions)
    assert "armed" not in crashed.control


def test_every_failure_is_tested(shop_binary: Path) -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in shop.failures(shop_binary) if f'"{name}"' not in tests] == []


def test_sigquit_dumps_all_goroutines(run_shop: shop.ShopRunner) -> None:
    dumped = run_shop("leak-chan-send", count=COUNT)
    dumped.process.send_signal(signal.SIGQUIT)
    assert dumped.wait_exit() == shop.CRASH_STATUS
    assert "SIGQUIT: quit\nPC=" in dumped.log
    assert dumped.log.count("[chan send]") == COUNT


def test_the_shop_ends_by_itself_after_its_lifetime(run_shop: shop.ShopRunner) -> None:
    assert run_shop("healthy", lifetime=0.2).wait_exit(10) == 0


def test_an_unknown_failure_is_refused_with_the_known_names(run_shop: shop.ShopRunner) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)status 1.*choose a failure.*leak-chan-send"):
        run_shop("leek")


def test_a_shop_that_never_listens_has_no_url(run_shop: shop.ShopRunner) -> None:
    with pytest.raises(RuntimeError, match="deadlock does not listen"):
        _ = run_shop("deadlock").url
