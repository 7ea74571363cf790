"""`Mutes`: services whose alerts nobody wants to hear of for a while."""

from __future__ import annotations

from datetime import datetime

from bot.errors import UsageError
from bot.incidents.audit import Audit
from bot.incidents.columns import to_time
from bot.incidents.connections import Connections, Row
from bot.model.duty import Mute

_ACTIVE = "SELECT * FROM mutes WHERE ended_at IS NULL AND until > :now AND service = coalesce(:service, service) ORDER BY number"
_END = "UPDATE mutes SET ended_at = :now, ended_by = :actor WHERE service = :service AND ended_at IS NULL AND until > :now"


class Mutes:
    """All mutes. A service has one at a time: a new one ends the one before. Each change also stands in the audit.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections, audit: Audit) -> None:
        self._connections = connections
        self._audit = audit

    def mute(self, service: str, *, until: datetime, reason: str, actor: str, now: datetime) -> Mute:
        """Say nothing of a service's alerts until a time.

        Raises:
            UsageError: that time has passed.
        """
        if until <= now:
            raise UsageError("a mute ends in the future: write how long, such as 2h")
        with self._connections.transaction():
            self._connections.write(_END, service=service, actor=actor, now=now)
            self._connections.insert("mutes", service=service, reason=reason, actor=actor, muted_at=now, until=until)
            self._audit.record(actor=actor, action="mute", subject=service, allowed=True, reason=reason, now=now)
        return Mute(service=service, until=until, reason=reason, actor=actor, muted_at=now)

    def unmute(self, service: str, *, actor: str, now: datetime) -> None:
        """Hear of a service's alerts again.

        Raises:
            UsageError: it is not muted.
        """
        with self._connections.transaction():
            if not self._connections.write(_END, service=service, actor=actor, now=now):
                raise UsageError(f"{service} is not muted: nothing to change")
            self._audit.record(actor=actor, action="unmute", subject=service, allowed=True, reason="", now=now)

    def active(self, service: str, *, now: datetime) -> Mute | None:
        """Return the mute of a service; None when its alerts are heard."""
        row = self._connections.row(_ACTIVE, service=service, now=now)
        return _mute(row) if row else None

    def all_active(self, now: datetime) -> tuple[Mute, ...]:
        """Return the mutes of all services, the oldest first."""
        return tuple(map(_mute, self._connections.rows(_ACTIVE, service=None, now=now)))


def _mute(row: Row) -> Mute:
    return Mute(
        service=row["service"],
        until=to_time(row["until"]),
        reason=row["reason"],
        actor=row["actor"],
        muted_at=to_time(row["muted_at"]),
    )
