"""`Activity`: what happened lately, for an overview: who worked on what, the last diagnoses, what waits to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.incidents.columns import to_json, to_time, to_time_or_none
from bot.incidents.connections import Connections

_SERVICES_OF = """
SELECT service, max(at) AS at FROM (
  SELECT incidents.service AS service, timeline_events.recorded_at AS at
  FROM timeline_events JOIN incidents ON incidents.number = timeline_events.incident
  WHERE timeline_events.recorded_at >= :since AND (timeline_events.actor = :person OR incidents.lead = :person)
  UNION ALL
  SELECT json_extract(payload, '$.service'), created_at FROM jobs
  WHERE kind = 'diagnose' AND created_at >= :since AND json_extract(payload, '$.actor') = :person
) GROUP BY service ORDER BY at DESC, service
"""
_LAST_OF_EACH = """
SELECT service, recorded_at, verdict, incident, headline, document FROM diagnoses
WHERE number IN (SELECT max(number) FROM diagnoses GROUP BY service) ORDER BY number DESC
"""


@dataclass(frozen=True, slots=True)
class Look:
    """A diagnosis: of what, when, what it said, its incident, the message that holds it (empty: none), and the JSON answer."""

    service: str
    at: datetime
    verdict: str
    incident: int | None
    headline: str
    document: Mapping[str, Any]


class Activity:
    """Questions about the lately done.

    Raises:
        StoreError: from every method: the database cannot be read.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def services_of(self, person: str, *, since: datetime) -> tuple[str, ...]:
        """Return the services that a person asked about, or on whose incidents they worked, since then; the last one first."""
        return tuple(row["service"] for row in self._connections.rows(_SERVICES_OF, person=person, since=since))

    def last_looks(self, limit: int) -> tuple[Look, ...]:
        """Return the last diagnoses, the newest first."""
        return self._looks(
            "SELECT service, recorded_at, verdict, incident, headline, document FROM diagnoses ORDER BY number DESC LIMIT :limit",
            limit=limit,
        )

    def last_look_at_each(self) -> tuple[Look, ...]:
        """Return the last diagnosis of every service, the newest first."""
        return self._looks(_LAST_OF_EACH)

    def last_event_at(self) -> datetime | None:
        """Return when something was last taken in from outside; None when nothing was."""
        row = self._connections.row("SELECT max(received_at) AS at FROM inbox")
        return to_time_or_none(row["at"]) if row else None

    def _looks(self, sql: str, **values: object) -> tuple[Look, ...]:
        return tuple(
            Look(
                service=row["service"],
                at=to_time(row["recorded_at"]),
                verdict=row["verdict"],
                incident=row["incident"],
                headline=row["headline"],
                document=to_json(row["document"]),
            )
            for row in self._connections.rows(sql, **values)
        )
