"""What is wrong with the tests of a selection: (path in the file, reason) pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import ConfigError
from bot.model.rule import Where
from bot.rules.predicates import ANY, EQUALS, NUMBER_MODIFIERS, TEXT_MODIFIERS, Key, parse_key
from bot.rules.tables import Column, tables
from bot.yamlfile import FieldPath, did_you_mean

Problem = tuple[FieldPath, str]

_FITTING: Mapping[Column, tuple[type, ...]] = {
    Column.TEXT: (str,),
    Column.TEXTS: (str,),
    Column.NUMBER: (int, float),
    Column.BOOLEAN: (bool,),
}


def where_problems(table: str, where: Where, path: FieldPath) -> Iterator[Problem]:
    """Yield every problem of a `where` that stands at `path` and tests rows of a known table."""
    for key, value in where.items():
        below = (*path, key)
        if key != ANY:
            yield from ((below, reason) for reason in _test_problems(table, key, value))
        elif not isinstance(value, list) or not value or not all(isinstance(part, dict) and part for part in value):
            yield below, "`any` takes a list of sets of tests, such as [{leaked: true}, {count|gte: 100}]"
        else:
            for index, part in enumerate(value):
                yield from where_problems(table, part, (*below, index))


def _test_problems(table: str, text: str, value: Any) -> Iterator[str]:  # noqa: ANN401  # a YAML value
    try:
        key = parse_key(text)
    except ConfigError as error:
        yield from error.problems
        return
    columns = tables()[table]
    if key.column not in columns:
        yield f"table {table} has no column `{key.column}`{did_you_mean(key.column, columns)}"
        return
    holds = columns[key.column]
    reason = _misfit(key, holds) or _bad_value(key, holds, value)
    if reason:
        yield reason


def _misfit(key: Key, holds: Column) -> str:
    """Say why a modifier does not suit what the column holds; empty when it does."""
    if holds is Column.TIME:
        return f"`{key.column}` is a time, which no rule can test"
    if key.modifier in NUMBER_MODIFIERS and holds is not Column.NUMBER:
        return f"`{key.modifier}` compares numbers, but `{key.column}` holds {_a(holds)}"
    if key.modifier in TEXT_MODIFIERS and holds not in {Column.TEXT, Column.TEXTS}:
        return f"`{key.modifier}` tests text, but `{key.column}` holds {_a(holds)}"
    if key.every and key.modifier == EQUALS and holds is not Column.TEXTS:
        return f"`{key.column}` cannot equal all of several values"
    return ""


def _bad_value(key: Key, holds: Column, value: Any) -> str:  # noqa: ANN401  # a YAML value
    """Say why the value cannot be tested; empty when it can."""
    if isinstance(value, list) and key.modifier in NUMBER_MODIFIERS:
        return f"`{key.modifier}` takes one number"
    if value == []:
        return "the list is empty: no row could ever match"
    for item in value if isinstance(value, list) else [value]:
        fits = isinstance(item, _FITTING[holds]) and (holds is Column.BOOLEAN or not isinstance(item, bool))
        if not fits:
            shown = "nothing" if item is None else f"`{str(item).lower() if isinstance(item, bool) else item}`"
            return f"`{key.column}` holds {_a(holds)}, not {shown}"
        if key.modifier == "re" and (wrong := _bad_expression(item)):
            return f"`{item}` is not a regular expression: {wrong}"
    return ""


def _bad_expression(expression: str) -> str:
    try:
        re.compile(expression)
    except re.error as error:
        return str(error)
    return ""


def _a(holds: Column) -> str:
    """Name what a column holds, with its article."""
    return {Column.NUMBER: "a number", Column.TEXTS: "a list of texts", Column.TIME: "a time"}.get(holds, str(holds))
