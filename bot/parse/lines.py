"""A clean log line, and what it is by its looks: part of a trace, the announcement of a crash, or an ordinary message.

>>> opens_crash("fatal error: all goroutines are asleep - deadlock!"), is_trace_line("ready on :8080")
(True, False)
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bot.parse.frameworks import is_place
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

RUNTIME_STACK = re.compile(r"^\s*(?:runtime stack:|goroutine 0 .*\[.*\]:)\s*$")
REGISTER = re.compile(r"^(?:[a-z]{1,4}[0-9]{0,2} +0x[0-9a-f]+|instruction bytes:|\[?signal )")
_OTHER_THREAD = re.compile(r"^\s*goroutine running on other thread; stack unavailable|^non-Go function|^\s+pc=0x")
_GOLEAK = re.compile(r"^\s*\[?Goroutine (\d{1,19}) in state (\S[^\]]*), with \S.* on top of the stack:$")
_REPORT_LINE = re.compile(
    r"^(?:={10,}$|\s*WARNING: DATA RACE|\s*(?:Previous )?(?:[Aa]tomic )?(?:[Rr]ead|[Ww]rite) at 0x|\s*Goroutine \d+ \("
    r"|exit status \d|\tpanic: |PC=0x|Found \d+ data race|goroutine(?:leak)? profile: total|#\t0x|\d+ @ 0x|runtime stack:)",
)


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


def opens_crash(text: str) -> bool:
    """Tell whether Go, or a middleware that recovers, announces a crash with this line."""
    if text.startswith(_OPENING_START) or (text.startswith("SIG") and _SIGNAL_START.match(text)):
        return True
    return ("panic" in text or "PANIC" in text) and _OPENING_WITHIN.search(text) is not None


def is_trace_line(text: str) -> bool:
    """Tell whether a line belongs to a trace or report by its looks alone: such lines are no log messages."""
    return bool(
        is_header(as_header(text))
        or opens_crash(text)
        or (FILE_LINE.match(text) and (text[:1].isspace() or " +0x" in text))
        or (FUNCTION_LINE.match(text) and "." in text)
        or _is_other_stack_line(text)
        or is_place(text)
        or _REPORT_LINE.match(text)
        or REGISTER.match(text)
    )


def as_header(text: str) -> str:
    """Return the header that goleak's sentence stands for; any other line as it is.

    Format: `Stack.String` in `go.uber.org/goleak/internal/stack/stacks.go`, within the brackets of a printed slice.

    >>> as_header("[Goroutine 20 in state chan receive, with main.wait on top of the stack:")
    'goroutine 20 [chan receive]:'
    """
    sentence = _GOLEAK.match(text) if "oroutine " in text else None
    return f"goroutine {sentence[1]} [{sentence[2]}]:" if sentence else text


def is_header(text: str) -> bool:
    """Tell whether a goroutine's text starts with this line, the scheduler's own stack included."""
    return bool(HEADER.match(text) or RUNTIME_STACK.match(text))


def find_glued_header(text: str) -> int:
    """Where a goroutine's header starts behind other words in the same line; 0 when there is none."""
    if not text.endswith(":") or text[:1] == "\t":
        return 0
    index = text.rfind("goroutine ")
    return index if index > 0 and text[:index].strip() and HEADER.match(text[index:]) else 0


def is_stack_line(text: str) -> bool:
    """Tell whether a line belongs to a goroutine's stack."""
    return bool(FUNCTION_LINE.match(text) or FILE_LINE.match(text) or _is_other_stack_line(text))


def _is_other_stack_line(text: str) -> bool:
    return bool(CREATED_BY.match(text) or ELIDED.match(text) or ORIGIN.match(text) or _OTHER_THREAD.match(text))
