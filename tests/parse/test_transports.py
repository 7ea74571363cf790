from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from transported import TIME, WRAPPINGS, Lines, docker, glued

from bot.model.logs import LogReading
from bot.parse.lines import Line
from bot.parse.log import parse_log
from bot.parse.transports import detect, tidy

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
LOGS = ("go1.27/deadlock", "go1.21/crash-map", "go1.27/crash-nil", "go1.24/stack-overflow", "go1.27/oom")


def essence(reading: LogReading) -> list[object]:
    return [
        (
            crash.kind,
            crash.message,
            crash.goroutine_id,
            [(frame.function, frame.line) for frame in crash.stack],
            crash.created_by and crash.created_by.function,
            crash.dump and (crash.dump.seen, crash.dump.parsed),
            crash.dump and sorted((group.state, group.count) for group in crash.dump.groups),
        )
        for crash in reading.crashes
    ]


def read(lines: Lines) -> LogReading:
    return parse_log(io.BytesIO("\n".join(lines).encode()))


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_crash_is_the_same_however_it_was_transported(name: str, log: str) -> None:
    lines = (RECORDED / log / "service.log").read_text(encoding="utf-8").split("\n")
    transport, wrap = WRAPPINGS[name]

    reading = read(wrap(lines))

    assert essence(reading) == essence(read(lines))
    assert reading.transport == transport


@pytest.mark.parametrize("log", LOGS[:3])
def test_a_header_glued_to_the_line_before_is_found(log: str) -> None:
    lines = (RECORDED / log / "service.log").read_text(encoding="utf-8").split("\n")
    assert [crash.stack for crash in read(glued(lines)).crashes] == [crash.stack for crash in read(lines).crashes]


@pytest.mark.parametrize("log", LOGS[:2])
def test_two_writers_into_one_log_are_kept_apart(log: str) -> None:
    lines = (RECORDED / log / "service.log").read_text(encoding="utf-8").split("\n")
    both = [text for line in lines for text in (f"web-1  | {line}", f"web-2  | {line}")]
    assert essence(read(both)) == essence(read(lines)) * 2


def test_the_prefix_gives_the_time() -> None:
    crash = read([f"{TIME} stderr F panic: boom", f"{TIME} stderr F "]).crashes[0]
    assert crash.occurred_at is not None
    assert crash.occurred_at.isoformat() == "2026-11-20T23:03:37.123456+00:00"


def test_docker_records_without_line_end_are_halves() -> None:
    half = json.dumps({"log": "panic: bo", "stream": "stderr", "time": TIME})
    assert read([half, docker("om"), docker("")]).crashes[0].message == "boom"


def test_one_line_is_no_reason_to_see_a_prefix() -> None:
    assert detect(["just some words"]).name == "plain"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\x1b[1;31mpanic: boom\x1b[0m", "panic: boom"),
        ("main.(Cart).Add(...)", "main.(*Cart).Add(...)"),
        ("```text", ""),
        ("\t/src/a.go:1 +0x1  ", "\t/src/a.go:1 +0x1"),
        ("a &lt;nil&gt; &amp; b", "a <nil> & b"),
    ],
)
def test_tidy(raw: str, clean: str) -> None:
    assert tidy(raw) == clean


def test_lines_keep_their_numbers() -> None:
    lines = detect(["web-1  | a", "web-1  | b"]).clean([b"web-1  | a", b"web-1  | b"], first=41)
    assert lines == [Line(41, "a", "web-1", "web-1  | "), Line(42, "b", "web-1", "web-1  | ")]


CRI = "2026-11-20T14:02:11.1Z {} {} goroutine 7 [running]:"


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (CRI.format("stderr", "F"), b"goroutine 7 [running]:\ngoroutine 7 [running]:"),
        (CRI.format("stdout", "F"), None),
        (CRI.format("stderr", "P"), None),
        ("goroutine 7 [running]:", None),
    ],
)
def test_a_block_is_unwrapped_at_once_only_where_every_line_is_alike(second: str, found: bytes | None) -> None:
    lines = [CRI.format("stderr", "F"), second]
    transport = detect(lines[:1])
    assert transport.bare("\n".join(lines).encode(), lines=2, source="stderr") == found
    assert detect(["ready"]).bare(b"a\nb", lines=2, source="") == b"a\nb"
    assert detect([docker(line) for line in lines]).bare(docker("a").encode(), lines=1, source="stderr") is None


def test_a_long_record_of_the_journal_is_read_to_its_message() -> None:
    record = {"_BOOT_ID": "0" * 900, "__REALTIME_TIMESTAMP": "1795215817000000", "SYSLOG_IDENTIFIER": "kernel", "_PID": "7"}
    reading = parse_log(io.BytesIO(json.dumps({**record, "MESSAGE": "oom-kill:constraint=CONSTRAINT_MEMCG"}).encode()))
    (event,) = reading.events
    assert (reading.transport, event.sample) == ("journald-json", "oom-kill:constraint=CONSTRAINT_MEMCG")
    assert event.last_seen == datetime(2026, 11, 20, 23, 3, 37, tzinfo=UTC)
