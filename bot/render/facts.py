"""Fact tables → what a rule author needs to see: `column: value`, as it would be written in a rule's `where`.

Tables have up to thirty columns, so a row is shown as lines, not across. Columns that are unknown in a row are named after it,
because no predicate holds on them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.model.facts import Facts, Row
from bot.render.document import json_text, time_text
from bot.render.phrases import count_text
from bot.render.prose import printable

_BARE = re.compile(r"[A-Za-z/(][A-Za-z0-9_./()*+-]*(?: [A-Za-z0-9_./()*+][A-Za-z0-9_./()*+-]*)*")
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}

ROWS_SHOWN = 20
EXCERPT_LINES = 6


def facts_text(facts: Facts, console: Console, *, rows: int = ROWS_SHOWN) -> None:
    """Print every table that has rows, then the names of those that have none; at most `rows` rows of each table."""
    tables = [(field.name, getattr(facts, field.name)) for field in fields(facts)]
    for name, table in tables:
        if table:
            _line(console, f"{name}: {count_text(len(table), 'row')}", "bold")
            for row in table[:rows]:
                _print_row(console, row)
            if len(table) > rows:
                _line(console, f"… {count_text(len(table) - rows, 'row')} more (--format json shows all)", "dim")
            console.print()
    if empty := [name for name, table in tables if not table]:
        _line(console, f"no rows: {', '.join(empty)}", "dim")


def facts_json(facts: Facts) -> str:
    """Return all tables as JSON text: an object of lists of rows, what is unknown or not a number is null, times are UTC."""
    return json_text({
        field.name: [{column: _json_value(value) for column, value in _columns(row)} for row in getattr(facts, field.name)]
        for field in fields(facts)
    })  # fmt: skip


def _print_row(console: Console, row: Row) -> None:
    lead, unknown = "- ", []
    for column, value in _columns(row):
        if value is None:
            unknown.append(column)
        elif column == "excerpt":
            continue
        else:
            console.print(Text.assemble(lead, (column, "cyan"), f": {_rule_value(value)}"), soft_wrap=True)
            lead = "  "
    if unknown:
        _line(console, f"  # unknown: {', '.join(unknown)}", "dim")
    for line in printable(row.excerpt).strip("\n").splitlines()[:EXCERPT_LINES]:
        _line(console, f"  # | {line}".rstrip(), "dim")


def _columns(row: Row) -> Iterator[tuple[str, Any]]:
    """Yield the table's own columns first, then where the row was seen."""
    where = [field.name for field in fields(Row)]
    names = [field.name for field in fields(row) if field.name not in where]
    yield from ((name, getattr(row, name)) for name in [*names, *where])


def _rule_value(value: object) -> str:
    """Write a value as YAML would have it; text that YAML could read as something else is quoted."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_rule_value(element) for element in value)}]"
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, str):
        return _text(printable(value))
    return str(round(value, 6)) if isinstance(value, float) else str(value)


def _text(value: str) -> str:
    """Return text bare when YAML reads it as that text, else in double quotes, which YAML reads like JSON."""
    return value if _BARE.fullmatch(value) and value.lower() not in _YAML_WORDS else json.dumps(value, ensure_ascii=False)


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, tuple):
        return [_json_value(element) for element in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)
