"""`Context`: what every job handler works with, and `Workspace`: what it may ask Slack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.config import Config
from bot.diagnose import Engine
from bot.incidents.store import Store
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

    def download(self, url: str, *, max_bytes: int) -> tuple[bytes, bool]:
        """Return a file that somebody uploaded, and whether it was cut; raises `SlackError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Configuration, memory, the engine, the workspace, the clock (UTC), and the directory for files that wait to be uploaded."""

    config: Config
    store: Store
    engine: Engine
    workspace: Workspace
    metrics: Metrics
    now: Callable[[], datetime]
    uploads: Path
