"""Searches a log for traces: blocks enter, `Trace`s leave. Decides which blocks are worth unwrapping, and keeps writers apart."""

from __future__ import annotations

from collections import deque
from typing import Final

from bot.parse.blocks import Block
from bot.parse.lines import Line
from bot.parse.mending import mend
from bot.parse.stacktext import decode
from bot.parse.tracereader import TraceReader
from bot.parse.traces import Trace
from bot.parse.transports import Transport, detect, is_clean

_MARKERS: Final = (b"goroutine ", b"panic", b" +0x", b"fatal error: ", b"DATA RACE", b"fatal: morestack", b"SIG")
"""A block without any of these holds no trace; each is one fast search over raw bytes."""

_LEAD_LINES: Final = 12
_WINDOW_LINES: Final = 40
_SUSPECTS: Final = 400
_MAX_SOURCES: Final = 64
_SILENT_LINES: Final = 4_000
_MOST_LEFT_OUT: Final = 10_000
"""Once so many traces could not be kept, the log is only counted from there, except for its last blocks."""
_LAST_BLOCKS: Final = 2
_COUNTED: Final = (b"panic: ", b"fatal error: ", b"DATA RACE")


class TraceSearch:
    """Feeds the lines around markers to one `TraceReader` per writer, because several may write into one log at the same time."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._readers: dict[str, TraceReader] = {}
        self._last_line: dict[str, int] = {}
        self._last_source = ""
        self._lead = Block(1, b"")
        self._fed = False
        self._last: deque[Block] = deque()
        self._passed_over = 0

    def add(self, block: Block) -> None:
        """Search the next block."""
        if self._last or self._left_out() >= _MOST_LEFT_OUT:
            self._only_count(block)
            return
        marked = any(marker in block.content for marker in _MARKERS)
        if not marked and not self._is_reading(block.first):
            tail = block.lines[-_LEAD_LINES:]
            self._lead = Block(block.first + len(block.lines) - len(tail), b"\n".join(tail))
            self._fed = False
            return
        if marked:
            self.transport = refine(self.transport, block)
        if not self._fed:
            self.transport = Transport(self.transport.layers)  # half lines before the gap are not continued after it
            if block.first > 1:
                self._feed(self._lead)
        reader = self._readers.get(self._last_source) if self._fed and len(self._readers) == 1 else None
        bare = self.transport.bare(block.content, lines=len(block.lines), source=self._last_source) if reader else None
        if reader is not None and bare is not None:
            self._feed_goroutines(block, bare, reader)
        else:
            self._feed(block)
        self._fed = True

    def traces(self) -> list[Trace]:
        """Return all traces found, in the order of the log."""
        for reader in self._readers.values() if self._passed_over else ():
            reader.close()  # what was open before the gap does not go on after it
        while self._last:
            self._feed(self._last.popleft())
        found = [trace for reader in self._readers.values() for trace in reader.close()]
        return sorted(found, key=lambda trace: trace.first)

    def problems(self) -> tuple[str, ...]:
        """Say what was not read."""
        left_out = self._left_out() + self._passed_over
        return (f"{left_out} crashes or dumps in the middle of the log were not read: there are too many.",) if left_out else ()

    def _left_out(self) -> int:
        return sum(reader.left_out for reader in self._readers.values())

    def _only_count(self, block: Block) -> None:
        """Hold a block back until it is known whether it is one of the last; if not, only count what is announced in it."""
        self._last.append(block)
        if len(self._last) > _LAST_BLOCKS:
            content = self._last.popleft().content
            self._passed_over += sum(content.count(word) for word in _COUNTED)

    def _is_reading(self, number: int) -> bool:
        """Tell whether a trace goes on; a writer that has long been silent will not finish its own."""
        for source, reader in self._readers.items():
            if reader.open and number - self._last_line[source] > _SILENT_LINES:
                reader.close()
        return any(reader.open for reader in self._readers.values())

    def _feed(self, block: Block) -> None:
        for line in mend(self.transport.clean(block.lines, first=block.first)):
            self._reader(line).feed(line)

    def _feed_goroutines(self, block: Block, bare: bytes, reader: TraceReader) -> None:
        """Feed a block of one writer: goroutines like earlier ones whole, everything else line by line.

        A goroutine is taken whole only between two others, so that no line beyond it can be meant for it.

        Args:
            block: the lines as they came.
            bare: the same without their prefix.
            reader: the writer's.
        """
        paragraphs = bare.split(b"\n\n")
        headers = [text.startswith(b"goroutine ") for text in paragraphs]
        number = slow_from = block.first
        for index, text in enumerate(paragraphs):
            if headers[index] and 0 < index < len(paragraphs) - 1 and headers[index + 1]:
                self._feed_between(block, slow_from, number)
                slow_from = number
                if reader.take(text, number):
                    self._last_line[self._last_source] = number
                    slow_from += text.count(b"\n") + 2
            number += text.count(b"\n") + 2
        self._feed_between(block, slow_from, number)

    def _feed_between(self, block: Block, start: int, end: int) -> None:
        """Feed those lines of a block that have the numbers from `start` to before `end`."""
        if lines := block.lines[start - block.first : end - block.first]:
            self._feed(Block(start, b"\n".join(lines)))

    def _reader(self, line: Line) -> TraceReader:
        """Choose the reader of a line's writer. A line that does not say who wrote it belongs to the one who wrote last."""
        source = line.source if line.source in self._readers or len(self._readers) < _MAX_SOURCES else self._last_source
        source = source or self._last_source
        if source not in self._readers:
            unnamed = self._readers.pop("", None)  # lines before the first one that names its writer
            self._readers[source] = unnamed or TraceReader()
        self._last_source = source
        self._last_line[source] = line.number
        return self._readers[source]


def refine(transport: Transport, block: Block) -> Transport:
    """Look again how lines are wrapped where a goroutine's header is, if the header is not where it should be."""
    suspects = [line for line in block.lines if b"goroutine " in line][:_SUSPECTS]
    if is_clean([line.text for line in Transport(transport.layers).clean(suspects, first=block.first)]):
        return transport
    raw = [decode(line) for line in block.lines]
    start = next((index for index, text in enumerate(raw) if not is_clean([text])), 0)
    window = raw[max(0, start - 4) : start + _WINDOW_LINES]
    better = detect(window)
    cleaned = [line.text for line in better.clean([text.encode() for text in window], first=1)]
    return better if better.layers != transport.layers and is_clean(cleaned) else transport
