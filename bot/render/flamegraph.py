"""Stacks with weights → a flame graph as PNG, in icicle layout: the outermost function on top, callees below it.

Width is weight: goroutines, or bytes. Siblings stand widest first, so the eye finds the culprit on the left; it has a colour of
its own. What has no room for a name is drawn as one stretch called `other`; of stacks that are too deep the middle is left out.
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
from bot.render.canvas import ACCENT, FAINT_INK, GRID, INK, MARGIN, PAPER, TEXT, WIDTH, canvas, fitting, png, write
from bot.render.phrases import count_text
from bot.render.prose import one_line

ROW = 36
TOP = 128
DEEPEST = 16
NARROWEST = 40.0
"""Pixels: what is narrower has no room for the start of a name."""
OUTER_KEPT, INNER_KEPT = 2, 4
"""Of a long chain of calls without a branch: its ends, which say where it starts and where it stands."""
PALETTE = ("#fde0c8", "#fbd3b0", "#fcc89b", "#f9bd8c", "#fbd9a0", "#f8cf86", "#f6c1a0", "#fadfb0")

Stack = tuple[tuple[str, ...], int]
"""Function names, innermost first, and the weight."""


@dataclass(slots=True)
class _Node:
    """One function under its caller, with the weight of all stacks through it.

    Attributes:
        leads: it leads to the culprit, or is it.
        callees: what it called, by name.
        others: how many callees were too narrow to be kept, and their weight.
    """

    name: str
    weight: int = 0
    leads: bool = False
    callees: dict[str, _Node] = field(default_factory=dict)
    others: tuple[int, int] = (0, 0)


def flame_graph(stacks: Iterable[Stack], *, title: str, unit: str, culprit: str = "") -> Figure:
    """Return the flame graph of weighted stacks.

    Args:
        stacks: innermost function first; stacks of no weight are left out.
        title: what people read above it.
        unit: `goroutines`, or `bytes`, which are written as KB and MB.
        culprit: the function to blame: it is named above the graph and never folded away; empty when there is none.
    """
    kept = [(stack, weight) for stack, weight in stacks if weight > 0 and stack]
    root = _tree(kept, culprit)
    _prune(root)
    if _depth(root) > DEEPEST:
        root = _folded(root, culprit)
    rows = min(_depth(root), DEEPEST)
    deeper = ", the deepest calls are cut off" if _depth(root) > DEEPEST else ""
    subtitle = f"{_amount(root.weight, unit)} in {count_text(len(kept), 'stack')}{deeper}"
    image, draw = canvas(TOP + max(rows, 1) * ROW + MARGIN, title, subtitle)
    _caption(draw, culprit, sum(weight for stack, weight in kept if culprit in stack), total=root.weight, unit=unit)
    if not kept:
        write(draw, (MARGIN, TOP), "nothing to show", size=TEXT, room=WIDTH - 2 * MARGIN, colour=FAINT_INK)
    _draw(draw, root, unit, culprit)
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


def _tree(stacks: Iterable[Stack], culprit: str) -> _Node:
    root = _Node("all")
    for stack, weight in stacks:
        root.weight += weight
        node, leads = root, culprit in stack
        for name in reversed(stack):
            node = node.callees.setdefault(name, _Node(name))
            node.weight += weight
            node.leads |= leads
            leads = leads and name != culprit
    return root


def _scale(root: _Node) -> float:
    """Return how many pixels wide one unit of weight is."""
    return (WIDTH - 2 * MARGIN) / max(root.weight, 1)


def _prune(root: _Node) -> None:
    """Take out of the tree what is too narrow to be named, unless it leads to the culprit."""
    level = [root]
    while level:
        for node in level:
            narrow = [one for one in node.callees.values() if one.weight * _scale(root) < NARROWEST and not one.leads]
            for one in narrow:
                del node.callees[one.name]
            node.others = (len(narrow), sum(one.weight for one in narrow))
        level = [callee for node in level for callee in node.callees.values()]


def _folded(root: _Node, culprit: str) -> _Node:
    """Return the tree with the middle of long chains without a branch as one frame, `… 12 calls`; the culprit stays."""
    whole = _Node(root.name, root.weight, others=root.others)
    open_ = [(root, whole)]
    while open_:
        node, copy = open_.pop()
        for callee in node.callees.values():
            chain = [callee]
            while [below.weight for below in chain[-1].callees.values()] == [callee.weight]:
                chain += chain[-1].callees.values()
            end = copy
            for name in _ends([link.name for link in chain], culprit):
                end = end.callees.setdefault(name, _Node(name, callee.weight, callee.leads))
            end.others = chain[-1].others
            open_.append((chain[-1], end))
    return whole


def _ends(names: Sequence[str], culprit: str) -> Iterator[str]:
    """Yield the first and last names of a chain, the culprit's, and how many calls are left out between them.

    >>> list(_ends(["a", "b", "c", "d", "e", "f", "g", "h", "i"], "e"))
    ['a', 'b', '… 2 calls', 'e', 'f', 'g', 'h', 'i']
    """
    left_out = 0
    for number, name in enumerate(names):
        if OUTER_KEPT <= number < len(names) - INNER_KEPT and name != culprit:
            left_out += 1
            continue
        if left_out:
            yield f"… {count_text(left_out, 'call')}"
            left_out = 0
        yield name


def _depth(root: _Node) -> int:
    """How many rows the tree needs, its root not counted; stacks may be deeper than Python recurses."""
    depth, level = 0, list(root.callees.values())
    while level:
        depth += 1
        level = [callee for node in level for callee in node.callees.values()]
    return depth


def _caption(draw: ImageDraw.ImageDraw, culprit: str, weight: int, *, total: int, unit: str) -> None:
    """Name the culprit behind its colour, with its share; without one, say how the picture is read."""
    if not weight:
        write(draw, (MARGIN, 88), "width is the share, callees below", size=TEXT, room=WIDTH - 2 * MARGIN, colour=FAINT_INK)
        return
    draw.rectangle((MARGIN, 93, MARGIN + 18, 111), fill=ACCENT)
    text = f"{weight / total:.0%} · {_amount(weight, unit)} in {short(culprit)}"
    write(draw, (MARGIN + 28, 88), text, size=TEXT, room=WIDTH - 2 * MARGIN - 28)


def _draw(draw: ImageDraw.ImageDraw, root: _Node, unit: str, culprit: str) -> None:
    """Draw the tree level by level; what was too narrow to be kept is one grey stretch."""
    scale = _scale(root)
    level = [(root, float(MARGIN))]
    for row in range(DEEPEST):
        below = []
        for parent, left in level:
            x = left
            for node in sorted(parent.callees.values(), key=lambda callee: (-callee.weight, callee.name)):
                width = node.weight * scale
                blamed = node.name == culprit
                _box(draw, x, row, width, ACCENT if blamed else PALETTE[zlib.crc32(_encoded(node)) % len(PALETTE)])
                _label(draw, (x, row), _texts(node, root.weight, unit), width=width, colour=PAPER if blamed else INK)
                below.append((node, x))
                x += width
            count, weight = parent.others
            if count:
                _box(draw, x, row, weight * scale, GRID)
                _label(draw, (x, row), (f"other {count:,}", f"+{count:,}"), width=weight * scale, colour=FAINT_INK)
        level = below


def _texts(node: _Node, total: int, unit: str) -> tuple[str, ...]:
    """Return what a box may say, best first: the function with its weight and share, or alone, without its package in the end."""
    name = short(node.name)
    amount = format_size(node.weight) if unit == "bytes" else f"{node.weight:,}"
    return f"{name}   {amount} · {node.weight / total:.0%}", name, name.split(".", 1)[-1]


def _label(draw: ImageDraw.ImageDraw, at: tuple[float, int], texts: Sequence[str], *, width: float, colour: str) -> None:
    """Write into a box the first text that fits, or the start of the last."""
    x, row = at
    room = width - 12
    whole = (text for text in texts if fitting(draw, text, TEXT, room) == text)
    write(draw, (x + 6, TOP + row * ROW + 5), next(whole, texts[-1]), size=TEXT, room=room, colour=colour)


def _encoded(node: _Node) -> bytes:
    return node.name.encode("utf-8", "replace")


def _box(draw: ImageDraw.ImageDraw, x: float, row: int, width: float, colour: str) -> None:
    y = TOP + row * ROW
    draw.rectangle((x, y, max(x + width - 1, x), y + ROW - 2), fill=colour, outline=PAPER)


def _amount(weight: int, unit: str) -> str:
    return format_size(weight) if unit == "bytes" else count_text(weight, unit.removesuffix("s"))
