r"""Any text → `LogReading`: crashes, goroutine dumps, race reports, gateway errors, and ordinary lines folded into events.

A stream enters. Blocks without any marker of a trace are only folded; the others are unwrapped line by line and searched.

>>> import io
>>> reading = parse_log(io.BytesIO(b'''web-1  | 2026/11/20 23:03:37 listening on :8080
... web-1  | panic: assignment to entry in nil map
... web-1  |
... web-1  | goroutine 1 [running]:
... web-1  | main.main()
... web-1  | \t/src/main.go:12 +0x1d
... web-1 exited with code 2
... '''))
>>> reading.transport, reading.lines, [event.text for event in reading.events]
('compose', 7, ['listening on :#', 'web-# exited with code #'])
>>> crash = reading.crashes[0]
>>> crash.message, crash.exit_code, crash.stack[0].line, crash.occurred_at.isoformat()
('assignment to entry in nil map', 2, 12, '2026-11-20T23:03:37+00:00')
"""

from __future__ import annotations

import io
import re
from itertools import chain
from typing import BinaryIO, Final, NamedTuple

from bot.model.goroutines import GoroutineDump
from bot.model.logs import Crash, LogReading, RaceReport
from bot.parse.blocks import read_blocks
from bot.parse.crashes import read_crash, read_dump
from bot.parse.dump import parse_debug1
from bot.parse.endings import Death, EndingSearch
from bot.parse.events import EventCounter
from bot.parse.exports import MAX_BYTES, open_export
from bot.parse.races import read_race
from bot.parse.runtimetraces import RuntimeTraceCounter
from bot.parse.search import TraceSearch
from bot.parse.stacktext import decode
from bot.parse.traces import Trace
from bot.parse.transports import detect

_SAMPLE_LINES: Final = 200
_TOP_TABLE = re.compile(rb"flat +flat% +sum% +cum +cum%")
_TOP_TABLE_PROBLEM: Final = (
    "A table of `go tool pprof -top` names functions but not who calls them: give the profile itself, the file that pprof read."
)
_CUT_PROBLEM: Final = f"Only the first {MAX_BYTES // 10**6} MB of this export were read: export a shorter time."


def parse_log(stream: BinaryIO) -> LogReading:
    """Read a log or any pasted text; a text with nothing of Go in it has events only."""
    export = open_export(stream)
    blocks = read_blocks(export.log)
    start = next(blocks, None)
    if start is None:
        return LogReading(transport="plain", lines=0)
    transport = detect([decode(line) for line in start.lines[:_SAMPLE_LINES]])
    search = TraceSearch(transport)
    events = EventCounter(transport)
    endings = EndingSearch(transport)
    runtime = RuntimeTraceCounter()
    lines = 0
    top_table = False
    for block in chain([start], blocks):
        search.add(block)
        events.add(block)
        endings.add(block)
        runtime.add(block.content)
        lines += len(block.lines)
        top_table = top_table or _TOP_TABLE.search(block.content) is not None
    crashes, dumps, races, deaths = _read(search.traces())
    return LogReading(
        transport=search.transport.name,
        lines=lines,
        crashes=(*crashes, *endings.endings(deaths)),
        dumps=dumps,
        races=races,
        events=events.events(),
        gateway_errors=events.gateway_errors(),
        runtime_trace=runtime.trace(),
        truncated=export.cut or any(dump.truncated for dump in (*dumps, *(crash.dump for crash in crashes if crash.dump))),
        problems=(
            *search.problems(),
            *events.problems(),
            *((_TOP_TABLE_PROBLEM,) if top_table else ()),
            *((_CUT_PROBLEM,) if export.cut else ()),
        ),
    )


class _Read(NamedTuple):
    """What traces say; `deaths`: where those stand that ended the process."""

    crashes: tuple[Crash, ...]
    dumps: tuple[GoroutineDump, ...]
    races: tuple[RaceReport, ...]
    deaths: tuple[Death, ...]


def _read(traces: list[Trace]) -> _Read:
    crashes: list[Crash] = []
    dumps: list[GoroutineDump] = []
    races: list[RaceReport] = []
    deaths: list[Death] = []
    for trace in traces:
        if trace.form == "race":
            if race := read_race(trace.opening, first=trace.first):
                races.append(race)
        elif trace.form == "profile":
            dumps.append(parse_debug1(io.BytesIO("\n".join(trace.opening).encode())))
        elif crash := read_crash(trace):
            crashes.append(crash)
            if crash.kind != "http-panic":
                deaths.append(Death(trace.first, trace.last, told=trace.exit_code is not None))
        elif trace.seen:
            dumps.append(read_dump(trace, form="debug=2"))
    return _Read(tuple(crashes), tuple(dumps), tuple(races), tuple(deaths))
