r"""Lines by which whoever started a program tells how it ended: blocks of a log enter, crashes of the kind `exit` leave.

A program that calls `log.Fatal` or `os.Exit` leaves no trace, so only its parent can say that it ended. These are read:

    exit status 1                                                         `go run`, as the last line; also `signal: killed`
    checkout.service: Main process exited, code=exited, status=1/FAILURE  systemd (`unit_log_process_exit`, src/core/unit.c)
    web-1 exited with code 1                                              Docker Compose, beside the lines of `web-1 |`
    WARN exited: checkout (exit status 1; not expected)                   supervisord (supervisor/process.py)

Not believed: a clean end, an end that was asked for, and the end of one among several programs that write into the log, because
nothing says which of them is the service. What stands next to a trace is the same death, and only the trace counts.

>>> from bot.parse.transports import detect
>>> search = EndingSearch(detect(sample := [
...     "2026-11-20T14:02:11+0000 node-4 checkout[812]: 2026/11/20 14:02:11 ledger: database schema has version 7, need 8",
...     "2026-11-20T14:02:11+0000 node-4 systemd[1]: checkout.service: Main process exited, code=exited, status=1/FAILURE"]))
>>> search.add(Block(1, "\n".join(sample).encode()))
>>> crash = search.endings([])[0]
>>> crash.kind, crash.exit_code, crash.message, crash.locator
('exit', 1, 'checkout.service: Main process exited, code=exited, status=1/FAILURE', 'line 2')
>>> crash.root_message
'ledger: database schema has version 7, need 8'
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.model.logs import Crash
from bot.parse.blocks import Block
from bot.parse.lines import Line
from bot.parse.messages import read_message
from bot.parse.timestamps import find_time
from bot.parse.transports import Transport

_MARKS: Final = (b"exit status ", b"signal: ", b"rocess exited, code=", b" exited with code ", b" exited: ")
_AFTER_THE_END = re.compile(rb"^make(?:\[\d+\])?: \*\*\* |^$")

_GO_RUN = re.compile(r"^(?:exit status (?P<code>\d{1,3})|signal: (?P<words>[a-z][a-z ]*?)(?: \(core dumped\))?)$")
_SYSTEMD = re.compile(
    r"^(?P<name>\S+\.service): [Mm]ain process exited, "
    r"code=(?:exited, status=(?P<code>\d{1,3})|(?:killed|dumped), status=\d+/(?P<signal>\w+))"
)
_COMPOSE = re.compile(r"^(?P<name>[\w.-]+) exited with code (?P<code>\d{1,3})(?: \(restarting\))?$")
_SUPERVISORD = re.compile(
    r"\b(?:INFO|WARN) exited: (?P<name>[\w.:-]+) "
    r"\((?:exit status (?P<code>\d{1,3})|terminated by (?P<signal>SIG\w+)[^;]*); not expected\)"
)
_SPAWNED = re.compile(r"\bINFO spawned: '([^']+)'")
_ASKED = re.compile(
    r"^(?:Stopping |Gracefully stopping|Aborting on container exit)|\b(?:waiting for \S+ to (?:stop|die)|received SIG\w+ )"
)
_STARTED = re.compile(r"^(?:Started |Starting )|\bINFO spawned: ")

_SIGNAL_WORDS: Final = {
    "killed": "SIGKILL",
    "terminated": "SIGTERM",
    "interrupt": "SIGINT",
    "hangup": "SIGHUP",
    "quit": "SIGQUIT",
    "aborted": "SIGABRT",
    "segmentation fault": "SIGSEGV",
    "bus error": "SIGBUS",
    "illegal instruction": "SIGILL",
    "floating point exception": "SIGFPE",
    "bad system call": "SIGSYS",
    "trace/breakpoint trap": "SIGTRAP",
}
"""What Go calls signals: `signals` in Go's `syscall/zerrors_linux_amd64.go`."""

_MANAGERS: Final = ("systemd", "kernel", "supervisord")
_SIGNAL_EXIT: Final = 128
_WINDOW_LINES: Final = 40
_SAMPLE_LINES: Final = 200
_MAX_LOOKED_AT: Final = 1_000
_SAME_DEATH_LINES: Final = 5
_DUMP_TAIL_LINES: Final = 40
"""How far below a trace that does not know its exit status the parent may say it: registers are printed in between."""
_EXCERPT_LINES: Final = 4


class Death(NamedTuple):
    """Where a trace of a process that ended stands, and whether a line of it says the exit status already."""

    first: int
    last: int
    told: bool


@dataclass(frozen=True, slots=True)
class _Ending:
    """One line that tells of an end.

    Attributes:
        form: who says it: `go run`, `systemd`, `compose` or `supervisord`.
        name: what is said to have ended; empty where it is not named.
        before: the lines above it, oldest first.
    """

    form: str
    line: Line
    name: str
    exit_code: int | None
    signal: str
    before: tuple[Line, ...]


class EndingSearch:
    """Looks through a log block by block; a block without any of the words is passed over by one fast search."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._tail: list[bytes] = []
        self._writers: set[str] | None = None
        self._programs: set[str] = set()
        self._found: list[_Ending] = []
        self._last_other = 0
        self._looked_at = 0

    def add(self, block: Block) -> None:
        """Search the next block."""
        if self._writers is None:
            self._writers = set()
            self._know(self._clean(block.lines[:_SAMPLE_LINES], block.first))
        if _has_mark(block.content):
            for index, raw in enumerate(block.lines):
                if self._looked_at < _MAX_LOOKED_AT and _has_mark(raw):
                    self._looked_at += 1
                    self._look_at(block, index)
        others = (at for at in range(len(block.lines) - 1, -1, -1) if not _tells_an_end(block.lines[at]))
        self._last_other = max(self._last_other, block.first + next(others, -block.first))
        self._tail = [*self._tail, *block.lines[-_WINDOW_LINES:]][-_WINDOW_LINES:]

    def endings(self, deaths: Sequence[Death]) -> tuple[Crash, ...]:
        """Return the ends that no trace shows; `deaths` are the traces of processes that ended."""
        believed: list[_Ending] = []
        latest: _Ending | None = None
        for ending in self._found:
            number = ending.line.number
            if not self._is_believable(ending):
                continue
            if latest and latest.form != ending.form and number - latest.line.number <= _SAME_DEATH_LINES:
                continue
            latest = ending
            tails = (
                death.last + (_SAME_DEATH_LINES if death.told else _DUMP_TAIL_LINES) for death in deaths if death.first <= number
            )
            if not any(number <= tail for tail in tails):
                believed.append(ending)
        return tuple(map(_crash, believed))

    def _look_at(self, block: Block, index: int) -> None:
        number = block.first + index
        above = [*self._tail, *block.lines[max(0, index - _WINDOW_LINES) : index]][-_WINDOW_LINES:]
        lines = self._clean([*above, block.lines[index]], number - len(above))
        ending = _read(lines[-1], tuple(lines[:-1])) if lines and lines[-1].number == number else None
        if ending is None:
            return
        self._know(ending.before)
        self._found.append(ending)
        if ending.form == "supervisord":
            self._programs.add(ending.name)

    def _clean(self, raw: Sequence[bytes], first: int) -> list[Line]:
        return Transport(self._transport.layers).clean(raw, first=first)

    def _know(self, lines: Sequence[Line]) -> None:
        """Remember who writes into the log, other than those who start programs."""
        names = {line.source.partition("[")[0] for line in lines if line.source}
        self._writers = (self._writers or set()) | {name for name in names if not name.startswith(_MANAGERS)}
        self._programs |= {spawned[1] for line in lines if (spawned := _SPAWNED.search(line.text))}

    def _is_believable(self, ending: _Ending) -> bool:
        """Tell whether it was the service that ended, by itself, and not well."""
        if ending.exit_code == 0 or _was_asked(ending.before):
            return False
        if ending.form == "go run":  # below the word FAIL `go test` says it, of tests
            tested = any(line.text == "FAIL" for line in ending.before[-1:])
            return ending.line.number > self._last_other and not tested
        if ending.form == "supervisord":
            return len(self._programs) == 1
        return len(self._writers or ()) == 1 and (ending.form == "systemd" or ending.name.endswith(tuple(self._writers or ())))


def _has_mark(raw: bytes) -> bool:
    return any(mark in raw for mark in _MARKS)


def _tells_an_end(raw: bytes) -> bool:
    return _has_mark(raw) or _AFTER_THE_END.match(raw) is not None


def _read(line: Line, before: tuple[Line, ...]) -> _Ending | None:
    """Read a line; None when it does not tell of an end, or a logger wrote it."""
    forms = (
        ("go run", _GO_RUN.match),
        ("systemd", _SYSTEMD.match),
        ("compose", _COMPOSE.match),
        ("supervisord", _SUPERVISORD.search),
    )
    form, found = next(((form, found) for form, search in forms if (found := search(line.text))), ("", None))
    if found is None or line.logged or (form == "systemd" and not line.source.startswith("systemd")):
        return None
    said = found.groupdict()
    code = int(said["code"]) if said["code"] else None
    name = said.get("signal") or _SIGNAL_WORDS.get(said.get("words") or "", "")
    if said.get("words") and not name:
        return None
    if code is not None and code - _SIGNAL_EXIT in set(signal.Signals):
        name = signal.Signals(code - _SIGNAL_EXIT).name
    if name and not name.startswith("SIG"):
        name = f"SIG{name}"
    return _Ending(form, line, said.get("name") or "", code, name, before)


def _was_asked(before: Sequence[Line]) -> bool:
    """Tell whether the latest word about it, above its end, is that it should stop."""
    for line in reversed(before):
        if _ASKED.search(line.text):
            return True
        if _STARTED.search(line.text):
            return False
    return False


def _crash(ending: _Ending) -> Crash:
    own = [line for line in ending.before if line.text.strip() and not line.source.startswith(_MANAGERS)]
    stamps = (text for line in (ending.line, *reversed(own)) for text in (line.stamp, line.text))
    shown = [line.text for line in own[-_EXCERPT_LINES + 1 :]]
    return Crash(
        kind="exit",
        message=ending.line.text,
        root_message=read_message(own[-1].text).text if own else "",
        signal=ending.signal,
        exit_code=ending.exit_code,
        occurred_at=next((found for text in stamps if text and (found := find_time(text))), None),
        locator=f"line {ending.line.number}",
        excerpt="\n".join([*shown, ending.line.text]),
    )
