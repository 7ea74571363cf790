"""Stacks with weights → a flame graph as PNG, in icicle layout: the outermost function on top, callees below it.

Width is weight: goroutines, or bytes. Siblings stand widest first, so the eye finds the culprit on the left.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from PIL import ImageDraw

from bot.model.goroutines import GoroutineGroup
from bot.model.message import Figure
from bot.model.profiles import Profile
from bot.model.units import format_size
from bot.render.canvas import FAINT_INK, GRID, MARGIN, PAPER, WIDTH, canvas, fitting, png, write
from bot.render.phrases import count_text
from bot.render.prose import one_line

ROW = 24
TOP = 72
DEEPEST = 40
NARROWEST = 3.0
PALETTE = ("#fde0c8", "#fbd3b0", "#fcc89b", "#f9bd8c", "#fbd9a0", "#f8cf86", "#f6c1a0", "#fadfb0")

Stack = tuple[tuple[str, ...], int]
"""Function names, innermost first, and the weight."""


@dataclass(slots=True)
class _Node:
    """One function under its caller, with the weight of all stacks through it."""

    name: str
    weight: int = 0
    callees: dict[str, _Node] = field(default_factory=dict)


def flame_graph(stacks: Iterable[Stack], *, title: str, unit: str) -> Figure:
    """Return the flame graph of weighted stacks.

    Args:
        stacks: innermost function first; stacks of no weight are left out.
        title: what people read above it.
        unit: `goroutines`, or `bytes`, which are written as KB and MB.
    """
    kept = [(stack, weight) for stack, weight in stacks if weight > 0 and stack]
    root = _tree(kept)
    rows = min(_depth(root), DEEPEST)
    deeper = ", the deepest calls are cut off" if _depth(root) > DEEPEST else ""
    subtitle = f"{_amount(root.weight, unit)} in {count_text(len(kept), 'stack')}; width is the share, callees below{deeper}"
    image, draw = canvas(TOP + max(rows, 1) * ROW + MARGIN, title, subtitle)
    if not kept:
        write(draw, (MARGIN, TOP), "nothing to show", size=14, room=WIDTH - 2 * MARGIN, colour=FAINT_INK)
    _draw(draw, root, unit)
    return Figure(title=title, alt_text=alt_text(kept, title=title, unit=unit), png=png(image))


def alt_text(stacks: Sequence[Stack], *, title: str, unit: str) -> str:
    """Return what the picture shows, in a sentence: the widest stack, its share, and where it comes from."""
    total = sum(weight for _, weight in stacks)
    if not total:
        return f"Flame graph: {one_line(title)}. Nothing to show."
    stack, weight = max(stacks, key=lambda entry: entry[1])
    whole = _amount(total, unit)
    where = f"in {short(stack[0])}, called from {short(stack[-1])}" if len(stack) > 1 else f"in {short(stack[0])}"
    return f"Flame graph: {one_line(title)}. {_amount(weight, unit)} of {whole} ({weight / total:.0%}) stand {where}."


def goroutine_stacks(groups: Iterable[GoroutineGroup]) -> Iterator[Stack]:
    """Yield the stacks of goroutine groups, the wait state as the innermost frame."""
    for group in groups:
        state = (f"[{group.state}]",) if group.state else ()
        yield (*state, *(frame.function for frame in group.stack)), group.count


def profile_stacks(profile: Profile, value_type: str) -> Iterator[Stack]:
    """Yield the stacks of a profile with one of its values, such as `inuse_space`; nothing when it does not carry that one."""
    index = profile.value_index(value_type)
    if index is not None:
        for sample in profile.samples:
            yield tuple(frame.function for frame in sample.stack), sample.values[index]


def short(function: str) -> str:
    """Return a function without the directories of its package: `shop.(*Pool).fetch`."""
    return one_line(function).rsplit("/", 1)[-1]


def _tree(stacks: Iterable[Stack]) -> _Node:
    root = _Node("all")
    for stack, weight in stacks:
        root.weight += weight
        node = root
        for name in reversed(stack):
            node = node.callees.setdefault(name, _Node(name))
            node.weight += weight
    return root


def _depth(root: _Node) -> int:
    """How many rows the tree needs, its root not counted; stacks may be deeper than Python recurses."""
    depth, level = 0, list(root.callees.values())
    while level:
        depth += 1
        level = [callee for node in level for callee in node.callees.values()]
    return depth


def _draw(draw: ImageDraw.ImageDraw, root: _Node, unit: str) -> None:
    """Draw the tree level by level; what is too narrow to see is drawn as one grey stretch."""
    scale = (WIDTH - 2 * MARGIN) / max(root.weight, 1)
    level = [(root, float(MARGIN))]
    for row in range(DEEPEST):
        below = []
        for parent, left in level:
            x = left
            for node in sorted(parent.callees.values(), key=lambda callee: (-callee.weight, callee.name)):
                width = node.weight * scale
                if width < NARROWEST:
                    rest = left + parent.weight * scale
                    _box(draw, x, row, min(rest - x, _narrow(parent, scale)), GRID)
                    break
                _box(draw, x, row, width, PALETTE[zlib.crc32(node.name.encode("utf-8", "replace")) % len(PALETTE)])
                _label(draw, (x + 5, TOP + row * ROW + 4), node, total=root.weight, unit=unit, room=width - 10)
                below.append((node, x))
                x += width
        level = below


def _label(draw: ImageDraw.ImageDraw, at: tuple[float, float], node: _Node, *, total: int, unit: str, room: float) -> None:
    """Write the function's name, and its weight and share behind it where both have room."""
    name = short(node.name)
    amount = format_size(node.weight) if unit == "bytes" else f"{node.weight:,}"
    full = f"{name}   {amount} · {node.weight / total:.0%}"
    write(draw, at, full if fitting(draw, full, 13, room) == full else name, size=13, room=room)


def _narrow(parent: _Node, scale: float) -> float:
    """How wide all callees are together that are too narrow to be drawn one by one."""
    return sum(width for node in parent.callees.values() if (width := node.weight * scale) < NARROWEST)


def _box(draw: ImageDraw.ImageDraw, x: float, row: int, width: float, colour: str) -> None:
    y = TOP + row * ROW
    draw.rectangle((x, y, max(x + width - 1, x), y + ROW - 2), fill=colour, outline=PAPER)


def _amount(weight: int, unit: str) -> str:
    return format_size(weight) if unit == "bytes" else count_text(weight, unit.removesuffix("s"))
