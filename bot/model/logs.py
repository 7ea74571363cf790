"""What logs say: `Crash`, `RaceReport`, `LogEvent`, `GatewayError`, `RuntimeTrace`, and `LogReading`, which holds them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.goroutines import Frame, GoroutineDump


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """One crash, as Go printed it.

    Attributes:
        kind: `panic`, `fatal` (fatal error), `signal` (a signal with no panic line), `http-panic` (net/http recovered it),
            `exit` (it left no trace, but whoever started it says that it ended).
        message: the last message of the chain: what killed it (`runtime error: index out of range [7] with length 0`).
        root_message: the first message of a nested chain; equal to `message` for a single panic; the last words before an `exit`.
        recovered: the chain shows `[recovered]` (and it was raised again).
        signal: `SIGSEGV`, empty when none was printed.
        signal_code: `0x1`, as printed.
        fault_address: `addr=` as a number; None when not printed.
        pc: program counter of the signal; 0 marks a jump to nil.
        exit_code: exit status if a line after it says so (`exit status 2`).
        in_cgo: `signal arrived during cgo execution`.
        stack: frames of the goroutine that crashed, innermost first, with the runtime's own panic frames.
        goroutine_id: id of that goroutine; None when unknown.
        created_by: what started that goroutine; None for main.
        dump: every goroutine printed with the crash (at least the one above when it was printed).
        occurred_at: time of the log line nearest to it; None when the log shows none.
        locator: `lines 12-40`.
        excerpt: first lines as printed, transport prefixes removed.
    """

    kind: str
    message: str
    root_message: str = ""
    recovered: bool = False
    signal: str = ""
    signal_code: str = ""
    fault_address: int | None = None
    pc: int | None = None
    exit_code: int | None = None
    in_cgo: bool = False
    stack: tuple[Frame, ...] = ()
    goroutine_id: int | None = None
    created_by: Frame | None = None
    dump: GoroutineDump | None = None
    occurred_at: datetime | None = None
    locator: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceReport:
    """One `WARNING: DATA RACE` report.

    Attributes:
        access: `write`, `read`, `atomic write` … of the goroutine that was caught; `previous_access` of the other one.
        stack: its frames, innermost first; `previous_stack` the other side's (empty: not restored).
        address: memory address as printed.
        location: what was raced on where the report names it (`global 'main.counter'`), else empty.
        created_by: functions that started the two goroutines, where printed.
    """

    access: str
    previous_access: str
    stack: tuple[Frame, ...]
    previous_stack: tuple[Frame, ...]
    address: str = ""
    location: str = ""
    created_by: tuple[Frame, ...] = ()
    locator: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One distinct log message, numbers folded to `#`.

    Attributes:
        text: the folded message, transport prefix and timestamp removed.
        sample: one message as it stood.
        level: `error`, `warn`, `info`, `debug`, `fatal`; empty when the line does not say.
        count: how many lines.
        first_seen, last_seen: times of the first and last of them; None when the log shows none.
        ends_log: it is the last line of the log: what a process says last before it exits.
        locator: `line 7`, of the first.
    """

    text: str
    sample: str
    count: int
    level: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    ends_log: bool = False
    locator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayError:
    """One kind of error a gateway (nginx, envoy, HAProxy) saw at one upstream.

    Attributes:
        kind: `refused`, `reset`, `premature-close`, `timeout`, `no-live-upstream`.
        upstream: address or name as printed.
        status: HTTP status the client got; None when the line does not say.
    """

    kind: str
    upstream: str
    count: int
    status: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    locator: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeTrace:
    """What lines of `gctrace` and `schedtrace` say of a process.

    Attributes:
        collections: how many garbage collections were seen.
        gc_cpu_ratio: share of the processors' time that they took since the program started, by the last line.
        gc_pause_max_seconds: the longest time that one of them stopped the program, both stops of it together.
        gomaxprocs, threads: by the last line that says it.
    """

    collections: int
    gc_cpu_ratio: float | None = None
    gc_pause_max_seconds: float | None = None
    gomaxprocs: int | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """Everything found in one log or pasted text.

    Attributes:
        transport: how the lines were wrapped (`plain`, `cri`, `docker-json`, `journald`, …).
        crashes: in order of appearance.
        dumps: goroutine dumps that stand in the text without a crash (debug=2, debug=1, a SIGQUIT dump belongs to its crash).
        lines: how many lines were read.
        runtime_trace: what the runtime's own trace lines add up to; None without any.
        truncated: the text ends inside a stack.
        problems: what could not be read, in sentences.
    """

    transport: str
    lines: int
    crashes: tuple[Crash, ...] = ()
    dumps: tuple[GoroutineDump, ...] = ()
    races: tuple[RaceReport, ...] = ()
    events: tuple[LogEvent, ...] = ()
    gateway_errors: tuple[GatewayError, ...] = ()
    runtime_trace: RuntimeTrace | None = None
    truncated: bool = False
    problems: tuple[str, ...] = ()
