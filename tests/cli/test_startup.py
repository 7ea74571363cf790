"""A command imports only what it needs: that is what keeps it quick, and does not depend on how busy the machine is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CRASH = ROOT / "tests" / "goservices" / "recorded" / "go1.27" / "crash-nil" / "service.log"
SLOW = {
    "httpx",
    "slack_bolt",
    "slack_sdk",
    "PIL",
    "starlette",
    "uvicorn",
    "websockets",
    "sqlite3",
    "structlog",
    "prometheus_client",
}
PROGRAM = """
import contextlib, sys
from bot.cli import main
with contextlib.suppress(SystemExit):
    main()
print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def imported(*arguments: str | Path) -> set[str]:
    """Return the top-level modules that a run of `gocrash` has imported."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["diagnose", CRASH], ["diagnose", CRASH, "--format", "json"]])
def test_reading_a_file_imports_no_network_no_slack_no_pictures(arguments: list[str | Path]) -> None:
    assert not imported(*arguments) & SLOW


def test_help_imports_next_to_nothing() -> None:
    assert not imported("--help") & {*SLOW, "yaml", "cattrs", "jinja2", "rich"}


def test_the_answer_for_programs_needs_no_terminal() -> None:
    assert "rich" not in imported("diagnose", CRASH, "--format", "json")
