r"""Stacks as web frameworks and error reporters print them: no goroutine, and the frames in forms of their own.

Gin's `Recovery` prints a file with a program counter, then the function (without its package) and its source:

>>> lines = '''[Recovery] 2026/11/20 - 23:03:37 panic recovered:
... GET /pay HTTP/1.1
... runtime error: index out of range [5] with length 3
... /src/shop/cart.go:12 (0x7b1f05)
... \t(*Cart).Pay: item := c.items[i]'''.split("\n")
>>> find_stack(lines)
(3, (Frame(function='(*Cart).Pay', file='/src/shop/cart.go', line=12),))

Error reporters write one line for each frame; chi's `Recoverer` and `%+v` of `github.com/pkg/errors` write two:

>>> find_stack(["panic: boom", "    at example.com/shop.(*Cart).Pay (/src/shop/cart.go:12)"])
(1, (Frame(function='example.com/shop.(*Cart).Pay', file='/src/shop/cart.go', line=12),))
>>> find_stack([" panic: boom", " -> main.pay", " ->   /src/main.go:21", "    main.main", "      /src/main.go:9"])[1]
(Frame(function='main.pay', file='/src/main.go', line=21), Frame(function='main.main', file='/src/main.go', line=9))
>>> find_stack(["panic: boom", '  File "cart.go", line 12, in (*Cart).Pay'])  # Sentry's plain text
(1, (Frame(function='(*Cart).Pay', file='cart.go', line=12),))
>>> find_stack(["panic: boom", "shop/cart.go in (*Cart).Pay at line 12"])[1]  # copied from its page
(Frame(function='(*Cart).Pay', file='shop/cart.go', line=12),)
>>> find_stack(["Error: boom", "    at pay (/app/cart.js:3:11)"])
(2, ())
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model.goroutines import Frame

_WITH_COUNTER = re.compile(r"^\s*(\S.*\.(?:go|s)):(\d{1,9}) \(0x[0-9a-f]+\)$")
_FUNCTION_BELOW = re.compile(r"^\s+([^\s:]+): ")
_WHOLE = (
    re.compile(r"^\s*at (?P<function>[^\s]*[^\s(]) ?\((?P<file>\S[^()]*\.(?:go|s)):(?P<line>\d{1,9})\)$"),
    re.compile(r'^\s*File "(?P<file>[^"]+\.(?:go|s))", line (?P<line>\d{1,9}), in (?P<function>\S+)$'),
    re.compile(r"^\s*(?P<file>\S+\.(?:go|s)) in (?P<function>\S+) at line (?P<line>\d{1,9})$"),
)
"""Error reporters in general; Sentry's plain text (the innermost call first, as for all but Python); Sentry's page."""
_FILE_MARKS = (".go:", ".s:", '.go"', '.s"', ".go in ", ".s in ")
_INDENTED = re.compile(r"^(?: ->)?\s+(\S.*\.(?:go|s)):(\d{1,9})$")
_WORD = r"(?:[^\s()/.:=\"]|\[\.\.\.\])+"
_FUNCTION_ABOVE = re.compile(rf"^(?: ->)?\s*((?:[^\s()/]+/)*{_WORD}(?:\.{{1,2}}(?:{_WORD}|\(\*?[^\s()/]+\)))+)$")


def is_place(text: str) -> bool:
    """Tell whether a line names a frame's file as one of these forms does."""
    if not any(mark in text for mark in _FILE_MARKS):
        return False
    return bool(_INDENTED.match(text) or _WITH_COUNTER.match(text) or _whole(text))


def find_stack(lines: Sequence[str]) -> tuple[int, tuple[Frame, ...]]:
    """Return the index of the line that the stack starts at, and its frames; how many lines there are, when there is none."""
    start = len(lines)
    frames: list[Frame] = []
    for index, line in enumerate(lines):
        above = _FUNCTION_ABOVE.match(lines[index - 1]) if index else None
        if whole := _whole(line):
            frames.append(Frame(whole["function"], whole["file"], int(whole["line"])))
        elif place := _WITH_COUNTER.match(line):
            below = _FUNCTION_BELOW.match(lines[index + 1]) if index + 1 < len(lines) else None
            frames.append(Frame(below[1] if below else "", place[1], int(place[2])))
        elif above and (place := _INDENTED.match(line)):
            frames.append(Frame(above[1], place[1], int(place[2])))
            start = min(start, index - 1)
            continue
        else:
            continue
        start = min(start, index)
    return start, tuple(frames)


def _whole(line: str) -> re.Match[str] | None:
    return next(filter(None, (pattern.match(line) for pattern in _WHOLE)), None)
