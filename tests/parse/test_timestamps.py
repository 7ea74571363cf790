from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.parse.timestamps import find_time

WHEN = datetime(2026, 11, 20, 23, 3, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026/11/20 23:03:37 ready",
        "2026-11-20T23:03:37Z ready",
        "2026-11-20 23:03:37 UTC ready",
        "[2026-11-20T20:03:37-03:00] ready",
        "[Fri Nov 20 23:03:37 2026] ready",
        "2026-11-21T04:33:37+0530 ready",
        'time=2026-11-20T23:03:37Z level=INFO msg="at 2020-01-01T00:00:00Z"',
        '{"level":"info","ts":1795215817}',
        '{"time":1795215817000,"msg":"ready"}',
        'time="1795215817"',
        '10.0.0.9 - - [20/Nov/2026:23:03:37 +0000] "GET / HTTP/1.1" 200',
    ],
)
def test_times(text: str) -> None:
    assert find_time(text) == WHEN


@pytest.mark.parametrize("text", ["", "ready", "Nov 20 23:03:37 host shop[1]: ready", "2026-99-20T23:03:37Z", "23:03:37 ready"])
def test_lines_without_a_whole_time(text: str) -> None:
    assert find_time(text) is None


@given(st.text(alphabet="0123456789-:/T .Z+[]"))
def test_any_text_has_a_time_or_none(text: str) -> None:
    assert find_time(text) is None or find_time(text) is not None


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_printed_times_come_back(when: datetime) -> None:
    assert find_time(f"{when.isoformat()} ready") == when
