"""Numbers → charts as inline SVG for our HTML pages: bars, columns over time, lines over time.

They need no script and load nothing. Colours come from the page's style sheet, so that a chart follows light and dark; series
differ in their dashes as well, so that they can be told apart on paper. What a chart shows stands in its alternative text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from markupsafe import Markup

from bot.model.units import format_duration, format_ratio, format_size
from bot.render.phrases import utc
from bot.render.prose import one_line

WIDTH = 960
LINES_AT_MOST = 6
BARS_AT_MOST = 20

_NAME = 250
_VALUE = 150
_LEFT, _RIGHT = 120, WIDTH - 20
_BAR = 16
_GAP = 10
_LEGEND = 22
_PLOT = 180
_COLUMNS_LABELLED = 30
_LETTERS = 34


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its title, what it shows in a sentence, and the picture."""

    title: str
    alt_text: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Row:
    """The bars of one name: a value for each series, None where it is not known; `note` stands behind the last of them."""

    name: str
    values: tuple[float | None, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: its name, and what was measured when, in order of time."""

    name: str
    points: tuple[tuple[datetime, float], ...]


def amount(value: float, unit: str) -> str:
    """Write a number of `bytes`, `seconds` or a `ratio` for people; any other unit is a count.

    >>> amount(41_231, "bytes"), amount(90, "seconds"), amount(0.85, "ratio"), amount(41_231, "goroutines")
    ('41 KB', '1 min 30 s', '85 %', '41,231')
    """
    match unit:
        case "bytes":
            return format_size(value)
        case "seconds":
            return format_duration(value)
        case "ratio":
            return format_ratio(value)
        case _:
            return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"


def scale(highest: float) -> tuple[float, float]:
    """Return an axis' top and its step: about five steps of 1, 2 or 5 times a power of ten.

    >>> scale(412)
    (500.0, 100.0)
    """
    rough = max(highest, 1e-9) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return step * math.ceil(max(highest, 1e-9) / step), step


def bars(rows: Sequence[Row], *, title: str, unit: str, series: Sequence[str] = ()) -> Chart:
    """Return horizontal bars of up to twenty names, in the order given; `series` names the bars of a name that has several."""
    shown = rows[:BARS_AT_MOST]
    each = max(len(series), 1) * _BAR + _GAP
    top = _LEGEND if series else 0
    widest = max((value for row in shown for value in row.values if value), default=0.0) or 1.0
    room = WIDTH - _NAME - _VALUE
    parts: list[Markup] = list(_legend(series)) if series else []
    for index, row in enumerate(shown):
        y = top + index * each
        parts.append(_text(_NAME - 10, y + each / 2, _short(row.name) or "unknown", "name end"))
        for number, value in enumerate(row.values):
            place = y + _GAP / 2 + number * _BAR
            width = round(max(room * max(value or 0.0, 0.0) / widest, 1.0), 1)
            note = row.note if number == len(row.values) - 1 else ""
            said = "not yet" if value is None else f"{amount(value, unit)}{note}"
            label = ": ".join(filter(None, (one_line(row.name), series[number] if series else "", said)))
            if value is not None:
                parts.append(_bar((_NAME, place + 1, width, _BAR - 3), number, label))
            parts.append(_text(_NAME + width + 8, place + _BAR / 2, said, "value"))
    if more := len(rows) - len(shown):
        parts.append(_text(_NAME, top + len(shown) * each + 10, f"{more:,} more, in the table", "value"))
    return _chart(title, _bars_text(rows, title, unit), top + len(shown) * each + (24 if len(rows) > len(shown) else 4), parts)


def columns(counts: Sequence[tuple[str, int]], *, title: str) -> Chart:
    """Return a column for each name, in the order given: a count for each week, say."""
    height, bottom = 170, 140
    highest = max((count for _, count in counts), default=0) or 1
    each = (_RIGHT - 20) / max(len(counts), 1)
    every = max(1, math.ceil(len(counts) * 70 / (_RIGHT - 20)))
    parts = [_line(20, bottom, _RIGHT, bottom, "grid")]
    for index, (name, count) in enumerate(counts):
        x, tall = 20 + index * each, round((bottom - 24) * count / highest, 1)
        if count:
            parts.append(_bar((x + each * 0.12, bottom - tall, each * 0.76, tall), 0, f"{name}: {count}"))
        if count and len(counts) <= _COLUMNS_LABELLED:
            parts.append(_text(x + each / 2, bottom - tall - 9, str(count), "value middle"))
        if index % every == 0:
            parts.append(_text(x + each / 2, bottom + 16, name, "value middle"))
    name, most = max(counts, key=lambda column: column[1], default=("", 0))
    total = sum(count for _, count in counts)
    alt = f"Chart: {title}. {total:,} in all; the most, {most:,}, in {name}." if total else f"Chart: {title}. There were none."
    return _chart(title, alt, height, parts)


def lines(
    series: Sequence[Series],
    *,
    title: str,
    unit: str,
    since: datetime,
    until: datetime,
    zone: tzinfo = UTC,
    bands: Iterable[tuple[float, float, str]] = (),
    highest: float | None = None,
) -> Chart:
    """Return up to six lines over the time between; values below zero are drawn at zero.

    `bands` are stretches of the sheet behind the lines, (from, width, class); `highest` is the axis' top where it is known.
    """
    shown = [one for one in series if one.points][:LINES_AT_MOST]
    top = len(shown) * _LEGEND + 6
    bottom = top + _PLOT
    axis, step = scale(max((value for one in shown for _, value in one.points), default=0.0) if highest is None else highest)
    seconds = max((until - since).total_seconds(), 1.0)

    def place(when: datetime, value: float) -> tuple[float, float]:
        share = min(max((utc(when) - utc(since)).total_seconds() / seconds, 0.0), 1.0)
        return round(_LEFT + (_RIGHT - _LEFT) * share, 1), round(bottom - _PLOT * max(value, 0.0) / axis, 1)

    parts = [
        Markup('<rect class="band {}" x="{}" y="{}" width="{}" height="{}"/>').format(word, x, top, width, _PLOT)
        for x, width, word in bands
    ]
    for number in range(round(axis / step) + 1):
        y = round(bottom - _PLOT * number * step / axis, 1)
        parts += [_line(_LEFT, y, _RIGHT, y, "grid"), _text(_LEFT - 10, y, amount(number * step, unit), "value end")]
    parts += _times(since, until, bottom + 16, zone)
    for index, one in enumerate(shown):
        parts += _drawn(one, [place(when, value) for when, value in one.points], index, unit, zone)
        parts += _key(one, index, unit)
    return _chart(title, _lines_text(shown, title, unit), bottom + 26, parts)


def _chart(title: str, alt_text: str, height: float, parts: Iterable[Markup]) -> Chart:
    sheet = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">\n{}\n</svg>')
    return Chart(title, alt_text, sheet.format(WIDTH, round(height), alt_text, Markup("\n").join(parts)))


def _legend(names: Sequence[str]) -> Iterator[Markup]:
    for index, name in enumerate(names):
        x = _NAME + index * 170
        yield _bar((x, 4, 12, 12), index, name)
        yield _text(x + 18, 10, name, "value")


def _key(one: Series, index: int, unit: str) -> Iterator[Markup]:
    """Yield a line of the legend: how the series is drawn, its name, and what it did."""
    y = index * _LEGEND + 10
    yield Markup('<line class="line series-{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(index, _LEFT, y, _LEFT + 30, y)
    yield _text(_LEFT + 40, y, f"{_short(one.name, 80)}: {_course(one, unit)}", "name")


def _course(one: Series, unit: str) -> str:
    """Say where a series began and ended, and its highest value where that is neither."""
    values = [value for _, value in one.points]
    ends = dict.fromkeys(amount(value, unit) for value in (values[0], values[-1]))
    highest = amount(max(values), unit)
    return " → ".join(ends) + ("" if highest in ends else f", at most {highest}")


def _drawn(one: Series, places: Sequence[tuple[float, float]], index: int, unit: str, zone: tzinfo) -> Iterator[Markup]:
    path = " ".join(f"{x},{y}" for x, y in places)
    if len(places) > 1:
        yield Markup('<polyline class="line series-{}" points="{}"/>').format(index, path)
    if len(places) > _COLUMNS_LABELLED:
        return
    for (x, y), (when, value) in zip(places, one.points, strict=True):
        said = f"{utc(when).astimezone(zone):%Y-%m-%d %H:%M %Z}: {amount(value, unit)}"
        dot = Markup('<circle class="point series-{}" cx="{}" cy="{}" r="4"><title>{}</title></circle>')
        yield dot.format(index, x, y, said)


def _times(since: datetime, until: datetime, y: float, zone: tzinfo) -> Iterator[Markup]:
    """Yield the times of both ends and the middle, with the days where they are not the same."""
    long = (until - since).total_seconds() > 86400  # noqa: PLR2004  # a day
    for share, anchor in ((0.0, ""), (0.5, " middle"), (1.0, " end")):
        moment = utc(since + (until - since) * share).astimezone(zone)
        shown = moment.strftime("%Y-%m-%d %H:%M" if long else "%H:%M") + (moment.strftime(" %Z") if share == 1 else "")
        yield _text(_LEFT + (_RIGHT - _LEFT) * share, y, shown, f"value{anchor}")


def _bar(box: tuple[float, float, float, float], index: int, label: str) -> Markup:
    x, y, width, height = (round(length, 1) for length in box)
    rect = Markup('<rect class="bar series-{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>')
    return rect.format(index, x, y, width, height, label)


def _line(x: float, y: float, to_x: float, to_y: float, word: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(word, x, y, to_x, to_y)


def _text(x: float, y: float, text: str, words: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" dominant-baseline="central">{}</text>').format(
        words, round(x, 1), round(y, 1), text
    )


def _short(text: str, letters: int = _LETTERS) -> str:
    """Cut outside text to the letters that have room."""
    shown = one_line(text)
    return shown if len(shown) <= letters else f"{shown[: letters - 1]}…"


def _bars_text(rows: Sequence[Row], title: str, unit: str) -> str:
    known = [(row.name, row.values[-1]) for row in rows if row.values and row.values[-1] is not None]
    if not known:
        return f"Bar chart: {title}. Nothing was measured."
    name, value = max(known, key=lambda bar: bar[1] or 0.0)
    return f"Bar chart: {title}. The highest of {len(rows):,} is {one_line(name) or 'unknown'} with {amount(value or 0.0, unit)}."


def _lines_text(series: Sequence[Series], title: str, unit: str) -> str:
    if not series:
        return f"Line chart: {title}. Nothing was measured."
    spans = "; ".join(f"{one_line(one.name)}: {_course(one, unit)}" for one in series)
    return f"Line chart: {title}. {spans}."
