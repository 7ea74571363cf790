"""Numbers of incidents → tables and sentences for a terminal, and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.model.numbers import Budget, GroupNumbers, Recurrence
from bot.model.units import format_duration, format_ratio
from bot.render.prose import one_line

Groups = Mapping[str, Sequence[GroupNumbers]]


def print_stats(groups: Groups, recurrences: Sequence[Recurrence], console: Console) -> None:
    """Print one table for each way of grouping, and what came again; times are medians from the opening."""
    if not any(groups.values()):
        console.print("no incidents")
        return
    for heading, members in groups.items():
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(heading, overflow="fold")
        for name in ("incidents", "open", "acknowledged after", "mitigated after", "resolved after"):
            table.add_column(name, justify="right")
        for group in members:
            spans = (group.acknowledge_seconds, group.mitigate_seconds, group.resolve_seconds)
            cells = (one_line(group.name) or "unknown", str(group.incidents), str(group.open), *map(_span, spans))
            table.add_row(*map(Text, cells))
        console.print(table)
        console.print()
    for each in recurrences:
        where = f" in {one_line(each.culprit)}" if each.culprit else ""
        console.print(
            Text(f"{each.incidents} times in {one_line(each.service)}: {each.playbook}{where}, last in {each.last}"),
            soft_wrap=True,
        )


def stats_json(groups: Groups, recurrences: Sequence[Recurrence]) -> dict[str, Any]:
    """Return the same as what JSON can hold; times are seconds."""
    return {
        "schema_version": 1,
        "by": {heading: [asdict(group) for group in members] for heading, members in groups.items()},
        "recurrences": [asdict(each) for each in recurrences],
    }


def budget_text(budget: Budget) -> str:
    """Return what the objective allows, what is spent and left, and what each incident took."""
    allowed, spent = budget.allowed_seconds, budget.spent_seconds
    left = f"{format_duration(allowed - spent)} left ({format_ratio(budget.left_ratio)})"
    if spent > allowed:
        left = f"overspent by {format_duration(spent - allowed)} ({format_ratio(budget.left_ratio)} left)"
    promise = f"{budget.objective_percent:g} % over {format_duration(budget.window_seconds)}"
    lines = [f"{budget.service}: {promise} allows {format_duration(allowed)}; {format_duration(spent)} spent, {left}"]
    lines += [f"  {key:<10}{format_duration(seconds)}" for key, seconds in budget.spent]
    return "".join(f"{line}\n" for line in lines)


def budget_json(budget: Budget) -> dict[str, Any]:
    """Return the same as what JSON can hold; times are seconds."""
    return {
        "schema_version": 1,
        "service": budget.service,
        "objective_percent": budget.objective_percent,
        "window_seconds": budget.window_seconds,
        "allowed_seconds": budget.allowed_seconds,
        "spent_seconds": budget.spent_seconds,
        "left_ratio": budget.left_ratio,
        "incidents": [{"key": key, "seconds": seconds} for key, seconds in budget.spent],
    }


def _span(seconds: float | None) -> str:
    return "" if seconds is None else format_duration(seconds)
