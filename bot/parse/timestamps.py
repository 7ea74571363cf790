"""Times in log text: a line enters, a UTC time or None leaves.

A time without a zone is taken as UTC; a time without a year (syslog, klog) is not a time that can be compared: None.

>>> find_time("2026/11/20 23:03:37 http: panic serving 127.0.0.1:46984: boom")
datetime.datetime(2026, 11, 20, 23, 3, 37, tzinfo=datetime.timezone.utc)
>>> find_time('{"level":"error","ts":1763679817.5,"msg":"boom"}').isoformat()
'2025-11-20T23:03:37.500000+00:00'
>>> find_time("2026-11-20T23:03:37.123456789+02:00 stdout F ready").isoformat()
'2026-11-20T21:03:37.123456+00:00'
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_MONTHS: Final = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    r"(?: ?(Z|UTC\b)|\s?([+-])(\d\d):?(\d\d)(?!\d))?",
)
_ACCESS_LOG = re.compile(r"\[(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\]")
_CTIME = re.compile(r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})\]")
"""As `dmesg -T` prints it."""
_EPOCH = re.compile(r'"?(?:ts|time|timestamp|t)"?[:=]\s?"?(1\d{9})(?:(\d{3})|\.(\d{1,9}))?(?:\d{6})?\b')
SEARCHED_CHARACTERS: Final = 400
"""A log line says its time at its start."""


def find_time(text: str) -> datetime | None:
    """Return the first time that a log line shows (UTC); None when it shows none that is complete."""
    head = text[:SEARCHED_CHARACTERS]
    if match := _ISO.search(head):
        year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = match.groups()
        return _utc((year, month, day, hour, minute, second), fraction or "", sign, zone_hours, zone_minutes)
    if match := _EPOCH.search(head):
        fraction = match[2] or match[3] or ""
        return datetime.fromtimestamp(int(match[1]), tz=UTC) + _fraction(fraction)
    if (match := _ACCESS_LOG.search(head)) and match[2] in _MONTHS:
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
        return _utc((year, str(_MONTHS.index(month)), day, hour, minute, second), "", sign, zone_hours, zone_minutes)
    if (match := _CTIME.search(head)) and match[1] in _MONTHS:
        month, day, hour, minute, second, year = match.groups()
        return _utc((year, str(_MONTHS.index(month)), day, hour, minute, second), "", None, None, None)
    return None


def _utc(parts: tuple[str, ...], fraction: str, sign: str | None, hours: str | None, minutes: str | None) -> datetime | None:
    try:
        year, month, day, hour, minute, second = (int(part) for part in parts)
        when = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) + _fraction(fraction)
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return when + offset if sign == "-" else when - offset
    except (ValueError, OverflowError):
        return None


def _fraction(digits: str) -> timedelta:
    return timedelta(microseconds=int(digits[:6].ljust(6, "0"))) if digits else timedelta()
