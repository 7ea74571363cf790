from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StoreError
from bot.incidents.columns import to_column, to_json, to_time, to_time_or_none

moments = st.datetimes(timezones=st.timezones())


@given(moments)
def test_times_come_back_in_utc_to_the_millisecond(moment: datetime) -> None:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:  # within a day of the year 1 or 9999
        return
    back = to_time(str(to_column(moment)))
    assert back.utcoffset() == timedelta(0)
    assert timedelta(0) <= utc - back < timedelta(milliseconds=1)


@given(moments, moments)
def test_the_text_of_times_sorts_like_the_times(one: datetime, other: datetime) -> None:
    try:
        texts = str(to_column(one)), str(to_column(other))
    except OverflowError:
        return
    if texts[0] < texts[1]:
        assert one.astimezone(UTC) < other.astimezone(UTC)


def test_another_zone_is_stored_as_utc() -> None:
    assert to_column(datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00.000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(StoreError, match="no zone"):
        to_column(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake


def test_a_missing_time_stays_missing() -> None:
    assert to_time_or_none(None) is None


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.booleans()))
def test_json_comes_back(document: dict[str, object]) -> None:
    column = to_column(document)
    assert isinstance(column, str)
    assert to_json(column) == json.loads(json.dumps(document))


def test_paths_and_lists() -> None:
    assert to_column(Path("ab") / "abc") == "ab/abc"
    assert to_column(("a", "b")) == '["a", "b"]'


def test_what_utf8_cannot_hold_is_replaced() -> None:
    assert to_column("panic: \ud800!") == "panic: \ufffd!"
    assert to_column({"text": "\udfff"}) == '{"text": "\ufffd"}'
