"""Incidents → lines for a terminal: a list of them, a service's history, what a search found, or one with what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.model.evidence import Evidence
from bot.model.incident import Incident, PastIncident, SearchHit
from bot.model.units import format_duration, format_size
from bot.render.phrases import utc_text
from bot.render.prose import one_line


def incident_line(incident: Incident) -> str:
    """Return one line about an incident: `INC-7 checkout: mitigated, SEV2, led by Ana: 412 goroutines are stuck …`."""
    lead = f", led by {one_line(incident.lead)}" if incident.lead else ""
    return f"{incident.key} {incident.service}: {incident.status}, {incident.severity}{lead}: {one_line(incident.title)}"


def print_incidents(incidents: Sequence[Incident], console: Console) -> None:
    """Print incidents as a table, in the order given."""
    if not incidents:
        console.print("no incidents")
        return
    _print_table(
        ("incident", "status", "severity", "service", "opened", "title"),
        [(each.key, each.status, each.severity, each.service, utc_text(each.opened_at), each.title) for each in incidents],
        console,
    )


def print_history(past: Sequence[PastIncident], console: Console) -> None:
    """Print a service's incidents: when each was opened, how long it took, what was found, what resolved it."""
    if not past:
        console.print("no incidents")
        return
    _print_table(
        ("incident", "opened", "took", "severity", "class", "to blame", "title", "resolution"),
        [
            (
                each.incident.key,
                utc_text(each.incident.opened_at),
                _took(each.incident),
                each.incident.severity,
                each.failure_class,
                each.culprit,
                each.incident.title,
                each.incident.resolution,
            )
            for each in past
        ],
        console,
    )


def print_hits(hits: Sequence[SearchHit], console: Console) -> None:
    """Print what a search found: each incident on a line, and below it the newest of its texts that holds the words."""
    if not hits:
        console.print("nothing found")
    for hit in hits:
        console.print(Text(incident_line(hit.incident), style="bold"))
        console.print(Text(f"    {utc_text(hit.occurred_at)}  {hit.kind}  {one_line(hit.text)}"))


def print_incident(
    incident: Incident,
    document: Mapping[str, Any] | None,
    evidence: Sequence[Evidence],
    console: Console,
    *,
    linked: Sequence[Incident],
    related: Sequence[Incident],
    responders: Sequence[str] = (),
) -> None:
    """Print one incident.

    Args:
        incident: the incident.
        document: its last diagnosis as `--format json` gives it; None when there was none.
        evidence: what was kept of it.
        console: where to print.
        linked: incidents that people have linked to it.
        related: incidents in which the same function was to blame.
        responders: who works on it.
    """
    console.print(Text(f"{incident.key} {incident.service}: {one_line(incident.title)}", style="bold"))
    facts = {
        "status": incident.status.value,
        "severity": incident.severity,
        "lead": incident.lead,
        "responders": one_line(", ".join(responders)),
        "opened": f"{utc_text(incident.opened_at)} by {incident.opened_by}",
        "resolved": utc_text(incident.resolved_at) if incident.resolved_at else "",
        "resolution": one_line(incident.resolution),
        "thread": incident.permalink,
    }
    for name, value in facts.items():
        if value:
            console.print(Text(f"{name:<12}{value}"))
    if document:
        console.print(Text(f"{'diagnosis':<12}{one_line(document['verdict'])}"))
        for finding in document["findings"]:
            console.print(Text(f"{'':<12}- {finding['severity']}, {finding['confidence']}: {one_line(finding['summary'])}"))
    for piece in evidence:
        console.print(Text(f"{'evidence':<12}{piece.name} of {piece.source}, {format_size(piece.size_bytes)}"))
    for name, others in (("linked", linked), ("same code", related)):
        for other in others:
            console.print(Text(f"{name:<12}{incident_line(other)}"))


def _took(incident: Incident) -> str:
    """Return how long an incident took until it was resolved; `open` where it is not."""
    return format_duration((incident.resolved_at - incident.opened_at).total_seconds()) if incident.resolved_at else "open"


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console.print(table)
