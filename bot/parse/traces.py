r"""Finds traces among clean log lines: crashes, goroutine dumps, race reports, debug=1 profiles, as raw line groups.

Lines enter one by one, `Trace` values leave: which lines open it, and the text of each goroutine. What they mean is decided in
`crashes`, `races` and `dump`. Lines of other programs between the frames are passed over.

>>> reader = TraceReader()
>>> for number, text in enumerate('''listening on :8080
... panic: boom
...
... goroutine 1 [running]:
... main.main()
... \t/src/main.go:4 +0x1d
... exit status 2'''.split("\n"), start=1):
...     reader.feed(Line(number, text))
>>> trace = reader.close()[0]
>>> trace.form, trace.opening, trace.goroutines[0].lines, trace.exit_code
('crash', ['panic: boom'], ['goroutine 1 [running]:', 'main.main()', '\t/src/main.go:4 +0x1d'], 2)
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bot.parse.grouping import GroupBuilder
from bot.parse.stacktext import CREATED_BY, ELIDED, FILE_LINE, FUNCTION_LINE, HEADER, ORIGIN

_OPENING_START: Final = (
    "panic: ",
    "fatal error: ",
    "fatal: morestack on g",
    "unexpected fault address 0x",
    "Exception 0x",
)
_SIGNAL_START = re.compile(
    r"SIG(?:ABRT: abort|QUIT: quit|SEGV: segmentation violation|BUS: bus error|FPE: floating-point exception"
    r"|ILL: illegal instruction|TRAP: trace trap|SYS: bad system call)$",
)
_OPENING_WITHIN = re.compile(r"http: panic serving \S+: |panic recovered:|\[PANIC RECOVER\]")

BURIED_OPENING = re.compile(r"(?:panic: |fatal error: |panicked: |[Rr]ecovered from panic:? |panic recovered:? )\S.*")
"""The same inside another line; believed only if a goroutine follows at once."""

_NOT_A_MESSAGE = re.compile(r"^(?:\[signal |PC=0x|signal arrived|\s+(?:panic|fatal error): |goroutine running on other thread)")
_RUNTIME_STACK = re.compile(r"^\s*(?:runtime stack:|goroutine 0 .*\[.*\]:)\s*$")
_REGISTER = re.compile(r"^(?:[a-z]{1,4}[0-9]{0,2} +0x[0-9a-f]+|instruction bytes:|\[?signal )")
_OTHER_THREAD = re.compile(r"^\s*goroutine running on other thread; stack unavailable|^non-Go function|^\s+pc=0x")
_EXIT = re.compile(r"^exit status (\d{1,9})\b|\bexited with code (\d{1,9})\b")
_HOLDS_ONE = re.compile(r"http: panic serving |recovered|PANIC RECOVER")
"""Openings after which only the goroutine that panicked is printed."""
_RACE = re.compile(r"^\s*WARNING: DATA RACE\s*$")
_RACE_END = re.compile(r"^={10,}\s*$")
_REPORT_LINE = re.compile(
    r"^(?:={10,}$|\s*WARNING: DATA RACE|\s*(?:Previous )?(?:[Aa]tomic )?(?:[Rr]ead|[Ww]rite) at 0x|\s*Goroutine \d+ \("
    r"|exit status \d|\tpanic: |PC=0x|Found \d+ data race|goroutine(?:leak)? profile: total|#\t0x|\d+ @ 0x|runtime stack:)",
)
_PROFILE = re.compile(r"^(?:goroutine|goroutineleak) profile: total \d{1,15}\s*$")
_PROFILE_LINE = re.compile(r"^(?:\d+ @|#)")

_PATIENCE_LINES: Final = 20
_PATIENCE_OPENING_LINES: Final = 60
_MAX_RACE_LINES: Final = 400
_REMEMBERED_LINES: Final = 12
_BURIED_WITHIN_LINES: Final = 4
_TRACES_KEPT: Final = 1_000
_GOROUTINES_KEPT: Final = 8
_RUNNING_KEPT: Final = 64
NAMELESS_HEADER: Final = "goroutine 0 []:"
"""Stands in for the header of a goroutine whose text starts in its middle."""


class Line(NamedTuple):
    """One clean line of a log.

    Attributes:
        number: where it stands in the raw text, from 1.
        text: without transport prefix and line end.
        source: which of several interleaved writers it came from (`web-1`); empty when the transport does not say.
        stamp: the removed prefix, where a time may stand.
        logged: it is the message of a log record, so a logger wrote it, not the runtime.
    """

    number: int
    text: str
    source: str = ""
    stamp: str = ""
    logged: bool = False


@dataclass(slots=True)
class GoroutineText:
    """The lines of one goroutine, header first. `system` marks the scheduler's own stack, which is no goroutine."""

    line: int
    lines: list[str]
    system: bool = False


@dataclass(slots=True)
class Trace:
    """One trace as it stands in the text.

    Attributes:
        form: `crash` (it has an opening), `dump` (goroutines only), `race`, `profile` (debug=1).
        first: number of its first line; `last` that of its last one.
        opening: the lines that announce the crash; for a race or profile, all of its lines.
        context: a few lines before it, oldest first, for its time and its reason; `after`: the first foreign line after it.
        stamp: transport prefix of its first line, for its time.
        goroutines: the text of those that may be the one that crashed: the first few and all that were running.
        seen: how many goroutines there are, the scheduler's own stacks not counted.
        logged: its first line was written by a logger.
        nameless: the goroutine's header is missing: the excerpt starts in the middle.
        ended: it was closed by what came after it, not by the end of the text.
    """

    form: str
    first: int
    last: int
    opening: list[str] = field(default_factory=list)
    context: list[Line] = field(default_factory=list)
    after: Line | None = None
    stamp: str = ""
    goroutines: list[GoroutineText] = field(default_factory=list)
    seen: int = 0
    exit_code: int | None = None
    logged: bool = False
    nameless: bool = False
    ended: bool = False
    current: GoroutineText | None = None
    names: set[str] = field(default_factory=set)
    _waiting: list[GoroutineText] = field(default_factory=list)
    _groups: GroupBuilder | None = None

    def begin_goroutine(self, line: Line) -> None:
        """Start the next goroutine with its header line."""
        self.flush()
        self.current = GoroutineText(line.number, [line.text], system=_RUNTIME_STACK.match(line.text) is not None)
        self.last = line.number
        self.names.add(_name(line.text))

    def flush(self) -> None:
        """Keep the goroutine that was being read."""
        current, self.current = self.current, None
        if current is None:
            return
        if not current.system:
            self.seen += 1
            self._waiting.append(current)
            if len(self._waiting) > _GOROUTINES_KEPT:
                self.grouped()
        if len(self.goroutines) < _GOROUTINES_KEPT or ("[running" in current.lines[0] and len(self.goroutines) < _RUNNING_KEPT):
            self.goroutines.append(current)

    def grouped(self) -> GroupBuilder:
        """Return all goroutines in groups. It is done late: of a thousand crashes in one log not all are looked at."""
        self._groups = self._groups or GroupBuilder()
        for goroutine in self._waiting:
            self._groups.add("\n".join(goroutine.lines).encode(), goroutine.line)
        self._waiting.clear()
        return self._groups


class TraceReader:
    """The state machine over the lines of one writer."""

    def __init__(self) -> None:
        self.left_out = 0
        self._found: list[Trace] = []
        self._latest: deque[Trace] = deque(maxlen=_TRACES_KEPT)
        self._trace: Trace | None = None
        self._noise = 0
        self._recent: deque[Line] = deque(maxlen=_REMEMBERED_LINES)

    @property
    def open(self) -> bool:
        """A trace has begun and is not known to have ended."""
        return self._trace is not None

    def close(self) -> list[Trace]:
        """Return the traces found, the unfinished one included; `left_out` says how many were too many."""
        if self._trace is not None:
            self._keep(self._trace)
        return [*self._found, *self._latest]

    def _keep(self, trace: Trace) -> None:
        """Put a trace away: the first ones and the latest ones of a log stay."""
        trace.flush()
        self._trace = None
        if len(self._found) < _TRACES_KEPT:
            self._found.append(trace)
            return
        self.left_out += len(self._latest) == _TRACES_KEPT
        self._latest.append(trace)

    def feed(self, line: Line) -> None:
        """Take the next line."""
        if (index := _glued_header(line.text)) > 0:
            self.feed(line._replace(text=line.text[:index].rstrip()))
            self.feed(line._replace(text=line.text[index:]))
            return
        trace = self._trace
        if trace is None:
            self._begin(line)
        elif trace.form == "race":
            self._in_race(trace, line)
        elif trace.form == "profile":
            self._in_profile(trace, line)
        elif trace.current is not None:
            self._in_goroutines(trace, line)
        else:
            self._in_opening(trace, line)

    def _begin(self, line: Line) -> None:
        text = line.text
        if opens_crash(text):
            self._open(line, "crash")
        elif _is_header(text):
            self._open_at_header(line)
        elif _RACE.match(text):
            self._open(line, "race")
        elif _PROFILE.match(text):
            self._open(line, "profile")
        elif " +0x" in text and FILE_LINE.match(text) and self._recent and FUNCTION_LINE.match(self._recent[-1].text):
            self._open_nameless(line)
        else:
            self._recent.append(line)

    def _open(self, line: Line, form: str) -> Trace:
        trace = Trace(form, line.number, line.number, [line.text], list(self._recent), stamp=line.stamp, logged=line.logged)
        self._trace = trace
        self._noise = 0
        self._recent.clear()
        return trace

    def _open_at_header(self, line: Line) -> None:
        """Start at a goroutine; if one of the last few lines announces a crash in its middle, that is the opening."""
        recent = [before for before in self._recent if before.text.strip()][-_BURIED_WITHIN_LINES:]
        index = next((i for i in range(len(recent) - 1, -1, -1) if BURIED_OPENING.search(recent[i].text)), None)
        trace = self._open(line, "dump")
        trace.opening = []
        if index is not None:
            trace.form = "crash"
            trace.opening = [before.text for before in recent[index:]]
            trace.first = recent[index].number
            trace.stamp = recent[index].stamp
        trace.begin_goroutine(line)

    def _open_nameless(self, line: Line) -> None:
        function = self._recent[-1]
        trace = self._open(function, "dump")
        trace.opening = []
        trace.nameless = True
        trace.current = GoroutineText(function.number, [NAMELESS_HEADER, function.text, line.text])
        trace.last = line.number

    def _finish(self, line: Line | None = None) -> None:
        """End the current trace; `line`, if it is not part of it, is looked at afresh."""
        if self._trace is None:
            return
        self._trace.ended = True
        self._trace.after = line
        self._keep(self._trace)
        if line is not None:
            self._begin(line)

    def _in_opening(self, trace: Trace, line: Line) -> None:
        text = line.text
        indented = text[:1] == "\t"  # since Go 1.23 every further line of a message is: what looks like a header there is forged
        if not indented and _is_header(text):
            self._noise = 0
            trace.begin_goroutine(line)
        elif exit_status := _EXIT.search(text):
            trace.exit_code = int(exit_status[1] or exit_status[2])
            self._finish()
        elif _RACE.match(text) or (opens_crash(text) and not _continues(trace.opening, text)):
            self._finish(line)
        else:
            self._noise += not _NOT_A_MESSAGE.match(text)
            if self._noise > _PATIENCE_OPENING_LINES:
                self._finish(line)
                return
            if text.strip():
                trace.opening.append(text)
            if _NOT_A_MESSAGE.match(text) or indented:
                trace.last = line.number

    def _in_goroutines(self, trace: Trace, line: Line) -> None:
        text = line.text
        current = trace.current
        if current is None or not text.strip():
            return
        if FUNCTION_LINE.match(text) or FILE_LINE.match(text) or _is_other_stack_line(text):
            current.lines.append(text)
            trace.last = line.number
            self._noise = 0
        elif _is_header(text):
            if _name(text) in trace.names or _HOLDS_ONE.search("\n".join(trace.opening)):
                self._finish(line)  # another dump, or the stack of another request
            else:
                self._noise = 0
                trace.begin_goroutine(line)
        elif exit_status := _EXIT.search(text):
            trace.exit_code = int(exit_status[1] or exit_status[2])
            trace.last = line.number
            self._finish()
        elif opens_crash(text) or _RACE.match(text) or _PROFILE.match(text):
            self._finish(line)
        elif not _REGISTER.match(text):
            self._noise += 1
            trace.after = trace.after or line
            if self._noise > _PATIENCE_LINES:
                self._finish(line)

    def _in_race(self, trace: Trace, line: Line) -> None:
        if _RACE_END.match(line.text) or len(trace.opening) >= _MAX_RACE_LINES:
            trace.last = line.number
            self._finish()
        elif _RACE.match(line.text) or opens_crash(line.text):
            self._finish(line)
        else:
            trace.opening.append(line.text)
            trace.last = line.number

    def _in_profile(self, trace: Trace, line: Line) -> None:
        if _PROFILE_LINE.match(line.text) or not line.text.strip():
            trace.opening.append(line.text)
            trace.last = line.number
        else:
            self._finish(line)


def opens_crash(text: str) -> bool:
    """Tell whether Go, or a middleware that recovers, announces a crash with this line."""
    if text.startswith(_OPENING_START) or (text.startswith("SIG") and _SIGNAL_START.match(text)):
        return True
    return ("panic" in text or "PANIC" in text) and _OPENING_WITHIN.search(text) is not None


def is_trace_line(text: str) -> bool:
    """Tell whether a line belongs to a trace or report by its looks alone: such lines are no log messages."""
    return bool(
        _is_header(text)
        or opens_crash(text)
        or (FILE_LINE.match(text) and (text[:1].isspace() or " +0x" in text))
        or (FUNCTION_LINE.match(text) and "." in text)
        or _is_other_stack_line(text)
        or _REPORT_LINE.match(text)
        or _REGISTER.match(text)
    )


def _is_header(text: str) -> bool:
    return bool(HEADER.match(text) or _RUNTIME_STACK.match(text))


def _glued_header(text: str) -> int:
    """Where a goroutine's header starts behind other words in the same line; 0 when there is none."""
    if not text.endswith(":") or text[:1] == "\t":
        return 0
    index = text.rfind("goroutine ")
    return index if index > 0 and text[:index].strip() and HEADER.match(text[index:]) else 0


def _name(header: str) -> str:
    """`goroutine 12`: what must be unique within one dump (the scheduler's stack may stand there once per thread)."""
    return "" if _RUNTIME_STACK.match(header) else header.partition(" [")[0].partition(" gp=")[0]


def _is_other_stack_line(text: str) -> bool:
    return bool(CREATED_BY.match(text) or ELIDED.match(text) or ORIGIN.match(text) or _OTHER_THREAD.match(text))


def _continues(opening: list[str], text: str) -> bool:
    """Tell whether a line that could open a crash belongs to the opening before it: the first lines of some are two-part."""
    return text.startswith(("fatal error: ", "panic: ")) and opening[-1].startswith(("unexpected fault address", "Exception 0x"))
