"""`Context`: what every job handler works with, and `Workspace`: what it may ask Slack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bot.config import Config
from bot.diagnose import Engine
from bot.incidents.store import Store
from bot.model.message import View
from bot.telemetry import Metrics

Commit = Callable[[], None]
"""What a handler has achieved, as writes to the store only: run in one transaction with the end of the job."""


class Workspace(Protocol):
    """What Slack knows about people, groups, messages and files. Never asked inside a transaction: it may take seconds."""

    def name(self, user: str) -> str:
        """Return what people call a user; the id where Slack does not say."""
        ...

    def members(self, group: str) -> frozenset[str]:
        """Return the user ids of a group (`@handle` or its id); raises `SlackError`."""
        ...

    def group_id(self, handle: str) -> str:
        """Return a group's id; empty where there is none."""
        ...

    def permalink(self, channel: str, ts: str) -> str:
        """Return the address of a message; empty where Slack gives none."""
        ...

    def message(self, channel: str, ts: str) -> Mapping[str, Any] | None:
        """Return a message as Slack has it; None where it is gone; raises `SlackError`."""
        ...

    def publish_home(self, user: str, view: View) -> None:
        """Show a person their Home tab; raises `SlackError`."""
        ...

    def download(self, url: str, *, max_bytes: int) -> tuple[bytes, bool]:
        """Return a file that somebody uploaded, and whether it was cut; raises `SlackError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Configuration, memory, engine, workspace, the clock (UTC), when the bot started, and where files wait for their upload."""

    config: Config
    store: Store
    engine: Engine
    workspace: Workspace
    metrics: Metrics
    now: Callable[[], datetime]
    started_at: datetime
    uploads: Path
