"""`Trace`: one crash, dump, race report or profile as it stands in a log. Its meaning is for `crashes`, `races` and `dump`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bot.parse.grouping import GroupBuilder
from bot.parse.lines import RUNTIME_STACK, Line
from bot.parse.stacktext import decode

_GOROUTINES_KEPT: Final = 8
_RUNNING_KEPT: Final = 64
NAMELESS_HEADER: Final = "goroutine 0 []:"
"""Stands in for the header of a goroutine whose text starts in its middle."""


@dataclass(slots=True)
class GoroutineText:
    """The lines of one goroutine, header first. `system`: not to be counted, as the scheduler's own stack or a repetition."""

    line: int
    lines: list[str]
    system: bool = False


@dataclass(slots=True)
class Trace:
    """One trace as it stands in the text.

    Attributes:
        form: `crash` (it has an opening), `recovered` (an opening within a log line, and a stack that Go did not print), `dump`
            (goroutines only), `race`, `profile` (debug=1).
        first: number of its first line; `last` that of its last one.
        opening: the lines that announce the crash; for a race or profile, all of its lines.
        context: a few lines before it, oldest first, for its time and its reason; `after`: the first foreign line after it.
        stamp: transport prefix of its first line, for its time.
        goroutines: the text of those that may be the one that crashed: the first few and all that were running.
        seen: how many goroutines there are, the scheduler's own stacks not counted.
        logged: its first line was written by a logger.
        threads: the stacks of further threads follow (`GOTRACEBACK=crash`), each with a signal line of its own.
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
    threads: bool = False
    nameless: bool = False
    ended: bool = False
    current: GoroutineText | None = None
    names: set[str] = field(default_factory=set)
    _waiting: list[GoroutineText] = field(default_factory=list)
    _groups: GroupBuilder | None = None

    def begin_goroutine(self, line: Line) -> None:
        """Start the next goroutine with its header line."""
        self.flush()
        name = goroutine_name(line.text)
        self.current = GoroutineText(line.number, [line.text], system=not name or name in self.names)
        self.last = line.number
        self.names.add(name)

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

    def take(self, text: bytes, line: int) -> bool:
        """Count a whole goroutine at once; False when its lines must be fed one by one.

        It can be done once enough goroutines are kept, when it has the stack of an earlier one and is not running.
        """
        header = text.partition(b"\n")[0]
        name = goroutine_name(decode(header))
        if len(self.goroutines) < _GOROUTINES_KEPT or not name or name in self.names or b"[running" in header:
            return False
        self.flush()
        self.current = GoroutineText(line, [NAMELESS_HEADER], system=True)  # what follows is another goroutine, as after any
        lines = text.split(b"\n")
        if not len(lines) % 2 or not self.grouped().add_known(lines, line):  # a header and two lines for each frame
            return False
        self.seen += 1
        self.names.add(name)
        self.last = line + len(lines) - 1
        return True

    def grouped(self) -> GroupBuilder:
        """Return all goroutines in groups. It is done late: of a thousand crashes in one log not all are looked at."""
        self._groups = self._groups or GroupBuilder()
        for goroutine in self._waiting:
            self._groups.add([text.encode() for text in goroutine.lines], goroutine.line)
        self._waiting.clear()
        return self._groups


def goroutine_name(header: str) -> str:
    """`goroutine 12`: what stands only once in one dump; empty for the scheduler's stack, which each thread has."""
    return "" if RUNTIME_STACK.match(header) else header.partition(" [")[0].partition(" gp=")[0]
