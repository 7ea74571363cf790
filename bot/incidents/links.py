"""`Links`: which incidents belong together, as people said."""

from __future__ import annotations

from datetime import datetime

from bot.errors import UsageError
from bot.incidents.connections import Connections
from bot.incidents.incidents import Incidents, incident_of
from bot.incidents.timeline import Timeline
from bot.model.incident import Incident


class Links:
    """The links between incidents; a link has no direction.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, incidents: Incidents, timeline: Timeline) -> None:
        self._connections = connections
        self._incidents = incidents
        self._timeline = timeline

    def add(self, number: int, other: int, *, actor: str, now: datetime) -> None:
        """Link two incidents, and say so on both timelines; linking them again changes nothing.

        Raises:
            UsageError: one of them does not exist, or both are the same.
        """
        with self._connections.transaction():
            one, two = self._incidents.get(number), self._incidents.get(other)
            if one == two:
                raise UsageError(f"{one.key} cannot be linked to itself: name another incident")
            added = self._connections.write(
                "INSERT INTO incident_links (incident, other, linked_at, linked_by) VALUES (:low, :high, :now, :actor)"
                " ON CONFLICT DO NOTHING",
                low=min(number, other),
                high=max(number, other),
                now=now,
                actor=actor,
            )
            if added:
                for here, there in ((one, two), (two, one)):
                    text = f"linked to {there.key} of {there.service}: {there.title}"
                    self._timeline.add(here.number, kind="link", text=text, actor=actor, now=now, details={"other": there.key})

    def of(self, number: int) -> tuple[Incident, ...]:
        """Return the incidents that are linked to one, the newest first."""
        rows = self._connections.rows(
            "SELECT * FROM incidents WHERE number IN ("
            " SELECT other FROM incident_links WHERE incident = :number"
            " UNION SELECT incident FROM incident_links WHERE other = :number) ORDER BY number DESC",
            number=number,
        )
        return tuple(map(incident_of, rows))
