"""`Context`: what every job handler works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config import Config
from bot.diagnose import Engine
from bot.incidents.store import Store
from bot.telemetry import Metrics

Commit = Callable[[], None]
"""What a handler has achieved, as writes to the store only: run in one transaction with the end of the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Configuration, memory, the engine, the clock (UTC), and the directory for files that wait to be uploaded."""

    config: Config
    store: Store
    engine: Engine
    metrics: Metrics
    now: Callable[[], datetime]
    uploads: Path
