"""The one place that counts: Slack's limits, and cutting on borders that leave valid mrkdwn, saying what was cut.

Lengths are counted in UTF-16 units, as Slack's own clients do, which is never less than characters. A whole message is
measured as the JSON it is sent as: Slack's `msg_blocks_too_long`, near 13,200, is undocumented, so everything sent counts
(https://github.com/slackapi/bolt-js/issues/2509).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.model.message import Block
from bot.render.prose import one_line, printable
from bot.render.slack.escape import escape, fence_line

MAX_BLOCKS = 44
MAX_MESSAGE = 11_800
MAX_SECTION = 2_900
MAX_CONTEXT = 1_900
MAX_TEXT = 1_500
MAX_LINE = 700
MAX_LABEL = 75
MAX_CONFIRM = 300
MAX_VIEW_BLOCKS = 100
MAX_TITLE = 24
MAX_METADATA = 3_000
MAX_INPUT = 2_000
MAX_OPTIONS = 100

NOTE_SIZE = 300
FENCE = "```"
FRAME_LINES = 2
"""Of one frame as Go prints it: the function, and beneath it the file."""

_ATOMS = re.compile(r"&(?:amp|lt|gt);|<[^<>\n]*>|.", re.DOTALL)
_CHARACTERS = re.compile(".", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fenced:
    """A code fence, and how many lines were left out of it."""

    text: str
    dropped: int


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of mrkdwn, and what separates it from the one before; an empty `before` marks a heading: it begins a new text."""

    text: str
    before: str = "\n"


def length(text: str) -> int:
    """How long Slack takes a text to be."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, limit: int) -> str:
    """Return mrkdwn (without fences) no longer than `limit`, ending in `…` when something was cut.

    An entity or a link is kept whole or not at all; inline code that is cut is closed.
    """
    if length(text) <= limit:
        return text
    kept = _start(text, limit - 2).rstrip()  # room for the ellipsis and a closing backtick
    if kept.count("`") % 2:
        kept = kept[:-1].rstrip() if kept.endswith("`") else f"{kept}`"
    return f"{kept}…"


def clip_plain(text: str, limit: int) -> str:
    """Return plain text (no markup, nothing to escape) no longer than `limit`, ending in `…` when something was cut."""
    return text if length(text) <= limit else _start(text, limit - 1, _CHARACTERS).rstrip() + "…"


def sentence(text: str) -> str:
    """Return outside text as a message's `text`: one escaped line that ends like a sentence."""
    line = clip(escape(one_line(text)).replace("`", "'"), MAX_TEXT)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def fence(text: str, *, lines: int, limit: int = MAX_SECTION, frame: tuple[str, str] | None = None) -> Fenced:
    """Return the first lines of outside text in a code fence no longer than `limit`, markers included; no text gives no fence.

    A `frame` (function and `file:line`) that stands further down in the text is shown all the same, behind a line with `…`.
    """
    given = printable(text).strip("\n").splitlines()
    room = limit - len(f"{FENCE}\n{FENCE}")
    head, tail = given[:lines], given[:0]
    at = _frame_at(given, *frame) if frame else None
    if at is not None and at + FRAME_LINES > lines > FRAME_LINES:
        head, tail = given[: lines - FRAME_LINES - 1], given[at : at + FRAME_LINES]
    below = [_fenced(line, limit) for line in tail]
    room -= sum(length(line) + 1 for line in ["…", *below]) if below else 0
    shown: list[str] = []
    for line in head:
        kept = _fenced(line, limit)
        room -= length(kept) + 1
        if room < 0:
            break
        shown.append(kept)
    dropped = len(given) - len(shown) - len(below)
    while shown and not shown[-1]:
        shown.pop()
    shown += ["…", *below] if below else []
    return Fenced("\n".join([FENCE, *shown, FENCE]) if shown else "", dropped)


def _fenced(line: str, limit: int) -> str:
    """Return one line as it may stand in a fence of that limit, of which it leaves the larger part to others."""
    escaped = fence_line(line.rstrip())
    most = min(MAX_LINE, limit // 3)
    return escaped if length(escaped) <= most else _start(escaped, most - 1) + "…"


def _frame_at(given: Sequence[str], function: str, place: str) -> int | None:
    """Return the line where a frame stands: its function, and its place there or beneath; else where its function does."""
    named = [number for number, line in enumerate(given) if function in line]
    exact = (number for number in named if any(place in line for line in given[number : number + FRAME_LINES]))
    return next(exact, named[0] if named else None)


def joined(lines: Sequence[str], limit: int, *, rest: str) -> str:
    """Return the first lines of mrkdwn that fit, each within a line's limit; the last says how many more there are, and where."""
    room = limit - length(_more(len(lines), rest)) - 1
    shown: list[str] = []
    for line in lines:
        kept = clip(line, MAX_LINE)
        room -= length(kept) + 1
        if room < 0:
            return "\n".join([*shown, _more(len(lines) - len(shown), rest)])
        shown.append(kept)
    return "\n".join(shown)


def packed(parts: Iterable[Part], limit: int) -> tuple[str, ...]:
    """Put parts (each within `limit`) together, in order, into as few texts within `limit` as their borders allow."""
    texts: list[str] = []
    heading = False
    for part in parts:
        if not part.text:
            continue
        before = "\n" if heading else part.before
        if texts and before and length(texts[-1]) + length(before) + length(part.text) <= limit:
            texts[-1] += before + part.text
        else:
            texts.append(part.text)
        heading = not part.before
    return tuple(texts)


def measure(blocks: Iterable[Block]) -> int:
    """How much of a message's budget blocks take."""
    return sum(length(json.dumps(block, ensure_ascii=False)) + 1 for block in blocks)


def fitting_view(body: Sequence[Block]) -> int:
    """How many of the first blocks fit into one modal or Home tab together with a note of what was left out."""
    return len(body) if len(body) <= MAX_VIEW_BLOCKS else MAX_VIEW_BLOCKS - 1


def fitting(body: Sequence[Block], tail: Sequence[Block] = ()) -> int:
    """How many of the first `body` blocks fit into one message together with the whole `tail` and a note of what was left out."""
    room = MAX_MESSAGE - NOTE_SIZE - measure(tail)
    most = max(0, MAX_BLOCKS - 1 - len(tail))
    for count, block in enumerate(body[:most]):
        room -= measure([block])
        if room < 0:
            return count
    return min(len(body), most)


def _start(text: str, limit: int, atoms: re.Pattern[str] = _ATOMS) -> str:
    """Return as many whole atoms from the start of a text as fit."""
    end = 0
    for atom in atoms.finditer(text):
        limit -= length(atom.group())
        if limit < 0:
            break
        end = atom.end()
    return text[:end]


def _more(count: int, rest: str) -> str:
    return f"… {count:,} more {rest}"
