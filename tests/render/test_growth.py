from __future__ import annotations

from datetime import timedelta

from bot.model.incident import Incident, TimelineEvent
from bot.model.numbers import Measured
from bot.render.drawing import draw
from bot.render.growth import CHARTS_AT_MOST, growth_charts, growths_of
from bot.render.page import postmortem_html, timeline_html


def measured(incident: Incident, fingerprint: str, *values: float) -> list[Measured]:
    return [
        Measured(fingerprint, "heap-growth", f"Heap {fingerprint}", incident.opened_at + timedelta(minutes=number), value)
        for number, value in enumerate(values)
    ]


def test_each_finding_is_a_chart_over_the_time_of_the_drawing(incident: Incident, events: tuple[TimelineEvent, ...]) -> None:
    found = [*measured(incident, "b", 3e6), *measured(incident, "a", 1e6, 9e6, 4e6)]
    growths = growths_of(found, {"heap-growth": "site.inuse_bytes"})
    assert [(growth.title, len(growth.points)) for growth in growths] == [("Heap a", 3), ("Heap b", 1)]
    drawing = draw(incident, events, now=incident.opened_at + timedelta(hours=1))
    first, second = growth_charts(growths, drawing)
    assert first.alt_text == "Line chart: Heap a. site.inuse_bytes: 1 MB → 4 MB, at most 9 MB."
    assert second.alt_text == "Line chart: Heap b. site.inuse_bytes: 3 MB."
    assert 'class="band investigating"' in first.svg
    page = timeline_html(incident, events, growths, now=incident.opened_at)
    assert page.count('<figure class="chart">') == 2
    page = postmortem_html(incident, events, "# Title\n\ntext", growths, now=incident.opened_at)
    assert page.count('<figure class="chart">') == 2


def test_no_more_charts_than_anybody_reads(incident: Incident, events: tuple[TimelineEvent, ...]) -> None:
    growths = growths_of([each for name in "abcdefgh" for each in measured(incident, name, 1)], {})
    assert growths[0].measure == "measure"
    assert len(growth_charts(growths, draw(incident, events, now=incident.opened_at))) == CHARTS_AT_MOST
