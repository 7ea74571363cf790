"""An incident → HTML pages that stand alone: its timeline, drawn, in charts and as a table, and its postmortem."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from markupsafe import Markup

from bot.model.incident import Incident, TimelineEvent
from bot.render.drawing import LEFT, RIGHT, WIDTH, draw
from bot.render.growth import Growth, growth_charts
from bot.render.html import environment, markdown_html
from bot.render.phrases import utc


def timeline_html(
    incident: Incident, events: Sequence[TimelineEvent], growths: Sequence[Growth] = (), *, now: datetime, zone: tzinfo = UTC
) -> str:
    """Return the timeline as a page: a drawing, how the findings grew, and every event with its time in the reader's zone."""
    return _page(incident, events, growths, body="", title=f"Timeline of {incident.key}", now=now, zone=zone)


def postmortem_html(
    incident: Incident,
    events: Sequence[TimelineEvent],
    markdown: str,
    growths: Sequence[Growth] = (),
    *,
    now: datetime,
    zone: tzinfo = UTC,
) -> str:
    """Return a postmortem in Markdown as a page, below drawing and charts; the page's own heading replaces its first."""
    title, body = f"Postmortem of {incident.key}", markdown.partition("\n\n")[2]
    return _page(incident, events, growths, body=body, title=title, now=now, zone=zone)


def _page(
    incident: Incident,
    events: Sequence[TimelineEvent],
    growths: Sequence[Growth],
    *,
    body: str,
    title: str,
    now: datetime,
    zone: tzinfo,
) -> str:
    drawing = draw(incident, events, now=now, zone=zone)
    return environment().get_template("incident.html.j2").render(
        title=title,
        incident=incident,
        drawing=drawing,
        charts=growth_charts(growths, drawing, zone=zone),
        width=WIDTH,
        left=LEFT,
        right=RIGHT,
        rows=[(event, utc(event.occurred_at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")) for event in events],
        body=_with_places(markdown_html(body)),
    )  # fmt: skip


def _with_places(body: Markup) -> Markup:
    """Let links lead to sections and to pieces of evidence, and show tasks as boxes: what Markdown alone cannot say."""
    html = re.sub(r"<h2>(Timeline|Evidence)</h2>", lambda found: f'<h2 id="{found[1].lower()}">{found[1]}</h2>', body)
    html = re.sub(r'<a href="#evidence">E(\d+)</a>', r'<a href="#e\1">E\1</a>', html)
    html = re.sub(r"<tr>\n<td>E(\d+)</td>", r'<tr id="e\1">\n<td>E\1</td>', html)
    html = re.sub(r"<li>(\n?(?:<p>)?)\[ \] ", r'<li class="task">\1', html)
    return Markup(html)  # noqa: S704  # it was HTML before, and digits were added
