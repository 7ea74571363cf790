"""`Checks`: which incidents are to be looked at again after they were mitigated or resolved, and what such a look has shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.incidents.columns import to_time
from bot.incidents.connections import Connections
from bot.incidents.timeline import Timeline
from bot.model.incident import TimelineEvent
from bot.model.recovery import Earlier

_KIND = "check"
# The last change of status counts, unless there was a look after it.
_DUE = (
    "SELECT incident, service, recorded_at FROM timeline_events AS change"
    " JOIN incidents ON incidents.number = change.incident"
    " WHERE change.kind = 'status' AND recorded_at > :since AND recorded_at <= :until"
    " AND json_extract(details, '$.to') IN ('mitigated', 'resolved')"
    " AND NOT EXISTS (SELECT 1 FROM timeline_events AS later WHERE later.incident = change.incident"
    "  AND later.number > change.number AND later.kind IN ('status', 'reopened', 'check'))"
    " ORDER BY recorded_at, change.number"
)


@dataclass(frozen=True, slots=True)
class DueCheck:
    """An incident to be looked at again, and since when it is mitigated or resolved."""

    incident: int
    service: str
    since: datetime


class Checks:
    """The looks after mitigations, which stand in the timelines as events of the kind `check`.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, timeline: Timeline) -> None:
        self._connections = connections
        self._timeline = timeline

    def due(self, *, since: datetime, until: datetime) -> tuple[DueCheck, ...]:
        """Return the incidents mitigated or resolved between two times, and not looked at again, the earliest first."""
        rows = self._connections.rows(_DUE, since=since, until=until)
        return tuple(DueCheck(row["incident"], row["service"], to_time(row["recorded_at"])) for row in rows)

    def add(self, incident: int, *, text: str, actor: str, now: datetime, details: Mapping[str, Any]) -> TimelineEvent:
        """Record what a look after a mitigation has shown; `details` hold the numbers by fingerprint.

        Raises:
            UsageError: there is no such incident.
        """
        return self._timeline.add(incident, kind=_KIND, text=text, actor=actor, now=now, details=details)

    def found_before(self, incident: int, *, at: datetime) -> tuple[Earlier, ...]:
        """Return what the last diagnosis that found something had found by then; what another finding explained is left out."""
        rows = self._connections.rows(
            "SELECT * FROM findings WHERE explained_by IS NULL AND diagnosis = ("
            " SELECT diagnoses.number FROM diagnoses JOIN findings ON findings.diagnosis = diagnoses.number"
            " WHERE incident = :incident AND recorded_at <= :at ORDER BY diagnoses.number DESC LIMIT 1) ORDER BY number",
            incident=incident,
            at=at,
        )
        return tuple(
            Earlier(
                fingerprint=row["fingerprint"],
                playbook=row["playbook"],
                title=row["title"],
                function=row["culprit_function"] or "",
                measure=row["measure"],
            )
            for row in rows
        )
