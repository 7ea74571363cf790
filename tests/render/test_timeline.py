from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta, timezone

from bot.model.incident import Incident, TimelineEvent
from bot.render.timeline import timeline_csv, timeline_json, timeline_markdown, timeline_text

Events = tuple[TimelineEvent, ...]


def test_text(events: Events) -> None:
    lines = timeline_text(events).splitlines()
    assert lines[0] == "2026-11-20 14:01:11 UTC  alert    alertmanager  [FIRING:1] HighErrors (checkout)"
    assert lines[4] == "2026-11-20 14:15:11 UTC  status   Ana           mitigated: rolled back to 4ac1d20"
    assert timeline_text(()) == ""


def test_times_are_shown_in_the_readers_zone(events: Events) -> None:
    assert timeline_text(events, zone=timezone(timedelta(hours=1), "CET")).startswith("2026-11-20 15:01:11 CET")


def test_markdown(incident: Incident, events: Events, golden: Callable[[str, str], None]) -> None:
    golden("timeline.md", timeline_markdown(incident, events))


def test_markdown_cells_keep_to_their_columns(incident: Incident, events: Events) -> None:
    rows = timeline_markdown(incident, events).splitlines()[2:]
    assert len(rows) == 2 + len(events)
    assert {row.replace("\\|", "").count("|") for row in rows} == {5}


def test_json_and_csv_tell_the_same(incident: Incident, events: Events) -> None:
    shown = json.loads(timeline_json(incident, events))
    rows = list(csv.DictReader(io.StringIO(timeline_csv(events))))
    assert shown["incident"]["key"] == "INC-7"
    assert [row["occurred_at"] for row in rows] == [event["occurred_at"] for event in shown["events"]]
    assert rows[0]["permalink"] == "https://shop.slack.com/archives/C1/p1"
    assert shown["events"][3]["text"] == events[3].text


def test_a_note_is_no_formula_in_a_spreadsheet(events: Events) -> None:
    rows = list(csv.DictReader(io.StringIO(timeline_csv(events))))
    assert rows[3]["text"] == "'" + events[3].text
