r"""Metrics history: Prometheus' answer to a range query enters, a `MetricsHistory` leaves; `to_matrix` writes it.

Format: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries (`resultType` matrix). A value is a text, so that
it may be `NaN` or `+Inf`; those are no measurements and are left out, as is a gap, where Prometheus gives no point at all.

>>> history = parse_history(
...     b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":'
...     b'{"__name__":"go_goroutines","instance":"10.0.3.7:6060","job":"checkout"},'
...     b'"values":[[1763647331.781,"9"],[1763647391.781,"NaN"],[1763647451.781,"14"]]}]}}'
... )
>>> history.series[0].name, history.series[0].label("instance")
('go_goroutines', '10.0.3.7:6060')
>>> history.series[0].points
(HistoryPoint(at=1763647331.781, value=9.0), HistoryPoint(at=1763647451.781, value=14.0))
>>> parse_history(to_matrix(history.series)) == history
True
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bot.errors import ParseError
from bot.model.history import HistoryPoint, HistorySeries, MetricsHistory

MAX_BYTES = 64_000_000
MAX_SERIES = 2_000
MAX_POINTS = 11_000
"""Of one series, the newest: Prometheus itself gives no more."""
MAX_PROBLEMS = 20

_NAME = "__name__"
_TOO_LARGE = 1e100
"""No number of a program: it is no measurement either."""
_LATEST = 253_402_300_800.0
"""The year 10000: no time beyond it can be written."""
_SHOWN = 60

Json = dict[str, Any]


def parse_history(data: bytes) -> MetricsHistory:
    """Read an answer. Points are put in the order of time; of several at one time the last one given counts.

    Raises:
        ParseError: it is no such answer, an answer of another query, or larger than `MAX_BYTES`.
    """
    if len(data) > MAX_BYTES:
        raise ParseError(f"more than {MAX_BYTES // 10**6} MB of metrics history; ask for fewer metrics or with a larger step")
    problems: list[str] = []
    found = [series for item in _result(data)[: MAX_SERIES + 1] if (series := _series(item, problems))]
    if len(found) > MAX_SERIES:
        problems.append(f"more than {MAX_SERIES} series; the others are left out")
    return MetricsHistory(series=tuple(found[:MAX_SERIES]), problems=tuple(problems[:MAX_PROBLEMS]))


def to_matrix(series: Iterable[HistorySeries]) -> bytes:
    """Write series as the answer of a range query, the form in which a history is evidence (`history.json`)."""
    result = [
        {
            "metric": {_NAME: item.name, **dict(item.labels)},
            "values": [[at if at % 1 else int(at), _written(float(value))] for at, value in item.points],
        }
        for item in series
    ]
    said = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _result(data: bytes) -> list[Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ParseError("not a metrics history: it is no JSON; save the answer of Prometheus' /api/v1/query_range") from error
    answer = said.get("data") if isinstance(said, dict) else None
    if not isinstance(answer, dict):
        reason = said.get("error") if isinstance(said, dict) else None
        raise ParseError(f"not a metrics history: {str(reason or 'there is no `data` in it')[:200]}")
    result = answer.get("result")
    if answer.get("resultType") != "matrix" or not isinstance(result, list):
        raise ParseError("not a metrics history: its resultType is not `matrix`; ask /api/v1/query_range, not /api/v1/query")
    return result


def _series(item: object, problems: list[str]) -> HistorySeries | None:
    """Return one series; None, with the reason among the problems, when it cannot be read."""
    metric = item.get("metric") if isinstance(item, dict) else None
    values = item.get("values") if isinstance(item, dict) else None
    if not isinstance(metric, dict) or not isinstance(values, list) or not isinstance(metric.get(_NAME), str):
        problems.append(f"a series without a name or values is left out: {str(metric)[:_SHOWN]}")
        return None
    points: dict[float, float] = {}
    bad = 0
    for pair in values[-MAX_POINTS:]:
        point = _point(pair)
        if point is None:
            bad += 1
        elif abs(point.value) <= _TOO_LARGE:
            points[point.at] = point.value
    if bad or len(values) > MAX_POINTS:
        what = f"{bad} of its values cannot be read" if bad else f"only the last {MAX_POINTS} of its values are read"
        problems.append(f"{metric[_NAME][:_SHOWN]}: {what}")
    labels = tuple((key, str(value)) for key, value in metric.items() if key != _NAME)
    return HistorySeries(metric[_NAME], labels, tuple(HistoryPoint(at, points[at]) for at in sorted(points)))


def _point(pair: object) -> HistoryPoint | None:
    """Return a point, whose value may be no number or without end; None when it cannot be read."""
    if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004  # time and value
        return None
    at, text = pair
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < _LATEST or not isinstance(text, str):
        return None
    try:
        return HistoryPoint(float(at), float(text))
    except ValueError:
        return None


def _written(value: float) -> str:
    """Write a value as Prometheus does: whole numbers without a point.

    >>> _written(9.0), _written(0.25), _written(1e30)
    ('9', '0.25', '1e+30')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004  # exact as a float
