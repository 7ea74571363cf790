from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier

import pytest
from sqlite_utils import Database

from bot.errors import StoreError
from bot.incidents import schema
from bot.incidents.migrations import migrate, scripts
from bot.incidents.schema import open_database, open_for_reading
from bot.incidents.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gocrash.db"


@pytest.fixture
def read_only_directory() -> Iterator[Path]:
    """A directory outside of pytest's own, which only the user who runs the tests may enter."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o555)
        yield directory
        directory.chmod(0o755)


@contextmanager
def permissions_bind() -> Iterator[None]:
    """Act as a user whom permissions bind, also where the tests run as root."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def tables(database: Database) -> dict[str, str]:
    return {table.name: table.schema for table in database.tables}


def test_a_database_that_may_not_be_written_can_still_be_read(read_only_directory: Path) -> None:
    path = read_only_directory / "gocrash.db"
    open_database(path).close()
    path.chmod(0o444)
    with permissions_bind():
        with pytest.raises(StoreError, match="may not be written"):
            open_database(path)
        with closing(open_for_reading(path)) as database:
            assert "incidents" in tables(database)


def test_a_log_that_cannot_be_read_is_not_left_out(read_only_directory: Path) -> None:
    path = read_only_directory / "gocrash.db"
    open_database(path).close()
    path.chmod(0o444)
    Path(f"{path}-wal").write_bytes(b"what was committed last")
    with permissions_bind(), pytest.raises(StoreError, match=r"gocrash\.db"):
        open_for_reading(path)


def test_a_new_file_gets_every_migration_and_is_safe_to_write(path: Path) -> None:
    with closing(open_database(path)) as database:
        assert [row["number"] for row in database.query("SELECT number FROM _migrations")] == list(range(1, len(scripts()) + 1))
        settings = {
            name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys", "synchronous")
        }
        assert settings == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
        # FTS5 makes tables of its own for an index.
        assert all(table.strict for table in database.tables if "_search" not in table.name)


def test_opening_again_applies_nothing_and_keeps_the_rows(path: Path) -> None:
    with closing(open_database(path)) as database:
        database.table("leases").insert({"name": "a", "owner": "b", "acquired_at": "c", "leased_until": "d"})
        before = list(database.query("SELECT * FROM _migrations"))
    with closing(open_database(path)) as database:
        assert list(database.query("SELECT * FROM _migrations")) == before
        assert database.table("leases").count == 1


@pytest.mark.parametrize("version", range(len(scripts()) + 1))
def test_every_earlier_schema_becomes_the_newest(path: Path, tmp_path: Path, version: int) -> None:
    with closing(Database(path)) as database:
        migrate(database, scripts()[:version])
    with closing(open_database(path)) as migrated, closing(open_database(tmp_path / "new.db")) as new:
        assert tables(migrated) == tables(new)


def test_whoever_led_before_is_a_responder_and_what_was_open_before_is_no_news(path: Path, tmp_path: Path) -> None:
    with closing(Database(path)) as database:
        migrate(database, scripts()[:2])
        database.execute(
            "INSERT INTO incidents (service, dedup_key, title, status, severity, opened_at, opened_by, lead)"
            " VALUES ('a', 'k', 't', 'mitigated', 'SEV1', '2026-11-20T14:02:11.123Z', 'ana', 'maya')"
        )
        database.conn.commit()
    with Store(tmp_path) as store:
        assert store.responders.of(1) == ("maya",)
        assert store.duties.unannounced(["SEV1"]) == ()


def test_a_migration_that_fails_leaves_nothing_behind(path: Path) -> None:
    with closing(open_database(path)) as database:
        before = tables(database)
        with pytest.raises(sqlite3.OperationalError):
            migrate(database, (*scripts(), "CREATE TABLE half (a); CREATE TABLE half (a);"))
        assert tables(database) == before
        assert not database.conn.in_transaction
        migrate(database, (*scripts(), "CREATE TABLE whole (a);"))
        assert "whole" in tables(database)


def test_a_newer_schema_is_refused(path: Path) -> None:
    with closing(open_database(path)) as database:
        migrate(database, (*scripts(), "CREATE TABLE of_the_future (a);"))
    with pytest.raises(StoreError, match=rf"version {len(scripts()) + 1}.* start the newer gocrash"):
        open_database(path)


def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"another program .*bookmarks"):
        open_database(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_bytes(b"panic: not a database\n" * 500)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"damaged.*`gocrash db restore`"):
        open_database(path)
    assert path.read_bytes() == before


def test_a_damaged_page_is_said_when_it_is_read(tmp_path: Path, path: Path) -> None:
    with closing(open_database(path)) as database:
        (root,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'incidents'").fetchone()
        (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)
    with Store(tmp_path) as store, pytest.raises(StoreError, match="damaged"):
        store.incidents.get(1)


def test_a_read_only_directory_is_said(read_only_directory: Path) -> None:
    with permissions_bind(), pytest.raises(StoreError, match=r"gocrash.db cannot be opened: .* write permission"):
        Store(read_only_directory)
    with permissions_bind(), pytest.raises(StoreError, match=r"data directory .* cannot be made .* GOCRASH_DATA"):
        Store(read_only_directory / "data")


def test_a_file_that_may_not_be_written_is_said(read_only_directory: Path) -> None:
    path = read_only_directory / "gocrash.db"
    read_only_directory.chmod(0o755)
    open_database(path).close()
    path.chmod(0o444)
    read_only_directory.chmod(0o555)
    with (
        permissions_bind(),
        pytest.raises(StoreError, match=r"gocrash.db (cannot be opened|may not be written): .*write permission"),
    ):
        open_database(path)


def test_a_locked_database_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    with Store(tmp_path) as store, closing(sqlite3.connect(tmp_path / "gocrash.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked for more than 0.1 s: close the other program"):
            store.running_lease.release("me")
        assert store.incidents.list_incidents() == ()
        other.execute("ROLLBACK")
        store.running_lease.release("me")


def test_a_full_disk_is_said_and_costs_nothing_that_was_stored(path: Path) -> None:
    with closing(open_database(path)) as database:
        database.execute("CREATE TABLE big (bytes BLOB)")
        database.execute("INSERT INTO big VALUES (zeroblob(1000))")
        database.execute(f"PRAGMA max_page_count = {database.execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(StoreError, match=r"disk of .* is full: free some space"), schema.store_errors(path):
            database.execute("INSERT INTO big VALUES (zeroblob(1000000))")
        assert database.execute("SELECT count(*) FROM big").fetchone() == (1,)


def test_a_wrong_statement_of_ours_stays_a_traceback(path: Path) -> None:
    with closing(open_database(path)) as database, pytest.raises(sqlite3.OperationalError), schema.store_errors(path):
        database.execute("SELECT nothing FROM nowhere")


def test_an_sqlite_that_is_too_old_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(StoreError, match=r"SQLite 3\.37 or newer is needed"):
        open_database(path)


@pytest.mark.parametrize("attempt", range(5))
def test_several_may_open_a_new_database_together(tmp_path: Path, attempt: int) -> None:
    together = Barrier(4)

    def open_one(_: int) -> int:
        together.wait()
        with closing(open_database(tmp_path / f"{attempt}.db")) as database:
            return database.table("_migrations").count

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(open_one, range(4))) == [len(scripts())] * 4


def test_only_the_bots_user_may_read_it(path: Path) -> None:
    with closing(open_database(path).conn) as connection:
        connection.execute("CREATE TABLE notes (text)")
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
