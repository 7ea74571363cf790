from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.render.canvas import ACCENT, SERIES
from bot.render.charts import BAR, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, bar_chart, line_chart
from bot.render.svg import Series

START = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)


def series(name: str, *values: float) -> Series:
    return Series(name, tuple((START + timedelta(minutes=5 * index), value) for index, value in enumerate(values)))


def pixels(png: bytes, colour: str) -> list[tuple[int, int]]:
    """Where a colour is painted, or one so near that the palette merged them."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    wanted = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    flat = image.tobytes()
    return [
        (index % image.width, index // image.width)
        for index in range(image.width * image.height)
        if all(abs(flat[3 * index + channel] - wanted[channel]) <= 6 for channel in range(3))
    ]


def test_a_rising_line_rises_from_left_to_right() -> None:
    shown = line_chart([series("total", 0, 500, 1000)], title="Goroutines of checkout", unit="goroutines")
    painted = pixels(shown.png, SERIES[0])
    leftmost, rightmost = min(painted), max(painted)
    assert abs(leftmost[0] - LEFT) <= 6
    assert abs(rightmost[0] - RIGHT) <= 6
    assert abs(leftmost[1] - BOTTOM) <= 6
    assert abs(rightmost[1] - TOP) <= 6


def test_every_line_is_named_beneath_the_chart() -> None:
    six = line_chart([series(f"10.0.3.{number}:6060", 1, number) for number in range(6)], title="x", unit="goroutines")
    one = line_chart([series("10.0.3.1:6060", 1, 2)], title="x", unit="goroutines")
    named = [any(y >= HEIGHT for _, y in pixels(six.png, colour)) for colour in SERIES]
    assert named == [True] * 6
    assert Image.open(io.BytesIO(one.png)).height == HEIGHT


def test_line_alt_text_tells_what_the_lines_do() -> None:
    shown = line_chart([series("total", 812, 41203), series("empty")], title="Goroutines of checkout", unit="goroutines")
    assert shown.alt_text == (
        "Line chart: Goroutines of checkout. total went from 812 to 41,203 between 2026-11-20 14:02 UTC and 2026-11-20 14:07 UTC."
    )


def test_bars_are_as_long_as_their_values() -> None:
    shown = bar_chart([("a", 100), ("b", 50), ("c", 0)], title="Heap", unit="bytes")
    rows = [[x for x, y in pixels(shown.png, ACCENT) if y == TOP + index * BAR + BAR // 2] for index in range(3)]
    widths = [len(row) for row in rows]
    assert abs(widths[0] - 2 * widths[1]) <= 4
    assert widths[2] <= 2


def test_bar_alt_text_names_the_highest() -> None:
    shown = bar_chart([("cache.Put", 41e6), ("pool.fetch", 412e6)], title="Heap in use by site", unit="bytes")
    assert shown.alt_text == "Bar chart: Heap in use by site. The highest of 2 is pool.fetch with 412 MB."


def test_nothing_measured() -> None:
    assert line_chart([], title="x", unit="y").alt_text == "Line chart: x. Nothing was measured."
    assert bar_chart([], title="x", unit="y").alt_text == "Bar chart: x. Nothing was measured."


@pytest.mark.parametrize("values", [(0,), (0, 0), (5,), (1e-12, 1e-9), (1e15, 3e15), (-5, 5)])
def test_any_range_can_be_drawn(values: tuple[float, ...]) -> None:
    assert line_chart([series("x", *values)], title="x", unit="bytes").png
    assert bar_chart([("x", value) for value in values], title="x", unit="seconds").png


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1e12), max_size=30), st.text(max_size=200))
def test_any_numbers_and_names_stay_small(values: list[float], name: str) -> None:
    assert len(line_chart([series(name, *values)] * 9, title=name, unit=name).png) < 300_000
    assert len(bar_chart([(name, value) for value in values], title=name, unit=name).png) < 300_000
