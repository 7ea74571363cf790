"""An incident's events → text, Markdown, JSON, CSV. Order is the caller's; times are UTC inside and the reader's zone outside."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any

from bot.model.incident import Incident, TimelineEvent
from bot.render.document import json_text, time_text
from bot.render.markdown import inline
from bot.render.phrases import utc
from bot.render.prose import one_line

COLUMNS = ("occurred_at", "recorded_at", "kind", "text", "actor", "permalink")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def timeline_text(events: Sequence[TimelineEvent], *, zone: tzinfo = UTC) -> str:
    """Return the events as lines in columns: when, what sort, who, what."""
    rows = [(_when(event, zone), one_line(event.kind), one_line(event.actor), one_line(event.text)) for event in events]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = ("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def timeline_markdown(incident: Incident, events: Sequence[TimelineEvent], *, zone: tzinfo = UTC) -> str:
    """Return the events as a Markdown table under the incident's heading; an entry with a permalink links to it."""
    return f"# Timeline of {incident.key}: {inline(incident.title)}\n\n{timeline_table(events, zone=zone)}\n"


def timeline_table(events: Sequence[TimelineEvent], *, zone: tzinfo = UTC) -> str:
    """Return the events as a Markdown table alone."""
    rows = ["| When | What | Who | Entry |", "|---|---|---|---|"]
    for event in events:
        when = f"[{_when(event, zone)}](<{_address(event.permalink)}>)" if event.permalink else _when(event, zone)
        cells = (when, *(inline(text).replace("|", "\\|") for text in (event.kind, event.actor, event.text)))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def timeline_json(incident: Incident, events: Sequence[TimelineEvent]) -> str:
    """Return the incident and its events as JSON text; times are UTC."""
    return json_text({
        "schema_version": 1,
        "incident": {
            "key": incident.key,
            "service": incident.service,
            "title": incident.title,
            "status": str(incident.status),
            "severity": incident.severity,
            "opened_at": time_text(incident.opened_at),
            "resolved_at": time_text(incident.resolved_at) if incident.resolved_at else None,
        },
        "events": [{"number": event.number} | _row(event) | {"details": dict(event.details)} for event in events],
    })  # fmt: skip


def timeline_csv(events: Sequence[TimelineEvent]) -> str:
    """Return the events as CSV with a header; times are UTC.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front: notes and alerts come from outside.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for event in events:
        writer.writerow({name: f"'{cell}" if cell.startswith(_FORMULA) else cell for name, cell in _row(event).items()})
    return stream.getvalue()


def _row(event: TimelineEvent) -> dict[str, Any]:
    return {
        "occurred_at": time_text(event.occurred_at),
        "recorded_at": time_text(event.recorded_at),
        "kind": event.kind,
        "text": event.text,
        "actor": event.actor,
        "permalink": event.permalink,
    }


def _when(event: TimelineEvent, zone: tzinfo) -> str:
    return utc(event.occurred_at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _address(url: str) -> str:
    """Return an address that cannot end the angle brackets around it."""
    return one_line(url).replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
