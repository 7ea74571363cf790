"""`Schedule`: when what is done again and again is due next.

It stands in the database, so that a restart neither forgets nor repeats.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.incidents.columns import to_time
from bot.incidents.connections import Connections

FIRST_WITHIN = timedelta(hours=1)


class Schedule:
    """The times at which something is due, by its kind and service.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def is_due(self, kind: str, service: str, *, every: timedelta, now: datetime) -> bool:
        """Say whether it is time. Asked for the first time, this writes down when it will be (`first_due`)."""
        due_at = self._due_at(kind, service)
        if due_at is None or due_at - now > every:
            # The second: the pause was made shorter, or the clock was set back.
            self._write(kind, service, first_due(kind, service, every=every, now=now))
            return False
        return due_at <= now

    def done(self, kind: str, service: str, *, every: timedelta, now: datetime) -> None:
        """Put off what was due to its next time; times that have gone by meanwhile are left out."""
        self._write(kind, service, next_due(self._due_at(kind, service) or now, every=every, now=now))

    def _due_at(self, kind: str, service: str) -> datetime | None:
        row = self._connections.row(
            "SELECT due_at FROM schedule WHERE kind = :kind AND service = :service", kind=kind, service=service
        )
        return to_time(row["due_at"]) if row else None

    def _write(self, kind: str, service: str, due_at: datetime) -> None:
        self._connections.write(
            "INSERT INTO schedule (kind, service, due_at) VALUES (:kind, :service, :due_at)"
            " ON CONFLICT DO UPDATE SET due_at = excluded.due_at",
            kind=kind,
            service=service,
            due_at=due_at,
        )


def first_due(kind: str, service: str, *, every: timedelta, now: datetime) -> datetime:
    """Return when something is due that was never done: after half a pause to a whole one, an hour at most.

    Where in that half is a hash of the name: services are spread over it, and stay so, because every later time follows from the
    first. Not at once, because a bot that has just begun has people to answer.

    >>> from datetime import UTC
    >>> now, hour = datetime(2026, 11, 20, 14, tzinfo=UTC), timedelta(hours=1)
    >>> [f"{first_due('sample', name, every=hour, now=now):%H:%M}" for name in ("checkout", "cart", "payments")]
    ['14:57', '14:46', '14:42']
    """
    digest = hashlib.sha256(f"{kind}\0{service}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / (1 << 32)
    return now + min(every, FIRST_WITHIN) * (0.5 + share / 2)


def next_due(due_at: datetime, *, every: timedelta, now: datetime) -> datetime:
    """Return the first time after now among those that follow `due_at` at equal pauses.

    >>> from datetime import UTC
    >>> at, hour = datetime(2026, 11, 20, 14, 10, tzinfo=UTC), timedelta(hours=1)
    >>> f"{next_due(at, every=hour, now=at):%H:%M}", f"{next_due(at, every=hour, now=at + 2.5 * hour):%H:%M}"
    ('15:10', '17:10')
    """
    passed = max(0, (now - due_at) // every)
    return due_at + (passed + 1) * every
