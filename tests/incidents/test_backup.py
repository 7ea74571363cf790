from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.incidents.backup import backup, problems, restore
from bot.incidents.migrations import migrate, scripts
from bot.incidents.schema import open_database
from bot.incidents.store import Store


def add(store: Store, now: datetime, *keys: str) -> None:
    for key in keys:
        store.incidents.open_or_join(service="checkout", dedup_key=key, title=key, severity="SEV3", opened_by="U1", now=now)


def titles(data: Path) -> list[str]:
    with Store(data) as store:
        return [incident.title for incident in store.incidents.list_incidents()]


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 6] = b"\xff" * (4096 * 4)
    path.write_bytes(content)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "gocrash.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def test_a_copy_taken_while_the_bot_runs_holds_what_was_committed(
    store: Store, now: datetime, tmp_path: Path, database: Path, copy: Path
) -> None:
    add(store, now, "a", "b")
    backup(database, copy)
    add(store, now, "c")
    restored = tmp_path / "elsewhere" / "gocrash.db"
    restored.parent.mkdir()
    assert restore(copy, restored, now=now) is None
    assert titles(restored.parent) == ["b", "a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "copy.db",
        "elsewhere",
        "gocrash.db",
        "gocrash.db-shm",
        "gocrash.db-wal",
    ]


def test_a_copy_is_one_file_that_can_be_read_where_nothing_can_be_written(
    store: Store, now: datetime, database: Path, copy: Path
) -> None:
    add(store, now, "a")
    backup(database, copy)
    with closing(sqlite3.connect(f"{copy.as_uri()}?immutable=1", uri=True)) as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert plain.execute("SELECT title FROM incidents").fetchall() == [("a",)]


def test_restoring_moves_the_old_database_aside(now: datetime, tmp_path: Path, database: Path, copy: Path) -> None:
    with Store(tmp_path) as store:
        add(store, now, "old")
        backup(database, copy)
        add(store, now, "new")
    aside = restore(copy, database, now=now)
    assert aside == tmp_path / "gocrash.db.before-20261120T140211Z"
    assert titles(tmp_path) == ["old"]
    with closing(sqlite3.connect(aside)) as plain:
        assert plain.execute("SELECT count(*) FROM incidents").fetchone() == (2,)


def test_a_damaged_database_is_found_and_replaced(now: datetime, tmp_path: Path, database: Path, copy: Path) -> None:
    with Store(tmp_path) as store:
        add(store, now, *(str(number) for number in range(50)))
    backup(database, copy)
    assert problems(database) == ()
    damage(database)
    assert problems(database)
    with pytest.raises(StoreError, match=r"gocrash.db is damaged .* use an earlier backup"):
        backup(database, tmp_path / "second.db")
    assert not list(tmp_path.glob("second*"))
    restore(copy, database, now=now)
    assert problems(database) == ()
    assert len(titles(tmp_path)) == 50


def test_a_damaged_backup_is_refused_and_the_database_kept(now: datetime, tmp_path: Path, database: Path, copy: Path) -> None:
    with Store(tmp_path) as store:
        add(store, now, "a")
        backup(database, copy)
    damage(copy)
    with pytest.raises(StoreError, match=r"copy\.db is damaged"):
        restore(copy, database, now=now)
    copy.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"copy\.db is damaged"):
        restore(copy, database, now=now)
    assert titles(tmp_path) == ["a"]


def test_a_backup_of_a_newer_gocrash_is_refused_and_the_database_kept(
    now: datetime, tmp_path: Path, database: Path, copy: Path
) -> None:
    with Store(tmp_path) as store:
        add(store, now, "a")
    with closing(open_database(copy)) as newer:
        migrate(newer, (*scripts(), "CREATE TABLE of_the_future (a);"))
    with pytest.raises(StoreError, match="start the newer gocrash"):
        restore(copy, database, now=now)
    assert titles(tmp_path) == ["a"]


def test_a_running_bot_stands_in_the_way_of_a_restore(store: Store, now: datetime, database: Path, copy: Path) -> None:
    backup(database, copy)
    store.running_lease.acquire("node-a:4711", seconds=30, now=now)
    with pytest.raises(StoreError, match=r"a bot \(node-a:4711\) runs on .*gocrash.db: stop it first"):
        restore(copy, database, now=now + timedelta(seconds=29))
    store.close()
    restore(copy, database, now=now + timedelta(seconds=30))


def test_a_backup_that_fails_half_way_leaves_nothing(store: Store, now: datetime, tmp_path: Path, database: Path) -> None:
    add(store, now, "a")
    backup(database, tmp_path / "copy.db")
    directory = tmp_path / "taken.db"
    directory.mkdir()
    with pytest.raises(StoreError, match=r"taken\.db cannot be written"):
        backup(database, directory)
    assert not list(tmp_path.glob("*.partial"))


def test_rows_that_refer_to_nothing_are_found(store: Store, now: datetime, database: Path) -> None:
    add(store, now, "a")
    with closing(sqlite3.connect(database, isolation_level=None)) as plain:
        plain.execute("PRAGMA foreign_keys = OFF")
        plain.execute("DELETE FROM incidents")
    assert problems(database) == ("row 1 of timeline_events refers to a row of incidents that is missing",)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda data: backup(data / "missing.db", data / "copy.db"), "missing.db cannot be opened"),
        (
            lambda data: backup(data / "gocrash.db", data / "nowhere" / "copy.db"),
            "copy.db cannot be opened: let its directory exist",
        ),
        (lambda data: backup(data / "gocrash.db", data / "gocrash.db"), "is the database itself: name another file"),
        (
            lambda data: restore(data / "missing.db", data / "gocrash.db", now=datetime.now(UTC)),
            r"there is no backup .*missing\.db",
        ),
        (lambda data: problems(data / "missing.db"), "missing.db cannot be opened"),
    ],
)
@pytest.mark.usefixtures("store")
def test_what_cannot_work_is_said(tmp_path: Path, call: Callable[[Path], object], sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        call(tmp_path)
    assert not (tmp_path / "missing.db").exists()
