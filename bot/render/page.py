"""An incident → HTML pages that stand alone: its timeline, drawn and as a table, and its postmortem."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from bot.model.incident import Incident, TimelineEvent
from bot.render.drawing import LEFT, RIGHT, WIDTH, draw
from bot.render.html import environment, markdown_html
from bot.render.phrases import utc


def timeline_html(incident: Incident, events: Sequence[TimelineEvent], *, now: datetime, zone: tzinfo = UTC) -> str:
    """Return the timeline as a page: a drawing, and below it every event with its time in the reader's zone."""
    return _page(incident, events, body="", title=f"Timeline of {incident.key}", now=now, zone=zone)


def postmortem_html(
    incident: Incident, events: Sequence[TimelineEvent], markdown: str, *, now: datetime, zone: tzinfo = UTC
) -> str:
    """Return a postmortem in Markdown as a page, below the drawing; the page's own heading replaces its first."""
    return _page(incident, events, body=markdown.partition("\n\n")[2], title=f"Postmortem of {incident.key}", now=now, zone=zone)


def _page(incident: Incident, events: Sequence[TimelineEvent], *, body: str, title: str, now: datetime, zone: tzinfo) -> str:
    return environment().get_template("incident.html.j2").render(
        title=title,
        incident=incident,
        drawing=draw(incident, events, now=now, zone=zone),
        width=WIDTH,
        left=LEFT,
        right=RIGHT,
        rows=[(event, utc(event.occurred_at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")) for event in events],
        body=markdown_html(body),
    )  # fmt: skip
