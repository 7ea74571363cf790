from __future__ import annotations

import io

import pytest

from bot.model.logs import Crash, LogReading
from bot.parse.frameworks import find_stack
from bot.parse.log import parse_log

REPORTER = (
    "panic: boom\n"
    "    at example.com/shop.(*Cart).Pay (/src/shop/cart.go:12)\n"
    "    at example.com/shop.Map[...] (/src/shop/map.go:7)\n"
    "    at main.main(/src/main.go:9)\n"
)
PAIRS = (
    "2026/11/20 23:03:37 recovered from panic: boom\n"
    "example.com/shop.(*Cart).Pay\n\t/src/shop/cart.go:12\n"
    "example.com/shop.Map[...]\n\t/src/shop/map.go:7\n"
    "main.main\n\t/src/main.go:9\n"
)
CHI = (
    "\n panic: boom\n\n"
    " -> example.com/shop.(*Cart).Pay\n ->   /src/shop/cart.go:12\n\n"
    "    example.com/shop.Map[...]\n      /src/shop/map.go:7\n"
    "    main.main\n      /src/main.go:9\n"
)
SENTRY_TEXT = (
    "panic: boom\n"
    '  File "/src/shop/cart.go", line 12, in example.com/shop.(*Cart).Pay\n'
    "    item := c.items[i]\n"
    '  File "/src/shop/map.go", line 7, in example.com/shop.Map[...]\n'
    '  File "/src/main.go", line 9, in main.main\n'
)
SENTRY_PAGE = (
    "2026/11/20 23:03:37 recovered from panic: boom\n"
    "/src/shop/cart.go in example.com/shop.(*Cart).Pay at line 12\n"
    "/src/shop/map.go in example.com/shop.Map[...] at line 7\n"
    "/src/main.go in main.main at line 9\n"
)
STACK = [("example.com/shop.(*Cart).Pay", 12), ("example.com/shop.Map[...]", 7), ("main.main", 9)]
FORMS = {"reporter": (REPORTER, "panic"), "pairs": (PAIRS, "http-panic"), "chi": (CHI, "http-panic")} | {
    "sentry text": (SENTRY_TEXT, "panic"),
    "sentry page": (SENTRY_PAGE, "http-panic"),
}
WRAPPINGS = {"plain": "", "cri": "2026-11-20T23:03:37.1Z stderr F ", "compose": "web-1  | "}


def read(text: str) -> LogReading:
    return parse_log(io.BytesIO(text.encode()))


def stack(crash: Crash) -> list[tuple[str, int]]:
    return [(frame.function, frame.line) for frame in crash.stack]


@pytest.mark.parametrize("prefix", WRAPPINGS.values(), ids=WRAPPINGS)
@pytest.mark.parametrize("form", FORMS)
def test_a_stack_without_a_goroutine_is_that_of_the_crash(form: str, prefix: str) -> None:
    text, kind = FORMS[form]
    lines = f"2026/11/20 23:03:30 ready\n{text}2026/11/20 23:03:39 handled\n".splitlines()
    reading = read("".join(f"{prefix}{line}\n" for line in lines))
    (crash,) = reading.crashes
    assert (crash.kind, crash.message, stack(crash)) == (kind, "boom", STACK)
    assert crash.dump is None
    assert crash.occurred_at is not None
    assert not any("cart.go" in event.text for event in reading.events)


@pytest.mark.parametrize("form", FORMS)
def test_two_crashes_one_after_the_other_are_two(form: str) -> None:
    text = FORMS[form][0]
    first, second = read(text + text.replace("boom", "bang")).crashes
    assert (first.message, second.message) == ("boom", "bang")
    assert stack(first) == stack(second) == STACK


def test_a_long_stack_is_read_to_its_end() -> None:
    frames = "".join(f"/src/f{n}.go:{n} (0x4a3b21)\n\tF{n}: call()\n" for n in range(1, 151))
    (crash,) = read(f"[GIN] panic recovered:\nGET / HTTP/1.1\nboom\n{frames}").crashes
    assert (crash.message, crash.locator) == ("boom", "lines 1-303")
    assert stack(crash)[-1] == ("F150", 150)


def test_frames_without_end_are_read_in_part() -> None:
    (crash,) = read(PAIRS + "main.again\n\t/src/main.go:9\n" * 5_000).crashes
    assert 100 < len(crash.stack) < 1_000


def test_frames_within_the_message_of_a_panic_do_not_end_it() -> None:
    (crash,) = read(
        "panic: boom\nmain.f\n\t/src/main.go:12\nread config\nmain.g\n\t/src/main.go:20\n\n"
        "goroutine 7 [running]:\nmain.run()\n\t/src/main.go:30 +0x1d\nexit status 2\n"
    ).crashes
    assert (crash.goroutine_id, crash.exit_code, stack(crash)) == (7, 2, [("main.run", 30)])


def test_a_goroutine_below_the_frames_is_the_one_that_crashed() -> None:
    (crash,) = read(f"{PAIRS}goroutine 7 [running]:\nmain.run()\n\t/src/main.go:30 +0x1d\n").crashes
    assert (crash.goroutine_id, stack(crash)) == (7, [("main.run", 30)])


SILENT = {
    "error": "2026/11/20 23:03:37 ERROR failed: timeout\nmain.f\n\t/src/main.go:12\nmain.g\n\t/src/main.go:20\n",
    "java": "upstream said: panic: boom\n\tat com.shop.Cart.add(Cart.java:14)\n\tat com.shop.Main.main(Main.java:3)\n",
    "node": "upstream said: panic: boom\n    at Cart.add (/app/cart.js:3:11)\n    at /app/main.js:9:2\n",
    "python": 'upstream said: panic: boom\n  File "cart.py", line 3, in add\n',
    "sentence": "upstream said: panic: boom\nlint: cart.go in package shop at line twelve\n",
    "source": "upstream said: panic: boom\n  caller: cart.go:12\nlevel=info source=cart.go:12 msg=ready\n",
    "far": "recovered from panic: boom\n" + "handled\n" * 5 + "main.f\n\t/src/main.go:12\n",
}


@pytest.mark.parametrize("name", SILENT)
def test_what_only_looks_alike_is_no_crash(name: str) -> None:
    reading = read(SILENT[name])
    assert not reading.crashes
    assert not reading.dumps


@pytest.mark.parametrize(
    "name", ["main.f", "main.glob..func1", "main.(*T[...]).f", "example.com/a.b/c.Map[...].func1", "gopkg.in/yaml%2ev2.f-fm"]
)
def test_names_of_functions(name: str) -> None:
    start, frames = find_stack(["panic recovered: boom", name, "\tC:/src/a.go:7"])
    assert (start, [(frame.function, frame.file, frame.line) for frame in frames]) == (1, [(name, "C:/src/a.go", 7)])
