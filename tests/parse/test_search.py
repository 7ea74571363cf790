"""Dumps inside large logs: goroutines that are taken whole must count as those that are read line by line."""

from __future__ import annotations

import io
import json
import random
import time

import pytest

from bot.model.logs import LogReading
from bot.parse.log import parse_log

BLOCK_BYTES = 1 << 20
MAX_SECONDS = 20.0
"""Of processor time: read one by one, the crashes of that test take twice as long."""
PREFIXES = {
    "bare": "",
    "compose": "web-1  | ",
    "cri": "2026-11-20T14:02:11.118Z stderr F ",
    "timestamps": "2026-11-20T14:02:11.118204001Z ",
}


def goroutine(number: int, *, kind: int = 0, state: str = "chan receive, 3 minutes") -> str:
    frames = "".join(
        f"example.com/shop/s{kind}.F{depth}(0xc{number:06x})\n\t/src/s{kind}/f.go:{depth + 9} +0x1d\n" for depth in range(9)
    )
    return f"goroutine {number} [{state}]:\n{frames}created by example.com/shop.start in goroutine 1\n\t/src/s.go:4 +0x2f\n"


def both_ways(text: str, prefix: str = "") -> tuple[LogReading, LogReading]:
    """Read a text as it is or with a prefix, and line by line: lines in JSON are never taken whole."""
    assert len(text) > 2 * BLOCK_BYTES, "the first block is read line by line anyway"
    lines = text.split("\n")
    worn = "".join(f"{prefix}{line}\n" for line in lines) if prefix else text
    wrapped = "".join(
        json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2026-11-20T14:02:11Z"}) + "\n" for line in lines
    )
    return parse_log(io.BytesIO(worn.encode())), parse_log(io.BytesIO(wrapped.encode()))


def dump(count: int) -> list[str]:
    return [
        goroutine(number, kind=number % 7, state="select" if number % 5 else "IO wait, 2 minutes") for number in range(2, count)
    ]


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
@pytest.mark.parametrize("opening", ["SIGQUIT: quit\nPC=0x47 m=0 sigcode=0\n\n", "panic: boom\n\n", ""])
def test_both_ways_find_the_same(opening: str, prefix: str) -> None:
    lines = "\n".join(f"2026/11/20 23:03:{number % 60:02d} served order {number}" for number in range(500))
    goroutines = "\n".join(dump(4_000))
    text = f"{lines}\n{opening}{goroutines}\nexit status 2\n{lines}\n"
    whole, by_line = both_ways(text, prefix)
    found, expected = (
        [*whole.dumps, *(crash.dump for crash in whole.crashes)],
        [
            *by_line.dumps,
            *(crash.dump for crash in by_line.crashes),
        ],
    )
    assert found == expected
    assert len(found) == 1
    assert found[0] is not None
    assert (found[0].seen, found[0].parsed) == (3_998, 3_998)
    assert [crash.exit_code for crash in whole.crashes] == [crash.exit_code for crash in by_line.crashes]


HARMLESS = [
    "2026/11/20 23:03:37 a line in between",
    goroutine(9_001, kind=99),
    goroutine(9_002, state="running"),
    goroutine(9_003) + "\tstray\n",
    goroutine(9_004, state="select") + "2026/11/20 23:03:37 a line below\n",
    "created by nobody",
    "",
    "\n\n",
    "runtime stack:\nruntime.mstart()\n\t/go/proc.go:1 +0x5\n",
]
ENDING = [
    "goroutine 5 [running]:",
    goroutine(77),
    "exit status 2",
    "panic: again\n",
    "=" * 18 + "\nWARNING: DATA RACE\n" + "=" * 18,
]


@pytest.mark.parametrize("prefix", [PREFIXES["bare"], PREFIXES["cri"]], ids=["bare", "cri"])
@pytest.mark.parametrize("ending", ENDING)
def test_nothing_that_stands_in_between_makes_a_difference(ending: str, prefix: str) -> None:
    goroutines = dump(4_000)
    places = random.Random(len(ending))  # noqa: S311  # places in a test
    for oddity in HARMLESS * 3:
        goroutines.insert(places.randrange(1_800, 3_500), oddity)
    goroutines.insert(3_900, ending)
    whole, by_line = both_ways("fatal error: boom\n\n" + "\n".join(goroutines), prefix)
    assert [(crash.message, crash.dump, crash.stack, crash.exit_code, crash.locator) for crash in whole.crashes] == [
        (crash.message, crash.dump, crash.stack, crash.exit_code, crash.locator) for crash in by_line.crashes
    ]
    assert whole.dumps == by_line.dumps
    assert len(whole.races) == len(by_line.races)


def test_of_too_many_crashes_most_are_only_counted() -> None:
    log = b"panic: first\n" + b"panic: x\n" * 1_000_000 + b"panic: last\n"
    began = time.process_time()
    reading = parse_log(io.BytesIO(log))
    assert time.process_time() - began < MAX_SECONDS
    assert (reading.crashes[0].message, reading.crashes[-1].message) == ("first", "last")
    assert reading.problems == ("998002 crashes or dumps in the middle of the log were not read: there are too many.",)
