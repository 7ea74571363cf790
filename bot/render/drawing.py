"""An incident's events → a timeline as lengths on a sheet, which the page's template turns into SVG.

Time runs from left to right, from the first event to the last one, or to the reader's now while the incident is open. What
was before the incident gets no more than half of the sheet; what lies further back stands at its left edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.model.incident import Incident, Status, TimelineEvent
from bot.render.phrases import utc
from bot.render.prose import one_line

WIDTH = 960
LEFT, RIGHT = 120, WIDTH - 20
BAND_TOP, BAND_HEIGHT = 8, 22
LANES_TOP, LANE_HEIGHT = 48, 26
LANES = (
    ("alerts", ("alert", "occurrence")),
    ("diagnoses", ("diagnosis", "finding", "check")),
    ("changes", ("opened", "status", "reopened", "severity", "lead", "link")),
    ("notes", ()),
)
TICKS = 5


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time in one status."""

    x: float
    width: float
    status: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One event; `number` is that of its row in the table below the drawing."""

    x: float
    y: float
    kind: str
    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole drawing: bands of status, a lane for each sort of event, the times along the axis, and what it shows in words.

    It runs from `began_at` to `ended_at`.
    """

    height: int
    began_at: datetime
    ended_at: datetime
    bands: tuple[Band, ...]
    lanes: tuple[tuple[float, str], ...]
    dots: tuple[Dot, ...]
    ticks: tuple[tuple[float, str], ...]
    alt_text: str


def draw(incident: Incident, events: Sequence[TimelineEvent], *, now: datetime, zone: tzinfo = UTC) -> Drawing:
    """Return the drawing of an incident's events, which are in the order in which they happened."""
    moments = [utc(event.occurred_at) for event in events] or [utc(incident.opened_at)]
    last = max(moments) if incident.resolved_at else max(*moments, utc(now))
    opened = min((utc(event.occurred_at) for event in events if event.kind == "opened"), default=utc(incident.opened_at))
    first = max(min(moments), opened - max(last - opened, timedelta(0)))
    seconds = max((last - first).total_seconds(), 1.0)

    def place(when: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * max((utc(when) - first).total_seconds(), 0.0) / seconds, 1)

    lane_of = {kind: index for index, (_, kinds) in enumerate(LANES) for kind in kinds}
    height = LANES_TOP + LANE_HEIGHT * len(LANES) + 24
    return Drawing(
        height=height,
        began_at=first,
        ended_at=first + timedelta(seconds=seconds),
        bands=tuple(
            Band(place(begin), round(max(place(end) - place(begin), 1.0), 1), status)
            for begin, end, status in _statuses(events, last)
        ),
        lanes=tuple((LANES_TOP + LANE_HEIGHT * (index + 0.5), name) for index, (name, _) in enumerate(LANES)),
        dots=tuple(
            Dot(
                place(event.occurred_at),
                LANES_TOP + LANE_HEIGHT * (lane_of.get(event.kind, len(LANES) - 1) + 0.5),
                one_line(event.kind),
                event.number,
                f"{_clock(event.occurred_at, zone)} {one_line(event.kind)}: {one_line(event.text)[:200]}",
            )
            for event in events
        ),
        ticks=tuple(_ticks(first, timedelta(seconds=seconds), zone)),
        alt_text=_alt_text(incident, events, first, last, zone),
    )


def _statuses(events: Sequence[TimelineEvent], last: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield from when to when the incident was in which status, by its changes; after it was resolved nothing is drawn."""
    turns = [(event.occurred_at, _status_after(event)) for event in events if event.kind in ("opened", "status", "reopened")]
    for index, (begin, status) in enumerate(turns):
        end = turns[index + 1][0] if index + 1 < len(turns) else last
        if status != Status.RESOLVED:
            yield begin, end, status


def _status_after(event: TimelineEvent) -> str:
    return str(event.details.get("to", Status.INVESTIGATING))


def _ticks(first: datetime, length: timedelta, zone: tzinfo) -> Iterator[tuple[float, str]]:
    """Yield places and times along the axis; the days too where it is longer than one."""
    form = "%m-%d %H:%M" if length > timedelta(days=1) else "%H:%M:%S" if length < timedelta(minutes=TICKS) else "%H:%M"
    for number in range(TICKS):
        share = number / (TICKS - 1)
        shown = f"{form} %Z" if number == TICKS - 1 else form
        yield round(LEFT + (RIGHT - LEFT) * share, 1), (first + length * share).astimezone(zone).strftime(shown)


def _alt_text(incident: Incident, events: Sequence[TimelineEvent], first: datetime, last: datetime, zone: tzinfo) -> str:
    span = f"from {_clock(first, zone)} to {_clock(last, zone)}"
    return f"Timeline of {incident.key}: {len(events)} events {span}; it is {incident.status}. The table holds them all."


def _clock(when: datetime, zone: tzinfo) -> str:
    return utc(when).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
