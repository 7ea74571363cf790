"""How Python values stand in columns: times, JSON and text that plain `sqlite3` and Datasette can read.

Times are ISO-8601 text in UTC with milliseconds, of one width, so that comparing the text compares the times:

    >>> from datetime import UTC, datetime
    >>> to_column(datetime(2026, 11, 20, 14, 2, 11, 123456, tzinfo=UTC))
    '2026-11-20T14:02:11.123Z'
    >>> to_column({"text": "käse"})
    '{"text": "käse"}'
    >>> to_time("2026-11-20T14:02:11.123Z")
    datetime.datetime(2026, 11, 20, 14, 2, 11, 123000, tzinfo=datetime.timezone.utc)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import StoreError

Column = str | int | float | None


def to_column(value: object) -> Column:
    """Turn a value into what its column holds: times and paths into text, mappings and tuples into JSON.

    Raises:
        StoreError: a time has no zone.
    """
    match value:
        case None | int() | float():
            return value
        case str():
            return _well_formed(value)
        case datetime():
            return _time_text(value)
        case Path():
            return value.as_posix()
        case _:
            return _well_formed(json.dumps(value, ensure_ascii=False))


def to_columns(values: Mapping[str, object]) -> dict[str, Column]:
    """Apply `to_column` to every value of a row or of a statement's parameters."""
    return {name: to_column(value) for name, value in values.items()}


def to_time(text: str) -> datetime:
    """Read a time as `to_column` wrote it."""
    return datetime.fromisoformat(text)


def to_time_or_none(text: str | None) -> datetime | None:
    """Read a time that may be missing."""
    return to_time(text) if text else None


def to_json(text: str) -> dict[str, Any]:
    """Read a JSON object as `to_column` wrote it."""
    document: dict[str, Any] = json.loads(text)
    return document


def _time_text(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise StoreError(f"the time {moment} has no zone: pass times in UTC")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _well_formed(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot hold: a crash log may contain any bytes, and must be stored all the same."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
