"""`Duties`: of which open incidents people are to hear more, and who was told of what.

When an update is due is computed, not stored: it follows from when people last heard of the incident (its timeline) and from how
soon they are to hear more at its severity (the configuration). So it moves by itself, whoever changes the incident and wherever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from bot.errors import UsageError
from bot.incidents.columns import to_column, to_time, to_time_or_none
from bot.incidents.connections import Connections, Row
from bot.incidents.incidents import Incidents, incident_of
from bot.incidents.timeline import Timeline
from bot.model.duty import DueUpdate
from bot.model.incident import Incident, Status

# The events by which people hear of an incident. What the bot measures by itself is none.
_OPEN = (
    "SELECT incidents.*, duties.snoozed_until, duties.reminded_at, heard.recorded_at AS heard_at, heard.actor AS heard_from"
    " FROM incidents LEFT JOIN duties ON duties.incident = incidents.number"
    " LEFT JOIN timeline_events AS heard ON heard.number = (SELECT max(number) FROM timeline_events"
    "  WHERE incident = incidents.number AND withdrawn_at IS NULL"
    "  AND kind IN ('opened', 'status', 'reopened', 'severity', 'note', 'pinned'))"
    " WHERE status != 'resolved' AND incidents.number = coalesce(:number, incidents.number) ORDER BY incidents.number"
)
_UNANNOUNCED = (
    "SELECT incidents.* FROM incidents LEFT JOIN duties ON duties.incident = incidents.number"
    " WHERE status != 'resolved' AND severity IN (SELECT value FROM json_each(:severities))"
    " AND (coalesce(announced, '') = '' OR severity < announced) ORDER BY incidents.number"
)


class Duties:
    """What is owed to people.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, incidents: Incidents, timeline: Timeline) -> None:
        self._connections = connections
        self._incidents = incidents
        self._timeline = timeline

    def next_update(self, number: int, *, updates: Mapping[str, float]) -> DueUpdate | None:
        """Return when an incident's next update is due; None when nobody waits for one.

        `updates` says how soon people are to hear more, in seconds by severity; 0 = nobody waits.
        """
        return next((update for update, _ in self._updates(number, updates)), None)

    def due(self, now: datetime, *, updates: Mapping[str, float]) -> tuple[DueUpdate, ...]:
        """Return the updates that are due and of which nobody was reminded yet."""
        found = self._updates(None, updates)
        return tuple(
            update for update, reminded_at in found if update.due_at <= now and not (reminded_at and reminded_at >= update.due_at)
        )

    def mark_reminded(self, number: int, *, now: datetime) -> None:
        """Note that people are reminded of the update that is due."""
        self._set(number, reminded_at=now)

    def snooze(self, number: int, until: datetime, *, actor: str, now: datetime) -> Incident:
        """Remind nobody of an incident before a time; snoozing again replaces it. It is the event `snoozed`.

        Raises:
            UsageError: there is no such incident, it is resolved, or the time has passed.
        """
        with self._connections.transaction():
            incident = self._incidents.get(number)
            if incident.status is Status.RESOLVED:
                raise UsageError(f"{incident.key} is resolved: nobody is reminded of it")
            if until <= now:
                raise UsageError("reminders come later, not earlier: write how long, such as 30m")
            self._set(number, snoozed_until=until)
            text = f"no reminder before {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            details = {"until": to_column(until)}
            self._timeline.add(number, kind="snoozed", text=text, actor=actor, now=now, details=details)
            return incident

    def unannounced(self, severities: Collection[str]) -> tuple[Incident, ...]:
        """Return open incidents of these severities that were not announced as that bad, or worse, before."""
        return tuple(map(incident_of, self._connections.rows(_UNANNOUNCED, severities=sorted(severities))))

    def mark_announced(self, number: int, severity: str) -> None:
        """Note that an incident is announced as of this severity."""
        self._set(number, announced=severity)

    def _set(self, number: int, **values: object) -> None:
        with self._connections.transaction():
            self._connections.write("INSERT INTO duties (incident) VALUES (:number) ON CONFLICT DO NOTHING", number=number)
            changes = ", ".join(f"{column} = :{column}" for column in values)
            self._connections.write(f"UPDATE duties SET {changes} WHERE incident = :number", number=number, **values)  # noqa: S608

    def _updates(self, number: int | None, updates: Mapping[str, float]) -> Iterator[tuple[DueUpdate, datetime | None]]:
        """Yield what is owed, and when somebody was last reminded of it."""
        for row in self._connections.rows(_OPEN, number=number):
            seconds = updates.get(row["severity"], 0.0)
            if seconds > 0:
                yield _update(row, seconds), to_time_or_none(row["reminded_at"])


def _update(row: Row, seconds: float) -> DueUpdate:
    heard_at = to_time(row["heard_at"] or row["opened_at"])
    due_at = max(heard_at + timedelta(seconds=seconds), to_time_or_none(row["snoozed_until"]) or heard_at)
    return DueUpdate(incident_of(row), due_at, heard_at, row["heard_from"] or row["opened_by"])
