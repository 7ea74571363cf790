"""`Retention`: evidence that is too old or too much loses its file; its row stays, and says when that was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.errors import StoreError
from bot.incidents.connections import Connections, Row

# A diagnosis within the cooldown is made again from evidence of this age; nobody may take it away meanwhile.
_FRESH = timedelta(hours=1)
# Evidence counts as needed until its incident is resolved and its job done, and its age counts from then.
_PRUNABLE = (
    "SELECT evidence.number, evidence.sha256, evidence.bytes,"
    " max(evidence.collected_at, coalesce(incidents.resolved_at, '')) AS needed_until"
    " FROM evidence LEFT JOIN incidents ON incidents.number = evidence.incident LEFT JOIN jobs ON jobs.number = evidence.job"
    " WHERE evidence.pruned_at IS NULL AND coalesce(incidents.status, 'resolved') = 'resolved'"
    " AND coalesce(jobs.state, 'done') IN ('done', 'failed') AND evidence.collected_at < :fresh"
    # What a service looked like when it was last well, the next diagnosis is compared with.
    " AND coalesce(evidence.job, 0) NOT IN"
    "  (SELECT job FROM baselines WHERE number IN (SELECT max(number) FROM baselines GROUP BY service))"
    " ORDER BY needed_until, evidence.number"
)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning took away: pieces of evidence, and bytes on the disk; and the bytes that are left."""

    pieces: int
    bytes: int
    bytes_left: int


class Retention:
    """Pruning of the evidence below one directory.

    Raises:
        StoreError: from every method: the database or the directory cannot be read or written.
    """

    def __init__(self, connections: Connections, directory: Path) -> None:
        self._connections = connections
        self._directory = directory

    def prune(self, *, older_than: timedelta, max_bytes: int, now: datetime) -> Pruned:
        """Prune what has not been needed for longer than `older_than`, then the oldest until `max_bytes` are not exceeded.

        Evidence of open incidents, of unfinished jobs, of the newest baselines and of the last hour is never pruned. Rows are
        marked before files go: a crash in between leaves files too many, which the next pruning removes.
        """
        with self._connections.transaction():
            pieces = self._mark(older_than, max_bytes, now)
        with self._connections.transaction():
            freed = self._remove_unused_files()
        return Pruned(pieces, freed, sum(self._kept().values()))

    def missing(self) -> tuple[str, ...]:
        """Return evidence whose file is gone or has another size than it had, one sentence each."""
        rows = self._connections.rows("SELECT number, name, path, bytes FROM evidence WHERE pruned_at IS NULL ORDER BY number")
        return tuple(
            f"evidence {row['number']} ({row['name']}): {self._directory / row['path']} is {problem}"
            for row in rows
            if (problem := file_problem(self._directory / row["path"], row["bytes"]))
        )

    def _mark(self, older_than: timedelta, max_bytes: int, now: datetime) -> int:
        kept, users = self._kept(), self._users()
        total, limit = sum(kept.values()), now - older_than
        prunable = self._connections.rows(_PRUNABLE, fresh=now - _FRESH)
        pieces = 0
        for row in prunable:
            if not _is_before(row, limit) and total <= max_bytes:
                break
            self._connections.write("UPDATE evidence SET pruned_at = :now WHERE number = :number", now=now, number=row["number"])
            pieces += 1
            users[row["sha256"]] -= 1
            if not users[row["sha256"]]:
                total -= row["bytes"]
        return pieces

    def _kept(self) -> dict[str, int]:
        """Return the size of every file that some evidence still has, by its SHA-256."""
        rows = self._connections.rows("SELECT DISTINCT sha256, bytes FROM evidence WHERE pruned_at IS NULL")
        return {row["sha256"]: row["bytes"] for row in rows}

    def _users(self) -> Counter[str]:
        rows = self._connections.rows("SELECT sha256, count(*) AS users FROM evidence WHERE pruned_at IS NULL GROUP BY sha256")
        return Counter({row["sha256"]: row["users"] for row in rows})

    def _remove_unused_files(self) -> int:
        """Remove files that no evidence has, and return their bytes. In a transaction, so that no new evidence can have one."""
        kept, freed = self._kept(), 0
        try:
            for file in self._directory.glob("??/*"):
                if file.name not in kept:
                    size = file.stat().st_size
                    file.unlink()
                    freed += size
        except OSError as error:
            raise StoreError(
                f"evidence cannot be removed from {self._directory} ({error}): let the bot's user write there"
            ) from error
        return freed


def _is_before(row: Row, limit: datetime) -> bool:
    return datetime.fromisoformat(row["needed_until"]) < limit


def file_problem(file: Path, size: int) -> str:
    """Say what is wrong with the file of a piece of evidence of this many bytes; empty when nothing is."""
    if not file.exists():
        return "missing: put it back from a backup"
    there = file.stat().st_size
    return f"damaged: {there} bytes instead of {size}; put it back from a backup" if there != size else ""
