"""`Diagnoses`: a `Diagnosis` enters with the JSON answer it gave; earlier incidents with the same fingerprint leave.

For an incident, each diagnosis is a timeline event, and so is each finding that it had not had before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.incidents.columns import to_json, to_time
from bot.incidents.connections import Connections
from bot.incidents.timeline import Timeline
from bot.model.diagnosis import Diagnosis, Finding, SimilarIncident
from bot.model.numbers import Measured


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored diagnosis: when it was, the JSON answer, the job that gave it, and the job that collected what it was made from.

    The jobs are None where that was not written down.
    """

    number: int
    job: int | None
    collected_by: int | None
    recorded_at: datetime
    document: Mapping[str, Any]


class Diagnoses:
    """All recorded diagnoses and their findings.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, timeline: Timeline) -> None:
        self._connections = connections
        self._timeline = timeline

    def record(
        self,
        incident: int | None,
        diagnosis: Diagnosis,
        document: Mapping[str, Any],
        *,
        actor: str,
        now: datetime,
        job: int | None = None,
        collected_by: int | None = None,
        permalink: str = "",
        headline: str = "",
    ) -> int:
        """Store a diagnosis with its findings; for an incident also as timeline events: `diagnosis`, and `finding` for new ones.

        Args:
            incident: number of the incident it belongs to; None for one that opened none.
            diagnosis: what was found.
            document: the answer as `--format json` gives it (schema in `gocrash docs schema`).
            actor: who asked for it.
            now: time of recording.
            job: number of the job that answers with it.
            collected_by: number of the job that collected its evidence, where that was another one.
            permalink: address of the message that holds the answer, where that is known.
            headline: outbox key of that message.

        Returns:
            The number of the diagnosis.

        Raises:
            UsageError: there is no such incident.
        """
        with self._connections.transaction():
            if incident is not None:
                self._timeline.add(incident, kind="diagnosis", text=diagnosis.verdict, actor=actor, now=now, permalink=permalink)
                for finding in self._new(incident, diagnosis):
                    self._timeline.add(
                        incident,
                        kind="finding",
                        text=finding.summary,
                        actor=actor,
                        now=now,
                        permalink=permalink,
                        details=_details(finding),
                    )
            number = self._connections.insert(
                "diagnoses",
                incident=incident,
                service=diagnosis.service,
                verdict=diagnosis.verdict,
                started_at=diagnosis.started_at,
                duration_seconds=diagnosis.duration_seconds,
                recorded_at=now,
                document=document,
                headline=headline,
                job=job,
                collected_by=collected_by or job,
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
        return tuple(dict(each.document) for each in self.recorded(incident))

    def recorded(self, incident: int) -> tuple[Recorded, ...]:
        """Return the same, with the jobs they came from."""
        rows = self._connections.rows(
            "SELECT number, job, collected_by, recorded_at, document FROM diagnoses WHERE incident = :incident ORDER BY number",
            incident=incident,
        )
        return tuple(
            Recorded(row["number"], row["job"], row["collected_by"], to_time(row["recorded_at"]), to_json(row["document"]))
            for row in rows
        )

    def last_incident_with(self, playbook: str) -> int | None:
        """Return the number of the newest incident in which a playbook found something; None when there is none."""
        row = self._connections.row(
            "SELECT max(diagnoses.incident) AS number FROM findings JOIN diagnoses ON diagnoses.number = findings.diagnosis"
            " WHERE findings.playbook = :playbook",
            playbook=playbook,
        )
        return row["number"] if row else None

    def found_since(self, fingerprint: str, *, service: str, since: datetime) -> bool:
        """Say whether a diagnosis of a service has found this after a time, in an incident or without one."""
        row = self._connections.row(
            "SELECT 1 FROM findings JOIN diagnoses ON diagnoses.number = findings.diagnosis"
            " WHERE fingerprint = :fingerprint AND service = :service AND recorded_at > :since",
            fingerprint=fingerprint,
            service=service,
            since=since,
        )
        return row is not None

    def measures(self, incident: int) -> tuple[Measured, ...]:
        """Return what an incident's findings measured at each diagnosis, the oldest first; explained findings are left out."""
        rows = self._connections.rows(
            "SELECT fingerprint, playbook, title, started_at, measure FROM diagnoses"
            " JOIN findings ON findings.diagnosis = diagnoses.number"
            " WHERE incident = :incident AND explained_by IS NULL AND measure IS NOT NULL"
            " ORDER BY started_at, diagnoses.number, findings.number",
            incident=incident,
        )
        return tuple(
            Measured(row["fingerprint"], row["playbook"], row["title"], to_time(row["started_at"]), row["measure"])
            for row in rows
        )

    def similar(
        self, fingerprint: str, *, service: str, exclude: int | None = None, limit: int = 5
    ) -> tuple[SimilarIncident, ...]:
        """Return the incidents of a service in which this fingerprint was found, the newest first.

        Findings that another finding explained do not count: there, something else was the cause.
        `exclude` is the number of the incident that asks.
        """
        rows = self._connections.rows(
            "SELECT number, opened_at, status, resolution, permalink, EXISTS ("
            "  SELECT 1 FROM feedback WHERE incident = incidents.number AND fingerprint = :fingerprint) AS wrong"
            " FROM incidents WHERE number IN ("
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
                permalink=row["permalink"],
                said_wrong=bool(row["wrong"]),
            )
            for row in rows
        )

    def times_seen(self, fingerprint: str, *, service: str, exclude: int | None = None) -> int:
        """Return in how many incidents of a service this fingerprint was found; `similar` returns the newest of them."""
        row = self._connections.row(
            "SELECT count(DISTINCT incidents.number) AS times FROM findings"
            " JOIN diagnoses ON diagnoses.number = findings.diagnosis AND diagnoses.incident IS NOT :exclude"
            " JOIN incidents ON incidents.number = diagnoses.incident AND incidents.service = :service"
            " WHERE findings.fingerprint = :fingerprint AND findings.explained_by IS NULL",
            fingerprint=fingerprint,
            exclude=exclude,
            service=service,
        )
        return int(row["times"]) if row else 0

    def _new(self, incident: int, diagnosis: Diagnosis) -> tuple[Finding, ...]:
        """Return the findings that no earlier diagnosis of the incident had as its own, each fingerprint once."""
        rows = self._connections.rows(
            "SELECT DISTINCT fingerprint FROM findings JOIN diagnoses ON diagnoses.number = findings.diagnosis"
            " WHERE diagnoses.incident = :incident AND explained_by IS NULL",
            incident=incident,
        )
        known = {row["fingerprint"] for row in rows}
        found = {finding.fingerprint: finding for finding in reversed(diagnosis.findings)}
        return tuple(finding for finding in reversed(found.values()) if finding.fingerprint not in known)

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


def _details(finding: Finding) -> dict[str, Any]:
    """Return what the event of a new finding keeps of it."""
    return {
        "fingerprint": finding.fingerprint,
        "playbook": finding.playbook,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "culprit": finding.culprit.function if finding.culprit else None,
    }
