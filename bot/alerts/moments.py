"""When a product says that it happened: its way of writing a time → UTC; None where it is no time.

>>> from_text("2026-11-20T12:04:05.123456789Z").isoformat()
'2026-11-20T12:04:05.123456+00:00'
>>> from_text("2026-11-20 12:04:05") == from_seconds(1795176245) == from_seconds("1795176245")
True
>>> from_text("0001-01-01T00:00:00Z") is None, from_text("soon") is None, from_seconds(None) is None
(True, True, True)
"""

from __future__ import annotations

from datetime import UTC, datetime

# Go's zero time, which Alertmanager writes as the end of what has not ended, lies in the year 1.
FIRST_YEAR = 1970


def from_text(value: object) -> datetime | None:
    """Read ISO 8601 or RFC 3339; a time without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year >= FIRST_YEAR else None


def from_seconds(value: object) -> datetime | None:
    """Read seconds since 1970, as a number or written out."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def from_milliseconds(value: object) -> datetime | None:
    """Read milliseconds since 1970, as a number or written out."""
    try:
        return from_seconds(float(str(value)) / 1000)
    except ValueError:
        return None
