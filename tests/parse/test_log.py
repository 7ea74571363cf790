from __future__ import annotations

import contextlib
import hashlib
import io
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model.evidence import Kind
from bot.model.goroutines import GoroutineDump
from bot.model.logs import LogReading
from bot.parse.log import parse_log
from bot.parse.sniff import sniff

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
CRASH = (RECORDED / "go1.27" / "crash-nil" / "service.log").read_bytes()
DEADLOCK = (RECORDED / "go1.21" / "deadlock" / "service.log").read_bytes()
MAX_SECONDS = 20.0


def read(content: bytes) -> LogReading:
    return parse_log(io.BytesIO(content))


def states(dump: GoroutineDump) -> list[tuple[str, int]]:
    return [(group.state, group.count) for group in dump.groups]


def test_every_recorded_service_log_is_read() -> None:
    crashed = {"crash-map", "crash-nil", "deadlock", "handler-panic", "oom", "stack-overflow"}
    for path in sorted(RECORDED.glob("*/*/service.log")):
        reading = read(path.read_bytes())
        assert bool(reading.crashes) == (path.parent.name in crashed), path
        assert not reading.problems
        assert not reading.truncated
        assert reading.events
        assert all("[running]" not in event.text and "+0x" not in event.text for event in reading.events)


def test_a_dump_in_a_log_is_no_crash() -> None:
    dump = (RECORDED / "go1.27" / "leak-chan-send" / "goroutine.txt").read_bytes()
    reading = read(b"2026/11/20 23:03:37 dumping\n" + dump + b"2026/11/20 23:03:38 done\n")
    assert not reading.crashes
    assert [(found.form, found.parsed) for found in reading.dumps] == [("debug=2", dump.count(b"\ngoroutine ") + 1)]


def test_two_dumps_of_one_process_are_two() -> None:
    dump = (RECORDED / "go1.27" / "healthy" / "goroutine.txt").read_bytes()
    first, second = read(dump + b"\n" + dump).dumps
    assert first.parsed == second.parsed


LEAKS = (
    "found unexpected goroutines:\n"
    "[Goroutine 20 in state chan receive, with example.com/x.f on top of the stack:\n{first}"
    "example.com/x.f(0xc000)\n\t/src/x.go:12 +0x1d\ncreated by example.com/x.TestF in goroutine 19\n\t/src/x_test.go:9 +0x35\n\n"
    " Goroutine 21 in state select, 2 minutes, with example.com/x.g on top of the stack:\n{second}"
    "example.com/x.g(0xc000)\n\t/src/x.go:22 +0x1d\ncreated by example.com/x.TestF in goroutine 19\n\t/src/x_test.go:8 +0x35\n]\n"
)


@pytest.mark.parametrize("indentation", ["", "        "])
@pytest.mark.parametrize(
    "headers",
    [{"first": "", "second": ""}, {"first": "goroutine 20 [chan receive]:\n", "second": "goroutine 21 [select, 2 minutes]:\n"}],
    ids=["goleak-1.3", "goleak-1.1"],
)
def test_what_goleak_says_is_a_dump(headers: dict[str, str], indentation: str) -> None:
    leaks = LEAKS.format(**headers).replace("\n", f"\n{indentation}")
    reading = read(f"=== RUN   TestF\n    leaks.go:78: {leaks}\n--- FAIL: TestF (0.45s)\nFAIL\nexit status 1\n".encode())
    (dump,) = reading.dumps
    assert not reading.crashes
    assert (dump.form, dump.seen, dump.parsed, dump.truncated) == ("debug=2", 2, 2, False)
    assert sorted(states(dump)) == [("chan receive", 1), ("select", 1)]
    assert {group.stack[0].function: group.minutes for group in dump.groups} == {
        "example.com/x.f": (),
        "example.com/x.g": ((2, 1),),
    }
    assert all(group.created_by is not None and group.created_by.function == "example.com/x.TestF" for group in dump.groups)
    assert not any("on top of the stack" in event.text for event in reading.events)


def test_a_table_of_pprof_is_said_to_be_no_profile() -> None:
    table = (
        b"File: shop\nType: cpu\nShowing nodes accounting for 20s, 80% of 25s total\n"
        b"      flat  flat%   sum%        cum   cum%\n     5.10s 20.4% 20.4%      5.10s 20.4%  runtime.memmove\n"
    )
    assert sniff(table) is Kind.SERVICE_LOG
    (problem,) = read(table).problems
    assert "give the profile itself" in problem
    assert not read(table.replace(b"flat%", b"share")).problems


def test_a_counted_profile_in_a_log_is_read() -> None:
    profile = (RECORDED / "go1.27" / "healthy" / "goroutine.debug1.txt").read_bytes()
    reading = read(b"curl :6060\n" + profile + b"that is all\n")
    assert [found.form for found in reading.dumps] == ["debug=1"]
    assert reading.dumps[0].parsed == reading.dumps[0].seen


def test_events_times_and_levels() -> None:
    reading = read(
        b'2026/11/20 23:03:37 level=error msg="dial tcp 10.0.0.4:5432: connection refused"\n'
        b'2026/11/20 23:03:39 level=error msg="dial tcp 10.0.0.77:5432: connection refused"\n'
        b'{"time":"2026-11-20T23:03:40Z","level":"INFO","msg":"ready"}\n'
    )
    event = reading.events[0]
    assert (event.text, event.level, event.count, event.locator) == ("dial tcp #:#: connection refused", "error", 2, "line 1")
    assert event.first_seen is not None
    assert event.last_seen is not None
    assert (event.last_seen - event.first_seen).total_seconds() == 2
    assert event.sample.endswith('5432: connection refused"')
    assert (reading.events[1].text, reading.events[1].level) == ("ready", "info")


def test_a_crash_far_from_any_other_line_has_the_time_of_the_line_before() -> None:
    filler = b"".join(b"2026/11/20 23:%02d:%02d handled\n" % (n // 60 % 60, n % 60) for n in range(60_000))
    crash = read(filler + b"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/a.go:7 +0x1d\n").crashes[0]
    assert crash.occurred_at is not None
    assert (crash.occurred_at.minute, crash.occurred_at.second) == (39, 59)
    assert crash.locator == "lines 60001-60005"


@pytest.mark.parametrize("content", [CRASH, DEADLOCK])
@settings(max_examples=60)
@given(data=st.data())
def test_a_log_cut_anywhere_keeps_what_was_there(content: bytes, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(content)))
    cut = content[:end]
    reading = read(cut)
    first = content.index(b"panic: ") if b"panic: " in content else content.index(b"fatal error: ")
    assert len(reading.crashes) <= 1
    if end > content.index(b"\n", first):
        (crash,) = reading.crashes
        assert content[first:].split(b": ", 1)[1].startswith(crash.message.encode())
        headers = cut.count(b"]:\n")
        assert (crash.dump.seen if crash.dump else 0) in {headers, headers + 1}


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["in 3ms", "{}", "level=info msg=ok", "ok (1)", ""])), max_size=25)
)
def test_lines_of_other_threads_do_not_change_the_crash(noise: list[tuple[int, str]]) -> None:
    lines = DEADLOCK.decode().split("\n")
    start = lines.index("fatal error: all goroutines are asleep - deadlock!") + 2
    for position, text in noise:
        lines.insert(start + position % (len(lines) - start), text)
    (crash,) = read("\n".join(lines).encode()).crashes
    (expected,) = read(DEADLOCK).crashes
    assert (crash.message, crash.stack, crash.goroutine_id) == (expected.message, expected.stack, expected.goroutine_id)
    assert crash.dump is not None
    assert expected.dump is not None
    assert crash.dump.parsed == expected.dump.parsed
    assert states(crash.dump) == states(expected.dump)


FRAGMENTS = st.sampled_from(
    [
        b"panic: ",
        b"fatal error: ",
        b"goroutine 7 [running]:\n",
        b"goroutine ",
        b"goroutine 99999999999999999999999 [",
        b"\tpanic: ",
        b"[signal SIGSEGV",
        b"main.f(0x1)\n",
        b"\t/src/f.go:3 +0x1d\n",
        b"created by ",
        b"WARNING: DATA RACE\n",
        b"==================\n",
        b"goroutine profile: total 3\n",
        b'{"log":"',
        b'{"msg":"goroutine 1 [running]:\\nmain.f()\\n"}\n',
        b"2026-11-20T23:03:37Z stderr P ",
        b"web-1  | ",
        b"\x1b[31m",
        b"\\n",
        b"exit status 99999999999\n",
        b"\n",
        b"\xff\xfe",
        b"http: panic serving x: y\n",
        b"2026/99/99 99:99:99 ",
        b"...99 frames elided...\n",
        b"goroutine 1 [running]: goroutine 2 [running]:\n",
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(FRAGMENTS, st.binary(max_size=20)), max_size=40))
def test_any_bytes_can_be_read(parts: list[bytes]) -> None:
    content = b"".join(parts)
    reading = read(content)
    assert all(crash.kind and crash.locator.startswith("lines ") for crash in reading.crashes)
    for dump in (*reading.dumps, *(crash.dump for crash in reading.crashes if crash.dump)):
        assert dump.parsed == sum(group.count for group in dump.groups)
    with contextlib.suppress(ParseError):
        sniff(content)


HOSTILE = {
    "one long line": b"x" * 10_000_000,
    "long line of parentheses": b"panic: x\n" + b"f(" * 5_000_000,
    "long line of headers": b"goroutine 1 [" * 400_000 + b":",
    "long line of brackets": b"goroutine 1 [" + b"] {" * 3_000_000 + b"}:",
    "long line of spaces": b"panic: x\ncreated by a" + b" " * 9_000_000 + b"b",
    "long record": b'{"msg":"' + b"goroutine 1 [running]:\\n" * 100_000 + b'"}',
    "many panics": b"panic: boom\n" * 100_000,
    "many headers": b"".join(b"goroutine %d [running]:\n" % n for n in range(80_000)),
    "many different lines": b"".join(b"error %s\n" % hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(100_000)),
    "many writers": b"".join(b"web-%d  | panic: boom\n" % n for n in range(50_000)),
    "no line ends": b"panic: goroutine 1 [running]:" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_takes_bounded_time(name: str) -> None:
    started = time.process_time()
    read(HOSTILE[name])
    assert time.process_time() - started < MAX_SECONDS


def test_too_many_different_messages_are_said() -> None:
    letters = "ghijklmnop"
    lines = ["".join(letters[int(digit)] for digit in str(n)) + " happened" for n in range(3_000)]
    reading = read("\n".join(lines).encode())
    assert len(reading.events) < len(lines)
    assert "not grouped" in reading.problems[0]


def test_an_empty_log() -> None:
    reading = read(b"")
    assert (reading.lines, reading.crashes, reading.events) == (0, (), ())
