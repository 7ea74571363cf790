r"""Puts lines back as Go printed them: joins lines that were broken at a fixed column, turns newest-first order round.

>>> backwards = ["\t/src/main.go:12 +0x1d", "main.main()", "goroutine 1 [running]:", "", "panic: boom"]
>>> [line.text for line in mend([Line(number, text) for number, text in enumerate(backwards)])]
['panic: boom', '', 'goroutine 1 [running]:', 'main.main()', '\t/src/main.go:12 +0x1d']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.parse.lines import Line, is_trace_line
from bot.parse.stacktext import FUNCTION_LINE, HEADER

_NARROWEST: Final = 40
_WIDEST: Final = 250
_MOST_PIECES: Final = 40
_FEWEST_FULL_LINES: Final = 3


def mend(lines: list[Line]) -> list[Line]:
    """Return the lines in the order and with the breaks that Go gave them; lines that need no mending come back as they are."""
    ordered = lines[::-1] if _is_newest_first(lines) else lines
    width = max((len(line.text) for line in ordered), default=0)
    if not _NARROWEST <= width <= _WIDEST or sum(len(line.text) == width for line in ordered) < _FEWEST_FULL_LINES:
        return ordered
    return _join(ordered, width)


def _is_newest_first(lines: Sequence[Line]) -> bool:
    """Below a goroutine's header stands the function that it is in; where it stands above, the order is turned round."""
    above = below = 0
    for index, line in enumerate(lines):
        if "goroutine " in line.text and HEADER.match(line.text):
            above += index > 0 and FUNCTION_LINE.match(lines[index - 1].text) is not None
            below += index + 1 < len(lines) and FUNCTION_LINE.match(lines[index + 1].text) is not None
    return above > below


def _join(lines: Sequence[Line], width: int) -> list[Line]:
    joined: list[Line] = []
    last_piece = 0
    pieces = 0
    for line in lines:
        before = joined[-1] if joined else None
        if before is not None and last_piece == width and pieces < _MOST_PIECES and _continues(before, line):
            joined[-1] = before._replace(text=before.text + line.text)
            pieces += 1
        else:
            joined.append(line)
            pieces = 1
        last_piece = len(line.text)
    return joined


def _continues(before: Line, line: Line) -> bool:
    """A full line goes on in the next one unless both are whole lines of a trace."""
    if before.source != line.source or not line.text:
        return False
    return not (is_trace_line(before.text) and is_trace_line(line.text))
