"""`Diagnoses`: a `Diagnosis` enters with the JSON answer it gave; earlier incidents with the same fingerprint leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.incidents.columns import to_json, to_time
from bot.incidents.connections import Connections
from bot.incidents.timeline import Timeline
from bot.model.diagnosis import Diagnosis, Finding, SimilarIncident


class Diagnoses:
    """All recorded diagnoses and their findings.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, timeline: Timeline) -> None:
        self._connections = connections
        self._timeline = timeline

    def record(
        self, incident: int | None, diagnosis: Diagnosis, document: Mapping[str, Any], *, actor: str, now: datetime
    ) -> int:
        """Store a diagnosis with its findings; for an incident also as the timeline event `diagnosis`.

        Args:
            incident: number of the incident it belongs to; None for one that opened none.
            diagnosis: what was found.
            document: the answer as `--format json` gives it (schema in `gocrash docs schema`).
            actor: who asked for it.
            now: time of recording.

        Returns:
            The number of the diagnosis.

        Raises:
            UsageError: there is no such incident.
        """
        with self._connections.transaction():
            if incident is not None:
                self._timeline.add(incident, kind="diagnosis", text=diagnosis.verdict, actor=actor, now=now)
            number = self._connections.insert(
                "diagnoses",
                incident=incident,
                service=diagnosis.service,
                verdict=diagnosis.verdict,
                started_at=diagnosis.started_at,
                duration_seconds=diagnosis.duration_seconds,
                recorded_at=now,
                document=document,
            )
            self._insert_findings(number, diagnosis.findings, None)
            return number

    def latest(self, incident: int) -> dict[str, Any] | None:
        """Return the JSON answer of the incident's last diagnosis; None when it has had none."""
        row = self._connections.row(
            "SELECT document FROM diagnoses WHERE incident = :incident ORDER BY number DESC LIMIT 1", incident=incident
        )
        return to_json(row["document"]) if row else None

    def of(self, incident: int) -> tuple[dict[str, Any], ...]:
        """Return the JSON answers of all diagnoses of an incident, the oldest first."""
        rows = self._connections.rows(
            "SELECT document FROM diagnoses WHERE incident = :incident ORDER BY number", incident=incident
        )
        return tuple(to_json(row["document"]) for row in rows)

    def similar(
        self, fingerprint: str, *, service: str, exclude: int | None = None, limit: int = 5
    ) -> tuple[SimilarIncident, ...]:
        """Return the incidents of a service in which this fingerprint was found, the newest first.

        Findings that another finding explained do not count: there, something else was the cause.
        `exclude` is the number of the incident that asks.
        """
        rows = self._connections.rows(
            "SELECT number, opened_at, status, resolution FROM incidents WHERE number IN ("
            " SELECT diagnoses.incident FROM findings JOIN diagnoses ON diagnoses.number = findings.diagnosis"
            " WHERE findings.fingerprint = :fingerprint AND findings.explained_by IS NULL AND diagnoses.incident IS NOT :exclude)"
            " AND service = :service ORDER BY number DESC LIMIT :limit",
            fingerprint=fingerprint,
            exclude=exclude,
            service=service,
            limit=limit,
        )
        return tuple(
            SimilarIncident(
                key=f"INC-{row['number']}",
                opened_at=to_time(row["opened_at"]),
                status=row["status"],
                resolution=row["resolution"],
            )
            for row in rows
        )

    def _insert_findings(self, diagnosis: int, findings: tuple[Finding, ...], explained_by: int | None) -> None:
        for finding in findings:
            culprit = finding.culprit
            number = self._connections.insert(
                "findings",
                diagnosis=diagnosis,
                explained_by=explained_by,
                playbook=finding.playbook,
                failure_class=finding.failure_class,
                severity=finding.severity,
                confidence=finding.confidence,
                title=finding.title,
                summary=finding.summary,
                culprit_function=culprit.function if culprit else None,
                culprit_file=culprit.file if culprit else None,
                culprit_line=culprit.line if culprit else None,
                fingerprint=finding.fingerprint,
                measure=finding.measure,
            )
            self._insert_findings(diagnosis, finding.symptoms, number)
