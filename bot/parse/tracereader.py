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
from typing import Final

from bot.parse.frameworks import find_stack, is_place
from bot.parse.lines import REGISTER, Line, as_header, find_glued_header, is_header, is_stack_line, opens_crash
from bot.parse.stacktext import FILE_LINE, FUNCTION_LINE
from bot.parse.traces import NAMELESS_HEADER, GoroutineText, Trace, goroutine_name

BURIED_OPENING = re.compile(r"(?:panic: |fatal error: |panicked: |[Rr]ecovered from panic:? |panic recovered:? )\S.*")
"""The same inside another line; believed only if a goroutine follows at once."""

_NOT_A_MESSAGE = re.compile(r"^(?:\[signal |PC=0x|signal arrived|\s+(?:panic|fatal error): |goroutine running on other thread)")
_SIGNAL = re.compile(r"^\[signal SIG[A-Z]+: [^\]]* pc=0x[0-9a-f]+\]$")
"""Stands below the line that says why, unless that is missing."""
_EXIT = re.compile(r"^exit status (\d{1,9})\b|\bexited with code (\d{1,9})\b")
_HOLDS_ONE = re.compile(r"http: panic serving |recovered|PANIC RECOVER")
"""Openings after which only the goroutine that panicked is printed."""
_RACE = re.compile(r"^\s*WARNING: DATA RACE\s*$")
_RACE_END = re.compile(r"^={10,}\s*$")
_PROFILE = re.compile(r"^(?:goroutine|goroutineleak) profile: total \d{1,15}\s*$")
_PROFILE_LINE = re.compile(r"^(?:\d+ @|#)")

_THREAD_SEPARATOR: Final = "-----"
_PATIENCE_LINES: Final = 20
_PATIENCE_OPENING_LINES: Final = 60
_MAX_RACE_LINES: Final = 400
_MAX_RECOVERED_LINES: Final = 400
_REMEMBERED_LINES: Final = 12
_BURIED_WITHIN_LINES: Final = 4
_TRACES_KEPT: Final = 1_000


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

    def take(self, text: bytes, line: int) -> bool:
        """Take a whole goroutine of a dump that has begun; `line` numbers its header. False when its lines must be fed."""
        trace = self._trace
        if trace is None or trace.current is None or not trace.take(text, line):
            return False
        self._noise = 0
        return True

    def feed(self, line: Line) -> None:
        """Take the next line."""
        if (index := find_glued_header(line.text)) > 0:
            self.feed(line._replace(text=line.text[:index].rstrip()))
            self.feed(line._replace(text=line.text[index:]))
            return
        line = line._replace(text=as_header(line.text))
        trace = self._trace
        if trace is None:
            self._begin(line)
        elif trace.form == "recovered":
            self._in_recovered(trace, line)
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
        elif _SIGNAL.match(text):
            self._open_announced(line).opening.append(text)
        elif is_header(text):
            self._open_announced(line).begin_goroutine(line)
        elif _RACE.match(text):
            self._open(line, "race")
        elif _PROFILE.match(text):
            self._open(line, "profile")
        elif " +0x" in text and FILE_LINE.match(text) and self._recent and FUNCTION_LINE.match(self._recent[-1].text):
            self._open_nameless(line)
        elif is_place(text) and (announcement := self._announcement()) and find_stack([self._recent[-1].text, text])[1]:
            self._open_recovered(line, announcement)
        else:
            self._recent.append(line)

    def _open(self, line: Line, form: str) -> Trace:
        trace = Trace(form, line.number, line.number, [line.text], list(self._recent), stamp=line.stamp, logged=line.logged)
        self._trace = trace
        self._noise = 0
        self._recent.clear()
        return trace

    def _open_announced(self, line: Line) -> Trace:
        """Start at a goroutine or a signal; if one of the last few lines announces a crash in its middle, that is the opening."""
        announcement = self._announcement()
        trace = self._open(line, "dump")
        trace.opening = []
        if announcement:
            trace.form = "crash"
            trace.opening = [before.text for before in announcement]
            trace.first, trace.stamp = announcement[0].number, announcement[0].stamp
        return trace

    def _announcement(self) -> list[Line]:
        """Return the last few lines, from the one that announces a crash in its middle; none when no line does."""
        recent = [before for before in self._recent if before.text.strip()][-_BURIED_WITHIN_LINES:]
        index = next((i for i in range(len(recent) - 1, -1, -1) if BURIED_OPENING.search(recent[i].text)), len(recent))
        return recent[index:]

    def _open_recovered(self, line: Line, announcement: list[Line]) -> None:
        """Start at the first frame of a stack that the program printed itself, below the words that announce it."""
        trace = self._open(line, "recovered")
        trace.opening = [before.text for before in (*announcement, line)]
        trace.first, trace.stamp = announcement[0].number, announcement[0].stamp

    def _open_nameless(self, line: Line) -> None:
        function = self._recent[-1]
        trace = self._open(function, "dump")
        trace.opening = []
        trace.nameless = True
        self._begin_nameless(trace, function, line)

    def _begin_nameless(self, trace: Trace, function: Line, place: Line) -> None:
        """Start the text of a goroutine whose header is missing at its first frame, which is two lines."""
        trace.current = GoroutineText(function.number, [NAMELESS_HEADER, function.text, place.text])
        trace.last = place.number
        self._noise = 0

    def _finish(self, line: Line | None = None) -> None:
        """End the current trace; `line`, if it is not part of it, is looked at afresh."""
        if self._trace is None:
            return
        self._trace.ended = True
        self._trace.after = self._trace.after or line
        self._keep(self._trace)
        if line is not None:
            self._begin(line)

    def _in_opening(self, trace: Trace, line: Line) -> None:
        text = line.text
        indented = text[:1] == "\t"  # since Go 1.23 every further line of a message is: what looks like a header there is forged
        if not indented and is_header(text):
            self._noise = 0
            trace.begin_goroutine(line)
        elif FILE_LINE.match(text) and (indented or " +0x" in text) and FUNCTION_LINE.match(trace.opening[-1]):
            self._begin_nameless(trace, Line(line.number - 1, trace.opening.pop()), line)
        elif exit_status := _EXIT.search(text):
            trace.exit_code = int(exit_status[1] or exit_status[2])
            self._finish()
        elif _RACE.match(text) or (opens_crash(text) and not _continues(trace.opening, text)):
            self._finish(line)
        else:
            framed = is_place(text) and len(trace.opening) < _MAX_RECOVERED_LINES
            self._noise = 0 if framed else self._noise + (not _NOT_A_MESSAGE.match(text))
            if self._noise > _PATIENCE_OPENING_LINES:
                self._finish(line)
                return
            if text.strip():
                trace.opening.append(text)
            if _NOT_A_MESSAGE.match(text) or indented or framed:
                trace.last = line.number

    def _in_recovered(self, trace: Trace, line: Line) -> None:
        """Two lines on end that name no file are beyond the stack; they may announce the next one."""
        if is_header(line.text):
            trace.form = "crash"
            trace.begin_goroutine(line)
        elif is_place(line.text) and len(trace.opening) < _MAX_RECOVERED_LINES:
            trace.opening.append(line.text)
            trace.last = line.number
            self._recent.clear()
        elif line.text.strip() and (self._recent or opens_crash(line.text) or _announces(line.text)):
            self._finish(line)
        elif line.text.strip():
            trace.opening.append(line.text)
            self._recent.append(line)

    def _in_goroutines(self, trace: Trace, line: Line) -> None:
        text = line.text
        current = trace.current
        if current is None or not text.strip():
            return
        if is_stack_line(text):
            current.lines.append(text)
            trace.last = line.number
            self._noise = 0
        elif is_header(text):
            name = goroutine_name(text)
            if name and name == goroutine_name(current.lines[0]) and len(current.lines) == 1:
                current.lines[0] = text  # goleak before 1.3 prints the header below its sentence
            elif (name and name in trace.names and not trace.threads) or _HOLDS_ONE.search("\n".join(trace.opening)):
                self._finish(line)  # another dump, or the stack of another request
            else:
                self._noise = 0
                trace.begin_goroutine(line)
        else:
            self._between_goroutines(trace, line)

    def _between_goroutines(self, trace: Trace, line: Line) -> None:
        text = line.text
        if exit_status := _EXIT.search(text):
            trace.exit_code = int(exit_status[1] or exit_status[2])
            trace.last = line.number
            self._finish()
        elif text == _THREAD_SEPARATOR:
            trace.threads = True
        elif opens_crash(text) or _RACE.match(text) or _PROFILE.match(text):
            if not (trace.threads and text.startswith("SIG")):
                self._finish(line)
        elif not REGISTER.match(text):
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


def _announces(text: str) -> bool:
    """Tell whether a log line announces a crash; source code that a reporter quotes between frames is indented."""
    return not text[:1].isspace() and BURIED_OPENING.search(text) is not None


def _continues(opening: list[str], text: str) -> bool:
    """Tell whether a line that could open a crash belongs to the opening before it: the first lines of some are two-part."""
    return text.startswith(("fatal error: ", "panic: ")) and opening[-1].startswith(("unexpected fault address", "Exception 0x"))
