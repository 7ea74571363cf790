r"""Stacks as recovering web frameworks print them: no goroutine, a file with a program counter, then the function and its source.

>>> message, frames = read_recovery('''[Recovery] 2026/11/20 - 23:03:37 panic recovered:
... GET /pay HTTP/1.1
... Host: shop
... runtime error: index out of range [5] with length 3
... /src/shop/cart.go:12 (0x7b1f05)
... \t(*Cart).Pay: item := c.items[i]
... /src/gin/context.go:185 (0x7a9c2a)
... \t(*Context).Next: c.handlers[c.index](c)'''.split("\n"))
>>> message, frames[0]
('runtime error: index out of range [5] with length 3', Frame(function='(*Cart).Pay', file='/src/shop/cart.go', line=12))
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model.goroutines import Frame

_FILE = re.compile(r"^\s*(\S.*\.(?:go|s)):(\d{1,9}) \(0x[0-9a-f]+\)$")
_FUNCTION = re.compile(r"^\s+([^\s:]+): ")


def read_recovery(lines: Sequence[str]) -> tuple[str, tuple[Frame, ...]]:
    """Return the message, which stands right above the stack, and the frames; both are empty when there is no such stack.

    Format: gin's `Recovery` middleware (`github.com/gin-gonic/gin/recovery.go`); functions come without their package.
    """
    message = ""
    frames: list[Frame] = []
    for index, line in enumerate(lines):
        if (place := _FILE.match(line)) is None:
            continue
        if not frames and index:
            message = lines[index - 1].strip()
        function = _FUNCTION.match(lines[index + 1]) if index + 1 < len(lines) else None
        frames.append(Frame(function[1] if function else "", place[1], int(place[2])))
    return message, tuple(frames)
