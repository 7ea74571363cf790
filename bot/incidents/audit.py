"""`Audit`: who asked the bot to do what, and whether it was allowed."""

from __future__ import annotations

from datetime import datetime

from bot.incidents.connections import Connections


class Audit:
    """The record of performed and denied actions; rows are only ever added.

    Raises:
        StoreError: from every method: the database cannot be written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def record(self, *, actor: str, action: str, subject: str, allowed: bool, reason: str, now: datetime) -> None:
        """Record an action (`resolve`, `capture`, …) on a subject (`INC-7`, a service), and why it was denied."""
        self._connections.insert(
            "audit", occurred_at=now, actor=actor, action=action, subject=subject, allowed=allowed, reason=reason
        )
