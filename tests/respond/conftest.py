"""What a job works with, and a clock that tests set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Config
from bot.diagnose import load_engine
from bot.incidents.store import Store
from bot.respond.context import Context
from bot.slack.app import web_client
from bot.slack.workspace import SlackWorkspace
from bot.telemetry import create_metrics


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, length: timedelta) -> None:
        self.now += length


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_context(tmp_path: Path, clock: Clock) -> Iterator[Callable[[Config], Context]]:
    """Makes a context around a configuration. Nothing in it speaks to Slack before it is asked to."""
    with Store(tmp_path) as store:

        def make(config: Config) -> Context:
            return Context(
                config=config,
                store=store,
                engine=load_engine(config),
                workspace=SlackWorkspace(web_client("xoxb-test", "http://127.0.0.1:9/")),
                metrics=create_metrics(),
                now=clock,
                started_at=clock(),
                uploads=tmp_path / "uploads",
            )

        yield make
