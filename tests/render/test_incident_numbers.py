from __future__ import annotations

import io

from rich.console import Console

from bot.model.numbers import Budget, GroupNumbers, Recurrence
from bot.render.numbers import budget_text, print_stats, stats_json

GROUPS = {"service": [GroupNumbers("checkout", 3, 1, 120.0, None, 3600.0)], "class": [GroupNumbers("", 3, 1, None, None, None)]}
AGAIN = [Recurrence("checkout", "deadlock", "shop.(*Pool).fetch", 2, "INC-7"), Recurrence("mail", "oom", "", 3, "INC-9")]


def test_stats_name_what_came_again() -> None:
    stream = io.StringIO()
    print_stats(GROUPS, AGAIN, Console(file=stream, width=100))
    lines = stream.getvalue().splitlines()
    assert lines[1].split() == ["checkout", "3", "1", "2", "min", "1", "h"]
    assert "unknown" in lines[4]
    assert lines[-2:] == [
        "2 times in checkout: deadlock in shop.(*Pool).fetch, last in INC-7",
        "3 times in mail: oom, last in INC-9",
    ]
    assert stats_json(GROUPS, AGAIN)["recurrences"][0]["incidents"] == 2


def test_a_budget_that_is_overspent_says_by_how_much() -> None:
    budget = Budget(service="checkout", objective_percent=99.9, window_seconds=100_000, spent=(("INC-7", 150.0),))
    assert budget_text(budget).splitlines()[0] == (
        "checkout: 99.9 % over 1 d 3 h allows 1 min 40 s; 2 min 30 s spent, overspent by 50 s (-50 % left)"
    )
