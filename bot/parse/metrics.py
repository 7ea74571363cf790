r"""Metrics pages: the bytes of a Prometheus or OpenMetrics text exposition enter, a `MetricsPage` leaves.

Formats: https://prometheus.io/docs/instrumenting/exposition_formats and https://prometheus.io/docs/specs/om/open_metrics_spec.
Each line is read by itself, so that a bad one costs only itself; time stamps and exemplars are passed over.

>>> page = parse_metrics(
...     b'# TYPE go_goroutines gauge\n'
...     b'go_goroutines 9960\n'
...     b'go_gc_duration_seconds{quantile="1"} 0.00123 1763647331000\n'
...     b'go_info{version="go1.27.3"} one\n'
... )
>>> page.value("process_num_threads", "go_goroutines")
9960.0
>>> page.points["go_gc_duration_seconds"][0].label("quantile")
'1'
>>> page.problems
('line 4 cannot be read: go_info{version="go1.27.3"} one',)
"""

from __future__ import annotations

import re

from bot.errors import ParseError
from bot.model.profiles import MetricPoint, MetricsPage

MAX_PROBLEMS = 20
_SHOWN = 100
_NUMBER = r"[+-]?(?:(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?|[Ii]nf|[Nn]a[Nn])"
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*+"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_GAP = r"[ \t]*+"
# Nothing is tried twice (`*+`), so a hostile line of many megabytes takes no longer than an honest one.
_LABEL = re.compile(rf"{_GAP}({_NAME}|{_QUOTED}){_GAP}(?:={_GAP}({_QUOTED}))?{_GAP}(?:,|$)")
_LINE = re.compile(
    rf"({_NAME})?+{_GAP}(?:\{{((?:[^\"}}]|{_QUOTED})*+)\}})?+{_GAP}(?<![^ \t}}])({_NUMBER})(?:[ \t]++{_NUMBER})?{_GAP}(?:#.*)?"
)
_ESCAPE = re.compile(r"\\(.)")


def parse_metrics(data: bytes) -> MetricsPage:
    """Read a metrics page. Names stand as on the page; `problems` names the lines that could not be read, at most `MAX_PROBLEMS`.

    Raises:
        ParseError: the bytes are not a metrics page: none of it, or less than half of it, reads as one.
    """
    points: dict[str, list[MetricPoint]] = {}
    bad: list[str] = []
    good = bad_count = 0
    for number, raw in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        line = raw.strip()
        if not line or line[0] == "#":
            continue
        found = _point(line)
        if found is not None:
            good += 1
            points.setdefault(found[0], []).append(found[1])
            continue
        bad_count += 1
        if len(bad) < MAX_PROBLEMS:
            bad.append(f"line {number} cannot be read: {line[:_SHOWN]}")
    if good <= bad_count:
        raise ParseError("not a metrics page; set metrics_path to where the service answers in the Prometheus text format")
    if bad_count > len(bad):
        bad.append(f"{bad_count - len(bad)} more lines cannot be read")
    return MetricsPage(points={name: tuple(found) for name, found in points.items()}, problems=tuple(bad))


def _point(line: str) -> tuple[str, MetricPoint] | None:
    """Return name and point of a sample line; None when it cannot be read."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    name, labels, value = match.groups()
    pairs = _labels(labels or "")
    if pairs is None:
        return None
    if not name:  # names outside the old alphabet stand quoted among the labels
        named = [key for key, text in pairs if text is None]
        if len(named) != 1:
            return None
        name = named[0]
    kept = tuple((key, text) for key, text in pairs if text is not None)
    return name, MetricPoint(kept, float(value))


def _labels(text: str) -> list[tuple[str, str | None]] | None:
    """Split `a="b",c="d"` into pairs; a quoted word alone has None for its value. None when it is malformed."""
    pairs: list[tuple[str, str | None]] = []
    position = 0
    while position < len(text):
        match = _LABEL.match(text, position)
        if match is None:
            return pairs if not text[position:].strip() else None
        key, value = match.groups()
        if value is None and not key.startswith('"'):
            return None
        pairs.append((_unquoted(key), None if value is None else _unquoted(value)))
        position = match.end()
    return pairs


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text[1:-1])
