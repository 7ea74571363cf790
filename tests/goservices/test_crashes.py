"""Every crash of the shop, run with today's Go, is recognised by its playbook; their healthy twins are not taken for crashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import shop

from bot.collect.bundle import read_bundle
from bot.diagnose import Engine, Subject, judge, load_engine
from bot.model.diagnosis import Finding

COUNT = 16

DEATHS = [
    ("array-conversion", "panic: runtime error: cannot convert slice", "panic-index-out-of-range", "catalogue.digest"),
    ("bad-pointer", "fatal error: found bad pointer in Go heap", "runtime-corruption", None),
    ("bus-error", "unexpected fault address", "sigbus", "catalogue.(*Mapped).lookup"),
    ("close-nil", "panic: close of nil channel", "panic-closed-channel", "orders.(*Queue).stop"),
    ("close-twice", "panic: close of closed channel", "panic-closed-channel", "orders.(*Queue).stop"),
    ("collector-fault", "SIGSEGV: segmentation violation", "runtime-corruption", None),
    ("crash-deep", "panic: runtime error: invalid memory address", "panic-nil-pointer", "catalogue.(*Category).root"),
    (
        "crash-index",
        r"panic: runtime error: index out of range \[24\]",
        "panic-index-out-of-range",
        "catalogue.(*Pages).neighbours",
    ),
    ("crash-map", "fatal error: concurrent map writes", "concurrent-map-access", "cart.(*Recent).record"),
    ("crash-map-iterate", "fatal error: concurrent map iteration", "concurrent-map-access", "cart.(*Recent).list"),
    ("crash-nil", "panic: runtime error: invalid memory address", "panic-nil-pointer", "orders.(*Reconciler).discount"),
    ("crash-nil-map", "panic: assignment to entry in nil map", "panic-nil-map", "orders.(*Board).mark"),
    ("deadlock", "fatal error: all goroutines are asleep", "deadlock", "inventory.(*Loader).load"),
    ("deadlock-goexit", r"fatal error: no goroutines \(main called", "deadlock", None),
    ("divide-zero", "panic: runtime error: integer divide by zero", "panic-divide-by-zero", "pricing.(*Report).average"),
    ("fault-read-only", "unexpected fault address", "segfault", "catalogue.(*Mapped).store"),
    ("forbidden-call", "SIGSYS: bad system call", "sigsys", "server.makeSpool"),
    ("go-nil", "fatal error: go of nil func value", "panic-explicit-fatal", "orders.(*Callbacks).notify"),
    ("log-panic", "panic: level=error", "panic-explicit", "orders.(*Invoices).number"),
    ("makeslice", "panic: runtime error: makeslice", "panic-explicit", "orders.(*Invoices).reserve"),
    ("masked-by-unlock", "panic: .*nil pointer dereference", "panic-nil-pointer", "ledger.(*Till).add"),
    ("missing-method", "panic: interface conversion: .* missing method", "panic-type-assertion", "checkout.label"),
    ("must-compile", "panic: regexp: Compile", "panic-explicit", "orders.(*Invoices).find"),
    ("nested-panic", r"panic: no invoice series.* \[recovered\]", "panic-explicit", "orders.(*Invoices).render"),
    ("oom", "fatal error: (?:runtime: )?out of memory", "out-of-memory", "ledger.(*Export).month"),
    ("runlock", "fatal error: sync: RUnlock", "mutex-misuse", "ledger.(*Till).total"),
    ("send-closed", "panic: send on closed channel", "panic-closed-channel", "orders.(*Queue).put"),
    ("stack-overflow-json", "fatal error: stack overflow", "stack-overflow", "catalogue.Label.MarshalJSON"),
    ("thread-limit", "fatal error: thread exhaustion", "thread-exhaustion-blocking-calls", "ledger.(*Printer).write"),
    ("type-assertion", "panic: interface conversion: .* is float64", "panic-type-assertion", "checkout.(*Webhook).amount"),
    ("unprintable", "panic: .*panicked|fatal error: panic while printing", "panic-explicit-fatal", "orders.(*Callbacks).fail"),
    ("unlock", "fatal error: sync: unlock", "mutex-misuse", "ledger.(*Till).add"),
    ("waitgroup-negative", "panic: sync: negative WaitGroup", "waitgroup-misuse", "inventory.(*Stocktake).count"),
    ("waitgroup-reused", "panic: sync: WaitGroup", "waitgroup-misuse", "inventory.CrashWaitGroupReuse.func2"),
]

SURVIVED = [
    ("handler-explicit", "http-handler-panic", "checkout.(*Gifts).wrap"),
    ("handler-panic", "panic-nil-map", "checkout.(*Discounts).redeem"),
    ("handler-slice-bounds", "panic-index-out-of-range", "catalogue.(*Pages).page"),
    ("handler-type-assertion", "panic-type-assertion", "checkout.(*Webhook).amount"),
]

TWINS = [
    "check-pointer",  # the fault shows only when it is built with -d=checkptr
    "closed-things",
    "data-race",  # shows only when it is built with -race
    "divide-floats",
    "handler-aborts",
    "others-crashed",
    "refused-call",
    "threads-refused",  # nothing refuses them here
    "wrong-pages",
    "wrong-payments",
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def findings(engine: Engine, log: str, directory: Path) -> tuple[Finding, ...]:
    """What is said of a process of which only the log is left."""
    (directory / "service.log").write_text(log)
    return judge(read_bundle(directory), engine, Subject(name="checkout")).diagnosis.findings


def culprit(finding: Finding) -> str | None:
    return finding.culprit.function.removeprefix("example.com/shop/") if finding.culprit else None


@pytest.mark.parametrize(("failure", "first_line", "playbook", "function"), DEATHS)
def test_a_death_is_recognised(
    run_shop: shop.ShopRunner,
    engine: Engine,
    tmp_path: Path,
    *,
    failure: str,
    first_line: str,
    playbook: str,
    function: str | None,
) -> None:
    crashed = run_shop(failure, count=COUNT)
    assert crashed.wait_exit() == shop.CRASH_STATUS
    assert re.search(f"^{first_line}", crashed.log, re.MULTILINE)
    found = findings(engine, crashed.log, tmp_path)
    assert [(finding.playbook, culprit(finding)) for finding in found] == [(playbook, function)]


@pytest.mark.parametrize(("failure", "playbook", "function"), SURVIVED)
def test_a_handler_panic_is_recognised_by_its_cause(
    run_shop: shop.ShopRunner, engine: Engine, tmp_path: Path, *, failure: str, playbook: str, function: str
) -> None:
    survivor = run_shop(failure)
    assert survivor.status is None
    (found,) = findings(engine, survivor.log, tmp_path)
    assert (found.playbook, culprit(found), found.severity) == (playbook, function, "high")
    assert "request-level" in found.summary


@pytest.mark.parametrize("failure", TWINS)
def test_a_healthy_twin_is_no_finding(run_shop: shop.ShopRunner, engine: Engine, tmp_path: Path, failure: str) -> None:
    twin = run_shop(failure, count=COUNT)
    assert twin.status is None
    assert findings(engine, twin.log, tmp_path) == ()
