"""Ordinary log lines → `LogEvent`s: distinct messages, counted. Blocks of raw lines enter, in order; memory and time are bounded.

Digits are blanked in a whole block at once, lines that are then equal are counted at once, and only one of each is looked at.

>>> counter = EventCounter(Transport())
>>> counter.add(Block(1, b'''2026/11/20 23:03:37 dial tcp 10.0.0.4:5432: connection refused
... 2026/11/20 23:03:59 ready
... 2026/11/20 23:03:41 dial tcp 10.0.0.5:5432: connection refused'''))
>>> event = counter.events()[0]
>>> event.text, event.count, event.locator, event.last_seen.second
('dial tcp #:#: connection refused', 2, 'line 1', 41)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from bot.model.logs import GatewayError, LogEvent
from bot.parse.blocks import Block
from bot.parse.gatewaylogs import GatewayCounter
from bot.parse.lines import Line, is_trace_line, opens_crash
from bot.parse.messages import fold, fold_quoted, read_message
from bot.parse.timestamps import find_time
from bot.parse.transports import Transport

MAX_EVENTS: Final = 2_000
_MAX_PLAIN_EVENTS: Final = 1_000
_MANY: Final = 5_000
_MAX_LOOKED_AT: Final = 20_000
_MAX_LOUD_LOOKED_AT: Final = 40_000
_SAMPLE_CHARACTERS: Final = 600

_RECORDS: Final = frozenset({"json", "logfmt"})
"""Layers that stay: a record says its level, and more than its message."""

_BLANK_DIGITS: Final = bytes(ord("0") if code in b"123456789" else code for code in range(256))
_BLANK_HEXADECIMAL: Final = bytes(ord("0") if code in b"123456789abcdef" else code for code in range(256))
"""The second table may take two messages for one ("a.yaml", "b.yaml"), so it is used only in logs full of identifiers."""

_LOUD: Final = (
    b"err",
    b"fatal",
    b"panic",
    b"warn",
    b"fail",
    b"refused",
    b"timeout",
    b"timed out",
    b"denied",
    b"reset",
    b"kill",
    b"cannot",
    b"unable",
    b"no such",
    b"x509",
    b"too many",
)
"""Words of lines that are looked at even when there are already too many distinct ones."""


@dataclass(slots=True)
class _Event:
    """One distinct message while it is counted; `text` keeps its quoted strings until a line comes that differs in them."""

    text: str
    level: str
    first: Line
    last: bytes
    count: int = 0


class EventCounter:
    """Counts distinct messages and gateway errors."""

    def __init__(self, transport: Transport) -> None:
        peeled = (layer for layer in transport.layers if layer.name not in _RECORDS)
        self._transport = Transport(tuple(peeled))
        self._by_raw: dict[bytes, _Event | None] = {}
        self._by_message: dict[tuple[str, str], _Event] = {}
        self._gateway = GatewayCounter()
        self._ends: _Event | None = None
        self._looked_at = 0
        self._left_out = 0

    def add(self, block: Block) -> None:
        """Count the lines of a block."""
        lines = block.lines
        table = _BLANK_DIGITS if self._looked_at < _MANY else _BLANK_HEXADECIMAL
        blanked = block.content.translate(table).split(b"\n")
        last = dict(zip(blanked, lines, strict=True))
        where = dict(zip(reversed(blanked), range(len(lines) - 1, -1, -1), strict=True))
        for key, count in Counter(blanked).items():
            if key in self._by_raw:
                event = self._by_raw[key]
            else:
                index = where[key]
                event = self._look_at(key, lines[index], block.first + index, count, last[key])
            if event is not None:
                event.count += count
                event.last = last[key]
        final = next((key for key in reversed(blanked) if key.strip()), None)
        if final is not None:
            self._ends = self._by_raw.get(final)

    def events(self) -> tuple[LogEvent, ...]:
        """Return the distinct messages, most frequent first."""
        found = [self._finish(event) for event in self._by_message.values() if event.count]
        return tuple(sorted(found, key=lambda event: -event.count))

    def gateway_errors(self) -> tuple[GatewayError, ...]:
        """Return the gateway errors among the lines."""
        return self._gateway.errors()

    def problems(self) -> tuple[str, ...]:
        """Say what was not counted."""
        if not self._left_out:
            return ()
        return (f"{self._left_out} ordinary log lines were not grouped: the log has too many different messages.",)

    def _look_at(self, key: bytes, raw: bytes, number: int, count: int, last: bytes) -> _Event | None:
        """Read a line of a kind not seen before; None when it is no message, or one too many."""
        lowered = raw.lower()
        loud = any(word in lowered for word in _LOUD)
        if self._looked_at >= (_MAX_LOUD_LOOKED_AT if loud else _MAX_LOOKED_AT):
            self._left_out += count
            return None
        self._looked_at += 1
        lines = self._transport.clean([raw], first=number)
        event: _Event | None = None
        if lines and lines[0].text.strip() and not is_trace_line(lines[0].text):
            line = lines[0]
            if self._gateway.add(line.text, number=number, count=count, last=last.decode("utf-8", "replace")):
                return None
            event = self._event(line, count, room=MAX_EVENTS if loud else _MAX_PLAIN_EVENTS)
        self._by_raw[key] = event
        return event

    def _event(self, line: Line, count: int, *, room: int) -> _Event | None:
        level, message = read_message(line.text)
        start, more, _ = message.partition("\n")
        if is_trace_line(start) and (more or not opens_crash(start)):
            return None  # a trace in a log record; words about a panic are a message
        text = fold(message)
        event = self._by_message.get((level, fold_quoted(text)))
        if event is None:
            if len(self._by_message) >= room:
                self._left_out += count
                return None
            event = _Event(text, level, line, b"")
            self._by_message[level, fold_quoted(text)] = event
        elif event.text != text:
            event.text = fold_quoted(text)
        return event

    def _finish(self, event: _Event) -> LogEvent:
        last = self._transport.clean([event.last], first=0)
        return LogEvent(
            text=event.text,
            sample=event.first.text[:_SAMPLE_CHARACTERS],
            count=event.count,
            level=event.level,
            first_seen=find_time(event.first.stamp) or find_time(event.first.text),
            last_seen=(find_time(last[0].stamp) or find_time(last[0].text)) if last else None,
            ends_log=event is self._ends,
            locator=f"line {event.first.number}",
        )
