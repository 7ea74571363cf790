"""Copies of the database while the bot runs, putting one back, and the check of either.

Evidence files never change once written, so any file copy of `evidence/` taken after the database's is consistent with it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from bot.errors import StoreError
from bot.incidents.columns import to_column
from bot.incidents.schema import BUSY_SECONDS, can_be_read_as_it_stands, open_as_it_stands, open_database, store_errors


def backup(database: Path, copy: Path) -> None:
    """Write a consistent copy of a database that may be in use, through SQLite's online backup.

    The copy appears under its name only when it is complete and sound. It is one self-contained file.

    Raises:
        StoreError: there is no such database, it is damaged, or the copy cannot be written.
    """
    if copy.exists() and database.exists() and copy.samefile(database):
        raise StoreError(f"{copy} is the database itself: name another file for the copy")
    _copy(database, copy)


def restore(copy: Path, database: Path, *, now: datetime) -> Path | None:
    """Put a backup in the place of the database, and bring its schema up to date.

    Returns:
        Where the old database was moved, with its write-ahead log; None when there was none.

    Raises:
        StoreError: the copy is missing, damaged or newer than this program, a bot runs on the database, or the disk refuses.
    """
    if not copy.is_file():
        raise StoreError(f"there is no backup {copy}: name the file that `gocrash db backup` wrote")
    _check_not_in_use(database, now)
    incoming = database.with_name(database.name + ".incoming")
    _copy(copy, incoming)
    open_database(incoming).close()
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    moved = False
    for suffix in ("-shm", "-wal", ""):
        old = Path(f"{database}{suffix}")
        if old.exists():
            old.rename(f"{aside}{suffix}")
            moved = True
    incoming.rename(database)
    return aside if moved else None


def problems(database: Path) -> tuple[str, ...]:
    """Return what SQLite's own checks find wrong with a database; empty when it is sound.

    Raises:
        StoreError: there is no such file, or it may not be read.
    """
    found: list[str] = []
    with store_errors(database), closing(open_existing(database)) as connection:
        try:
            found += [str(line) for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
            for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
                found.append(f"row {row} of {table} refers to a row of {parent} that is missing")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                raise
            # Too damaged even for the check to go on.
            found.append(str(error))
    return tuple(found)


def _copy(source: Path, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        with store_errors(source), closing(open_existing(source)) as read:
            read.execute("PRAGMA schema_version")
            with store_errors(target), closing(sqlite3.connect(partial)) as written:
                read.backup(written)
                # Otherwise the copy would be in WAL mode like its source, and could not be read from a read-only place.
                written.execute("PRAGMA journal_mode = DELETE")
        if found := problems(partial):
            raise StoreError(f"{source} is damaged ({found[0]}): use an earlier backup")
        partial.replace(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written ({error}): choose a directory that exists and may be written") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _check_not_in_use(database: Path, now: datetime) -> None:
    try:
        with closing(open_existing(database)) as connection:
            held = connection.execute("SELECT owner FROM leases WHERE leased_until > ?", [to_column(now)]).fetchone()
    except sqlite3.Error:
        # Missing or damaged: a good reason to restore.
        return
    if held:
        raise StoreError(f"a bot ({held[0]}) runs on {database}: stop it first")


def open_existing(path: Path) -> sqlite3.Connection:
    """Open a database for reading only, as plain SQLite; it must exist. A full disk does not hide it.

    Raises:
        sqlite3.Error: there is none, or it may not be read.
    """
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        # Whatever else is wrong, the caller's own statement says.
        if can_be_read_as_it_stands(path, error):
            connection.close()
            return open_as_it_stands(path)
    return connection
