"""`Connections`: one SQLite connection per thread, short write transactions, and errors as sentences.

One per thread, not one with a lock: in WAL mode a reader then never waits for a writer, so that a long timeline being
read does not hold up an ack. Writers queue up in SQLite itself, which also covers other processes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlite_utils import Database

from bot.incidents.columns import to_columns
from bot.incidents.schema import open_database, store_errors

Row = dict[str, Any]


class Connections:
    """All connections of this process to one database file.

    Raises:
        StoreError: from every method: the database cannot be opened, read or written.
    """

    def __init__(self, path: Path, *, open_one: Callable[[Path], Database] = open_database) -> None:
        self.path = path
        self._open_one = open_one
        self._local = threading.local()
        self._lock = threading.Lock()
        # Weak, because a thread's connection ends with the thread.
        self._databases: WeakSet[Database] = WeakSet()
        self._mine()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let everything this thread does inside take effect together or not at all.

        `BEGIN IMMEDIATE` takes the write lock at once, where waiting for it is possible; a transaction that begins by
        reading and then wants to write can only fail. Inside another transaction this one is a savepoint of it.
        """
        database = self._mine()
        with store_errors(self.path):
            if database.conn.in_transaction:
                with database.atomic():
                    yield
                return
            database.execute("BEGIN IMMEDIATE")
            try:
                yield
                database.commit()
            except BaseException:
                database.rollback()
                raise

    def insert(self, table: str, **values: object) -> int:
        """Insert one row, and return its number (its rowid)."""
        with self.transaction():
            rowid = self._mine().table(table).insert(to_columns(values)).last_rowid
        return int(rowid or 0)

    def write(self, sql: str, **values: object) -> int:
        """Run one statement that changes rows; `values` fill its `:names`. Return how many rows it changed."""
        with self.transaction():
            return self._mine().execute(sql, to_columns(values)).rowcount

    def rows(self, sql: str, **values: object) -> list[Row]:
        """Run one query; `values` fill its `:names`."""
        with store_errors(self.path):
            return list(self._mine().query(sql, to_columns(values)))

    def row(self, sql: str, **values: object) -> Row | None:
        """Return the first row of a query, None when there is none."""
        return next(iter(self.rows(sql, **values)), None)

    def close(self) -> None:
        """Close the connections of all threads; none of them may be used afterwards."""
        with self._lock:
            for database in list(self._databases):
                database.close()

    def _mine(self) -> Database:
        database: Database | None = getattr(self._local, "database", None)
        if database is None:
            database = self._local.database = self._open_one(self.path)
            with self._lock:
                self._databases.add(database)
        return database
