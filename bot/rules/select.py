"""A rule's selections over the fact tables → the rows that match, and what is unknown about those that might.

Each row is tested once, whatever target it was seen on; `Selected.on` then narrows to one target. Rows that an `unless` selection
silences are dropped first: without `same` those that it matches itself, with `same` those whose columns equal a row it matches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.model.facts import Facts, Row
from bot.model.rule import Rule, Selection
from bot.rules.predicates import compile_where, with_numbers
from bot.rules.tables import tables

Silences = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Selected:
    """What one selection found, in the order of its table.

    Attributes:
        rows: those that match.
        unknown: for each row of which it is not known whether it matches: its target, and the `table.column`s that are unknown.
    """

    rows: tuple[Row, ...]
    unknown: tuple[tuple[str, frozenset[str]], ...] = ()

    def on(self, *targets: str) -> tuple[Row, ...]:
        """Return the matching rows of some targets, those of the whole service included."""
        return tuple(row for row in self.rows if row.target in targets or not row.target)

    def unknown_on(self, target: str) -> frozenset[str]:
        """Return the unknown columns that stand between rows of a target and a match."""
        return frozenset().union(*(columns for seen_on, columns in self.unknown if seen_on in {target, ""}))


def select(rule: Rule, facts: Facts, *, numbers: Mapping[str, Mapping[str, float]]) -> dict[str, Selected]:
    """Return what each selection under `match` finds.

    Args:
        rule: the rule.
        facts: the tables.
        numbers: other thresholds than the rule's own, by selection and column.
    """
    silenced = [_silencer(name, selection, facts, numbers) for name, selection in rule.unless.items()]
    found = {}
    for name, selection in rule.match.items():
        columns = tables()[selection.table].keys()
        apply = [silences for table, same, silences in silenced if (set(same) <= columns if same else table == selection.table)]
        rows = [row for row in _rows(facts, selection) if not any(silences(row) for silences in apply)]
        predicate = compile_where(with_numbers(selection.where, numbers.get(name, {})))
        tested = [(row, predicate.holds(row)) for row in rows]
        unknown = [(row.target, predicate.unknown_columns(row)) for row, held in tested if held is None]
        found[name] = Selected(
            rows=tuple(row for row, held in tested if held),
            unknown=tuple((target, frozenset(f"{selection.table}.{column}" for column in names)) for target, names in unknown),
        )
    return found


def same_target(one: str, other: str) -> bool:
    """Whether two rows may concern the same process: equal targets, or one of them was seen on the service as a whole."""
    return one == other or not one or not other


def _silencer(
    name: str, selection: Selection, facts: Facts, numbers: Mapping[str, Mapping[str, float]]
) -> tuple[str, tuple[str, ...], Silences]:
    """Return an `unless` selection's table, the columns that join it, and the test of a row that it may silence."""
    predicate = compile_where(with_numbers(selection.where, numbers.get(name, {})))
    if not selection.same:
        return selection.table, (), lambda row: predicate.holds(row) is True
    targets: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    for row in _rows(facts, selection):
        if predicate.holds(row):
            targets[_values(row, selection.same)].add(row.target)

    def silences(row: Row) -> bool:
        values = _values(row, selection.same)
        return None not in values and any(same_target(row.target, target) for target in targets.get(values, ()))

    return selection.table, selection.same, silences


def _rows(facts: Facts, selection: Selection) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = getattr(facts, selection.table)
    return rows


def _values(row: Row, columns: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(row, column) for column in columns)
