"""`Queue`: the inbox, where every event counts once, and the jobs, which are held until they are done.

A worker claims a job for a limited time (a lease) and renews it while it works. When the worker dies, the lease runs
out and another one claims the job again. `Job.attempts` tells one claim from the next, so a worker that was paused past
its lease cannot finish a job that somebody else has begun again.

Two jobs of one kind whose payload names the same `service` are never worked on at the same time: the later one waits. `LOOKS`
are one kind in this: no process is ever looked at by two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.errors import StoreError
from bot.incidents.columns import to_json, to_time
from bot.incidents.connections import Connections, Row
from bot.model.incident import Job

LOOKS = ("diagnose", "sample", "baseline", "recheck")
"""Kinds of job that pull evidence from the processes of a service."""

_TAKE = """
UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_owner = :owner, leased_until = :leased_until
WHERE number = (
  SELECT number FROM jobs
  WHERE state IN ('queued', 'running') AND not_before <= :now AND (state = 'queued' OR leased_until <= :now)
    AND kind IN (SELECT value FROM json_each(:kinds))
    AND NOT EXISTS (
      SELECT 1 FROM jobs AS busy
      WHERE busy.state = 'running' AND busy.leased_until > :now AND busy.number != jobs.number
        AND (busy.kind = jobs.kind
          OR (busy.kind IN (SELECT value FROM json_each(:looks)) AND jobs.kind IN (SELECT value FROM json_each(:looks))))
        AND json_extract(busy.payload, '$.service') = json_extract(jobs.payload, '$.service')
    )
  ORDER BY not_before, number LIMIT 1
)
RETURNING *
"""
_END = """
UPDATE jobs SET state = :state, leased_until = NULL, lease_owner = '', last_error = :error,
  not_before = coalesce(:retry_at, not_before), ended_at = :ended_at
WHERE number = :number AND state = 'running' AND attempts = :attempts
"""


class Queue:
    """The inbox and the jobs.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def accept(self, event_key: str, *, kind: str, payload: Mapping[str, Any], now: datetime) -> bool:
        """Take in an event and queue the job it asks for, both or neither.

        Returns:
            False when an event with this key was accepted before: then nothing changes.
        """
        with self._connections.transaction():
            if self._connections.row("SELECT 1 FROM inbox WHERE event_key = :event_key", event_key=event_key):
                return False
            job = self.enqueue(kind=kind, payload=payload, now=now)
            self._connections.insert("inbox", event_key=event_key, job=job, received_at=now)
            return True

    def enqueue(self, *, kind: str, payload: Mapping[str, Any], now: datetime, not_before: datetime | None = None) -> int:
        """Queue a job that no event asked for, to be begun at `not_before` or at once. Return its number."""
        return self._connections.insert("jobs", kind=kind, payload=payload, created_at=now, not_before=not_before or now)

    def claim(self, owner: str, *, kinds: Collection[str], lease_seconds: float, now: datetime) -> Job | None:
        """Begin the job that has been due longest, or begin one again whose lease ran out; None when there is none.

        Args:
            owner: who works on it, for people who look into the table.
            kinds: the kinds of job that this worker carries out.
            lease_seconds: how long it is held without `renew`.
            now: the present time.
        """
        leased_until = now + timedelta(seconds=lease_seconds)
        with self._connections.transaction():
            row = self._connections.row(_TAKE, owner=owner, leased_until=leased_until, now=now, kinds=sorted(kinds), looks=LOOKS)
        return _job(row) if row else None

    def renew(self, job: Job, *, lease_seconds: float, now: datetime) -> None:
        """Hold a job for `lease_seconds` from now.

        Raises:
            StoreError: the lease was lost: stop working on it.
        """
        changed = self._connections.write(
            "UPDATE jobs SET leased_until = :leased_until WHERE number = :number AND state = 'running' AND attempts = :attempts",
            leased_until=now + timedelta(seconds=lease_seconds),
            number=job.number,
            attempts=job.attempts,
        )
        _check_held(job, changed)

    def finish(self, job: Job, *, now: datetime) -> None:
        """Mark a job as done; in one transaction with what it achieved, so that neither happens without the other.

        Raises:
            StoreError: the lease was lost, and what stands in the same transaction must not take effect.
        """
        self._end(job, state="done", error="", retry_at=None, ended_at=now)

    def fail(self, job: Job, *, error: str, retry_at: datetime | None, now: datetime) -> None:
        """Give a job back to be begun again at `retry_at`, or for good when that is None. `error` says why.

        Raises:
            StoreError: the lease was lost.
        """
        if retry_at is None:
            self._end(job, state="failed", error=error, retry_at=None, ended_at=now)
        else:
            self._end(job, state="queued", error=error, retry_at=retry_at, ended_at=None)

    def unfinished(self) -> int:
        """Return how many jobs wait or are being worked on."""
        row = self._connections.row("SELECT count(*) AS unfinished FROM jobs WHERE state IN ('queued', 'running')")
        return int(row["unfinished"]) if row else 0

    def is_asked_for(self, service: str, kinds: Collection[str]) -> bool:
        """Say whether a job of one of these kinds waits for a service, or is being worked on."""
        row = self._connections.row(
            "SELECT 1 FROM jobs WHERE state IN ('queued', 'running') AND kind IN (SELECT value FROM json_each(:kinds))"
            " AND json_extract(payload, '$.service') = :service",
            kinds=sorted(kinds),
            service=service,
        )
        return row is not None

    def last_asked_for(self, kind: str, service: str) -> datetime | None:
        """Return when the newest job of a kind was queued for a service; None when there is none."""
        row = self._connections.row(
            "SELECT created_at FROM jobs WHERE kind = :kind AND json_extract(payload, '$.service') = :service"
            " ORDER BY number DESC LIMIT 1",
            kind=kind,
            service=service,
        )
        return to_time(row["created_at"]) if row else None

    def forget(self, kind: str, *, before: datetime) -> int:
        """Remove the jobs of a kind that ended before a time and have left nothing behind; return how many that were."""
        return self._connections.write(
            "DELETE FROM jobs WHERE kind = :kind AND state IN ('done', 'failed') AND ended_at < :before"
            " AND number NOT IN (SELECT job FROM evidence WHERE job IS NOT NULL)"
            " AND number NOT IN (SELECT job FROM baselines)",
            kind=kind,
            before=before,
        )

    def requeue_running(self) -> int:
        """Give back every job that is being worked on; return how many.

        For the start of the bot, once it holds the running lease: whoever was at work has died with the last process,
        and waiting for the leases to run out would only cost time (or, after a clock was set back, very much of it).
        """
        return self._connections.write(
            "UPDATE jobs SET state = 'queued', leased_until = NULL, lease_owner = '' WHERE state = 'running'"
        )

    def _end(self, job: Job, **values: object) -> None:
        _check_held(job, self._connections.write(_END, number=job.number, attempts=job.attempts, **values))


def _check_held(job: Job, changed: int) -> None:
    if not changed:
        raise StoreError(f"job {job.number} ({job.kind}) is no longer held by this worker: leave it to the one who has it now")


def _job(row: Row) -> Job:
    return Job(
        number=row["number"],
        kind=row["kind"],
        payload=to_json(row["payload"]),
        attempts=row["attempts"],
        created_at=to_time(row["created_at"]),
    )
