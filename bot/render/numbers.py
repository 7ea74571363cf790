"""Numbers of incidents → tables and sentences for a terminal, Markdown, JSON, and a page with charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.model.feedback import PlaybookRecord
from bot.model.numbers import Budget, GroupNumbers, Recurrence
from bot.model.units import format_duration, format_ratio
from bot.render.document import time_text
from bot.render.html import environment
from bot.render.markdown import inline
from bot.render.phrases import count_text, utc_text
from bot.render.postmortem import CELL_BAR
from bot.render.prose import one_line
from bot.render.svg import Chart, Row, Series, bars, columns, lines

_HEADINGS = ("incidents", "open", "acknowledged after", "mitigated after", "resolved after")
_SERIES = ("acknowledged", "mitigated", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The incidents of a stretch of time.

    Attributes:
        since, until: when they were opened.
        groups: their numbers by `service`, `class` and `severity`.
        weeks: how many were opened in each week, by its Monday.
        recurrences: what came again.
        playbooks: how the playbooks did by what people said of them.
        budgets: the error budgets of services that have an objective, each with how much was left when.
    """

    since: datetime
    until: datetime
    groups: Mapping[str, Sequence[GroupNumbers]]
    weeks: Sequence[tuple[datetime, int]]
    recurrences: Sequence[Recurrence]
    playbooks: Sequence[PlaybookRecord] = ()
    budgets: Sequence[tuple[Budget, tuple[tuple[datetime, float], ...]]] = ()


def print_stats(stats: Statistics, console: Console) -> None:
    """Print one table for each way of grouping, what came again, and budgets; times are medians from the opening."""
    if not any(stats.groups.values()):
        console.print("no incidents")
        return
    for heading, members in stats.groups.items():
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(heading, overflow="fold")
        for name in _HEADINGS:
            table.add_column(name, justify="right")
        for group in members:
            table.add_row(*map(Text, _cells(group)))
        console.print(table)
        console.print()
    budgets = (f"error budget of {_budget_line(budget)}" for budget, _ in stats.budgets)
    for line in (*map(_again, stats.recurrences), *budgets, *map(_record_line, stats.playbooks)):
        console.print(Text(line), soft_wrap=True)


def stats_markdown(stats: Statistics) -> str:
    """Return the same as a Markdown document."""
    parts = [f"# Incidents from {utc_text(stats.since)} to {utc_text(stats.until)}"]
    if not any(stats.groups.values()):
        parts.append("No incidents.")
    for heading, members in stats.groups.items():
        if members:
            rows = [f"| {' | '.join((heading, *_HEADINGS))} |", "|---|---:|---:|---:|---:|---:|"]
            rows += [f"| {' | '.join(inline(cell).replace('|', CELL_BAR) for cell in _cells(group))} |" for group in members]
            parts.append("\n".join(rows))
    for title, entries in (
        ("What came again", map(_again, stats.recurrences)),
        ("Error budgets", (_budget_line(budget) for budget, _ in stats.budgets)),
        ("Playbooks", map(_record_line, stats.playbooks)),
    ):
        if said := "\n".join(f"- {inline(line)}" for line in entries):
            parts.append(f"## {title}\n\n{said}")
    return "\n\n".join(parts) + "\n"


def stats_html(stats: Statistics) -> str:
    """Return the same as a page that stands alone, with charts; their numbers stand in tables below them."""
    sections = [(heading, _charts(heading, members), members) for heading, members in stats.groups.items() if members]
    return environment().get_template("stats.html.j2").render(
        since=stats.since,
        until=stats.until,
        weeks=columns([(f"{monday:%m-%d}", count) for monday, count in stats.weeks], title="Incidents by week (Monday, UTC)"),
        sections=[(heading, charts, [_cells(group) for group in members]) for heading, charts, members in sections],
        headings=_HEADINGS,
        recurrences=[_again(each) for each in stats.recurrences],
        playbooks=[_record_line(each) for each in stats.playbooks],
        burnt=_burn_downs(stats),
        budgets=[_budget_line(budget) for budget, _ in stats.budgets],
    )  # fmt: skip


def stats_json(stats: Statistics) -> dict[str, Any]:
    """Return the same as what JSON can hold; times are seconds."""
    return {
        "schema_version": 1,
        "since": time_text(stats.since),
        "until": time_text(stats.until),
        "by": {heading: [asdict(group) for group in members] for heading, members in stats.groups.items()},
        "weeks": [{"monday": f"{monday:%Y-%m-%d}", "incidents": count} for monday, count in stats.weeks],
        "recurrences": [asdict(each) for each in stats.recurrences],
        "playbooks": [asdict(each) for each in stats.playbooks],
        "budgets": [budget_json(budget) for budget, _ in stats.budgets],
    }


def budget_text(budget: Budget) -> str:
    """Return what the objective allows, what is spent and left, and what each incident took."""
    lines = [_budget_line(budget)]
    lines += [f"  {key:<10}{format_duration(seconds)}" for key, seconds in budget.spent]
    return "".join(f"{line}\n" for line in lines)


def _budget_line(budget: Budget) -> str:
    allowed, spent = budget.allowed_seconds, budget.spent_seconds
    left = f"{format_duration(allowed - spent)} left ({format_ratio(budget.left_ratio)})"
    if spent > allowed:
        left = f"overspent by {format_duration(spent - allowed)} ({format_ratio(budget.left_ratio)} left)"
    promise = f"{budget.objective_percent:g} % over {format_duration(budget.window_seconds)}"
    return f"{budget.service}: {promise} allows {format_duration(allowed)}; {format_duration(spent)} spent, {left}"


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


def _charts(heading: str, members: Sequence[GroupNumbers]) -> tuple[Chart, Chart]:
    """Return how many incidents there were of each group, and how long they took."""
    counts = [Row(group.name, (group.incidents,), f", {group.open} open" if group.open else "") for group in members]
    spans = [Row(group.name, (group.acknowledge_seconds, group.mitigate_seconds, group.resolve_seconds)) for group in members]
    return (
        bars(counts, title=f"Incidents by {heading}", unit="incidents"),
        bars(spans, title=f"Median times from the opening, by {heading}", unit="seconds", series=_SERIES),
    )


def _burn_downs(stats: Statistics) -> tuple[Chart, ...]:
    """Return a chart of each budget, the least left first."""
    ordered = sorted(stats.budgets, key=lambda each: each[0].left_ratio)
    return tuple(
        lines(
            [Series("left", points)],
            title=f"Error budget of {budget.service}",
            unit="ratio",
            since=points[0][0],
            until=points[-1][0],
            highest=1.0,
        )
        for budget, points in ordered
    )


def _cells(group: GroupNumbers) -> tuple[str, ...]:
    spans = (group.acknowledge_seconds, group.mitigate_seconds, group.resolve_seconds)
    return (one_line(group.name) or "unknown", str(group.incidents), str(group.open), *map(_span, spans))


def _again(each: Recurrence) -> str:
    where = f" in {one_line(each.culprit)}" if each.culprit else ""
    return f"{each.incidents} times in {one_line(each.service)}: {each.playbook}{where}, last in {each.last}"


def _record_line(each: PlaybookRecord) -> str:
    wrong = f", said to be wrong {_times(each.wrong)}" if each.wrong else ""
    return f"{each.playbook}: found {_times(each.diagnoses)} in {count_text(each.incidents, 'incident')}{wrong}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _span(seconds: float | None) -> str:
    return "" if seconds is None else format_duration(seconds)
