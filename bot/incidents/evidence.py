"""`EvidenceFiles`: evidence enters, a file named by its SHA-256 and a row about it leave.

The file of content `abcdef…` is `evidence/ab/abcdef…`, so equal content is kept once and nothing is ever overwritten
with something else. The caller has redacted the content: here nobody looks inside.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from bot.errors import StoreError
from bot.incidents.columns import to_time
from bot.incidents.connections import Connections, Row
from bot.model.evidence import Evidence, Kind, Target

_CHUNK_BYTES = 1 << 20


class EvidenceFiles:
    """The evidence kept below one directory.

    Raises:
        StoreError: from every method: the database or the directory cannot be read or written.
    """

    def __init__(self, connections: Connections, directory: Path) -> None:
        self._connections = connections
        self._directory = directory

    def put(self, evidence: Evidence, *, service: str, job: int | None = None, incident: int | None = None) -> Evidence:
        """Keep a piece of evidence, and return it with the kept file as its content.

        The file is on the disk before its row is: a crash in between leaves a file too many, never a row without one.

        Args:
            evidence: redacted; its content is read as a stream.
            service: whose it is.
            job: number of the job that collected it, so that the job, when resumed, goes on from it.
            incident: number of the incident it belongs to, where that is known already (otherwise `attach` it later).
        """
        sha256, path = self._keep(evidence)
        kept = replace(evidence, content=self._directory / path)
        with self._connections.transaction():
            if not (self._directory / path).exists():
                # Earlier evidence of the same content was pruned just now; while this transaction lasts that cannot happen.
                self._keep(evidence)
            self._connections.insert(
                "evidence",
                incident=incident,
                job=job,
                service=service,
                instance=evidence.instance,
                kind=evidence.kind,
                name=evidence.name,
                source=evidence.source,
                sha256=sha256,
                bytes=kept.size_bytes,
                path=path,
                collected_at=evidence.collected_at,
                duration_seconds=evidence.duration_seconds,
                frozen_seconds=evidence.frozen_seconds,
                sample=evidence.sample,
                truncated=evidence.truncated,
                masked=evidence.masked,
            )
        return kept

    def attach(self, *, job: int, incident: int) -> None:
        """Let what a job has collected belong to an incident."""
        self._connections.write("UPDATE evidence SET incident = :incident WHERE job = :job", incident=incident, job=job)

    def of_job(self, job: int) -> tuple[Evidence, ...]:
        """Return what a job has collected so far, in that order."""
        return self._read(
            self._connections.rows("SELECT * FROM evidence WHERE job = :job AND pruned_at IS NULL ORDER BY number", job=job)
        )

    def recent_job(self, service: str, *, since: datetime) -> int | None:
        """Return the number of the last job that is done and collected evidence of a service after `since`; None without one.

        Only a whole look counts: a baseline is taken from the cheap rungs alone.
        Evidence of an incident that has been resolved is passed over: what resolved it has changed the service.
        """
        row = self._connections.row(
            "SELECT evidence.job FROM evidence JOIN jobs ON jobs.number = evidence.job AND jobs.state = 'done'"
            " AND jobs.kind IN ('diagnose', 'recheck')"
            " LEFT JOIN incidents ON incidents.number = evidence.incident"
            " WHERE evidence.service = :service AND evidence.collected_at > :since AND evidence.pruned_at IS NULL"
            " AND incidents.resolved_at IS NULL"
            " ORDER BY evidence.number DESC LIMIT 1",
            service=service,
            since=since,
        )
        return int(row["job"]) if row else None

    def of_incident(self, incident: int) -> tuple[Evidence, ...]:
        """Return all evidence of an incident that was not pruned, in the order in which it was kept."""
        return self._read(self._rows_of(incident))

    def collections(self, incident: int) -> dict[int | None, tuple[Evidence, ...]]:
        """Return the same by the job that collected it (None: not known); the collection that began first is the first."""
        by_job: dict[int | None, list[Row]] = {}
        for row in self._rows_of(incident):
            by_job.setdefault(row["job"], []).append(row)
        return {job: self._read(rows) for job, rows in by_job.items()}

    def _rows_of(self, incident: int) -> list[Row]:
        return self._connections.rows(
            "SELECT * FROM evidence WHERE incident = :incident AND pruned_at IS NULL ORDER BY number", incident=incident
        )

    def _read(self, rows: list[Row]) -> tuple[Evidence, ...]:
        return tuple(_evidence(row, self._directory) for row in rows)

    def _keep(self, evidence: Evidence) -> tuple[str, Path]:
        """Copy the content into its place; return its SHA-256 and the path below the directory."""
        with _directory_errors(self._directory):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with evidence.open() as source, NamedTemporaryFile(dir=self._directory, prefix=".incoming-", delete=False) as copy:
                try:
                    digest = hashlib.sha256()
                    while chunk := source.read(_CHUNK_BYTES):
                        digest.update(chunk)
                        copy.write(chunk)
                    copy.flush()
                    os.fsync(copy.fileno())
                    sha256 = digest.hexdigest()
                    path = Path(sha256[:2], sha256)
                    place = self._directory / path
                    place.parent.mkdir(mode=0o700, exist_ok=True)
                    Path(copy.name).replace(place)
                except BaseException:
                    with suppress(FileNotFoundError):
                        Path(copy.name).unlink()
                    raise
            _sync(place.parent)
        return sha256, path


def _sync(directory: Path) -> None:
    """Bring a directory's entries to the disk: a file's own fsync does not cover its name."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _directory_errors(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"evidence cannot be kept in {directory} ({error}): free space, or let the bot's user write there"
        ) from error


def _evidence(row: Row, directory: Path) -> Evidence:
    return Evidence(
        kind=Kind(row["kind"]),
        name=row["name"],
        content=directory / row["path"],
        source=row["source"],
        collected_at=to_time(row["collected_at"]),
        target=Target(row["service"], row["instance"]) if row["instance"] else None,
        duration_seconds=row["duration_seconds"],
        frozen_seconds=row["frozen_seconds"],
        sample=row["sample"],
        truncated=bool(row["truncated"]),
        masked=row["masked"],
    )
