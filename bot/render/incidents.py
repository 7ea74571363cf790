"""Incidents → lines for a terminal: a list of them, or one with its last diagnosis and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.model.evidence import Evidence
from bot.model.incident import Incident
from bot.render.phrases import bytes_text, utc_text
from bot.render.prose import one_line


def print_incidents(incidents: Sequence[Incident], console: Console) -> None:
    """Print incidents as a table, in the order given."""
    if not incidents:
        console.print("no incidents")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("incident", "status", "severity", "service", "opened", "title"):
        table.add_column(heading, overflow="fold")
    for each in incidents:
        cells = (each.key, each.status.value, each.severity, each.service, utc_text(each.opened_at), one_line(each.title))
        table.add_row(*map(Text, cells))
    console.print(table)


def print_incident(
    incident: Incident, document: Mapping[str, Any] | None, evidence: Sequence[Evidence], console: Console
) -> None:
    """Print one incident. `document` is its last diagnosis as `--format json` gives it; None when there was none."""
    console.print(Text(f"{incident.key} {incident.service}: {one_line(incident.title)}", style="bold"))
    facts = {
        "status": incident.status.value,
        "severity": incident.severity,
        "lead": incident.lead,
        "opened": f"{utc_text(incident.opened_at)} by {incident.opened_by}",
        "resolved": utc_text(incident.resolved_at) if incident.resolved_at else "",
        "resolution": one_line(incident.resolution),
    }
    for name, value in facts.items():
        if value:
            console.print(Text(f"{name:<12}{value}"))
    if document:
        console.print(Text(f"{'diagnosis':<12}{one_line(document['verdict'])}"))
        for finding in document["findings"]:
            console.print(Text(f"{'':<12}- {finding['severity']}, {finding['confidence']}: {one_line(finding['summary'])}"))
    for piece in evidence:
        console.print(Text(f"{'evidence':<12}{piece.name} of {piece.source}, {bytes_text(piece.size_bytes)}"))
