"""The whole bot against a local Slack, as a context manager for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.config import Config, Settings
from bot.incidents.store import Store
from bot.localslack import LocalSlack
from bot.serve import running
from bot.work import Pace

MANIFEST = Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml"
SECONDS = 60.0
BOT_ID = "B0GOCRASH"
UNHURRIED = 1e6


@dataclass(frozen=True)
class Bench:
    """A local Slack, the bot's store, and the address of its own pages."""

    slack: LocalSlack
    store: Store
    url: str

    def answers(self, channel: str) -> list[dict[str, Any]]:
        """Return the bot's own messages in a channel, oldest first."""
        return [message for message in self.slack.messages(channel) if message.get("bot_id") == BOT_ID]

    def settle(self) -> None:
        """Wait until the bot has done everything that follows from what happened in Slack."""
        self.slack.wait_idle(until=self.store.is_idle, timeout_seconds=SECONDS, quiet_seconds=0.3)


def shown(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what people see of a message, to tell two from one that was posted twice: its text and its files' names."""
    return (message["text"], *(file["name"] for file in message.get("files", [])))


def settings(slack: LocalSlack, data: Path) -> Settings:
    """Return settings that point the bot at this local Slack."""
    return Settings(
        bot_token=slack.bot_token,
        app_token=slack.app_token,
        api_url=slack.api_url,
        data=data,
        http_host="127.0.0.1",
        http_port=0,
    )


@contextmanager
def local_slack() -> Iterator[LocalSlack]:
    """Run a local Slack in which the app of the real manifest is installed; it delivers again sooner than the real one."""
    with LocalSlack(manifest=yaml.safe_load(MANIFEST.read_text()), retry_delays_seconds=(0, 1, 5)) as slack:
        yield slack


@contextmanager
def bench(config: Config, data: Path, pace: Pace | None = None) -> Iterator[Bench]:
    """Run the unmodified bot against a local Slack, which takes more messages a second than the real one."""
    with local_slack() as slack, running(config, settings(slack, data), pace or Pace(burst=UNHURRIED)) as bot:
        slack.wait_connected()
        yield Bench(slack, bot.store, bot.url)
