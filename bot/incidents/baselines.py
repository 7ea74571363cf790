"""`Baselines`: which collections show a service while nothing was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incidents.columns import to_time
from bot.incidents.connections import Connections


@dataclass(frozen=True, slots=True)
class RecordedBaseline:
    """A baseline: the job whose evidence it is, and when that was taken."""

    job: int
    taken_at: datetime


class Baselines:
    """The baselines of all services. The evidence of the newest one of a service is never pruned (`Retention`).

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def record(self, service: str, *, job: int, taken_at: datetime) -> None:
        """Let what a job has collected be the service's newest baseline."""
        self._connections.insert("baselines", service=service, job=job, taken_at=taken_at)

    def newest(self, service: str) -> RecordedBaseline | None:
        """Return the newest baseline of a service; None when it has never been seen healthy."""
        row = self._connections.row(
            "SELECT job, taken_at FROM baselines WHERE service = :service ORDER BY number DESC LIMIT 1", service=service
        )
        return RecordedBaseline(row["job"], to_time(row["taken_at"])) if row else None
