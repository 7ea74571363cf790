"""What a rule may select on: the tables of `Facts`, their columns, and what a column holds.

>>> tables()["lock_waits"]["waiters"], tables()["goroutine_groups"]["stack"]
(<Column.NUMBER: 'number'>, <Column.TEXTS: 'list of texts'>)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_type_hints

from bot.model.facts import Facts


class Column(StrEnum):
    """What a column holds when it is known."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "true or false"
    TIME = "time"
    TEXTS = "list of texts"


_HOLDS: Mapping[Any, Column] = {
    str: Column.TEXT,
    int: Column.NUMBER,
    float: Column.NUMBER,
    bool: Column.BOOLEAN,
    datetime: Column.TIME,
    tuple[str, ...]: Column.TEXTS,
}


_WANTED = {
    "count_change": "a second sample or a baseline",
    "per_minute": "a second sample or a baseline",
    "monotonic": "a second sample or a baseline",
    "fit_ratio": "a metrics history",
    "day_ratio": "a day of metrics history",
    "load_change_ratio": "process_cpu_seconds_total in the metrics history",
    "wait_minutes": "a full goroutine dump",
    "wait_minutes_max": "a full goroutine dump",
    "holder_function": "a full goroutine dump",
}


def wanted(column: str) -> str:
    """Say what is missing when `table.column` is unknown: the evidence that would show it, or the column's own name."""
    return _WANTED.get(column.partition(".")[2], column)


@cache
def tables() -> Mapping[str, Mapping[str, Column]]:
    """Return the columns of every table, by table and column name, in the order in which `Facts` declares them."""
    rows = {table: get_args(hint)[0] for table, hint in get_type_hints(Facts).items()}
    return {table: {name: _holds(hint) for name, hint in get_type_hints(row).items()} for table, row in rows.items()}


def _holds(hint: Any) -> Column:  # noqa: ANN401  # a type, or what typing puts in its place
    """Return what a column of the annotated type holds; `X | None` holds X."""
    return _HOLDS[hint if hint in _HOLDS else next(part for part in get_args(hint) if part in _HOLDS)]
