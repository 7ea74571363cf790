r"""Goroutine dumps and goroutine profiles as text: `debug=2` and `debug=1` of pprof's `goroutine` and `goroutineleak`.

A stream enters, a `GoroutineDump` leaves. Reading is done block by block, so memory does not grow with the size of the text.

>>> import io
>>> dump = parse_dump(io.BytesIO(b'''goroutine 18 [chan send, 4 minutes]:
... main.fetch(0xc000012345)
... \t/src/shop/fetch.go:31 +0x2c
... created by main.handle in goroutine 7
... \t/src/shop/handle.go:12 +0x8d
...
... goroutine 19 [chan send, 5 minutes]:
... main.fetch(0xc000054321)
... \t/src/shop/fetch.go:31 +0x2c
... created by main.handle in goroutine 9
... \t/src/shop/handle.go:12 +0x8d
... '''))
>>> dump.seen, dump.parsed, dump.truncated
(2, 2, False)
>>> group = dump.groups[0]
>>> group.state, group.count, group.minutes, group.stack[0]
('chan send', 2, ((4, 1), (5, 1)), Frame(function='main.fetch', file='/src/shop/fetch.go', line=31))

>>> profile = parse_debug1(io.BytesIO(b'''goroutine profile: total 3
... 3 @ 0x4885aa 0x417f2e 0x659718
... # labels: {"endpoint":"/v1/pay"}
... #\t0x659718\tmain.fetch+0x18\t\t/src/shop/fetch.go:31
... '''))
>>> profile.groups[0].count, profile.groups[0].labels, profile.groups[0].stack[0].function
(3, (('endpoint=/v1/pay', 3),), 'main.fetch')
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import BinaryIO, Final

from bot.errors import ParseError
from bot.model.goroutines import Frame, GoroutineDump, GoroutineGroup
from bot.parse.grouping import GroupBuilder
from bot.parse.stacktext import Stack, decode, parse_labels

DEBUG2_LIMIT_BYTES: Final = 64 << 20
"""`writeGoroutineStacks` in Go's `runtime/pprof/pprof.go` stops here without a word."""

_BLOCK_BYTES: Final = 1 << 20
_MAX_STANZA_BYTES: Final = 8 << 20

_TOTAL = re.compile(r"^(goroutine|goroutineleak|threadcreate) profile: total (\d{1,15})$")
_RECORD = re.compile(r"^(\d{1,15}) @((?: 0x[0-9a-f]+)*)$")
_MAIN_ENDS: Final = ("main.main", "runtime.main", "runtime.goexit")
_INIT = re.compile(r"(?:.*/)?[^/.(]+\.init(?:\.\d+)?")
"""What the main goroutine ends in while packages are initialised: their variables, or an `init` function."""
_FRAME = re.compile(r"^#\t0x[0-9a-f]+(?:\t(.+?)(?:\+0x[0-9a-f]+)?\t+(.+):(\d{1,9}))?$")


def parse_dump(stream: BinaryIO) -> GoroutineDump:
    """Read the text of `debug=2` (or of `runtime.Stack`), grouped by equal state and stack.

    Raises:
        ParseError: there is no goroutine in it.
    """
    reader = _Stanzas(stream)
    builder = GroupBuilder()
    for stanza, first in reader:
        if not builder.add_known(stanza, first):
            for lines, line in _goroutines(stanza, first):
                builder.add(lines, line)
    if not builder.seen:
        raise ParseError("This is not a goroutine dump: no line such as `goroutine 1 [running]:` stands in it.")
    problems = []
    cut = builder.last is not None and is_cut(builder.last)
    if reader.bytes == DEBUG2_LIMIT_BYTES:
        problems.append("The dump ends at 64 MiB, where Go cuts it: there were more goroutines than it shows.")
    elif cut:
        problems.append("The last goroutine is cut off: the dump may be missing goroutines.")
    return builder.build(form="debug=2", truncated=bool(problems), problems=tuple(problems))


def is_cut(stack: Stack) -> bool:
    """Tell whether a stack ends too early: within a frame, or without the `go` statement that every goroutine but main has."""
    if not stack.complete or not stack.frames:
        return True
    outermost = stack.frames[-1].function
    return stack.created_by is None and outermost not in _MAIN_ENDS and _INIT.fullmatch(outermost) is None


class _Stanzas:
    """Iterates over (lines, number of the first one) of what stands between blank lines; `bytes` counts what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.bytes = 0
        self._stream = stream

    def __iter__(self) -> Iterator[tuple[list[bytes], int]]:
        rest = b""
        line = 1
        while block := self._stream.read(_BLOCK_BYTES):
            self.bytes += len(block)
            text = rest + block
            if b"\r" in block:
                text = text.replace(b"\r\n", b"\n")
            stanzas = text.split(b"\n\n")
            rest = stanzas.pop()
            for stanza in stanzas:
                lines = stanza.split(b"\n")
                yield lines, line
                line += len(lines) + 1
            if len(rest) > _MAX_STANZA_BYTES:  # no blank lines: cut before the last header, or else after the last line
                end = rest.rfind(b"\ngoroutine ") + 1 or rest.rfind(b"\n") + 1 or len(rest)
                lines = rest[:end].split(b"\n")
                yield lines, line
                line += len(lines) - 1
                rest = rest[end:]
        yield rest.split(b"\n"), line


def _goroutines(stanza: list[bytes], first: int) -> Iterator[tuple[list[bytes], int]]:
    """Yield (lines, number of the first one) of each goroutine in a stanza; what stands before the first is passed over."""
    starts = [index for index, text in enumerate(stanza) if text.startswith(b"goroutine ") and text[10:11].isdigit()]
    for start, end in pairwise([*starts, len(stanza)]):
        while not stanza[end - 1]:
            end -= 1  # noqa: PLW2901  # the line ends behind the last goroutine
        yield stanza[start:end], first + start


@dataclass(slots=True)
class _Record:
    """One record of a debug=1 text while it is read."""

    number: int
    line: int
    count: int
    labels: str = ""
    frames: list[Frame] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def parse_debug1(stream: BinaryIO) -> GoroutineDump:
    """Read the text of `debug=1`; it has no states, ids, minutes or creators. Equal stacks with different labels are one group.

    Raises:
        ParseError: the line `goroutine profile: total N` is missing.
    """
    total: int | None = None
    leak = False
    problems: list[str] = []
    records: list[_Record] = []
    for number, raw in enumerate(stream, start=1):
        line = decode(raw).rstrip("\r\n")
        if total is None:
            if match := _TOTAL.match(line):
                total, leak = int(match[2]), match[1] == "goroutineleak"
        elif match := _RECORD.match(line):
            records.append(_Record(len(records) + 1, number, int(match[1]), text=[line]))
        elif line and records:
            _read_record_line(records[-1], line)
    if total is None:
        raise ParseError("This is not a goroutine profile: the line `goroutine profile: total N` is missing.")
    parsed = sum(record.count for record in records)
    if parsed != total:
        problems.append(f"The profile says {total} goroutines but its records add up to {parsed}: it is cut off.")
    return GoroutineDump(
        form="debug=1",
        groups=_group_records(records, leak=leak),
        seen=total,
        parsed=parsed,
        truncated=parsed < total,
        leak_profile=leak,
        problems=tuple(problems),
    )


def _read_record_line(record: _Record, line: str) -> None:
    if line.startswith("# labels: "):
        record.labels = parse_labels(line.removeprefix("# labels: "))
    elif match := _FRAME.match(line):
        address = line.split("\t")[1]
        record.frames.append(Frame(match[1], match[2], int(match[3])) if match[1] else Frame(address))
    else:
        return
    record.text.append(line)


def _group_records(records: list[_Record], *, leak: bool) -> tuple[GoroutineGroup, ...]:
    groups: dict[tuple[Frame, ...], GoroutineGroup] = {}
    labels: dict[tuple[Frame, ...], Counter[str]] = {}
    for record in records:
        stack = tuple(record.frames)
        group = groups.get(stack)
        if group is None:
            group = GoroutineGroup(
                state="", stack=stack, count=0, locator=f"record {record.number}", excerpt="\n".join(record.text)
            )
        count = group.count + record.count
        groups[stack] = replace(group, count=count, leaked_count=count if leak else 0)
        if record.labels:
            labels.setdefault(stack, Counter())[record.labels] += record.count
    found = [replace(group, labels=tuple(labels.get(stack, Counter()).most_common())) for stack, group in groups.items()]
    return tuple(sorted(found, key=lambda group: -group.count))
