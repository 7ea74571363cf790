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


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite reports about the file `path` into a `StoreError`; a wrong statement of ours stays a traceback."""
    try:
        yield
    except sqlite3.Error as error:
        # The low byte is the primary code; the rest only says which kind of it (https://www.sqlite.org/rescode.html).
        sentence = _SENTENCES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
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
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
