"""Logs from Loki, against a strict local server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from apis import Loki, answering
from misbehaving import Misbehaving, always, http_answer

from bot.collect.api import Api
from bot.collect.logs import LogWindow
from bot.collect.loki import LokiLogs
from bot.model.access import Access, Limits

Serve = Callable[..., Misbehaving]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = int(NOON.timestamp()) * 10**9
QUERY = '{app="checkout"}'


def logs(server: Misbehaving, query: str = QUERY) -> LokiLogs:
    return LokiLogs(api=Api("Loki", server.url, Access(), Limits(deadline_seconds=10)), query=query)


def test_streams_stand_one_after_the_other_in_the_order_of_time(serve: Serve) -> None:
    loki = Loki(QUERY, {"a": [(NOW - 5, "a1"), (NOW - 3, "a2")], "b": [(NOW - 4, "b1"), (NOW - 4000 * 10**9, "too old")]})
    evidence, failures = logs(serve(answering(loki))).read(LogWindow(now=NOON))
    assert failures == ()
    assert [(item.name, item.read(), item.truncated) for item in evidence] == [("service.log", b"a1\na2\nb1\n", False)]


def test_more_lines_than_one_answer_holds_are_asked_for_again(serve: Serve) -> None:
    loki = Loki(QUERY, {"a": [(NOW - number, f"line {number}") for number in range(12_000, 0, -1)]})
    (evidence,), _ = logs(serve(answering(loki))).read(LogWindow(now=NOON))
    assert loki.pages == 3
    assert evidence.read().splitlines() == [f"line {number}".encode() for number in range(12_000, 0, -1)]
    (evidence,), _ = logs(serve(answering(loki))).read(LogWindow(now=NOON, max_bytes=1000))
    assert (evidence.truncated, evidence.size_bytes) == (True, 1000)
    assert evidence.read().endswith(b"line 1\n")


@pytest.mark.parametrize(
    ("query", "reason"),
    [("{", "Loki: 400: parse error"), ('{app="cart"}', "Loki: 400"), (QUERY, "finds no line since 2026-11-20 11:50")],
)
def test_why_there_is_no_log_is_said(serve: Serve, query: str, reason: str) -> None:
    evidence, failures = logs(serve(answering(Loki(QUERY, {}))), query).read(
        LogWindow(now=NOON, since=NOON - timedelta(minutes=10))
    )
    assert evidence == ()
    assert reason in failures[0].reason


@pytest.mark.parametrize(
    "data", [b"{}", b'{"resultType":"matrix","result":[]}', b'{"resultType":"streams","result":[{"stream":1}]}']
)
def test_an_answer_that_is_no_log_is_a_reason(serve: Serve, data: bytes) -> None:
    evidence, failures = logs(serve(always(http_answer(b'{"status":"success","data":%s}' % data)))).read(LogWindow(now=NOON))
    assert (evidence, len(failures)) == ((), 1)
