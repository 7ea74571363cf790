"""`FeedbackBook`: what people say of findings, and how the playbooks do by it."""

from __future__ import annotations

from datetime import datetime

from bot.incidents.columns import to_time
from bot.incidents.connections import Connections
from bot.incidents.incidents import Incidents
from bot.incidents.timeline import Timeline
from bot.model.feedback import Feedback, PlaybookRecord

_PUT = (
    "INSERT INTO feedback (incident, service, playbook, fingerprint, text, actor, given_at)"
    " VALUES (:incident, :service, :playbook, :fingerprint, :text, :actor, :now)"
    " ON CONFLICT (coalesce(incident, 0), fingerprint, actor) DO UPDATE SET text = :text, given_at = :now WHERE text != :text"
)
# Findings that another one explained do not count: there, something else was named as the cause.
_RECORDS = (
    "WITH named AS ("
    " SELECT playbook, count(DISTINCT diagnoses.number) AS diagnoses, count(DISTINCT diagnoses.incident) AS incidents"
    " FROM diagnoses JOIN findings ON findings.diagnosis = diagnoses.number AND explained_by IS NULL"
    " WHERE diagnoses.recorded_at >= :since AND diagnoses.service = coalesce(:service, diagnoses.service) GROUP BY playbook),"
    " blamed AS ("
    " SELECT playbook, count(DISTINCT coalesce(incident, 0) || ' ' || fingerprint) AS wrong FROM feedback"
    " WHERE given_at >= :since AND service = coalesce(:service, service) GROUP BY playbook)"
    " SELECT playbook, sum(diagnoses) AS diagnoses, sum(incidents) AS incidents, sum(wrong) AS wrong FROM ("
    " SELECT playbook, diagnoses, incidents, 0 AS wrong FROM named UNION ALL SELECT playbook, 0, 0, wrong FROM blamed)"
    " GROUP BY playbook ORDER BY wrong DESC, diagnoses DESC, playbook"
)


class FeedbackBook:
    """All that people have said of findings.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, incidents: Incidents, timeline: Timeline) -> None:
        self._connections = connections
        self._incidents = incidents
        self._timeline = timeline

    def give(
        self, *, incident: int | None, service: str, playbook: str, fingerprint: str, text: str, actor: str, now: datetime
    ) -> None:
        """Write down that a finding was wrong, and why; what the same person says again replaces what they said before.

        For an incident it is the timeline event `feedback` too; the same words again change nothing.

        Raises:
            UsageError: there is no such incident.
        """
        with self._connections.transaction():
            if incident is not None:
                self._incidents.get(incident)
            changed = self._connections.write(
                _PUT,
                incident=incident,
                service=service,
                playbook=playbook,
                fingerprint=fingerprint,
                text=text,
                actor=actor,
                now=now,
            )
            if changed and incident is not None:
                details = {"playbook": playbook, "fingerprint": fingerprint}
                line = f"{playbook} is wrong: {text}" if text else f"{playbook} is wrong"
                self._timeline.add(incident, kind="feedback", text=line, actor=actor, now=now, details=details)

    def of_incident(self, incident: int) -> tuple[Feedback, ...]:
        """Return what was said of an incident's findings, the oldest first."""
        rows = self._connections.rows("SELECT * FROM feedback WHERE incident = :incident ORDER BY number", incident=incident)
        return tuple(
            Feedback(
                incident=row["incident"],
                service=row["service"],
                playbook=row["playbook"],
                fingerprint=row["fingerprint"],
                text=row["text"],
                actor=row["actor"],
                given_at=to_time(row["given_at"]),
            )
            for row in rows
        )

    def per_playbook(self, since: datetime, *, service: str | None = None) -> tuple[PlaybookRecord, ...]:
        """Return the record of every playbook that found something since then, the most often wrong first."""
        rows = self._connections.rows(_RECORDS, since=since, service=service)
        return tuple(PlaybookRecord(row["playbook"], row["diagnoses"], row["incidents"], row["wrong"]) for row in rows)
