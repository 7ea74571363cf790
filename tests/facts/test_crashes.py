from __future__ import annotations

from datetime import timedelta

import pytest
from snapshots import NOW, frames, parsed, recorded, shared_benign, snapshot

from bot.facts.crashes import repeating_functions
from bot.facts.derive import derive
from bot.model.facts import CrashRow
from bot.model.goroutines import Frame
from bot.model.logs import Crash, LogReading
from bot.model.snapshot import Parsed


def log(*crashes: Crash, name: str = "service.log") -> Parsed:
    return parsed(name, LogReading(transport="plain", lines=10, crashes=crashes))


def rows(*logs: Parsed) -> tuple[CrashRow, ...]:
    return derive(snapshot(*logs), benign=shared_benign(), own_modules=("example.com/shop",)).crashes


def one(kind: str, *stack: str, message: str = "boom", created_by: str = "") -> CrashRow:
    creator = frames(created_by)[0] if created_by else None
    return rows(log(Crash(kind=kind, message=message, stack=frames(*stack), created_by=creator)))[0]


SERVE = ("net/http.HandlerFunc.ServeHTTP", "net/http.serverHandler.ServeHTTP", "net/http.(*conn).serve")


def test_the_culprit_is_beneath_the_panic_and_not_in_the_middleware_that_caught_it() -> None:
    row = one(
        "http-panic",
        "runtime/debug.Stack",
        "example.com/shop/web.Recover.func1.1 web.go:12",
        "panic panic.go:1",
        "runtime.panicmem",
        "runtime.sigpanic",
        "example.com/shop/cart.(*Cart).Add cart.go:30",
        "example.com/shop/web.Recover.func1 web.go:20",
        *SERVE,
    )
    assert (row.function, row.file, row.line) == ("example.com/shop/cart.(*Cart).Add", "cart.go", 30)
    assert (row.own_code, row.package, row.module) == (True, "example.com/shop/cart", "example.com/shop")
    assert (row.in_handler, row.process_survived) == (True, True)


def test_a_panic_that_was_raised_again_is_blamed_on_the_first_one() -> None:
    row = one(
        "panic",
        "panic",
        "example.com/shop/web.Recover.func1.1 web.go:12",
        "panic",
        "example.com/shop/cart.(*Cart).Add cart.go:30",
        *SERVE,
    )
    assert row.line == 30


def test_a_dependency_is_blamed_with_its_version_where_no_own_code_runs() -> None:
    file = "/go/pkg/mod/github.com/acme/kit@v1.4.2/kit.go:9"
    row = one("panic", "panic", f"github.com/acme/kit.loop {file}", created_by="example.com/shop.Start s.go:1")
    assert (row.function, row.own_code) == ("github.com/acme/kit.loop", False)
    assert (row.module, row.module_version) == ("github.com/acme/kit", "v1.4.2")


def test_without_a_stack_the_culprit_is_unknown() -> None:
    row = one("fatal")
    assert (row.function, row.line, row.own_code, row.module) == (None, None, None, None)
    assert row.root_message == "boom"


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (("panic", "example.com/shop.init.0 a.go:1", "runtime.doInit1", "runtime.main"), True),
        (("panic", "example.com/shop.init a.go:1"), True),
        (("panic", "example.com/shop.init.func1 a.go:1", "main.main"), False),
        (("panic", "example.com/shop.initialise a.go:1"), False),
        (("panic", "example.com/shop.(*Server).init a.go:1", "main.main"), False),
        (("panic", "example.com/shop.Server.init a.go:1"), False),
        (("panic", "main.init.1 a.go:1"), True),
    ],
)
def test_in_init(stack: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001  a parameter of the table above
    assert one("panic", *stack).in_init is expected


@pytest.mark.parametrize(
    ("kind", "stack", "expected"),
    [
        ("fatal", ("runtime.throw", "runtime.findObject", "runtime.scanobject", "runtime.gcDrain"), True),
        ("fatal", ("runtime.throw", "runtime.sigpanic", "runtime.scanobject"), True),
        ("fatal", ("internal/runtime/maps.fatal", "runtime.mapassign_fast64", "example.com/shop.Put a.go:1"), False),
        ("fatal", ("sync.fatal", "sync.(*Mutex).unlockSlow", "example.com/shop.Put a.go:1"), False),
        ("panic", ("panic", "runtime.chansend", "example.com/shop.Put a.go:1"), False),
        ("signal", ("abort", "example.com/shop._Cfunc_go a.go:1"), False),
        ("signal", ("runtime.cgocall", "example.com/shop._Cfunc_go _cgo_gotypes.go:1", "example.com/shop.Go a.go:1"), False),
        ("fatal", ("internal/runtime/maps.fatal", "internal/runtime/maps.(*Iter).Next", "example.com/shop.List a.go:1"), False),
    ],
)
def test_in_runtime(kind: str, stack: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001  a parameter of the table above
    assert one(kind, *stack).in_runtime is expected


def crash(minute: int, index: int, line: int = 5) -> Crash:
    return Crash(
        kind="panic",
        message=f"runtime error: index out of range [{index}] with length 0",
        stack=(Frame("panic"), Frame("main.pick.func1" if index % 2 else "main.pick.func2", "a.go", line)),
        occurred_at=NOW + timedelta(minutes=minute),
        excerpt=f"panic: {index}",
    )


def test_repeats_are_one_row_with_first_and_last_sighting() -> None:
    found = rows(log(crash(7, 3), crash(2, 4), crash(5, 5)))
    assert [(row.count, row.first_seen, row.last_seen) for row in found] == [
        (3, NOW + timedelta(minutes=2), NOW + timedelta(minutes=7)),
    ]
    assert found[0].message.startswith("runtime error: index out of range [3]")


def test_the_same_crash_in_two_files_counts_once() -> None:
    assert [row.count for row in rows(log(crash(1, 3)), log(crash(1, 3), name="gateway.log"))] == [1]


def test_crashes_of_the_process_come_before_those_of_a_request() -> None:
    survived = [Crash(kind="http-panic", message="x", stack=frames("panic", "main.a a.go:1"), excerpt=str(n)) for n in range(9)]
    found = rows(log(*survived, crash(1, 3)))
    assert [(row.kind, row.count) for row in found] == [("panic", 1), ("http-panic", 9)]


@pytest.mark.parametrize(
    ("names", "cycle"),
    [
        (["a"] * 3, ("a",)),
        (["x", "y", *["a", "b"] * 3], ("a", "b")),
        (["a", "b"] * 2, ()),
        (["a", "b", "c", "d"], ()),
        ([], ()),
    ],
)
def test_repeating_functions(names: list[str], cycle: tuple[str, ...]) -> None:
    assert repeating_functions([Frame(name) for name in names]) == cycle


@pytest.mark.parametrize("version", ["go1.21", "go1.24", "go1.26", "go1.27"])
@pytest.mark.parametrize(
    ("failure", "kind", "function", "line"),
    [
        ("crash-nil", "panic", "example.com/shop/orders.(*Reconciler).discount", 39),
        ("crash-map", "fatal", "example.com/shop/cart.(*Recent).record", 15),
        ("deadlock", "fatal", "example.com/shop/inventory.(*Loader).load", 24),
        ("handler-panic", "http-panic", "example.com/shop/checkout.(*Discounts).redeem", 19),
        ("stack-overflow", "fatal", "example.com/shop/catalogue.(*Category).Path", 16),
        ("oom", "fatal", "example.com/shop/ledger.(*Export).month", 27),
    ],
)
def test_culprits_of_real_crashes(version: str, failure: str, kind: str, function: str, line: int) -> None:
    found = derive(recorded(f"{version}/{failure}", "service.log"), benign=shared_benign()).crashes
    assert [(row.kind, row.function, row.line) for row in found] == [(kind, function, line)]
    assert found[0].own_code is True
    assert found[0].in_handler == (failure == "handler-panic")
    assert bool(found[0].repeating_functions) == (failure == "stack-overflow")


def test_a_crash_within_the_runtime_blames_nobody() -> None:
    assert one("fatal", "runtime.throw", "runtime.findObject", "runtime.gcBgMarkWorker").function is None
