"""Opening the database: a path enters; a `sqlite_utils.Database` of the newest schema leaves, or a `StoreError`."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from bot.errors import StoreError
from bot.incidents.migrations import migrate

BUSY_SECONDS = 5.0

_DAMAGED = "{path} is damaged or is no SQLite database: run `gocrash db check`, and `gocrash db restore` with the last backup"
_LOCKED = "{path} was locked for more than {busy:g} s: close the other program that writes to it and try again"
_SENTENCES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_READONLY: "{path} may not be written: give the bot's user write permission on it and on its directory",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened: let its directory exist and give the bot's user write permission there",
    sqlite3.SQLITE_FULL: "the disk of {path} is full: free some space; everything acknowledged so far is stored",
    sqlite3.SQLITE_IOERR: "{path} cannot be read or written ({error}): check the disk and its free space",
}

_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite reports about the file `path` into a `StoreError`; a wrong statement of ours stays a traceback."""
    try:
        yield
    except sqlite3.Error as error:
        sentence = _SENTENCES.get(_primary_code(error))
        if sentence is None:
            raise
        raise StoreError(sentence.format(path=path, busy=BUSY_SECONDS, error=error)) from error


def open_database(path: Path) -> Database:
    """Open the database file, made where there is none, and bring its schema up to date.

    The connection may be closed by another thread than the one that uses it (`Connections.close`).

    Raises:
        StoreError: the file is locked, damaged, not writable, of a newer schema or of another program.
    """
    if sqlite3.sqlite_version_info < (3, 37):
        raise StoreError(f"SQLite 3.37 or newer is needed, this Python has {sqlite3.sqlite_version}: use a newer Python image")
    with store_errors(path):
        # What it will hold is nobody's business but the bot's; SQLite gives its other files the same rights.
        with suppress(OSError):  # SQLite says what is wrong
            path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database = Database(connection, execute_plugins=False)
            _configure(database)
            migrate(database)
            _use_wal(database)
        except BaseException:
            connection.close()
            raise
    return database


def open_for_reading(path: Path) -> Database:
    """Open the database as `open_database` does; as it stands where its disk is full or it may not be written.

    Raises:
        StoreError: as `open_database`, and when the write-ahead log holds something that cannot be read.
    """
    try:
        return open_database(path)
    except StoreError as error:
        if not can_be_read_as_it_stands(path, error.__cause__):
            raise
    with store_errors(path):
        connection = open_as_it_stands(path)
        try:
            database = Database(connection, execute_plugins=False)
            migrate(database)
        except BaseException:
            connection.close()
            raise
    return database


def can_be_read_as_it_stands(path: Path, error: BaseException | None) -> bool:
    """Say whether a database that did not open is only in want of a place to write.

    SQLite needs files beside a database in WAL mode even to read it, unless it is told that nobody changes it. That holds when
    the write-ahead log is empty: nobody can write there, and nothing that was committed is left out.
    """
    log = Path(f"{path}-wal")
    return _primary_code(error) in _UNWRITABLE and path.exists() and not (log.exists() and log.stat().st_size)


def open_as_it_stands(path: Path) -> sqlite3.Connection:
    """Open a database that nobody can write for reading, without the files that SQLite makes beside it."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)


def _primary_code(error: BaseException | None) -> int:
    """Return SQLite's primary error code: the low byte; the rest only says which kind of it (https://www.sqlite.org/rescode.html)."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _configure(database: Database) -> None:
    """Switch on what SQLite leaves off for each connection.

    `synchronous=FULL` because "committed before the ack" is a promise: with NORMAL, a WAL database survives a power cut
    undamaged but may forget its last commits. It costs one fsync per commit, and there are a few commits per second.
    """
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA synchronous = FULL")


def _use_wal(database: Database) -> None:
    """Let readers and a writer work at the same time (https://www.sqlite.org/wal.html); the file remembers it.

    Changing the mode needs the whole file for a moment, and SQLite does not wait for that by itself: two programs that
    open a new database together would refuse each other.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
