"""Metrics pages: real ones, every oddity of the two formats, and pages that are none."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import ParseError
from bot.model.profiles import MetricPoint
from bot.parse.metrics import MAX_PROBLEMS, parse_metrics

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
PAGES = sorted(RECORDED.glob("*/healthy/metrics.txt"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parts[-3])
def test_pages_of_real_programs_are_read_whole(path: Path) -> None:
    data = path.read_bytes()
    page = parse_metrics(data)
    assert page.problems == ()
    assert sum(map(len, page.points.values())) == sum(1 for line in data.splitlines() if line and not line.startswith(b"#"))
    assert (page.value("go_goroutines") or 0) > 0
    assert page.points["go_info"][0].label("version").startswith("go1.")


def registry() -> CollectorRegistry:
    found = CollectorRegistry()
    Counter("requests", 'with "quotes"', ["path"], registry=found).labels('/a"b\\c\nd}').inc(3)
    Gauge("temperature_celsius", "", registry=found).set(-1.5e-300)
    Histogram("latency_seconds", "", registry=found).observe(0.3)
    Summary("size_bytes", "", registry=found).observe(12)
    Info("build", "", registry=found).info({"version": "1.2.3"})
    return found


def test_agrees_with_the_reference_parser() -> None:
    data = generate_latest(registry())
    families = text_string_to_metric_families(data.decode())
    expected = {(sample.name, tuple(sample.labels.items()), sample.value) for family in families for sample in family.samples}
    page = parse_metrics(data)
    assert {(name, point.labels, point.value) for name, points in page.points.items() for point in points} == expected


def test_openmetrics_with_exemplars() -> None:
    page = parse_metrics(generate_openmetrics(registry()))  # type: ignore[no-untyped-call]
    assert page.problems == ()
    assert page.points["requests_total"][0].value == 3
    exemplar = parse_metrics(b'latency_bucket{le="0.5"} 5 # {trace_id="ab}"} 1.0 1763647331.0\n# EOF\n')
    assert exemplar.points == {"latency_bucket": (MetricPoint((("le", "0.5"),), 5.0),)}


@pytest.mark.parametrize(
    ("line", "name", "labels", "value"),
    [
        ("up 1", "up", (), 1.0),
        ("  up\t1  ", "up", (), 1.0),
        ("up{} 1 1763647331000", "up", (), 1.0),
        ('up{a="b",} 1', "up", (("a", "b"),), 1.0),
        ('up{ a = "b" , c = "d" } 1', "up", (("a", "b"), ("c", "d")), 1.0),
        (r'up{a="x\"y\\z\n,}"} 1', "up", (("a", 'x"y\\z\n,}'),), 1.0),
        ('{"http.server.duration", "code.class"="2xx"} 1', "http.server.duration", (("code.class", "2xx"),), 1.0),
        ("go:job:rate 1.5e+03", "go:job:rate", (), 1500.0),
        ("x +Inf", "x", (), math.inf),
        ("x -Inf", "x", (), -math.inf),
        ("x .5", "x", (), 0.5),
        ("inf 1", "inf", (), 1.0),
    ],
)
def test_lines_that_can_be_read(line: str, name: str, labels: tuple[tuple[str, str], ...], value: float) -> None:
    assert parse_metrics(line.encode()).points == {name: (MetricPoint(labels, value),)}


def test_not_a_number() -> None:
    assert math.isnan(parse_metrics(b"x NaN").points["x"][0].value)


@pytest.mark.parametrize(
    "line",
    ["up", "up one", "up 1_0", "up 0x10", 'up{a="b} 1', "up{a=b} 1", "up{a} 1", "1up 1", "{} 1", '{"a","b"} 1', "up 1 2 3"],
)
def test_a_bad_line_costs_only_itself(line: str) -> None:
    page = parse_metrics(f"first 1\n{line}\nlast 2\n".encode())
    assert page.points == {"first": (MetricPoint((), 1.0),), "last": (MetricPoint((), 2.0),)}
    assert page.problems == (f"line 2 cannot be read: {line}",)


def test_bytes_that_are_not_utf8_cost_nothing() -> None:
    page = parse_metrics(b'first{path="\xff"} 1\r\nlast 2\r\n')
    assert page.points["first"][0].label("path") == "\ufffd"
    assert page.value("missing", "last") == 2


def test_problems_are_counted_after_the_first_ones() -> None:
    page = parse_metrics(b"good 1\n" * 100 + b"bad\n" * 50)
    assert len(page.problems) == MAX_PROBLEMS + 1
    assert page.problems[-1] == "30 more lines cannot be read"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# TYPE nothing gauge\n",
        b"<!DOCTYPE html>\n<html><body>up 1</body></html>\n",
        b'{"cmdline": ["shop"], "memstats": {"Alloc": 1}}',
        b"2026/11/20 23:03:37 listening on 127.0.0.1:8080\n" * 3,
        b"goroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1b\n",
        bytes(1000),
    ],
)
def test_what_is_no_metrics_page_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match="not a metrics page"):
        parse_metrics(data)


@pytest.mark.parametrize(
    "line",
    [
        "a{" + '"' * 2_000_000,
        "a{" + 'b="c",' * 300_000 + "} x",
        "a" * 2_000_000,
        "a 1" + " " * 2_000_000 + "x",
        '{"' + "\\" * 2_000_001,
    ],
    ids=["quotes", "labels", "name", "blanks", "escapes"],
)
def test_a_hostile_line_takes_no_longer_than_an_honest_one(line: str) -> None:
    started = time.process_time()
    page = parse_metrics(b"up 1\nup 1\n" + line.encode())
    assert len(page.problems) == 1
    assert time.process_time() - started < 20


@given(st.binary(max_size=300))
def test_random_bytes_give_a_page_or_a_parse_error(data: bytes) -> None:
    with suppress(ParseError):
        parse_metrics(data)


@given(
    st.text("abc_:", min_size=1), st.dictionaries(st.from_regex("[a-z_]{1,8}", fullmatch=True), st.text()), st.floats(-1e9, 1e9)
)
def test_what_is_written_is_read(name: str, labels: dict[str, str], value: float) -> None:
    pairs = []
    for key, text in labels.items():
        escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        pairs.append(f'{key}="{escaped}"')
    page = parse_metrics((name + "{" + ",".join(pairs) + "} " + repr(value)).encode())
    assert page.points == {name: (MetricPoint(tuple(labels.items()), value),)}
