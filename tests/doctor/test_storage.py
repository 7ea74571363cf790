"""What is said of a data directory: sound, damaged, missing, full, read-only, of another time."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.config import Retention
from bot.doctor.storage import checks
from bot.incidents.migrations import migrate, scripts
from bot.incidents.store import Store
from bot.model.check import State
from bot.model.evidence import Evidence, Kind
from bot.model.units import ByteSize

NOW = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
SMALL = Retention(evidence_max=ByteSize(10**6))


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


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with an incident and 21 pieces of evidence, one more than are read without being asked."""
    with Store(tmp_path) as store:
        store.incidents.open_or_join(service="checkout", dedup_key="k", title="slow", severity="SEV3", opened_by="U1", now=NOW)
        for number in range(21):
            content = f"piece {number:02}".encode()
            piece = Evidence(kind=Kind.HEAP, name=f"{number}.pb.gz", content=content, source="here", collected_at=NOW)
            store.evidence.put(piece, service="checkout")
    return tmp_path


def said(
    data: Path, *, now: datetime = NOW, retention: Retention = SMALL, deep: bool = False
) -> dict[State, list[tuple[str, str]]]:
    found = list(checks(data, retention=retention, now=now, deep=deep))
    return {state: [(check.area, check.text) for check in found if check.state is state] for state in State}


def file_of(data: Path, number: int) -> Path:
    with closing(sqlite3.connect(data / "gocrash.db")) as plain:
        return data / "evidence" / str(plain.execute("SELECT path FROM evidence WHERE number = ?", [number]).fetchone()[0])


def test_a_directory_that_is_sound(data: Path) -> None:
    found = said(data)
    assert (found[State.WRONG], found[State.SKIPPED]) == ([], [])
    texts = dict(found[State.OK])
    assert texts["data"] == f"{data} can be written"
    assert texts["database"] == f"its schema has the newest version, {len(scripts())}"
    assert texts["evidence"] == "21 pieces, 168 B, are there; the newest 20 were read, --deep reads all"
    assert texts["disk"].endswith("are free, evidence may grow by 1 MB")
    assert ("evidence", "21 pieces, 168 B, are there; every one was read") in said(data, deep=True)[State.OK]


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    assert said(tmp_path)[State.SKIPPED] == [("database", f"nothing is stored in {tmp_path} yet")]
    assert said(tmp_path / "data")[State.SKIPPED][0][1] == (
        f"there is no directory {tmp_path / 'data'} yet: `gocrash serve` makes it"
    )
    assert not list(tmp_path.iterdir())


def test_evidence_that_is_gone_or_changed_is_named(data: Path) -> None:
    gone, cut, changed, old = (file_of(data, number) for number in (21, 20, 19, 1))
    gone.unlink()
    cut.write_bytes(b"piece")
    changed.write_bytes(b"PIECE 18")
    old.write_bytes(b"PIECE 00")
    expected = [
        (
            "evidence",
            f"evidence 19 (18.pb.gz): {changed} is damaged: its content is not what was written; put it back from a backup",
        ),
        ("evidence", f"evidence 20 (19.pb.gz): {cut} is damaged: 5 bytes instead of 8; put it back from a backup"),
        ("evidence", f"evidence 21 (20.pb.gz): {gone} is missing: put it back from a backup"),
    ]
    assert said(data)[State.WRONG] == expected
    assert next(text for _, text in said(data, deep=True)[State.WRONG]).startswith("evidence 1 (0.pb.gz)")


def test_a_damaged_database_is_said_with_the_way_back(data: Path) -> None:
    (data / "gocrash.db").write_bytes(b"not a database" * 1000)
    ((area, text),) = said(data)[State.WRONG]
    assert area == "database"
    assert text.endswith("`gocrash db restore` puts the last backup in its place")


def test_a_database_of_another_program_or_time_is_said(tmp_path: Path, data: Path) -> None:
    older = tmp_path / "older"
    older.mkdir()
    with closing(Database(older / "gocrash.db")) as database:
        migrate(database, scripts()[:2])
    assert ("database", f"its schema has version 2; the next start brings it to {len(scripts())}") in said(older)[State.OK]
    assert said(older)[State.WRONG] == [
        ("database", "its journal mode is delete, not wal: start the bot once, which switches it on")
    ]
    with closing(Database(data / "gocrash.db")) as database:
        migrate(database, (*scripts(), "CREATE TABLE of_the_future (a);"))
    ((_, text),) = said(data)[State.WRONG]
    assert text.endswith("start the newer gocrash")
    other = tmp_path / "other"
    other.mkdir()
    with closing(sqlite3.connect(other / "gocrash.db")) as plain:
        plain.execute("CREATE TABLE bookmarks (url)")
    ((_, text),) = said(other)[State.WRONG]
    assert "belongs to another program" in text


def test_a_clock_that_was_set_back_is_said(data: Path) -> None:
    assert said(data, now=NOW - timedelta(hours=3))[State.WRONG] == [
        ("clock", "this machine is 3 h behind what it has written last: set its clock (NTP)")
    ]


def test_a_disk_that_is_too_small_is_said(data: Path) -> None:
    ((_, text),) = said(data, retention=Retention(evidence_max=ByteSize(10**18)))[State.WRONG]
    assert "are free, evidence may still grow by 1000000 TB: free some space, or lower `retention.evidence_max`" in text
    assert said(data, retention=Retention(evidence_max=ByteSize(100)))[State.WRONG] == [
        ("disk", "evidence takes 168 B, `retention.evidence_max` is 100 B: run `gocrash db prune`")
    ]


def test_a_directory_that_may_not_be_written_is_said() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o555)
        with permissions_bind():
            found = said(directory)
        directory.chmod(0o755)
    assert found[State.WRONG] == [("data", f"{directory} cannot be written (Permission denied): let the bot's user write there")]
