"""Rows of facts → tables of plain text, as they stand in a code fence; and all goroutine groups with their stacks, as a file.

>>> print(table(("count", "state"), [("412", "chan send"), ("8", "select")], right=1))
count  state
  412  chan send
    8  select
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.model.facts import AllocationGrowthRow, GoroutineGroupRow, GoroutineGrowthRow
from bot.model.units import format_duration, format_size
from bot.render.flamegraph import short
from bot.render.phrases import count_text
from bot.render.prose import one_line

# Slack's thread pane holds about fifty characters of a fence, a telephone fewer.
WIDEST = 32
GROUPS_IN_FILE = 1_000


def group_table(rows: Sequence[GoroutineGroupRow]) -> str:
    """Return groups of goroutines: how many, in which state, for how long, on account of which function."""
    return table(
        ("count", "state", "for", "culprit"),
        [(f"{row.count:,}", row.state or "", _minutes(row.wait_minutes), short(row.function)) for row in rows],
        right=1,
    )


def growth_table(rows: Sequence[GoroutineGrowthRow]) -> str:
    """Return groups of goroutines that grew: by how many, to how many, how fast, on account of which function."""
    return table(
        ("more", "now", "a minute", "state", "culprit"),
        [
            (f"{row.count_change:+,}", f"{row.count:,}", _rate(row.per_minute), row.state or "", short(row.function))
            for row in rows
        ],
        right=3,
    )


def allocation_table(rows: Sequence[AllocationGrowthRow]) -> str:
    """Return places whose memory grew: by how much, to how much, how fast, and how long the limit is away."""
    return table(
        ("more", "now", "a minute", "to the limit", "allocated in"),
        [
            (
                f"+{format_size(row.inuse_bytes_change)}",
                format_size(row.inuse_bytes),
                format_size(row.bytes_per_second * 60) if row.bytes_per_second is not None else "",
                format_duration(row.seconds_to_limit) if row.seconds_to_limit is not None else "",
                short(row.function),
            )
            for row in rows
        ],
        right=4,
    )


def groups_text(rows: Sequence[GoroutineGroupRow]) -> str:
    """Return every group with its stack, innermost function first."""
    parts = ["\n".join(_stack(row)) for row in rows[:GROUPS_IN_FILE]]
    rest = len(rows) - GROUPS_IN_FILE
    return "\n\n".join([*parts, *([f"{rest:,} groups more, all smaller"] if rest > 0 else [])])


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: int) -> str:
    """Return columns of text, the first `right` of them flush right; columns that are empty in every row are left out."""
    if not rows:
        return ""
    cells = [[_cut(one_line(cell)) for cell in row] for row in (header, *rows)]
    kept = [index for index in range(len(header)) if any(row[index] for row in cells[1:])]
    widths = {index: max(len(row[index]) for row in cells) for index in kept}
    lines = (
        "  ".join(row[index].rjust(widths[index]) if index < right else row[index].ljust(widths[index]) for index in kept)
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def _stack(row: GoroutineGroupRow) -> Iterator[str]:
    yield f"{count_text(row.count, 'goroutine')} [{_state(row)}] {row.target}".rstrip()
    yield from (f"    {one_line(name)}" for name in row.stack)
    if row.created_by:
        yield f"    created by {one_line(row.created_by)}"


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _minutes(minutes: float | None) -> str:
    return format_duration(minutes * 60) if minutes else ""


def _rate(per_minute: float | None) -> str:
    return f"{per_minute:+,.0f}" if per_minute is not None else ""


def _state(row: GoroutineGroupRow) -> str:
    waited = _minutes(row.wait_minutes)
    return ", ".join(filter(None, (row.state or "unknown state", waited)))
