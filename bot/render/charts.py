"""Numbers over time → a line chart; numbers by name → a bar chart. Both PNG, with the finding as alternative text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from PIL import ImageDraw

from bot.model.message import Figure
from bot.render.canvas import ACCENT, FAINT_INK, GRID, INK, MARGIN, SERIES, TEXT, WIDTH, canvas, fitting, font, png, write
from bot.render.phrases import utc, utc_text
from bot.render.prose import one_line
from bot.render.svg import Series, amount, scale

HEIGHT = 500
LEFT, RIGHT, TOP, BOTTOM = 124, WIDTH - 24, 108, HEIGHT - 52
LINES_AT_MOST = len(SERIES)
BARS_AT_MOST = 20
BAR = 38
BAR_NAME = 420
AMOUNT_ROOM = 120
LEGEND_ROW = 34
LEGEND_COLUMNS = 2


def line_chart(series: Sequence[Series], *, title: str, unit: str) -> Figure:
    """Return a line chart of up to six series; `unit` is a word such as `goroutines`, or `bytes`, written as KB and MB."""
    shown = [one for one in series if one.points][:LINES_AT_MOST]
    image, draw = canvas(HEIGHT + _legend_rows(shown) * LEGEND_ROW, title, unit if unit != "bytes" else "")
    points = [point for one in shown for point in one.points]
    if points:
        first, last = min(when for when, _ in points), max(when for when, _ in points)
        top, step = scale(max(value for _, value in points))
        seconds = max((last - first).total_seconds(), 1.0)

        def place(when: datetime, value: float) -> tuple[float, float]:
            x = LEFT + (RIGHT - LEFT) * (when - first).total_seconds() / seconds
            return x, BOTTOM - (BOTTOM - TOP) * max(value, 0.0) / top

        _grid(draw, top, step, unit)
        _times(draw, first, last)
        for index, one in enumerate(shown):
            _line(draw, [place(when, value) for when, value in one.points], SERIES[index])
        _legend(draw, shown)
    return Figure(title=title, alt_text=_line_alt_text(shown, title, unit), png=png(image))


def bar_chart(bars: Sequence[tuple[str, float]], *, title: str, unit: str) -> Figure:
    """Return a chart of up to twenty bars, in the order given."""
    shown = bars[:BARS_AT_MOST]
    more = f", {len(bars) - len(shown):,} more not shown" if len(bars) > len(shown) else ""
    image, draw = canvas(TOP + max(len(shown), 1) * BAR + MARGIN, title, f"{unit}{more}".removeprefix("bytes").lstrip(", "))
    widest = max((value for _, value in shown), default=0.0) or 1.0
    room = RIGHT - BAR_NAME - AMOUNT_ROOM
    for index, (name, value) in enumerate(shown):
        y = TOP + index * BAR
        label = fitting(draw, one_line(name), TEXT, BAR_NAME - MARGIN - 12)
        draw.text((BAR_NAME - 8, y + 4), label, fill=INK, font=font(TEXT), anchor="ra")
        width = max(room * max(value, 0.0) / widest, 1.0)
        draw.rectangle((BAR_NAME, y + 2, BAR_NAME + width, y + BAR - 8), fill=ACCENT)
        write(draw, (BAR_NAME + width + 8, y + 4), amount(value, unit), size=TEXT, room=AMOUNT_ROOM, colour=FAINT_INK)
    return Figure(title=title, alt_text=_bar_alt_text(bars, title, unit), png=png(image))


def _grid(draw: ImageDraw.ImageDraw, top: float, step: float, unit: str) -> None:
    for number in range(round(top / step) + 1):
        y = BOTTOM - (BOTTOM - TOP) * number * step / top
        draw.line((LEFT, y, RIGHT, y), fill=GRID)
        draw.text((LEFT - 10, y), amount(number * step, unit), fill=FAINT_INK, font=font(TEXT), anchor="rm")


def _times(draw: ImageDraw.ImageDraw, first: datetime, last: datetime) -> None:
    """Write the times of both ends and the middle, UTC; the days too when the chart spans more than one."""
    several = utc(first).date() != utc(last).date()
    for share, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        moment = utc(first + (last - first) * share)
        text = moment.strftime("%Y-%m-%d %H:%M" if several else "%H:%M:%S") + (" UTC" if share == 1 else "")
        draw.text((LEFT + (RIGHT - LEFT) * share, BOTTOM + 10), text, fill=FAINT_INK, font=font(TEXT), anchor=anchor)


def _line(draw: ImageDraw.ImageDraw, places: Sequence[tuple[float, float]], colour: str) -> None:
    draw.line(list(places), fill=colour, width=4, joint="curve")
    marked = places if len(places) <= 60 else places[-1:]  # noqa: PLR2004 - more dots would hide the line
    for x, y in marked:
        draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour)


def _legend(draw: ImageDraw.ImageDraw, series: Sequence[Series]) -> None:
    """Write the names beneath the chart, each behind its colour."""
    if not _legend_rows(series):
        return
    room = (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS
    for index, one in enumerate(series):
        row, column = divmod(index, LEGEND_COLUMNS)
        x, y = MARGIN + room * column, HEIGHT + row * LEGEND_ROW
        draw.rectangle((x, y + 5, x + 18, y + 23), fill=SERIES[index])
        write(draw, (x + 28, y), one.name, size=TEXT, room=room - 40)


def _legend_rows(series: Sequence[Series]) -> int:
    """How many rows the names take: a single line needs none, the title names it."""
    return math.ceil(len(series) / LEGEND_COLUMNS) if len(series) > 1 else 0


def _line_alt_text(series: Sequence[Series], title: str, unit: str) -> str:
    """Say what the lines do: `Goroutines of checkout. total went from 812 to 41,203 between … and ….`."""
    if not series:
        return f"Line chart: {one_line(title)}. Nothing was measured."
    spans = ", ".join(
        f"{one_line(one.name)} went from {amount(one.points[0][1], unit)} to {amount(one.points[-1][1], unit)}" for one in series
    )
    first = min(one.points[0][0] for one in series)
    last = max(one.points[-1][0] for one in series)
    return f"Line chart: {one_line(title)}. {spans} between {utc_text(first)} and {utc_text(last)}."


def _bar_alt_text(bars: Sequence[tuple[str, float]], title: str, unit: str) -> str:
    if not bars:
        return f"Bar chart: {one_line(title)}. Nothing was measured."

    name, value = max(bars, key=lambda bar: bar[1])
    return f"Bar chart: {one_line(title)}. The highest of {len(bars):,} is {one_line(name)} with {amount(value, unit)}."
