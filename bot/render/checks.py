"""Checks of the installation → a line each for a terminal, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.model.check import Check, State
from bot.render.prose import one_line

_MARKS = {State.OK: ("ok", "green"), State.WRONG: ("WRONG", "bold red"), State.SKIPPED: ("skipped", "dim")}


def print_check(check: Check, console: Console) -> None:
    """Print one check: its state, what it belongs to, what was seen and how to mend it."""
    word, style = _MARKS[check.state]
    line = Text.assemble((f"{word:<9}", style), f"{check.area}: {one_line(check.text)}")
    console.print(line, soft_wrap=True)


def checks_json(checks: Sequence[Check]) -> dict[str, Any]:
    """Return all checks as what JSON can hold; `ok` says whether every one of them holds or was skipped."""
    return {
        "schema_version": 1,
        "ok": all(check.state is not State.WRONG for check in checks),
        "checks": [{"area": check.area, "state": str(check.state), "text": one_line(check.text)} for check in checks],
    }
