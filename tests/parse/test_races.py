from __future__ import annotations

import io
from pathlib import Path

from bot.model.goroutines import Frame
from bot.parse.log import parse_log
from bot.parse.races import read_race

REPORTS = (Path(__file__).parent / "data" / "race.txt").read_bytes()


def test_recorded_reports() -> None:
    reading = parse_log(io.BytesIO(REPORTS))
    assert [(race.access, race.previous_access, race.stack[0].line, race.address) for race in reading.races] == [
        ("read", "write", 12, "0x00c000096028"),
        ("read", "write", 27, "0x000000609098"),
        ("read", "write", 30, "0x0000006090a0"),
    ]
    assert reading.races[0].stack[0] == Frame("main.(*Counter).Add", "example.com/racy/main.go", 12)
    assert [frame.line for frame in reading.races[0].created_by] == [22, 22]
    assert reading.races[2].previous_stack[0].function == "sync/atomic.AddInt64"
    assert reading.races[1].locator == "lines 24-35"
    assert reading.races[1].excerpt.startswith("WARNING: DATA RACE")
    assert not reading.crashes
    assert not reading.dumps


def test_reports_are_found_behind_a_prefix() -> None:
    wrapped = b"\n".join(b"web-1  | " + line for line in REPORTS.split(b"\n"))
    assert [race.stack for race in parse_log(io.BytesIO(wrapped)).races] == [
        race.stack for race in parse_log(io.BytesIO(REPORTS)).races
    ]


def test_what_the_detector_may_leave_out_or_add() -> None:
    report = read_race(
        [
            "WARNING: DATA RACE",
            "Atomic write at 0x00c0 by goroutine 8:",
            "  main.f()",
            "      /src/f.go:3 +0x1d",
            "",
            "Previous write at 0x00c0 by goroutine 7:",
            "  [failed to restore the stack]",
            "",
            "Location is global 'main.total' of size 8 at 0x00c0 (shop+0x1)",
            "Mutex M1 (0x1) created at:",
            "  main.g()",
            "      /src/g.go:3 +0x1d",
        ],
        first=1,
    )
    assert report is not None
    assert (report.access, report.previous_access, report.previous_stack) == ("atomic write", "write", ())
    assert report.location.startswith("global 'main.total'")
    assert report.created_by == ()


def test_a_report_without_any_access_is_none() -> None:
    assert read_race(["WARNING: DATA RACE"], first=1) is None
