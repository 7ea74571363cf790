"""Metrics history in Prometheus' own form: real answers, what is left out, and what is refused."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model.evidence import Kind
from bot.model.history import HistoryPoint, HistorySeries, MetricsHistory
from bot.parse.history import MAX_BYTES, MAX_POINTS, MAX_PROBLEMS, MAX_SERIES, parse_history, to_matrix
from bot.parse.sniff import sniff


def answer(*values: object, result_type: str = "matrix") -> bytes:
    series = {"metric": {"__name__": "go_goroutines", "instance": "shop-1"}, "values": list(values)}
    return json.dumps({"status": "success", "data": {"resultType": result_type, "result": [series]}}).encode()


def points(*values: object) -> list[tuple[float, float]]:
    (series,) = parse_history(answer(*values)).series
    return [(point.at, point.value) for point in series.points]


def test_gaps_repeats_disorder_and_what_is_no_number() -> None:
    values = (
        [30, "3"],
        [10, "1"],
        [20, "NaN"],
        [40, "+Inf"],
        [50, "-Inf"],
        [60, "1e400"],
        [65, "-1e101"],
        [10, "7"],
        [70.5, "2.5e3"],
    )
    assert points(*values) == [(10, 7), (30, 3), (70.5, 2500)]


@pytest.mark.parametrize(
    "bad", [3, None, [], [1], [1, 2], [1, "x"], ["1", "2"], [-1, "2"], [1e300, "2"], [10**400, "2"], [True, "2"], [1, "2", 3]]
)
def test_a_value_that_cannot_be_read_costs_only_itself(bad: object) -> None:
    history = parse_history(answer([10, "1"], bad))
    assert history.series[0].points == (HistoryPoint(10, 1),)
    assert history.problems == ("go_goroutines: 1 of its values cannot be read",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no `data`"),
        (b'{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}', "parse error: unexpected end"),
        (answer(result_type="vector"), "not /api/v1/query"),
        (b'{"data":{"resultType":"matrix","result":{}}}', "not `matrix`"),
        (b" " * (MAX_BYTES + 1), "larger step"),
    ],
    ids=["empty", "deep", "list", "error", "instant", "object", "large"],
)
def test_what_is_no_history_is_refused_with_what_to_do(data: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse_history(data)


def test_a_series_that_cannot_be_read_is_named_and_the_others_stay() -> None:
    good = {"metric": {"__name__": "go_threads", "n": 5}, "values": [[1, "2"]]}
    broken: tuple[object, ...] = (
        None,
        {},
        {"metric": {}},
        {"metric": {"__name__": "x"}, "histograms": []},
        {"metric": {"__name__": 1}, "values": []},
    )
    for bad in broken:
        history = parse_history(json.dumps({"data": {"resultType": "matrix", "result": [bad, good]}}).encode())
        assert history.series == (HistorySeries("go_threads", (("n", "5"),), (HistoryPoint(1, 2),)),)
        assert len(history.problems) == 1


def test_sizes_are_bounded() -> None:
    assert len(points(*([at, "1"] for at in range(MAX_POINTS + 5)))) == MAX_POINTS
    many = parse_history(to_matrix([HistorySeries("up")] * (MAX_SERIES + 7)))
    assert (len(many.series), len(many.problems)) == (MAX_SERIES, 1)
    broken = json.dumps({"data": {"resultType": "matrix", "result": [None] * 100}}).encode()
    assert len(parse_history(broken).problems) == MAX_PROBLEMS


SERIES = st.builds(
    HistorySeries,
    st.text(max_size=5),
    st.dictionaries(st.text(max_size=5).filter(lambda name: name != "__name__"), st.text(max_size=5), max_size=3).map(
        lambda labels: tuple(labels.items())
    ),
    st.dictionaries(st.floats(0, 4e9).map(abs), st.floats(-1e100, 1e100), max_size=5).map(
        lambda found: tuple(HistoryPoint(at, found[at]) for at in sorted(found))
    ),
)


@given(st.lists(SERIES, max_size=4))
def test_what_is_written_is_read_back(series: list[HistorySeries]) -> None:
    written = to_matrix(series)
    assert sniff(written) is Kind.HISTORY
    assert parse_history(written) == MetricsHistory(series=tuple(series))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["metric", "values", "__name__"]), inner),
        max_leaves=12,
    ),
    st.binary(max_size=3),
)
def test_nothing_else_is_ever_raised(result: object, noise: bytes) -> None:
    data = json.dumps({"data": {"resultType": "matrix", "result": [result]}}).encode()
    assert isinstance(parse_history(data), MetricsHistory)
    with suppress(ParseError):
        parse_history(data[: len(data) // 2] + noise + data[len(data) // 2 :])


@pytest.mark.parametrize(
    "text",
    [
        b'{"status":"success","data":{"resultType":"matrix","result":[]}}',
        b'{\n  "status": "success",\n  "isPartial": false,\n  "data": {\n    "resultType": "matrix",\n    "result": []\n  }\n}',
        b'{"data":{"result":[{"metric":{"__name__":"up"},"values":[[1,"2"]]}],"resultType":"matrix"},"status":"success"}',
    ],
    ids=["as it comes", "indented, of VictoriaMetrics", "sorted"],
)
def test_an_answer_is_recognised_by_its_content(text: bytes) -> None:
    assert sniff(text) is Kind.HISTORY


def test_a_log_that_quotes_an_answer_is_a_log() -> None:
    line = b'{"time":"2026-11-20T23:03:37Z","msg":"asked","answer":%s}\n' % answer([1, "2"])
    assert sniff(line) is Kind.SERVICE_LOG
