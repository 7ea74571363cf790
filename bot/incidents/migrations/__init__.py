"""The schema, as numbered migrations: a database of any earlier version becomes one of the newest.

Every `NNNN_what.sql` beside this file is one. A migration that has been released is never edited: a change of the schema is a
new script. Which ones a database has had stands in its table `_migrations`.
"""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from bot.errors import StoreError

_TABLE = """
CREATE TABLE IF NOT EXISTS _migrations (
  number INTEGER PRIMARY KEY,
  applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT
"""


def scripts() -> tuple[str, ...]:
    """Return all migrations, the first one first."""
    return tuple(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.sql")))


def migrate(database: Database, migrations: tuple[str, ...] | None = None) -> None:
    """Apply the migrations that the database has not had yet, in one transaction: all of them or none.

    Raises:
        StoreError: the database is newer than this program, or belongs to another one.
        sqlite3.Error: SQLite refuses.
    """
    migrations = scripts() if migrations is None else migrations
    applied = applied_to(database)
    if applied == len(migrations):
        return
    if applied > len(migrations):
        raise StoreError(
            f"the database has schema version {applied}, this gocrash knows {len(migrations)}: start the newer gocrash"
        )
    database.execute("BEGIN IMMEDIATE")
    try:
        # Asked again, now that nobody else can write: another process may have been faster.
        applied = applied_to(database)
        database.execute(_TABLE)
        for number, script in enumerate(migrations[applied:], start=applied + 1):
            database.executescript(script)
            database.execute("INSERT INTO _migrations (number) VALUES (?)", [number])
        database.commit()
    except BaseException:
        database.rollback()
        raise


def applied_to(database: Database) -> int:
    """Return the number of the last migration that the database has had; 0 for an empty one.

    Raises:
        StoreError: the database belongs to another program.
        sqlite3.Error: SQLite refuses.
    """
    tables = database.table_names()
    if "_migrations" in tables:
        return int(database.execute("SELECT coalesce(max(number), 0) FROM _migrations").fetchone()[0])
    if tables:
        raise StoreError(f"the database belongs to another program (it has a table {tables[0]}): choose another data directory")
    return 0
