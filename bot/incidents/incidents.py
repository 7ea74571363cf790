"""`Incidents`: opening, joining and changing incidents. Every change is one transaction with its timeline event."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.errors import UsageError
from bot.incidents.columns import to_time, to_time_or_none
from bot.incidents.connections import Connections, Row
from bot.incidents.responders import Responders
from bot.incidents.timeline import Timeline, unknown_incident
from bot.model.incident import SEVERITIES, Incident, Status, TimelineEvent

# One incident per service is open at a time: what else breaks meanwhile joins it.
SERVICE_KEY = "service"

# Two statements, because only one that says so plainly uses the index over open incidents.
_LIST = {
    "open": "SELECT * FROM incidents WHERE status != 'resolved' AND (:service IS NULL OR service = :service)"
    " ORDER BY number DESC LIMIT :limit",
    "all": "SELECT * FROM incidents WHERE :service IS NULL OR service = :service ORDER BY number DESC LIMIT :limit",
}


class Incidents:
    """All incidents; an incident is open until it is resolved.

    Raises:
        StoreError: from every method: the database cannot be read or written.
        UsageError: from every method that takes a `number`: there is no such incident.
    """

    def __init__(self, connections: Connections, timeline: Timeline, responders: Responders) -> None:
        self._connections = connections
        self._timeline = timeline
        self._responders = responders

    def open_or_join(
        self,
        *,
        service: str,
        dedup_key: str,
        title: str,
        severity: str,
        opened_by: str,
        now: datetime,
        channel: str = "",
        thread: str = "",
        headline: str = "",
    ) -> tuple[Incident, bool]:
        """Open an incident, or return the one that is open for this service and key.

        Opening writes the event `opened`. Joining changes nothing: what joined (an occurrence, a person) is the
        caller's event to add. Returns the incident, and whether it was opened just now.

        Raises:
            UsageError: the severity is none of `SEVERITIES`.
        """
        _check_severity(severity)
        with self._connections.transaction():
            if there := self._open_one(service, dedup_key):
                return there, False
            number = self._connections.insert(
                "incidents",
                service=service,
                dedup_key=dedup_key,
                title=title,
                status=Status.INVESTIGATING,
                severity=severity,
                opened_at=now,
                opened_by=opened_by,
                channel=channel,
                thread=thread,
                headline=headline,
            )
            self._timeline.add(number, kind="opened", text=title, actor=opened_by, now=now, details={"severity": severity})
            return self.get(number), True

    def get(self, number: int) -> Incident:
        """Return the incident `INC-number`."""
        row = self._connections.row("SELECT * FROM incidents WHERE number = :number", number=number)
        if row is None:
            raise unknown_incident(number)
        return incident_of(row)

    def list_incidents(
        self, *, status: Literal["open", "all"] = "open", service: str | None = None, limit: int = 100
    ) -> tuple[Incident, ...]:
        """Return incidents, the newest first; `service` None means every service."""
        rows = self._connections.rows(_LIST[status], service=service, limit=limit)
        return tuple(incident_of(row) for row in rows)

    def change_status(self, number: int, status: Status, *, text: str, actor: str, now: datetime) -> Incident:
        """Move an open incident to another status; `text` says why, and becomes the resolution when it is resolved.

        Between open statuses every move is allowed, back as well: what was thought identified may turn out wrong.

        Raises:
            UsageError: the incident already has this status, or is resolved (`reopen` it first).
        """
        with self._connections.transaction():
            before = self.get(number)
            if before.status is status:
                raise UsageError(f"{before.key} is already {status}: nothing to change")
            if before.status is Status.RESOLVED:
                raise UsageError(f"{before.key} is resolved: reopen it first")
            resolved = status is Status.RESOLVED
            # A clock that was set back must not give an incident a negative length.
            resolved_at = max(now, before.opened_at) if resolved else None
            self._set_status(number, status, resolved_at=resolved_at, resolution=text if resolved else "")
            self._add_change(before, kind="status", after=status, text=text, actor=actor, now=now)
            return self.get(number)

    def reopen(self, number: int, *, text: str, actor: str, now: datetime) -> Incident:
        """Put a resolved incident back to `investigating`; how it had been resolved stays in the timeline.

        Raises:
            UsageError: it is not resolved, or a newer incident is open for the same service and key.
        """
        with self._connections.transaction():
            before = self.get(number)
            if before.status is not Status.RESOLVED:
                raise UsageError(f"{before.key} is {before.status}: only a resolved incident is reopened")
            if newer := self._open_one(before.service, before.dedup_key):
                raise UsageError(
                    f"{newer.key} is open for the same problem of {before.service}: go on there, or resolve it first"
                )
            self._set_status(number, Status.INVESTIGATING, resolved_at=None, resolution="")
            self._add_change(before, kind="reopened", after=Status.INVESTIGATING, text=text, actor=actor, now=now)
            return self.get(number)

    def set_severity(self, number: int, severity: str, *, actor: str, now: datetime) -> Incident:
        """Set the severity; setting what it already is changes nothing.

        Raises:
            UsageError: the severity is none of `SEVERITIES`.
        """
        _check_severity(severity)
        with self._connections.transaction():
            before = self.get(number)
            if before.severity != severity:
                self._connections.write(
                    "UPDATE incidents SET severity = :severity WHERE number = :number", severity=severity, number=number
                )
                details = {"from": before.severity, "to": severity}
                text = f"{before.severity} → {severity}"
                self._timeline.add(number, kind="severity", text=text, actor=actor, now=now, details=details)
            return self.get(number)

    def set_lead(self, number: int, lead: str, *, actor: str, now: datetime) -> Incident:
        """Name who leads, who then also is a responder; naming the same lead again changes nothing."""
        with self._connections.transaction():
            before = self.get(number)
            if before.lead != lead:
                self._connections.write("UPDATE incidents SET lead = :lead WHERE number = :number", lead=lead, number=number)
                details = {"from": before.lead, "to": lead}
                self._timeline.add(number, kind="lead", text=f"lead: {lead}", actor=actor, now=now, details=details)
                if lead:
                    self._responders.add(number, lead, now=now)
            return self.get(number)

    def set_thread(self, number: int, *, channel: str, thread: str, headline: str = "") -> Incident:
        """Remember where in Slack the incident is answered, once that is known."""
        with self._connections.transaction():
            self._connections.write(
                "UPDATE incidents SET channel = :channel, thread = :thread, headline = :headline, permalink = ''"
                " WHERE number = :number",
                channel=channel,
                thread=thread,
                headline=headline,
                number=number,
            )
            return self.get(number)

    def set_permalink(self, number: int, permalink: str) -> Incident:
        """Remember the address of the incident's thread, and give it to what happened there so far."""
        with self._connections.transaction():
            self._connections.write(
                "UPDATE incidents SET permalink = :permalink WHERE number = :number", permalink=permalink, number=number
            )
            self._timeline.locate(number, permalink)
            return self.get(number)

    def add_note(
        self, number: int, text: str, *, actor: str, now: datetime, occurred_at: datetime | None = None
    ) -> TimelineEvent:
        """Add what a person writes to the timeline."""
        return self._timeline.add(number, kind="note", text=text, actor=actor, now=now, occurred_at=occurred_at)

    def _set_status(self, number: int, status: Status, *, resolved_at: datetime | None, resolution: str) -> None:
        self._connections.write(
            "UPDATE incidents SET status = :status, resolved_at = :resolved_at, resolution = :resolution WHERE number = :number",
            number=number,
            status=status,
            resolved_at=resolved_at,
            resolution=resolution,
        )

    def _add_change(self, before: Incident, *, kind: str, after: Status, text: str, actor: str, now: datetime) -> None:
        line = f"{after}: {text}" if text else after.value
        details = {"from": before.status, "to": after}
        self._timeline.add(before.number, kind=kind, text=line, actor=actor, now=now, details=details)

    def _open_one(self, service: str, dedup_key: str) -> Incident | None:
        row = self._connections.row(
            "SELECT * FROM incidents WHERE service = :service AND dedup_key = :dedup_key AND status != 'resolved'",
            service=service,
            dedup_key=dedup_key,
        )
        return incident_of(row) if row else None


def _check_severity(severity: str) -> None:
    if severity not in SEVERITIES:
        raise UsageError(f"{severity!r} is no severity: use one of {', '.join(SEVERITIES)}")


def incident_of(row: Row) -> Incident:
    """Return the incident of a row that holds all columns of the table `incidents`."""
    return Incident(
        number=row["number"],
        service=row["service"],
        title=row["title"],
        status=Status(row["status"]),
        severity=row["severity"],
        dedup_key=row["dedup_key"],
        opened_at=to_time(row["opened_at"]),
        opened_by=row["opened_by"],
        lead=row["lead"],
        resolved_at=to_time_or_none(row["resolved_at"]),
        resolution=row["resolution"],
        channel=row["channel"],
        thread=row["thread"],
        headline=row["headline"],
        permalink=row["permalink"],
    )
