"""Fixtures of the incident tests: real SQLite files in a directory of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

import bot
from bot.incidents.store import Store

PROGRAMS = Path(__file__).parent / "programs"


class StartProgram(Protocol):
    def __call__(self, name: str, *arguments: object) -> subprocess.Popen[str]: ...


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 14, 2, 11, 123000, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as opened:
        yield opened


@pytest.fixture
def start_program() -> Iterator[StartProgram]:
    """Starts `programs/<name>.py`; whatever still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "PYTHONPATH": str(Path(bot.__file__).parents[1])}

    def start(name: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROGRAMS / f"{name}.py"), *map(str, arguments)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()
