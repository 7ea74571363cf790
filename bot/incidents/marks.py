"""`Marks`: the emoji and pins by which people put messages into a timeline; one event per message, however many mark it."""

from __future__ import annotations

from datetime import datetime

from bot.incidents.connections import Connections
from bot.incidents.timeline import Timeline
from bot.model.incident import TimelineEvent


class Marks:
    """All marks that are still there.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, timeline: Timeline) -> None:
        self._connections = connections
        self._timeline = timeline

    def add(
        self,
        message: str,
        mark: str,
        *,
        incident: int,
        text: str,
        actor: str,
        occurred_at: datetime,
        permalink: str,
        marked_by: str,
        now: datetime,
    ) -> TimelineEvent | None:
        """Put a message into a timeline; None when it stands there already.

        Args:
            message: names the message for good: `<channel> <ts>`.
            mark: names the mark: who set it, and which. The same mark again changes nothing.
            incident: number of the incident.
            text: what the message says.
            actor: who wrote the message.
            occurred_at: when it was written.
            permalink: its address.
            marked_by: who marked it.
            now: the present time.

        Raises:
            UsageError: there is no such incident.
        """
        with self._connections.transaction():
            key = f"{message} {mark}"
            if self._connections.row("SELECT 1 FROM marks WHERE key = :key", key=key):
                return None
            there = self._connections.row(
                "SELECT event FROM marks WHERE key >= :start AND key < :end", start=f"{message} ", end=f"{message}!"
            )
            event = None
            if there is None:
                event = self._timeline.add(
                    incident,
                    kind="pinned",
                    text=text,
                    actor=actor,
                    now=now,
                    occurred_at=occurred_at,
                    permalink=permalink,
                    details={"message": message, "marked_by": marked_by},
                )
            self._connections.insert("marks", key=key, event=event.number if event else there["event"] if there else None)
            return event

    def remove(self, message: str, mark: str, *, actor: str, now: datetime) -> TimelineEvent | None:
        """Take a mark back; with the last one of a message its event is withdrawn and returned, otherwise None."""
        with self._connections.transaction():
            row = self._connections.row("SELECT event FROM marks WHERE key = :key", key=f"{message} {mark}")
            if row is None:
                return None
            self._connections.write("DELETE FROM marks WHERE key = :key", key=f"{message} {mark}")
            if self._connections.row("SELECT 1 FROM marks WHERE event = :event", event=row["event"]):
                return None
            return self._timeline.withdraw(row["event"], actor=actor, now=now)
