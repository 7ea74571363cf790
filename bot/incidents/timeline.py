"""`Timeline`: the dated entries of incidents.

Entries are added and withdrawn, never rewritten or deleted; only the time at which what a note tells happened may be corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.errors import UsageError
from bot.incidents.columns import to_column, to_json, to_time
from bot.incidents.connections import Connections, Row
from bot.model.incident import TimelineEvent


class Timeline:
    """The timeline events of all incidents.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        incident: int,
        *,
        kind: str,
        text: str,
        actor: str,
        now: datetime,
        occurred_at: datetime | None = None,
        permalink: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> TimelineEvent:
        """Record an event; `occurred_at` says when it happened where that was not just now.

        Without a `permalink` of its own it has that of the incident's thread, where everything is told.

        Raises:
            UsageError: there is no such incident.
        """
        with self._connections.transaction():
            thread = self._connections.row("SELECT permalink FROM incidents WHERE number = :incident", incident=incident)
            if thread is None:
                raise unknown_incident(incident)
            number = self._connections.insert(
                "timeline_events",
                incident=incident,
                kind=kind,
                text=text,
                actor=actor,
                occurred_at=occurred_at or now,
                recorded_at=now,
                permalink=permalink or thread["permalink"],
                details=details or {},
            )
            return self._event(number)

    def locate(self, incident: int, permalink: str) -> None:
        """Give the address of an incident's thread to its events that have none of their own."""
        self._connections.write(
            "UPDATE timeline_events SET permalink = :permalink WHERE incident = :incident AND permalink = ''",
            permalink=permalink,
            incident=incident,
        )

    def of(self, incident: int) -> tuple[TimelineEvent, ...]:
        """Return the events of an incident that were not withdrawn, in the order in which they happened."""
        rows = self._connections.rows(
            "SELECT * FROM timeline_events WHERE incident = :incident AND withdrawn_at IS NULL ORDER BY occurred_at, number",
            incident=incident,
        )
        return tuple(_event(row) for row in rows)

    def newest(self) -> int:
        """Return the number of the event that was recorded last; 0 when there is none."""
        row = self._connections.row("SELECT max(number) AS number FROM timeline_events")
        return int(row["number"] or 0) if row else 0

    def incidents_after(self, event: int) -> tuple[int, ...]:
        """Return the numbers of the incidents of which something was recorded after an event."""
        rows = self._connections.rows("SELECT DISTINCT incident FROM timeline_events WHERE number > :event", event=event)
        return tuple(row["incident"] for row in rows)

    def withdraw(self, event: int, *, actor: str, now: datetime) -> TimelineEvent:
        """Take an event out of what is shown; the row stays, with who withdrew it and when. Twice is as good as once.

        Raises:
            UsageError: there is no such event, or it is the one that opened the incident.
        """
        with self._connections.transaction():
            if (opening := self._event(event)).kind == "opened":
                raise UsageError(f"event {event} opened INC-{opening.incident}: resolve the incident if it was opened by mistake")
            self._connections.write(
                "UPDATE timeline_events SET withdrawn_at = :now, withdrawn_by = :actor"
                " WHERE number = :event AND withdrawn_at IS NULL",
                now=now,
                actor=actor,
                event=event,
            )
            return self._event(event)

    def move(self, event: int, occurred_at: datetime, *, actor: str, now: datetime) -> TimelineEvent:
        """Say anew when the thing that a note tells of happened; the details keep every earlier time, and who changed it.

        Raises:
            UsageError: there is no such event, it is no note (its time was measured), or it was withdrawn.
        """
        with self._connections.transaction():
            before = self._event(event)
            if before.kind != "note":
                raise UsageError(f"event {event} is no note but `{before.kind}`: only the time of a note can be changed")
            earlier = {"occurred_at": to_column(before.occurred_at), "changed_at": to_column(now), "changed_by": actor}
            changed = self._connections.write(
                "UPDATE timeline_events SET occurred_at = :occurred_at, details = :details"
                " WHERE number = :event AND withdrawn_at IS NULL",
                occurred_at=occurred_at,
                details={**before.details, "moved": [*before.details.get("moved", ()), earlier]},
                event=event,
            )
            if not changed:
                raise UsageError(f"event {event} was withdrawn: write a new note")
            return self._event(event)

    def _event(self, number: int) -> TimelineEvent:
        row = self._connections.row("SELECT * FROM timeline_events WHERE number = :number", number=number)
        if row is None:
            raise UsageError(
                f"there is no timeline event {number}: `gocrash incident timeline INC-n --format json` shows their numbers"
            )
        return _event(row)


def unknown_incident(number: int) -> UsageError:
    """Return the error for an incident that does not exist."""
    return UsageError(f"there is no INC-{number}: look at the list of incidents")


def _event(row: Row) -> TimelineEvent:
    return TimelineEvent(
        number=row["number"],
        incident=row["incident"],
        kind=row["kind"],
        text=row["text"],
        actor=row["actor"],
        occurred_at=to_time(row["occurred_at"]),
        recorded_at=to_time(row["recorded_at"]),
        permalink=row["permalink"],
        details=to_json(row["details"]),
    )
