"""Metrics history from Prometheus: one bounded question, against a strict local server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from apis import RangeQueries, answering
from misbehaving import Misbehaving, always, http_answer

from bot.collect.api import Api
from bot.collect.prometheus import MAX_SERIES, PrometheusHistory
from bot.model.access import Access, Limits
from bot.model.evidence import Kind
from bot.model.history import HISTORY_METRICS, HistoryPoint, HistorySeries
from bot.parse.history import parse_history

Serve = Callable[..., Misbehaving]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SELECTOR = '{job="checkout"}'
SERIES = HistorySeries("go_goroutines", (("instance", "10.0.3.7:8080"),), (HistoryPoint(NOON.timestamp(), 9),))


def history(
    server: Misbehaving, selector: str = SELECTOR, *, back: float = 108_000, step: float | None = None
) -> PrometheusHistory:
    api = Api("Prometheus", server.url, Access(), Limits(deadline_seconds=10))
    return PrometheusHistory(api=api, selector=selector, back_seconds=back, step_seconds=step)


def test_the_last_hours_come_in_one_answer(serve: Serve) -> None:
    prometheus = RangeQueries(SERIES)
    (evidence,), failures = history(serve(answering(prometheus))).read(NOON)
    assert failures == ()
    assert (evidence.kind, evidence.name, evidence.target, evidence.truncated) == (Kind.HISTORY, "history.json", None, False)
    assert (evidence.source, evidence.collected_at) == ("Prometheus: " + SELECTOR, NOON)
    assert parse_history(evidence.read()).series == (SERIES,)
    (request,) = prometheus.asked
    assert request.query == {
        "query": f'{{__name__=~"{"|".join(HISTORY_METRICS)}",job="checkout"}}',
        "start": f"{NOON.timestamp() - 108_000:.3f}",
        "end": f"{NOON.timestamp():.3f}",
        "step": "300",
    }


@pytest.mark.parametrize(
    ("back", "step", "asked"), [(600.0, None, "15"), (21_600.0, None, "60"), (60.0, 1.0, "1"), (1e6, None, "2778")]
)
def test_the_step_gives_few_points_but_none_finer_than_they_are_measured(
    serve: Serve, back: float, step: float | None, asked: str
) -> None:
    prometheus = RangeQueries(SERIES)
    history(serve(answering(prometheus)), back=back, step=step).read(NOON)
    assert prometheus.asked[0].query["step"] == asked


@pytest.mark.parametrize("selector", [SELECTOR, ' { job="checkout", } ', '{job="checkout",path=~"a{2},"}'])
def test_a_selector_is_joined_to_the_metrics(serve: Serve, selector: str) -> None:
    query = history(serve(answering(RangeQueries())), selector).query
    assert query.startswith('{__name__=~"go_goroutines|')
    assert query.replace(" ", "").endswith(('",job="checkout"}', ',path=~"a{2},"}'))


def test_labels_that_nobody_needs_do_not_come_along(serve: Serve) -> None:
    labelled = HistorySeries(
        "go_goroutines", (("instance", "shop-1"), ("pod", "shop-1"), ("api_token", "hunter2")), SERIES.points
    )
    (evidence,), _ = history(serve(answering(RangeQueries(labelled)))).read(NOON)
    assert parse_history(evidence.read()).series[0].labels == (("instance", "shop-1"), ("pod", "shop-1"))


def test_series_beyond_the_cap_are_left_out_and_that_is_said(serve: Serve) -> None:
    many = [HistorySeries("go_goroutines", (("instance", f"shop-{number}"),), SERIES.points) for number in range(MAX_SERIES + 1)]
    (evidence,), _ = history(serve(answering(RangeQueries(*many)))).read(NOON)
    assert evidence.truncated
    assert len(parse_history(evidence.read()).series) == MAX_SERIES


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        (SELECTOR, 'Prometheus knows no metrics of {job="checkout"} in 1 d 6 h; correct history.selector'),
        ('{job="cart"}', "Prometheus: 400: "),
    ],
)
def test_why_there_is_no_history_is_said(serve: Serve, selector: str, reason: str) -> None:
    evidence, (failure,) = history(serve(answering(RangeQueries())), selector).read(NOON)
    assert evidence == ()
    assert (failure.kind, failure.target) == (Kind.HISTORY, None)
    assert failure.reason.startswith(reason)


@pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b"<html>", b'{"data":[]}', b'{"data":{"resultType":"vector","result":[]}}'])
def test_what_is_no_answer_is_a_reason(serve: Serve, body: bytes) -> None:
    evidence, failures = history(serve(always(http_answer(body)))).read(NOON)
    assert (evidence, len(failures)) == ((), 1)


def test_a_server_that_is_not_there_is_a_reason() -> None:
    api = Api("Prometheus", "http://127.0.0.1:1", Access(), Limits(deadline_seconds=5))
    _, (failure,) = PrometheusHistory(api=api, selector=SELECTOR, back_seconds=60).read(NOON)
    assert failure.reason.startswith("Prometheus: connection refused")
