from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from rich.console import Console

from bot.model.numbers import Budget, GroupNumbers, Recurrence
from bot.render.numbers import Statistics, budget_text, print_stats, stats_html, stats_json, stats_markdown

GROUPS = {"service": [GroupNumbers("checkout", 3, 1, 120.0, None, 3600.0)], "class": [GroupNumbers("", 3, 1, None, None, None)]}
AGAIN = [Recurrence("checkout", "deadlock", "shop.(*Pool).fetch", 2, "INC-7"), Recurrence("mail", "oom", "", 3, "INC-9")]
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
BUDGET = Budget(service="checkout", objective_percent=99.9, window_seconds=28 * 86400, spent=(("INC-7", 1860.0),))
STATS = Statistics(
    since=NOW - timedelta(days=21),
    until=NOW,
    groups=GROUPS,
    weeks=[(datetime(2026, 11, day, tzinfo=UTC), count) for day, count in ((2, 0), (9, 2), (16, 1))],
    recurrences=AGAIN,
    budgets=[(BUDGET, ((NOW - timedelta(days=28), 1.0), (NOW - timedelta(days=1), 1.0), (NOW, 0.23)))],
)


def test_stats_name_what_came_again() -> None:
    stream = io.StringIO()
    print_stats(STATS, Console(file=stream, width=140))
    lines = stream.getvalue().splitlines()
    assert lines[1].split() == ["checkout", "3", "1", "2", "min", "1", "h"]
    assert "unknown" in lines[4]
    assert lines[-3:] == [
        "2 times in checkout: deadlock in shop.(*Pool).fetch, last in INC-7",
        "3 times in mail: oom, last in INC-9",
        "error budget of checkout: 99.9 % over 28 d allows 40 min 19 s; 31 min spent, 9 min 19 s left (23 %)",
    ]


def test_stats_for_programs_hold_the_same() -> None:
    found = stats_json(STATS)
    assert found["recurrences"][0]["incidents"] == 2
    assert found["weeks"][1] == {"monday": "2026-11-09", "incidents": 2}
    assert found["budgets"][0]["spent_seconds"] == 1860.0
    assert (found["since"], found["until"]) == ("2026-10-30T14:00:00Z", "2026-11-20T14:00:00Z")


def test_stats_as_markdown_hold_the_same() -> None:
    lines = stats_markdown(STATS).splitlines()
    assert lines[0] == "# Incidents from 2026-10-30 14:00 UTC to 2026-11-20 14:00 UTC"
    assert "| checkout | 3 | 1 | 2 min |  | 1 h |" in lines
    assert "- 3 times in mail: oom, last in INC-9" in lines
    hostile = replace(STATS, groups={"class": [GroupNumbers("a|b <i>", 1, 0, None, None, None)]})
    assert "| `a\\|b` `<i>` | 1 | 0 |  |  |  |" in stats_markdown(hostile)
    assert "No incidents." in stats_markdown(replace(STATS, groups={}))


def test_the_page_draws_every_number_and_says_it_in_words() -> None:
    page = stats_html(STATS)
    charts = [ET.fromstring(chart) for chart in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]  # noqa: S314  # our own page
    assert [chart.get("aria-label") for chart in charts] == [
        "Chart: Incidents by week (Monday, UTC). 3 in all; the most, 2, in 11-09.",
        "Bar chart: Incidents by service. The highest of 1 is checkout with 3.",
        "Bar chart: Median times from the opening, by service. The highest of 1 is checkout with 1 h.",
        "Bar chart: Incidents by class. The highest of 1 is unknown with 3.",
        "Bar chart: Median times from the opening, by class. Nothing was measured.",
        "Line chart: Error budget of checkout. left: 100 % → 23 %.",
    ]
    assert all(chart.get("role") == "img" for chart in charts)
    assert "31 min spent, 9 min 19 s left (23 %)" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)


def test_a_page_of_which_nothing_is_known_stands_too() -> None:
    page = stats_html(replace(STATS, groups={}, recurrences=[], budgets=[], weeks=[]))
    assert "There were none." in page


def test_outside_text_stays_text_on_the_page() -> None:
    hostile = "<script>alert(1)</script>"
    again = [Recurrence(hostile, hostile, hostile, 2, "INC-7")]
    page = stats_html(replace(STATS, groups={"class": [GroupNumbers(hostile, 1, 0, None, None, None)]}, recurrences=again))
    assert "<script>" not in page


def test_a_budget_that_is_overspent_says_by_how_much() -> None:
    budget = Budget(service="checkout", objective_percent=99.9, window_seconds=100_000, spent=(("INC-7", 150.0),))
    assert budget_text(budget).splitlines()[0] == (
        "checkout: 99.9 % over 1 d 3 h allows 1 min 40 s; 2 min 30 s spent, overspent by 50 s (-50 % left)"
    )
