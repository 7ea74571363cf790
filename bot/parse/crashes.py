r"""Crash traces → `Crash` values: message chain, signal, the goroutine that crashed, all goroutines printed with it.

>>> from bot.parse.lines import Line
>>> from bot.parse.tracereader import TraceReader
>>> reader = TraceReader()
>>> for number, text in enumerate('''panic: runtime error: invalid memory address or nil pointer dereference [recovered]
... \tpanic: wrapped: order 7
... [signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x6679f1]
...
... goroutine 18 [running]:
... main.(*Cart).Total(0x0)
... \t/src/shop/cart.go:44 +0x1b
... created by main.main in goroutine 1
... \t/src/shop/main.go:12 +0x7c
... exit status 2'''.split("\n"), start=1):
...     reader.feed(Line(number, text))
>>> crash = read_crash(reader.close()[0])
>>> crash.kind, crash.message, crash.recovered, crash.signal, crash.fault_address, crash.exit_code
('panic', 'wrapped: order 7', True, 'SIGSEGV', 8, 2)
>>> crash.root_message
'runtime error: invalid memory address or nil pointer dereference'
>>> crash.goroutine_id, crash.stack[0].function, crash.created_by.function, crash.locator
(18, 'main.(*Cart).Total', 'main.main', 'lines 1-10')
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.model.goroutines import Frame, GoroutineDump
from bot.model.logs import Crash
from bot.parse.dump import is_cut
from bot.parse.frameworks import find_stack
from bot.parse.stacktext import FILE_LINE, Stack, parse_header, parse_stack
from bot.parse.timestamps import find_time
from bot.parse.tracereader import BURIED_OPENING
from bot.parse.traces import NAMELESS_HEADER, GoroutineText, Trace

_LINK = re.compile(r"^(\s*)(panic|fatal error): (.*)$")
_MORESTACK = re.compile(r"^fatal: (morestack on g\w+)")
_HTTP = re.compile(r"http: panic serving \S+: (.*)$")
_RECOVERED_BY_CODE = re.compile(r"(?:panic recovered|PANIC RECOVER\]|[Rr]ecovered from panic|panicked):? ?(.*)$")
_AGAIN = re.compile(r" \[recovered(?:, repanicked)?\]$")
_SIGNAL = re.compile(
    r"^\s*\[signal (SIG[A-Z]+|0x[0-9a-f]+)(?:: [^\]]*?)?(?: code=(\S+?))?(?: addr=(0x[0-9a-f]+))?(?: pc=(0x[0-9a-f]+))?\]",
)
_BARE_SIGNAL = re.compile(r"^(SIG[A-Z]+): (.*)$")
_EXCEPTION = re.compile(r"^Exception (0x[0-9a-f]+) ")
_PC = re.compile(r"^\s*PC=(0x[0-9a-f]+)(?: m=(\d{1,9}))?(?: sigcode=(\d+))?(?: addr=(0x[0-9a-f]+))?")
_LOG_LINE = re.compile(r"^(?:\d{4}[-/]\d\d[-/]\d\d|\{\"|\[\d{4}|time=|level=|(?:INFO|WARN|ERROR|DEBUG)\b)")

_SIGNAL_NUMBERS: Final = {
    "0x4": "SIGILL",
    "0x5": "SIGTRAP",
    "0x6": "SIGABRT",
    "0x7": "SIGBUS",
    "0x8": "SIGFPE",
    "0xa": "SIGBUS",
    "0xb": "SIGSEGV",
    "0x1f": "SIGSYS",
    "0xc0000005": "SIGSEGV",
    "0xc0000006": "SIGBUS",
    "0xc000001d": "SIGILL",
    "0xc0000094": "SIGFPE",
}
"""Numeric signals of Go before 1.6 (Linux; 0xa is BSD's SIGBUS) and the exception codes of Windows."""

_NIL_POINTER: Final = "runtime error: invalid memory address or nil pointer dereference"
_NIL_BYTES: Final = 4096
"""A fault below this address is a nil pointer's: `sigpanic` in Go's `runtime/signal_unix.go`."""
_PANIC_EXIT: Final = 2

_MESSAGE_BY_FRAME: Final = {
    "runtime.panicmem": _NIL_POINTER,
    "runtime.panicmemAddr": _NIL_POINTER,
    "runtime.panicdivide": "runtime error: integer divide by zero",
    "runtime.closechan": "close of closed channel",
    "runtime.chansend": "send on closed channel",
    "runtime.mapassign": "assignment to entry in nil map",
    "runtime.panicdottypeE": "interface conversion: the type does not match",
    "runtime.panicdottypeI": "interface conversion: the type does not match",
    "runtime.goPanicIndex": "runtime error: index out of range",
    "runtime.goPanicIndexU": "runtime error: index out of range",
    "runtime.panicIndex": "runtime error: index out of range",
}
"""What the runtime's own frames say about a panic whose first line is missing; longer names start with these."""
_SLICE_FRAME: Final = "runtime.goPanicSlice"
_UNKNOWN_MESSAGE: Final = "(the line that says why is missing)"

_KNOWN_FATAL = re.compile(
    r"^(?:all goroutines are asleep|no goroutines|concurrent map |sync: |stack overflow|out of memory|thread exhaustion|newosproc"
    r"|fault$|runtime: |found (?:bad )?pointer|checkptr|unexpected signal|go of nil func|morestack|panic while printing|synctest"
    r"|schedule: )",
)
_EXCERPT_LINES: Final = 14
_EXCERPT_LINE_CHARACTERS: Final = 400
_MESSAGE_CHARACTERS: Final = 2_000


@dataclass(slots=True)
class _Opening:
    """What the lines above the first goroutine say."""

    kind: str = ""
    messages: list[str] = field(default_factory=list)
    recovered: bool = False
    signal: str = ""
    signal_code: str = ""
    fault_address: int | None = None
    pc: int | None = None
    thread: int | None = None
    in_cgo: bool = False
    frames: tuple[Frame, ...] = ()


def read_crash(trace: Trace) -> Crash | None:
    """Read a trace as a crash; None when it is a dump that nothing crashed in, or words of another program."""
    opening = _read_opening(trace)
    culprit = _crashed(trace, opening)
    stack = parse_stack(culprit.lines[1:]) if culprit else Stack(opening.frames, ())
    header = parse_header(culprit.lines[0]) if culprit and culprit.lines[0] != NAMELESS_HEADER else None
    if not opening.messages:
        derived = _message_from_stack(stack) if trace.nameless or (header and header.state == "running") else None
        derived = derived or _message_from_end(opening, trace, stack)
        if derived is None:
            return None
        opening.kind = "http-panic" if _was_recovered(stack) else "panic"
        opening.messages = [derived]
    if not trace.goroutines and not _is_believable(opening, trace):
        return None
    return Crash(
        kind=opening.kind,
        message=opening.messages[-1],
        root_message=opening.messages[0],
        recovered=opening.recovered,
        signal=opening.signal,
        signal_code=opening.signal_code,
        fault_address=opening.fault_address,
        pc=opening.pc,
        exit_code=trace.exit_code,
        in_cgo=opening.in_cgo,
        stack=stack.frames,
        goroutine_id=header.id if header else None,
        created_by=stack.created_by,
        dump=read_dump(trace, form="crash") if trace.seen else None,
        occurred_at=_time(trace),
        locator=f"lines {trace.first}-{trace.last}",
        excerpt=_excerpt(trace, culprit),
    )


def read_dump(trace: Trace, *, form: str) -> GoroutineDump:
    """All goroutines of a trace."""
    groups = trace.grouped()
    cut = not trace.ended and groups.last is not None and is_cut(groups.last)
    problems = ("The text ends within a stack: the trace may be missing goroutines.",) if cut else ()
    return groups.build(form=form, truncated=cut, problems=problems)


def _read_opening(trace: Trace) -> _Opening:
    opening = _Opening()
    lines = list(trace.opening)
    if not trace.goroutines:  # nothing proves that the lines after the first belong to the message
        start, opening.frames = find_stack(lines)
        lines = [line for index, line in enumerate(lines[:start]) if index == 0 or line[:1] in {"\t", "["} or _PC.match(line)]
    for line in lines:
        _read_opening_line(opening, line)
    if opening.frames:
        if not any(opening.messages):
            opening.messages = [trace.opening[start - 1]]  # gin prints the request before the message
        opening.kind = "http-panic" if trace.form == "recovered" else opening.kind
    opening.messages = [message.strip()[:_MESSAGE_CHARACTERS] for message in opening.messages]
    for index, message in enumerate(opening.messages):
        if _AGAIN.search(message):
            opening.recovered = True
            opening.messages[index] = _AGAIN.sub("", message)
    return opening


def _read_opening_line(opening: _Opening, line: str) -> None:
    if (link := _LINK.match(line)) and (link[1] or not opening.messages):
        opening.kind = "fatal" if link[2] == "fatal error" else "panic"
        opening.messages.append(link[3])
    elif signal := _SIGNAL.match(line):
        opening.signal = _SIGNAL_NUMBERS.get(signal[1], signal[1])
        opening.signal_code = signal[2] or ""
        opening.fault_address = int(signal[3], 16) if signal[3] else None
        opening.pc = int(signal[4], 16) if signal[4] else None
    elif pc := _PC.match(line):
        opening.pc = int(pc[1], 16)
        opening.thread = int(pc[2]) if pc[2] else None
        opening.signal_code = pc[3] or opening.signal_code
        opening.fault_address = int(pc[4], 16) if pc[4] else opening.fault_address
    elif "signal arrived during cgo execution" in line:
        opening.in_cgo = True
    elif opening.messages and opening.messages[-1]:
        indented = (
            line[:1] == "\t"
        )  # as Go prints further lines since 1.23; a fatal error has none, so there it is another's line
        if line.strip() and (indented or opening.kind != "fatal") and not _LOG_LINE.match(line):
            opening.messages[-1] += "\n" + line.removeprefix("\t")
    else:
        _read_first_line(opening, line)


def _read_first_line(opening: _Opening, line: str) -> None:
    """Read the line that opens a crash, other than `panic: ` and `fatal error: `."""
    if http := _HTTP.search(line):
        opening.kind, opening.messages = "http-panic", [http[1]]
    elif recovered := _RECOVERED_BY_CODE.search(line):
        opening.kind, opening.messages = "http-panic", [recovered[1]]
    elif bare := _BARE_SIGNAL.match(line):
        opening.kind, opening.signal, opening.messages = "signal", bare[1], [line]
    elif morestack := _MORESTACK.match(line):
        opening.kind, opening.messages = "fatal", [morestack[1]]
    elif exception := _EXCEPTION.match(line):
        opening.kind, opening.messages = "signal", [line.strip()]
        opening.signal = _SIGNAL_NUMBERS.get(exception[1], "")
    elif opening.messages and line.strip():
        opening.messages[-1] = line.strip()
    elif (buried := BURIED_OPENING.search(line)) and (link := _LINK.match(buried[0])):
        opening.kind = "fatal" if link[2] == "fatal error" else "panic"
        opening.messages = [link[3]]


def _crashed(trace: Trace, opening: _Opening) -> GoroutineText | None:
    """Choose the goroutine that crashed among those printed."""
    candidates = [goroutine for goroutine in trace.goroutines if not goroutine.system]
    if not candidates:
        return trace.goroutines[0] if trace.goroutines else None
    running = [goroutine for goroutine in candidates if "[running" in goroutine.lines[0] and _has_frames(goroutine)]
    if running:
        # Go before 1.23 prints a message as it is, so a message can forge a header; the true one comes last, and where only the
        # crashing goroutine is printed, every other `[running]` before it is forged.
        return running[-1] if len(running) == trace.seen and trace.form == "crash" else running[0]
    for goroutine in candidates:
        header = parse_header(goroutine.lines[0])
        if header and opening.thread is not None and header.thread == opening.thread:
            return goroutine
    return candidates[0]


def _has_frames(goroutine: GoroutineText) -> bool:
    return any(".go:" in line or ".s:" in line for line in goroutine.lines[1:])


def _message_from_stack(stack: Stack) -> str | None:
    """Say what a panic was by the runtime's frames; None when there was no panic."""
    names = [frame.function for frame in stack.frames]
    start = next((index for index, name in enumerate(names) if name in {"panic", "runtime.gopanic", "runtime.panic"}), None)
    if start is None:
        return None
    for name in names[start : start + 4]:
        if name.startswith(_SLICE_FRAME):
            return "runtime error: slice bounds out of range"
        for prefix, message in _MESSAGE_BY_FRAME.items():
            if name.startswith(prefix):
                return message
    return _UNKNOWN_MESSAGE


def _message_from_end(opening: _Opening, trace: Trace, stack: Stack) -> str | None:
    """Say what a panic was by the signal, or by the exit status of Go's panics; None when neither tells of one."""
    if opening.signal:
        near_zero = opening.fault_address is not None and opening.fault_address < _NIL_BYTES
        return _NIL_POINTER if opening.signal == "SIGSEGV" and near_zero else _UNKNOWN_MESSAGE
    died = trace.exit_code == _PANIC_EXIT and stack.frames and "[running" in trace.goroutines[0].lines[0]
    return _UNKNOWN_MESSAGE if died and not _was_recovered(stack) else None


def _was_recovered(stack: Stack) -> bool:
    """The stack was printed by a deferred function that had recovered the panic, so the process lived on."""
    return bool(stack.frames) and stack.frames[0].function.startswith(("runtime/debug.", "net/http.(*conn).serve.func"))


def _is_believable(opening: _Opening, trace: Trace) -> bool:
    """Tell whether an opening without any trace is a crash of a Go program.

    Compilers say `fatal error: ` too, and a program that lives on may log a message that starts with `panic: `.
    """
    if opening.signal_code or opening.frames or trace.exit_code is not None or opening.kind == "http-panic":
        return True
    if opening.kind == "panic":
        return not trace.logged
    return opening.kind == "fatal" and _KNOWN_FATAL.match(opening.messages[0]) is not None


def _time(trace: Trace) -> datetime | None:
    """The time nearest to the crash: its own, else the last one before it, else the first one after it."""
    own = [trace.stamp, *trace.opening[:1]]
    before = [text for line in reversed(trace.context) for text in (line.stamp, line.text)]
    after = [trace.after.stamp, trace.after.text] if trace.after else []
    return next((found for text in (*own, *before, *after) if text and (found := find_time(text))), None)


def _excerpt(trace: Trace, culprit: GoroutineText | None) -> str:
    """Quote what tells of the crash, as Go printed it: without log lines in between, and indented again."""
    reason = [line.text for line in trace.context if line.text.startswith("runtime: ")]
    opening = [line for index, line in enumerate(trace.opening) if line.strip() and (index == 0 or not _LOG_LINE.match(line))]
    stack = [f"\t{line.strip()}" if FILE_LINE.match(line) else line.strip() for line in (culprit.lines if culprit else ())]
    lines = [*reason, *opening, *stack]
    return "\n".join(line[:_EXCERPT_LINE_CHARACTERS] for line in lines[:_EXCERPT_LINES])
