"""`column|modifier: value` → a predicate over rows, true, false or unknown.

What enters: the `where` of a selection, checked before by `bot.rules.lint`. What leaves: a `Predicate`.

    >>> from bot.model.facts import LogEventRow
    >>> row = LogEventRow(text="dial tcp: connection refused", count=12, source="service")
    >>> compile_where({"text|contains": ["refused", "reset"], "count|gte": 10}).holds(row)
    True
    >>> late = compile_where({"count|gte": 10, "level|not": "debug"})
    >>> late.holds(row), late.unknown_columns(row)
    (None, frozenset({'level'}))

An unknown column (None) makes a test unknown, not false; truth values combine as in Kleene's logic, so that a row which fails
another test is false in any case. Text is compared exactly, upper and lower case apart. A column that holds a list of texts
passes when one of its texts does: `stack|contains: readLoop` means that some frame contains it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import ConfigError
from bot.model.facts import Row
from bot.model.rule import Where

EQUALS = "equals"
NUMBER_MODIFIERS = ("lt", "lte", "gt", "gte")
TEXT_MODIFIERS = ("contains", "startswith", "endswith", "re")
ANY = "any"
"""The key whose value is a list of sets of tests, one of which must hold."""

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    EQUALS: operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "contains": lambda cell, value: value in cell,
    "startswith": lambda cell, value: cell.startswith(value),
    "endswith": lambda cell, value: cell.endswith(value),
    "re": lambda cell, value: re.search(value, cell) is not None,
}


@dataclass(frozen=True, slots=True)
class Key:
    """The left side of a test: `column|not|contains|all`."""

    column: str
    negated: bool
    modifier: str
    every: bool


@dataclass(frozen=True, slots=True)
class Test:
    """One test of one column against any of (`every`: all of) some values."""

    key: Key
    values: tuple[Any, ...]

    def holds(self, row: Row) -> bool | None:
        """Return whether the row passes; None when the column is unknown."""
        cell = getattr(row, self.key.column)
        if cell is None:
            return None
        cells = cell if isinstance(cell, tuple) else (cell,)
        compare, combine = _COMPARE[self.key.modifier], all if self.key.every else any
        return combine(any(compare(one, value) for one in cells) for value in self.values) != self.key.negated


@dataclass(frozen=True, slots=True)
class Predicate:
    """Tests that must all hold, and the sets under `any:`, one of which must hold where there are any."""

    tests: tuple[Test, ...]
    sets: tuple[Predicate, ...] = ()

    def holds(self, row: Row) -> bool | None:
        """Return whether the row passes; None when that depends on unknown columns."""
        results = [*(test.holds(row) for test in self.tests), self._one_set_holds(row)]
        return False if False in results else None if None in results else True

    def _one_set_holds(self, row: Row) -> bool | None:
        results = [part.holds(row) for part in self.sets]
        return True if True in results or not results else None if None in results else False

    def unknown_columns(self, row: Row) -> frozenset[str]:
        """Return the unknown columns on which it depends whether the row passes; none when that is decided."""
        if self.holds(row) is not None:
            return frozenset()
        columns = frozenset(test.key.column for test in self.tests if test.holds(row) is None)
        open_sets = self.sets if self._one_set_holds(row) is None else ()
        return columns.union(*(part.unknown_columns(row) for part in open_sets))


def parse_key(text: str) -> Key:
    """Read `column`, `column|not`, `column|gte`, `column|not|contains|all`.

    Raises:
        ConfigError: an unknown modifier, or modifiers in the wrong order.
    """
    column, *modifiers = text.split("|")
    rest = list(modifiers)
    negated = bool(rest) and rest[0] == "not" and bool(rest.pop(0))
    every = bool(rest) and rest[-1] == "all" and bool(rest.pop())
    modifier = rest.pop(0) if rest else EQUALS
    if not rest and (modifier in _COMPARE and EQUALS not in modifiers):
        return Key(column, negated, modifier, every)
    known = ("not", *TEXT_MODIFIERS, *NUMBER_MODIFIERS, "all")
    unknown = next((word for word in modifiers if word not in known), "")
    if unknown:
        raise ConfigError([f"unknown modifier `{unknown}`, the modifiers are {', '.join(known)}"])
    raise ConfigError(["write the modifiers as column|not|comparison|all, `not` first, one comparison at most"])


def compile_where(where: Where) -> Predicate:
    """Return the predicate of a `where`; an empty one holds for every row.

    Raises:
        ConfigError: a modifier is not right.
    """
    tests = tuple(Test(parse_key(key), _listed(value)) for key, value in where.items() if key != ANY)
    return Predicate(tests, tuple(compile_where(part) for part in where.get(ANY, ())))


def with_numbers(where: Where, numbers: Mapping[str, float]) -> Where:
    """Return the `where` with other numbers in its `lt lte gt gte` tests, by column name; those inside `any:` too."""
    changed: dict[str, Any] = {}
    for key, value in where.items():
        if key == ANY:
            changed[key] = [with_numbers(part, numbers) for part in value]
        else:
            parsed = parse_key(key)
            compared = parsed.modifier in NUMBER_MODIFIERS and parsed.column in numbers
            changed[key] = numbers[parsed.column] if compared else value
    return changed


def compared_columns(where: Where) -> frozenset[str]:
    """Return the columns that a `where` compares with a number by `lt lte gt gte`: those whose threshold can be set."""
    nested = (compared_columns(part) for part in where.get(ANY, ()))
    keys = (parse_key(key) for key in where if key != ANY)
    return frozenset(key.column for key in keys if key.modifier in NUMBER_MODIFIERS).union(*nested)


def _listed(value: Any) -> tuple[Any, ...]:  # noqa: ANN401  # a YAML value
    return tuple(value) if isinstance(value, list | tuple) else (value,)
