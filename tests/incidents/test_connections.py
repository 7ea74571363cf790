from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from bot.incidents.connections import Connections


class StoppedHereError(Exception):
    """Raised inside a transaction."""


@pytest.fixture
def connections(tmp_path: Path) -> Iterator[Connections]:
    with closing(Connections(tmp_path / "gocrash.db")) as opened:
        yield opened


def add(connections: Connections, name: str) -> None:
    connections.insert("leases", name=name, owner="", acquired_at="", leased_until="")


def names(connections: Connections) -> list[str]:
    return [row["name"] for row in connections.rows("SELECT name FROM leases ORDER BY name")]


def test_a_transaction_takes_effect_as_a_whole(connections: Connections) -> None:
    with connections.transaction():
        add(connections, "a")
        add(connections, "b")
    assert names(connections) == ["a", "b"]


def add_and_stop(connections: Connections, *added: str) -> None:
    """Add rows, the last one in an inner transaction, and raise in the outer one."""
    with connections.transaction():
        for name in added[:-1]:
            add(connections, name)
        with connections.transaction():
            add(connections, added[-1])
        raise StoppedHereError


def test_an_error_takes_everything_back(connections: Connections) -> None:
    with pytest.raises(StoppedHereError):
        add_and_stop(connections, "a", "b")
    assert names(connections) == []


def test_an_inner_transaction_can_fail_alone(connections: Connections) -> None:
    with connections.transaction():
        add(connections, "a")
        with pytest.raises(StoppedHereError):
            add_and_stop(connections, "b", "c")
        add(connections, "d")
    assert names(connections) == ["a", "d"]


def test_after_a_failed_statement_the_connection_goes_on(connections: Connections) -> None:
    add(connections, "a")
    with pytest.raises(sqlite3.IntegrityError):
        add(connections, "a")
    add(connections, "b")
    assert names(connections) == ["a", "b"]


def test_a_reader_does_not_wait_for_a_writer_nor_see_what_is_not_committed(connections: Connections) -> None:
    writing, read = Event(), Event()

    def write() -> None:
        with connections.transaction():
            add(connections, "a")
            writing.set()
            assert read.wait(10)

    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(write)
        assert writing.wait(10)
        assert names(connections) == []
        read.set()
        written.result(10)
    assert names(connections) == ["a"]


def test_writers_in_many_threads_wait_for_each_other(connections: Connections) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            with connections.transaction():
                add(connections, f"{thread}-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(names(connections)) == 160


def test_close_closes_the_connections_of_all_threads(connections: Connections, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(add, connections, "a").result(10)
        connections.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            pool.submit(add, connections, "b").result(10)
    assert not (tmp_path / "gocrash.db-wal").exists(), "the last one to close writes the log back"
