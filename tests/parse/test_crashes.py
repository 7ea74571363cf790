from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.model.logs import Crash, LogReading
from bot.parse.log import parse_log

DATA = Path(__file__).parent / "data"
VERSIONS = ("1.19", "1.21", "1.24", "1.26", "1.27")
"""Outputs of `data/crashes.go`, one section per mode, as five releases of Go printed them."""


def section(version: str, name: str) -> bytes:
    text = (DATA / f"crashes.go{version}.txt").read_text(encoding="utf-8")
    return text.split(f"#### {name}\n")[1].split("#### ")[0].encode()


def read(text: str | bytes) -> LogReading:
    return parse_log(io.BytesIO(text.encode() if isinstance(text, str) else text))


def only_crash(text: str | bytes) -> Crash:
    crashes = read(text).crashes
    assert len(crashes) == 1
    return crashes[0]


NIL = "runtime error: invalid memory address or nil pointer dereference"
SAME_IN_ALL_VERSIONS = {
    "string": ("panic", "plain text"),
    "multi": ("panic", "first line\nsecond line\nfourth"),
    "error": ("panic", "an error"),
    "custom": ("panic", "custom error"),
    "int": ("panic", "42"),
    "named": ("panic", 'main.S("x")'),
    "nilptr": ("panic", NIL),
    "index": ("panic", "runtime error: index out of range [7] with length 0"),
    "div": ("panic", "runtime error: integer divide by zero"),
    "nilmap": ("panic", "assignment to entry in nil map"),
    "closed": ("panic", "close of closed channel"),
    "send": ("panic", "send on closed channel"),
    "assert": ("panic", "interface conversion: interface {} is string, not int"),
    "repanic": ("panic", "first"),
    "bade": ("fatal", "panic while printing panic value: inner"),
    "unlock": ("fatal", "sync: unlock of unlocked mutex"),
    "fatalin": ("fatal", "sync: unlock of unlocked mutex"),
    "wg": ("panic", "sync: negative WaitGroup counter"),
    "deadlock": ("fatal", "all goroutines are asleep - deadlock!"),
    "goexit": ("fatal", "no goroutines (main called runtime.Goexit) - deadlock!"),
    "nilfunc": ("fatal", "go of nil func value"),
    "overflow": ("fatal", "stack overflow"),
    "abort": ("signal", "SIGABRT: abort"),
    "quit": ("signal", "SIGQUIT: quit"),
    "sys": ("signal", "SIGSYS: bad system call"),
    "fault": ("fatal", "fault"),
    "bus": ("fatal", "fault"),
    "threads": ("fatal", "thread exhaustion"),
    "logpanic": ("panic", "bad thing 7"),
    "goroutine": ("panic", "in goroutine"),
    "labels": ("panic", "labelled"),
    "makeslice": ("panic", "runtime error: makeslice: len out of range"),
    "unhash": ("panic", "runtime error: hash of unhashable type []int"),
    "oom": ("fatal", "out of memory"),
    "recovered": ("http-panic", "runtime error: index out of range [3] with length 0"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SAME_IN_ALL_VERSIONS)
def test_every_release_says_the_same_of_a_failure(version: str, name: str) -> None:
    crash = only_crash(section(version, name))

    assert (crash.kind, crash.message) == SAME_IN_ALL_VERSIONS[name]
    assert crash.exit_code == (None if name == "recovered" else 2)
    if name != "goexit":  # it is printed when no goroutine is left
        assert crash.dump is not None
        assert crash.dump.seen == crash.dump.parsed > 0
        assert not crash.dump.truncated
        assert crash.goroutine_id is not None
        assert any(frame.function.startswith("main.") for frame in crash.stack)


@pytest.mark.parametrize("version", VERSIONS)
def test_signals_and_addresses(version: str) -> None:
    nil = only_crash(section(version, "nilptr"))
    offset = 0 if version == "1.19" else 8  # its compiler looks at the start of the struct first
    assert (nil.signal, nil.signal_code, nil.fault_address) == ("SIGSEGV", "0x1", offset)
    assert nil.pc

    bus = only_crash(section(version, "bus"))
    assert (bus.signal, bus.signal_code) == ("SIGBUS", "0x2")

    asked_for = only_crash(section(version, "quit"))
    assert (asked_for.signal, asked_for.signal_code) == ("SIGQUIT", "0")
    assert asked_for.dump is not None
    assert sum(group.count for group in asked_for.dump.groups if group.state in {"sync.Mutex.Lock", "semacquire"}) == 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "root", "last", "recovered"),
    [
        ("wrap", "first", "wrapped: first", True),
        ("deferred", "first", "second", False),
        ("three", "inner", "outer inner", True),
        ("repanic", "first", "first", True),
    ],
)
def test_a_chain_of_panics_keeps_its_first_and_its_last_message(
    version: str, name: str, root: str, last: str, *, recovered: bool
) -> None:
    crash = only_crash(section(version, name))
    assert (crash.root_message, crash.message, crash.recovered) == (root, last, recovered)


@pytest.mark.parametrize("version", ["1.26", "1.27"])
def test_a_fatal_error_inside_a_panic_keeps_the_panic_as_its_root(version: str) -> None:
    crash = only_crash(section(version, "fatalin"))
    assert (crash.kind, crash.root_message) == ("fatal", "before")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_forged_goroutine_in_the_message_is_not_the_one_that_crashed(version: str) -> None:
    crash = only_crash(section(version, "forged"))
    assert crash.goroutine_id == 1
    assert crash.stack[-1].function == "main.main"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_no_crash(version: str) -> None:
    assert not read(section(version, "printstack")).crashes


@pytest.mark.parametrize("version", VERSIONS)
def test_a_program_that_ends_itself_has_no_trace_but_go_run_says_so(version: str) -> None:
    crash = only_crash(section(version, "logfatal"))
    assert (crash.kind, crash.exit_code, crash.root_message, crash.stack) == ("exit", 1, "bad thing 7", ())


def test_created_by_and_labels_of_the_goroutine_that_crashed() -> None:
    crash = only_crash(section("1.27", "goroutine"))
    assert crash.created_by is not None
    assert crash.created_by.function.startswith("main.init.func")


def test_several_crashes_in_one_log_are_kept_in_order() -> None:
    log = b"2026/11/20 23:03:37 starting\n".join(section("1.27", name) for name in ("string", "nilmap", "overflow", "string"))
    reading = read(log)
    assert [crash.message for crash in reading.crashes] == [
        "plain text",
        "assignment to entry in nil map",
        "stack overflow",
        "plain text",
    ]
    assert reading.crashes[1].occurred_at is not None


def test_a_panic_that_net_http_recovered() -> None:
    crash = only_crash(
        "2026/11/20 23:03:37 http: panic serving 127.0.0.1:46984: assignment to entry in nil map\n"
        "goroutine 5 [running]:\nnet/http.(*conn).serve.func1()\n\tnet/http/server.go:1943 +0xd3\n"
        "panic({0x6d9200?, 0x7b1a10?})\n\truntime/panic.go:783 +0x132\n"
        "main.(*Cart).Add(0xc0000a)\n\t/src/cart.go:8 +0x1d\n"
        "created by net/http.(*Server).Serve in goroutine 1\n\tnet/http/server.go:3493 +0x485\n"
        "2026/11/20 23:03:40 ready\n"
    )
    assert (crash.kind, crash.message, crash.goroutine_id) == ("http-panic", "assignment to entry in nil map", 5)
    assert crash.occurred_at is not None
    assert crash.occurred_at.second == 37
    assert crash.locator == "lines 1-10"


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ("panic({0x1, 0x2})\n\truntime/panic.go:1 +0x1\nruntime.panicmem(...)\n\truntime/panic.go:2\n", NIL),
        (
            "panic({0x1, 0x2})\n\truntime/panic.go:1 +0x1\nruntime.goPanicIndex(0x7, 0x0)\n\truntime/panic.go:2 +0x1\n",
            "runtime error: index out of range",
        ),
        ("panic({0x1, 0x2})\n\truntime/panic.go:1 +0x1\n", "(the line that says why is missing)"),
    ],
)
def test_an_excerpt_without_its_first_line_is_read_by_its_frames(frames: str, message: str) -> None:
    crash = only_crash(f"goroutine 9 [running]:\n{frames}main.f()\n\t/src/f.go:3 +0x1d\n")
    assert (crash.kind, crash.message, crash.goroutine_id) == ("panic", message, 9)


SIGNAL = "[signal {0}: x code=0x1 addr={1} pc=0x78d84a]"
RUNNING = "goroutine 28 [running]:\nmain.f(0x0?)\n\t/src/f.go:3 +0x1d\n"


@pytest.mark.parametrize(
    ("signal", "address", "message"),
    [
        ("SIGSEGV", "0x10", NIL),
        ("SIGSEGV", "0xc000123456", "(the line that says why is missing)"),
        ("SIGBUS", "0x10", "(the line that says why is missing)"),
    ],
)
@pytest.mark.parametrize("before", ["", "2026/11/20 23:03:37 ready\n"])
def test_an_excerpt_that_starts_at_the_signal(before: str, signal: str, address: str, message: str) -> None:
    crash = only_crash(f"{before}{SIGNAL.format(signal, address)}\n\n{RUNNING}")
    assert (crash.message, crash.signal, crash.goroutine_id, crash.stack[0].function) == (message, signal, 28, "main.f")


def test_a_signal_below_an_opening_inside_a_line_belongs_to_it() -> None:
    crash = only_crash(f"shop 7: panic: {NIL}\n{SIGNAL.format('SIGSEGV', '0xc000123456')}\n\n{RUNNING}")
    assert (crash.message, crash.signal) == (NIL, "SIGSEGV")


def test_a_bare_trace_above_the_exit_status_of_a_panic_is_one() -> None:
    crash = only_crash(f"{RUNNING}exit status 2\n")
    assert (crash.kind, crash.message, crash.exit_code) == ("panic", "(the line that says why is missing)", 2)


@pytest.mark.parametrize(
    "text",
    [
        RUNNING,
        f"{RUNNING}exit status 1\n",
        RUNNING.replace("running", "select") + "exit status 2\n",
        RUNNING.replace("main.f(0x0?)", "runtime/debug.Stack()") + "exit status 2\n",
    ],
)
def test_a_bare_trace_alone_is_no_panic(text: str) -> None:
    assert [crash for crash in read(text).crashes if crash.kind != "exit"] == []


def test_an_excerpt_that_starts_in_the_middle_of_a_stack() -> None:
    frames = "panic({0x1, 0x2})\n\truntime/panic.go:1 +0x1\nmain.f()\n\t/src/f.go:3 +0x1d\nmain.main()\n\t/src/f.go:9 +0x2\n"
    crash = only_crash(frames)
    assert crash.goroutine_id is None
    assert [frame.function for frame in crash.stack] == ["panic", "main.f", "main.main"]


def test_cgo_crash_names_the_goroutine_of_the_thread_that_got_the_signal() -> None:
    crash = only_crash(
        "SIGSEGV: segmentation violation\nPC=0x45d0c5 m=3 sigcode=1 addr=0x10\nsignal arrived during cgo execution\n\n"
        "goroutine 0 gp=0x5a m=3 mp=0xc0 [idle]:\nnon-Go function\n\tpc=0x45d0c5\n\n"
        "goroutine 4 gp=0x1 m=nil [select]:\nmain.wait()\n\t/src/w.go:4 +0x1\n"
        "created by main.main in goroutine 1\n\t/src/w.go:9 +0x1\n\n"
        "goroutine 7 gp=0x2 m=3 mp=0xc0 [syscall]:\nruntime.cgocall(0x1, 0x2)\n\truntime/cgocall.go:1 +0x1\n"
        "main._Cfunc_crash()\n\t_cgo_gotypes.go:40 +0x3a\nmain.main()\n\t/src/w.go:9 +0x1\n\n"
        "rax    0x0\nrbx    0x10\n"
    )
    assert (crash.kind, crash.signal, crash.in_cgo, crash.goroutine_id) == ("signal", "SIGSEGV", True, 7)
    assert (crash.fault_address, crash.signal_code) == (16, "1")


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("[signal 0xb code=0x1 addr=0x0 pc=0x400c41]", "SIGSEGV"),
        ("[signal 0xc0000005 code=0x0 addr=0x0 pc=0x9d2a3c]", "SIGSEGV"),
        ("[signal SIGBUS: bus error code=0x2 addr=0x7f0 pc=0x1]", "SIGBUS"),
    ],
)
def test_signals_of_old_releases_and_of_windows(line: str, signal: str) -> None:
    crash = only_crash(f"panic: {NIL}\n{line}\n\ngoroutine 1 [running]:\nmain.main()\n\tC:/src/x.go:7 +0x1d\n")
    assert (crash.signal, crash.stack[0].file) == (signal, "C:/src/x.go")


def test_a_crash_without_any_goroutine() -> None:
    assert only_crash("panic: boom\n2026/11/20 23:03:37 starting\n").message == "boom"
    assert only_crash("fatal error: concurrent map writes\n").kind == "fatal"


def test_the_excerpt_gives_the_runtime_s_own_reason() -> None:
    assert "cannot allocate" in only_crash(section("1.27", "oom")).excerpt


SILENT = {
    "rust": "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is 99\n"
    "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
    "java": 'Exception in thread "main" java.lang.NullPointerException: boom\n\tat com.shop.Cart.add(Cart.java:14)\n'
    "\tat com.shop.Main.main(Main.java:3)\n",
    "node": "/app/cart.js:3\n    throw new Error('boom');\n    ^\n\nError: boom\n    at Object.<anonymous> (/app/cart.js:3:11)\n"
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n",
    "python": 'Traceback (most recent call last):\n  File "cart.py", line 3, in <module>\n    main()\nValueError: boom\n',
    "ruby": "cart.rb:3:in `add': boom (RuntimeError)\n\tfrom cart.rb:9:in `<main>'\n",
    "kernel": "[ 12.345678] Kernel panic - not syncing: Fatal exception\n[ 12.345679] Call Trace:\n[ 12.34568]  die+0x3d/0x80\n",
    "compiler": "fatal error: 'cart.h' file not found\n#include \"cart.h\"\n",
    "php": "PHP Fatal error:  Uncaught Error: boom in /app/cart.php:3\n",
    "shutdown": "SIGTERM: terminating gracefully\n2026/11/20 23:03:37 shutdown complete\n",
    "structured": '{"level":"error","source":"cart.go:12","msg":"panic: recovered in worker"}\n' * 5,
    "about": "2026/11/20 23:03:37 upstream said: panic: boom\n2026/11/20 23:03:38 goroutines=17\n",
    "goroutine": "we start one goroutine per request\nand wait for the goroutine [running] to end:\n",
}


@pytest.mark.parametrize("name", SILENT)
def test_other_programs_do_not_crash_in_go(name: str) -> None:
    reading = read(SILENT[name])
    assert not reading.crashes
    assert not reading.dumps
    assert reading.events


def test_a_stack_of_a_web_framework() -> None:
    reading = read(
        "2026/11/20 23:03:30 ready\n\n\x1b[31m[Recovery] 2026/11/20 - 23:03:37 panic recovered:\nGET /pay HTTP/1.1\n\n"
        f"{NIL}\n/src/shop/cart.go:12 (0x7b1f05)\n\t(*Cart).Pay: return c.items.total\n"
        "/go/pkg/mod/github.com/gin-gonic/gin@v1.10.0/context.go:185 (0x7a9c2a)\n\t(*Context).Next: c.next(c)\n\x1b[0m\n"
        "2026/11/20 23:03:39 handled\n"
    )
    (crash,) = reading.crashes
    assert (crash.kind, crash.message) == ("http-panic", NIL)
    assert [(frame.function, frame.line) for frame in crash.stack] == [("(*Cart).Pay", 12), ("(*Context).Next", 185)]
    assert crash.occurred_at is not None


def test_the_stacks_of_further_threads_are_part_of_the_same_crash() -> None:
    crash = only_crash(section("1.27", "quit-crash"))
    assert (crash.signal, crash.exit_code, crash.goroutine_id) == ("SIGQUIT", 134, 1)
    assert crash.dump is not None
    assert crash.dump.seen == 6


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["nilptr", "goroutine", "wrap", "wg"])
def test_the_stack_is_read_even_where_the_header_of_the_goroutine_is_missing(version: str, name: str) -> None:
    text = section(version, name)
    whole = only_crash(text)
    lost = only_crash(b"\n".join(line for line in text.split(b"\n") if not line.startswith(b"goroutine ")))
    assert (lost.message, lost.stack, lost.created_by) == (whole.message, whole.stack, whole.created_by)
    assert lost.goroutine_id is None
