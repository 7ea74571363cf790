from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from bot.render.svg import BARS_AT_MOST, LINES_AT_MOST, WIDTH, Chart, Row, Series, amount, bars, columns, lines, scale

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NUMBERS = st.floats(-1e12, 1e15)


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)  # noqa: S314  # our own


def rects(chart: Chart) -> list[dict[str, float]]:
    return [{name: float(rect.get(name, "")) for name in ("x", "y", "width", "height")} for rect in drawn(chart).iter("rect")]


def texts(chart: Chart) -> list[str]:
    return [text.text or "" for text in drawn(chart).iter("text")]


def test_bars_are_as_long_as_their_values() -> None:
    chart = bars([Row("checkout", (8,), ", 1 open"), Row("mail", (2,)), Row("", (0,))], title="Incidents", unit="incidents")
    widths = [rect["width"] for rect in rects(chart)]
    assert widths[0] == 4 * widths[1]
    assert widths[2] == 1
    assert texts(chart) == ["checkout", "8, 1 open", "mail", "2", "unknown", "0"]


def test_what_is_not_known_has_no_bar() -> None:
    chart = bars([Row("checkout", (60.0, None))], title="Times", unit="seconds", series=("mitigated", "resolved"))
    assert len(rects(chart)) == 1 + 2  # the legend's
    assert texts(chart)[-2:] == ["1 min", "not yet"]


def test_no_more_bars_and_lines_than_can_be_read() -> None:
    chart = bars([Row(str(number), (1,)) for number in range(30)], title="Many", unit="x")
    assert len(rects(chart)) == BARS_AT_MOST
    assert texts(chart)[-1] == "10 more, in the table"
    many = [Series(str(number), ((START, 1.0), (START + HOUR, 2.0))) for number in range(9)]
    shown = drawn(lines(many, title="Many", unit="x", since=START, until=START + HOUR))
    assert len(list(shown.iter("polyline"))) == LINES_AT_MOST


def test_a_line_runs_over_the_time_between_and_says_what_it_did() -> None:
    series = Series("stuck.count", ((START, 100.0), (START + HOUR, 500.0), (START + 2 * HOUR, 250.0)))
    chart = lines([series], title="Stuck", unit="count", since=START, until=START + 4 * HOUR, bands=[(120, 50, "identified")])
    (line,) = drawn(chart).iter("polyline")
    places = [tuple(map(float, point.split(","))) for point in (line.get("points") or "").split()]
    assert [x for x, _ in places] == [120, 325, 530]
    assert places[1][1] < places[2][1] < places[0][1]
    assert chart.alt_text == "Line chart: Stuck. stuck.count: 100 → 250, at most 500."
    assert next(title.text for title in drawn(chart).iter("title")) == "2026-11-20 14:00 UTC: 100"


def test_one_measure_is_a_dot() -> None:
    chart = lines([Series("heap", ((START, 41_000_000.0),))], title="Heap", unit="bytes", since=START, until=START + HOUR)
    assert not list(drawn(chart).iter("polyline"))
    assert "heap: 41 MB" in texts(chart)


def test_weeks_are_columns() -> None:
    chart = columns([("11-09", 4), ("11-16", 0), ("11-23", 2)], title="Weeks")
    tall = [rect["height"] for rect in rects(chart)]
    assert tall[0] == 2 * tall[1]
    assert len(tall) == 2


@given(st.lists(st.tuples(st.text(max_size=60), st.lists(st.none() | NUMBERS, min_size=3, max_size=3)), max_size=25))
def test_any_bars_stay_on_the_sheet(rows: list[tuple[str, list[float | None]]]) -> None:
    chart = bars([Row(name, tuple(values)) for name, values in rows], title="Any", unit="count", series=("a", "b", "c"))
    assert all(rect["x"] >= 0 and rect["x"] + rect["width"] <= WIDTH for rect in rects(chart))


@given(st.lists(st.tuples(st.integers(-500, 500), NUMBERS), max_size=40), st.sampled_from(["bytes", "seconds", "ratio", "count"]))
def test_any_lines_stay_on_the_sheet(points: list[tuple[int, float]], unit: str) -> None:
    series = Series("any", tuple((START + number * HOUR, value) for number, value in sorted(points)))
    chart = lines([series], title="Any", unit=unit, since=START, until=START + 100 * HOUR)
    height = float((drawn(chart).get("viewBox") or "").split()[3])
    for dot in drawn(chart).iter("circle"):
        assert 0 <= float(dot.get("cx", "")) <= WIDTH
        assert 0 <= float(dot.get("cy", "")) <= height


@given(st.floats(0, 1e18))
def test_an_axis_reaches_its_highest_value_in_few_steps(highest: float) -> None:
    top, step = scale(highest)
    assert top >= highest
    assert 1 <= round(top / step) <= 6


def test_outside_text_stays_text() -> None:
    hostile = '<script>alert(1)</script> "&'
    for chart in (
        bars([Row(hostile, (1,))], title=hostile, unit="x", series=(hostile,)),
        columns([(hostile, 1)], title=hostile),
        lines([Series(hostile, ((START, 1.0),))], title=hostile, unit="x", since=START, until=START),
    ):
        assert not list(drawn(chart).iter("script"))
    assert amount(1.25, "x") == "1.25"
