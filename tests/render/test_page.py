from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.incident import Incident, Status, TimelineEvent
from bot.render.drawing import LEFT, RIGHT, draw
from bot.render.page import postmortem_html, timeline_html

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOSTILE = '<script>alert(1)</script> & "quoted" \x1b[31m'


def incident(status: Status = Status.RESOLVED, title: str = "412 goroutines are stuck") -> Incident:
    return Incident(
        number=7,
        service="checkout",
        title=title,
        status=status,
        severity="SEV2",
        dedup_key="service",
        opened_at=START,
        opened_by="ana",
        resolved_at=START + 60 * MINUTE if status is Status.RESOLVED else None,
    )


def event(number: int, minutes: float, kind: str, text: str = "", to: str = "", *, permalink: str = "") -> TimelineEvent:
    moment = START + minutes * MINUTE
    return TimelineEvent(
        number=number,
        incident=7,
        kind=kind,
        text=text,
        actor="ana",
        occurred_at=moment,
        recorded_at=moment,
        permalink=permalink,
        details={"to": to} if to else {},
    )


LIFE = (
    event(5, -60, "alert", "HighErrors", permalink="https://shop.slack.com/archives/C1/p1"),
    event(1, 0, "opened"),
    event(2, 15, "status", "identified", "identified"),
    event(3, 30, "status", "mitigated", "mitigated"),
    event(4, 60, "status", "resolved", "resolved"),
)


class Elements(HTMLParser):
    """Counts the elements of a page, and keeps the addresses it would load from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.loaded += [
            value or "" for name, value in attrs if name in ("src", "xlink:href") or (tag == "link" and name == "href")
        ]


def elements(page: str) -> Elements:
    parser = Elements()
    parser.feed(page)
    return parser


def test_status_is_drawn_as_bands_from_turn_to_turn() -> None:
    drawing = draw(incident(), LIFE, now=START)
    assert [band.status for band in drawing.bands] == ["investigating", "identified", "mitigated"]
    middle = (LEFT + RIGHT) / 2
    assert [band.x for band in drawing.bands] == [middle, middle + 102.5, middle + 205]
    assert drawing.bands[2].width == 205
    assert [dot.x for dot in drawing.dots][:2] == [LEFT, middle]
    assert drawing.ticks[0] == (LEFT, "13:00")
    assert drawing.ticks[-1] == (RIGHT, "15:00 UTC")


def test_an_open_incident_is_drawn_up_to_now() -> None:
    drawing = draw(incident(Status.INVESTIGATING), LIFE[:2], now=START + 60 * MINUTE)
    (band,) = drawing.bands
    assert (band.status, band.x, band.width) == ("investigating", (LEFT + RIGHT) / 2, (RIGHT - LEFT) / 2)


def test_one_old_note_leaves_room_for_the_incident() -> None:
    drawing = draw(incident(), (event(6, -60 * 24 * 30, "note", "the first sign"), *LIFE), now=START)
    assert [dot.x for dot in drawing.dots][:3] == [LEFT, LEFT, (LEFT + RIGHT) / 2]
    assert drawing.bands[0].width == 102.5
    assert drawing.began_at == START - 60 * MINUTE


def test_a_reopened_incident_has_a_gap() -> None:
    drawing = draw(
        incident(Status.INVESTIGATING), (*LIFE, event(6, 120, "reopened", to="investigating")), now=START + 180 * MINUTE
    )
    assert [band.status for band in drawing.bands][-2:] == ["mitigated", "investigating"]
    assert drawing.bands[-1].x - drawing.bands[-2].x - drawing.bands[-2].width == 205


@given(
    st.lists(
        st.tuples(st.integers(-5000, 5000), st.sampled_from(["alert", "status", "note", "reopened", "opened", "whatever"])),
        max_size=30,
    )
)
def test_everything_is_drawn_within_the_sheet(turns: list[tuple[int, str]]) -> None:
    events = [event(number, minutes, kind) for number, (minutes, kind) in enumerate(sorted(turns))]
    drawing = draw(incident(), events, now=START)
    assert len(drawing.dots) == len(events)
    assert all(LEFT <= dot.x <= RIGHT and 0 < dot.y < drawing.height for dot in drawing.dots)
    assert all(band.x >= LEFT and band.x + band.width <= RIGHT + 1 for band in drawing.bands)


def test_the_page_holds_every_event_and_loads_nothing() -> None:
    page = timeline_html(incident(), LIFE, now=START)
    found = elements(page)
    assert (found.found.count("circle"), found.found.count("tr")) == (5, 6)
    assert found.loaded == []
    assert "script" not in found.found
    assert set(re.findall(r'href="#(event-\d)"', page)) == set(re.findall(r'id="(event-\d)"', page))
    assert '<a href="https://shop.slack.com/archives/C1/p1">2026-11-20 13:00:00 UTC</a>' in page


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://plain", '"><script>'])
def test_outside_text_stays_text(link: str) -> None:
    events = (event(1, 0, HOSTILE, HOSTILE, permalink=link), event(2, 1, "note", HOSTILE * 50))
    page = timeline_html(incident(title=HOSTILE), events, now=START)
    assert "script" not in elements(page).found
    assert link not in page
    assert "\x1b" not in page


def test_a_postmortem_stands_below_the_drawing_under_one_heading() -> None:
    page = postmortem_html(incident(), LIFE, "# Postmortem of INC-7\n\n## Summary\n\n- **Service:** <b>checkout</b>\n", now=START)
    found = elements(page).found
    assert (found.count("h1"), found.count("svg"), found.count("circle")) == (1, 1, 5)
    assert "<h2>Summary</h2>" in page
    assert "&lt;b&gt;checkout" in page
    assert "#event-" not in page
