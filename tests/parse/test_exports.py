"""Documents that log systems give out: the log in them is found, in the order of time; any other text stays as it is."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transported import Lines, cloud_logging, insights, loki, nanoseconds

from bot.model.evidence import Kind
from bot.model.logs import LogReading
from bot.parse import exports
from bot.parse.exports import open_export
from bot.parse.log import parse_log
from bot.parse.sniff import sniff

CRASH = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "crash-nil" / "service.log"
LINES: Lines = CRASH.read_text(encoding="utf-8").split("\n")


def read(text: str) -> LogReading:
    return parse_log(io.BytesIO(text.encode()))


def written(text: str) -> list[str]:
    return [json.loads(line)["log"].rstrip("\n") for line in open_export(io.BytesIO(text.encode())).log]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=3, max_size=20))
def test_every_line_arrives_in_the_order_of_time(lines: list[str]) -> None:
    lines = [line.rstrip("\n") for line in lines]
    for text in (json.dumps(cloud_logging(lines)), loki(lines, step=-1)[0], loki(lines)[0]):
        assert written(text) == lines


@pytest.mark.parametrize("text", [json.dumps(cloud_logging(LINES)[::-1]), loki(LINES)[0], "\n".join(insights(LINES)[:1])])
def test_a_document_that_is_cut_off_gives_what_stands_before_that(text: str) -> None:
    found = written(text[:-300]) if text[:1] in "[{" else []
    assert found == LINES[: len(found)]
    assert len(found) > len(LINES) - 6 or text[:1] == "@"


def test_two_streams_of_an_answer_are_two_writers() -> None:
    one, other = (json.loads(loki(LINES)[0])["data"]["result"][0] for _ in range(2))
    answer = {"status": "success", "data": {"resultType": "streams", "result": [one, other]}}
    assert [crash.message for crash in read(json.dumps(answer)).crashes] == [read("\n".join(LINES)).crashes[0].message] * 2


def test_two_log_streams_of_a_table_are_two_writers() -> None:
    header, *rows = insights(LINES)
    both = [text for row in rows for text in (row, row.replace("shop/7", "shop/8"))]
    assert len(read("\n".join([header, *both])).crashes) == 2


def test_the_record_gives_the_time() -> None:
    entry = [nanoseconds(0), "panic: boom"]
    crash = read(json.dumps({"data": {"resultType": "streams", "result": [{"stream": {}, "values": [entry]}]}})).crashes[0]
    assert crash.occurred_at is not None
    assert crash.occurred_at.isoformat() == "2026-11-20T23:03:37+00:00"


def test_the_answer_to_a_log_query_is_a_log_and_one_of_metrics_is_history() -> None:
    assert sniff(loki(LINES)[0].encode()) is Kind.SERVICE_LOG
    matrix = '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1763647331.781,"9"]]}]}}'
    assert sniff(matrix.encode()) is Kind.HISTORY
    assert list(open_export(io.BytesIO(matrix.encode())).log) == [matrix.encode()]


def test_of_an_export_that_is_too_long_the_beginning_is_read_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_BYTES", 2_000)
    reading = read(json.dumps(cloud_logging(LINES)[::-1]))
    assert reading.truncated
    assert reading.problems[0].startswith("Only the first ")
    assert 0 < reading.lines < len(LINES)


def test_a_field_longer_than_any_message_ends_a_table() -> None:
    rows = ["timestamp,message", "1763647331123,panic: boom", f'1763647331124,"{"x" * csv.field_size_limit()}y"']
    assert written("\n".join(rows)) == ["panic: boom"]


@pytest.mark.parametrize(
    "text",
    [
        "[pod/shop] ready",
        "[]",
        '[{"a"',
        '[{"a": }]',
        '{"data": {"result": [{"stream": {}}]}}',
        "timestamp,message",
        "timestamp,message\n",
        "message of the day,timestamp\n1,2",
    ],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert open_export(io.BytesIO(text.encode())).log.read() == text.encode()


def test_an_ordinary_log_in_logfmt_keeps_its_fields() -> None:
    line = 'time=2026-11-20T23:03:37Z level=ERROR msg="cannot listen" err="listen tcp :8080: bind: address already in use"\n'
    reading = read(line * 3)
    assert reading.transport == "plain"
    assert "address already in use" in reading.events[0].text


def test_a_crash_in_logfmt_is_found_far_down_in_a_log() -> None:
    ready = 'time=2026-11-20T23:03:37Z level=INFO msg="handled" path=/cart\n' * 40_000
    trace = ["panic: boom", "", "goroutine 1 [running]:", "main.main()", "\\t/src/main.go:12 +0x1d"]
    crash = read(ready + "".join(f'time=2026-11-20T23:03:38Z level=ERROR msg="{line}" service=shop\n' for line in trace)).crashes[
        0
    ]
    assert (crash.message, crash.stack[0].line) == ("boom", 12)
