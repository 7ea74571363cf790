"""`Responders`: who works on an incident."""

from __future__ import annotations

from datetime import datetime

from bot.errors import UsageError
from bot.incidents.connections import Connections
from bot.incidents.timeline import Timeline


class Responders:
    """The people who work on incidents; whoever leads one is among them (`Incidents.set_lead`).

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, timeline: Timeline) -> None:
        self._connections = connections
        self._timeline = timeline

    def join(self, number: int, person: str, *, now: datetime, actor: str = "") -> None:
        """Let a person work on an incident; joining again changes nothing. `actor` is who added them; empty: they themselves.

        Raises:
            UsageError: there is no such incident, or the person has no name.
        """
        if not person.strip():
            raise UsageError("say who joins: a name")
        with self._connections.transaction():
            if person not in self.of(number):
                self._timeline.add(number, kind="responder", text=f"joined: {person}", actor=actor or person, now=now)
                self.add(number, person, now=now)

    def leave(self, number: int, person: str, *, now: datetime, actor: str = "") -> None:
        """Let a person no longer work on an incident.

        Raises:
            UsageError: the person is not among the responders, or leads the incident.
        """
        with self._connections.transaction():
            led = self._connections.row("SELECT lead FROM incidents WHERE number = :number", number=number)
            if led and led["lead"] == person:
                raise UsageError(f"{person} leads INC-{number}: name another lead first")
            gone = self._connections.write(
                "DELETE FROM responders WHERE incident = :number AND person = :person", number=number, person=person
            )
            if not gone:
                there = ", ".join(self.of(number)) or "nobody"
                raise UsageError(f"{person} does not work on INC-{number}: there is {there}")
            self._timeline.add(number, kind="responder", text=f"left: {person}", actor=actor or person, now=now)

    def of(self, number: int) -> tuple[str, ...]:
        """Return who works on an incident, the first who joined first."""
        rows = self._connections.rows(
            "SELECT person FROM responders WHERE incident = :number ORDER BY joined_at, rowid", number=number
        )
        return tuple(row["person"] for row in rows)

    def add(self, number: int, person: str, *, now: datetime) -> None:
        """Count a person in without an event of its own: another one says so."""
        self._connections.write(
            "INSERT INTO responders (incident, person, joined_at) VALUES (:number, :person, :now) ON CONFLICT DO NOTHING",
            number=number,
            person=person,
            now=now,
        )
