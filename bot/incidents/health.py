"""The state of a database, read without opening it for the bot: nothing is made, migrated or locked.

A path enters; `Health` leaves, or one sentence for each piece of evidence that is not what it was.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from bot.incidents.backup import open_existing
from bot.incidents.columns import to_time_or_none
from bot.incidents.migrations import applied_to, scripts
from bot.incidents.retention import file_problem
from bot.incidents.schema import store_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a database says of itself.

    Attributes:
        version, newest: of its schema, and the one that this program would give it.
        journal: SQLite's journal mode, `wal` where a bot has run.
        last_written_at: the newest time that it holds; None when nothing was recorded.
        evidence, evidence_bytes: pieces that are kept, and what their files take.
    """

    version: int
    newest: int
    journal: str
    last_written_at: datetime | None
    evidence: int
    evidence_bytes: int


def health_of(database: Path) -> Health:
    """Return the state of a database that is sound.

    Raises:
        StoreError: there is no such file, it may not be read, or it belongs to another program.
    """
    with store_errors(database), closing(open_existing(database)) as connection:
        return Health(
            version=applied_to(Database(connection, execute_plugins=False)),
            newest=len(scripts()),
            journal=str(_value(connection, "PRAGMA journal_mode")),
            last_written_at=to_time_or_none(_value(connection, "SELECT max(recorded_at) FROM timeline_events")),
            evidence=_number(connection, "SELECT count(*) FROM evidence WHERE pruned_at IS NULL"),
            evidence_bytes=_number(
                connection,
                "SELECT coalesce(sum(bytes), 0) FROM (SELECT DISTINCT sha256, bytes FROM evidence WHERE pruned_at IS NULL)",
            ),
        )


def damaged_evidence(database: Path, directory: Path, *, hashed: int | None) -> tuple[str, ...]:
    """Return evidence whose file is gone, has another size, or other content than its SHA-256 says; one sentence each.

    `hashed` is how many of the newest files are read whole; None reads all.

    Raises:
        StoreError: the database may not be read.
    """
    with store_errors(database), closing(open_existing(database)) as connection:
        rows = connection.execute(
            "SELECT number, name, path, bytes, sha256 FROM evidence WHERE pruned_at IS NULL ORDER BY number DESC"
        ).fetchall()
    found = []
    for index, (number, name, path, size, sha256) in enumerate(rows):
        file = directory / path
        problem = file_problem(file, size)
        if not problem and (hashed is None or index < hashed) and _sha256(file) != sha256:
            problem = "damaged: its content is not what was written; put it back from a backup"
        if problem:
            found.append(f"evidence {number} ({name}): {file} is {problem}")
    return tuple(reversed(found))


def _value(connection: sqlite3.Connection, sql: str) -> str | None:
    value: str | None = connection.execute(sql).fetchone()[0]
    return value


def _number(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        return f"unreadable: {error}"
