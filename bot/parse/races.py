r"""Reports of the race detector: the lines of one report enter, a `RaceReport` leaves.

>>> report = read_race('''WARNING: DATA RACE
... Write at 0x00c0000a4018 by goroutine 8:
...   main.(*Counter).Add()
...       /src/counter.go:12 +0x4c
...
... Previous read at 0x00c0000a4018 by main goroutine:
...   main.main()
...       /src/main.go:20 +0x1d2
...
... Goroutine 8 (running) created at:
...   main.main()
...       /src/main.go:18 +0x11a'''.split("\n"), first=41)
>>> report.access, report.previous_access, report.stack[0].function, report.previous_stack[0].line
('write', 'read', 'main.(*Counter).Add', 20)
>>> report.created_by[0].line, report.locator
(18, 'lines 41-52')
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.model.goroutines import Frame
from bot.model.logs import RaceReport
from bot.parse.stacktext import parse_stack

_ACCESS = re.compile(r"(?i)^\s*(?:previous )?((?:atomic )?(?:read|write)) (?:of size \d+ )?at (0x[0-9a-f]+) by .*:$")
_CREATED = re.compile(r"^\s*Goroutine \d+ \(.*\) created at:$")
_LOCATION = re.compile(r"^\s*Location is (.+?)\.?$")
_SECTION = re.compile(r"^\s*(?:Mutex M\d+|As if synchronized|Found \d+ data race)")
_EXCERPT_LINES: Final = 14


def read_race(lines: Sequence[str], *, first: int) -> RaceReport | None:
    """Read one report; None when it names no access, as when only its first line was logged.

    Format: compiler-rt's ThreadSanitizer for Go; the stack of the earlier access may have been forgotten.
    """
    accesses: list[tuple[str, str, list[str]]] = []
    creators: list[list[str]] = []
    location = ""
    section: list[str] = []
    for line in lines:
        if access := _ACCESS.match(line):
            section = []
            accesses.append((access[1].lower(), access[2], section))
        elif _CREATED.match(line):
            section = []
            creators.append(section)
        elif place := _LOCATION.match(line):
            section, location = [], place[1]
        elif _SECTION.match(line):
            section = []
        else:
            section.append(line)
    if not accesses:
        return None
    access_kind, address, stack = accesses[0]
    previous_kind, previous = (accesses[1][0], accesses[1][2]) if len(accesses) > 1 else ("", [])
    created_by = [frames[0] for frames in map(_frames, creators) if frames]
    return RaceReport(
        access=access_kind,
        previous_access=previous_kind,
        stack=_frames(stack),
        previous_stack=_frames(previous),
        address=address,
        location=location,
        created_by=tuple(created_by),
        locator=f"lines {first}-{first + len(lines) - 1}",
        excerpt="\n".join(line for line in lines[:_EXCERPT_LINES]),
    )


def _frames(lines: Sequence[str]) -> tuple[Frame, ...]:
    return parse_stack(lines).frames
