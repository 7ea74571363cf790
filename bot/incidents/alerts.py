"""`Alerts`: notices of alerts enter, each once; what they say of the alerts of a service or an incident leaves.

Notices are only ever added, and everything else follows from the set of them: an alert's state is what the notice that was said
last says, whenever it came in. So a message that is delivered twice, or after the one that ends it, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.incidents.columns import to_time
from bot.incidents.connections import Connections, Row
from bot.model.alert import AlertState, Notice, NoticeState

_ADD = """
INSERT INTO alerts (key, service, fingerprint, source, title, state, said_at, occurred_at, channel, ts, headline, incident)
VALUES (:key, :service, :fingerprint, :source, :title, :state, :said_at, :occurred_at, :channel, :ts, :headline, :incident)
ON CONFLICT (key) DO NOTHING
"""
# Answered, but not yet: whatever else comes meanwhile belongs to the same answer.
_PENDING = """
SELECT headline FROM alerts
WHERE service = :service AND headline IN (
  SELECT json_extract(payload, '$.headline') FROM jobs
  WHERE kind = 'diagnose' AND state IN ('queued', 'running') AND json_extract(payload, '$.service') = :service
    AND json_extract(payload, '$.headline') != ''
)
ORDER BY number LIMIT 1
"""
# It came in before the one it follows.
_CLAIM = """
UPDATE alerts SET headline = :headline
WHERE service = :service AND fingerprint = :fingerprint AND incident IS NULL AND headline = '' AND said_at >= :said_at
  AND state != 'firing'
"""


class Alerts:
    """All notices of alerts.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, notice: Notice) -> bool:
        """Write a notice down; False when it was there already, and is left as it is."""
        values = {name: getattr(notice, name) for name in Notice.__slots__}
        return bool(self._connections.write(_ADD, **values))

    def claim(self, notice: Notice) -> None:
        """Let what was said after a notice, and came in before it, belong to the notice's answer."""
        self._connections.write(
            _CLAIM,
            headline=notice.headline,
            service=notice.service,
            fingerprint=notice.fingerprint,
            said_at=notice.said_at,
        )

    def pending(self, service: str) -> str:
        """Return the key of the answer to a service's alerts that is being worked on; empty when there is none."""
        row = self._connections.row(_PENDING, service=service)
        return str(row["headline"]) if row else ""

    def without_incident(self, headline: str) -> tuple[Notice, ...]:
        """Return what belongs to an answer and to no incident yet, in the order in which it was said."""
        return self._read("headline = :headline AND headline != '' AND incident IS NULL", headline=headline)

    def attach(self, notice: Notice, incident: int) -> None:
        """Let a notice belong to an incident."""
        self._connections.write("UPDATE alerts SET incident = :incident WHERE key = :key", incident=incident, key=notice.key)

    def of_incident(self, incident: int) -> tuple[Notice, ...]:
        """Return what was said of the alerts of an incident, in that order."""
        return self._read("incident = :incident", incident=incident)

    def of_answer(self, headline: str) -> tuple[Notice, ...]:
        """Return what was said of the alerts that an answer is about, in that order."""
        return self._read("headline = :headline AND headline != ''", headline=headline)

    def of_message(self, channel: str, ts: str) -> tuple[Notice, ...]:
        """Return what a message said, its editions and the replies to it included, in that order."""
        return self._read("channel = :channel AND ts = :ts AND ts != ''", channel=channel, ts=ts)

    def of_alert(self, fingerprint: str) -> tuple[Notice, ...]:
        """Return what was said of an alert lately, at most once per service."""
        rows = self._connections.rows(
            "SELECT *, max(number) FROM alerts WHERE fingerprint = :fingerprint GROUP BY service", fingerprint=fingerprint
        )
        return tuple(map(_notice, rows))

    def _read(self, where: str, **values: object) -> tuple[Notice, ...]:
        rows = self._connections.rows(f"SELECT * FROM alerts WHERE {where} ORDER BY said_at, key", **values)  # noqa: S608  # ours
        return tuple(map(_notice, rows))


def states(notices: Iterable[Notice]) -> tuple[AlertState, ...]:
    """Return what notices say together, one entry per alert, the first alert first; in whatever order they are given.

    A message goes on to speak of the alert that it was posted for, whatever its later editions call it.
    """
    by_alert: dict[str, list[Notice]] = {}
    named: dict[tuple[str, str], str] = {}
    for notice in sorted(notices, key=lambda notice: (notice.said_at, notice.key)):
        fingerprint = notice.fingerprint
        if notice.ts:
            fingerprint = named.setdefault((notice.channel, notice.ts), fingerprint)
        by_alert.setdefault(fingerprint, []).append(notice)
    return tuple(_state(fingerprint, said) for fingerprint, said in by_alert.items())


def _state(fingerprint: str, said: list[Notice]) -> AlertState:
    first, last = said[0], said[-1]
    return AlertState(
        fingerprint=fingerprint,
        title=first.title,
        source=last.source,
        state=last.state,
        since=last.occurred_at,
        occurrences=sum(notice.state is NoticeState.FIRING for notice in said),
        first_seen=first.said_at,
        last_seen=last.said_at,
    )


def _notice(row: Row) -> Notice:
    return Notice(
        key=row["key"],
        service=row["service"],
        fingerprint=row["fingerprint"],
        source=row["source"],
        title=row["title"],
        state=NoticeState(row["state"]),
        said_at=to_time(row["said_at"]),
        occurred_at=to_time(row["occurred_at"]),
        channel=row["channel"],
        ts=row["ts"],
        headline=row["headline"],
        incident=row["incident"],
    )
