"""`RunningLease`: one running bot per database. Two would answer every alert twice."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from socket import gethostname

from bot.errors import StoreError
from bot.incidents.columns import to_time
from bot.incidents.connections import Connections

_NAME = "running"
# Processes that see each other's numbers share this (pid_namespaces(7)); there is none outside of Linux.
_NUMBERED_BY = Path("/proc/self/ns/pid")


def this_process() -> str:
    """Return this process as the owner of a lease: `host:number`, and whose numbers these are."""
    return f"{gethostname()}:{os.getpid()}@{_numbering()}"


def is_gone(owner: str) -> bool:
    """Say whether the process that owns a lease is known to have ended: it ran beside this one, and is not there any more.

    A process on another machine, in another container, or whose number has been given to another one may still live.
    """
    process, _, numbering = owner.partition("@")
    host, _, number = process.rpartition(":")
    if not numbering or (host, numbering) != (gethostname(), _numbering()) or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _numbering() -> str:
    return str(_NUMBERED_BY.stat().st_ino) if _NUMBERED_BY.exists() else ""


class RunningLease:
    """The right to be the bot that runs.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def acquire(self, owner: str, *, seconds: float, now: datetime) -> None:
        """Take the lease or, when `owner` has it, renew it; it lasts for `seconds` from now. That of a dead process is free.

        Raises:
            StoreError: another bot has it: do not start, or stop at once.
        """
        until = now + timedelta(seconds=seconds)
        with self._connections.transaction():
            held = self._connections.row(
                "SELECT owner, leased_until FROM leases WHERE name = :name AND owner != :owner AND leased_until > :now",
                name=_NAME,
                owner=owner,
                now=now,
            )
            if held is None or is_gone(held["owner"]):
                held = None
                self._connections.write(
                    "INSERT INTO leases (name, owner, acquired_at, leased_until) VALUES (:name, :owner, :now, :until)"
                    " ON CONFLICT (name) DO UPDATE SET leased_until = :until, owner = :owner,"
                    " acquired_at = CASE WHEN owner = :owner THEN acquired_at ELSE :now END",
                    name=_NAME,
                    owner=owner,
                    now=now,
                    until=until,
                )
            else:
                # After the clock was set back, a dead bot's lease would hold for as long as the clock jumped.
                # A living one renews it within `seconds` in any case.
                self._connections.write(
                    "UPDATE leases SET leased_until = min(leased_until, :until) WHERE name = :name", name=_NAME, until=until
                )
        if held:
            end = min(to_time(held["leased_until"]), until)
            raise StoreError(
                f"another bot ({held['owner']}) runs on this database,"
                f" at least until {end:%Y-%m-%d %H:%M:%S} UTC: stop it, or wait until then"
            )

    def release(self, owner: str) -> None:
        """Give the lease back at the end of the program; nothing happens when `owner` does not have it."""
        self._connections.write("DELETE FROM leases WHERE name = :name AND owner = :owner", name=_NAME, owner=owner)
