from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.model.units import format_duration, format_ratio, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60s", 60),
        ("30m", 1800),
        ("12h", 43200),
        ("28d", 2419200),
        ("1w", 604800),
        ("250ms", 0.25),
        ("1h30m", 5400),
        ("1.5s", 1.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "60", "s", "-1s", "1 h", "1h 30m", "1y", "٣s", "1h30", "nan", "1s\n"])
def test_no_durations(text: str) -> None:
    with pytest.raises(UsageError, match="write a length of time"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("256MB", 256_000_000), ("5 GB", 5 * 10**9), ("512MiB", 2**29), ("1.5KB", 1500), ("0", 0)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "256", "MB", "256mb", "1iB", "-1MB", "1EB"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(UsageError, match="write a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0004, "0 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (86400 + 59, "1 d"),
        (2 * 86400 + 4 * 3600, "2 d 4 h"),
    ],
)
def test_written_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_a_written_duration_is_close_to_the_number(seconds: float) -> None:
    text = format_duration(seconds).removeprefix("-").replace("min", "m").replace(" ", "")
    assert parse_duration(text) == pytest.approx(abs(seconds), rel=0.06, abs=0.001)


@given(st.integers(min_value=0, max_value=10**15))
def test_a_written_size_is_close_to_the_number(size: int) -> None:
    text = format_size(size)
    assert parse_size(text) == pytest.approx(size, rel=0.06)
    assert len(text) <= len("1000 TB")


@pytest.mark.parametrize(
    ("ratio", "text"), [(0, "0 %"), (0.025, "2.5 %"), (0.5, "50 %"), (1.0, "100 %"), (-0.1, "-10 %"), (1e6, "100000000 %")]
)
def test_ratios(ratio: float, text: str) -> None:
    assert format_ratio(ratio) == text
