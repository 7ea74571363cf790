"""The files in deploy/ fit the program: paths are its own, and every query runs on what it stores."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from memory import remember

from bot.cli import COMMANDS
from bot.config import Retention
from bot.incidents.schema import BUSY_SECONDS
from bot.incidents.store import DATABASE_NAME, EVIDENCE_NAME, Store
from bot.model.incident import Status
from bot.model.units import parse_duration

DEPLOY = Path(__file__).parents[2] / "deploy"
QUERIES: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "datasette.yaml").read_text())["databases"]["gocrash"]["queries"]
CULPRIT = "example.com/shop/ledger.(*Book).Post"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A database of two incidents of one cause, one of them open, read by plain SQLite as Datasette does."""
    directory = tmp_path_factory.mktemp("data")
    moment = datetime.now(UTC) - timedelta(hours=5)
    with Store(directory) as store:
        first = remember(store, "lock-convoy", now=moment).number
        store.incidents.change_status(first, Status.RESOLVED, text="rolled back", actor="ana", now=moment + timedelta(minutes=40))
        remember(store, "lock-convoy", now=moment + timedelta(hours=1))
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as plain:
        (fingerprint,) = plain.execute("SELECT fingerprint FROM findings LIMIT 1").fetchone()
        plain.execute(
            "INSERT INTO feedback (incident, service, playbook, fingerprint, text, actor, given_at)"
            " VALUES (1, 'checkout', 'lock-contention', ?, 'it was the supplier', 'ben', '2026-11-20T14:02:11.123Z')",
            [fingerprint],
        )
        plain.commit()
    with closing(sqlite3.connect(f"file:{directory / DATABASE_NAME}?mode=ro", uri=True)) as plain:
        plain.row_factory = sqlite3.Row
        yield plain


def ask(database: sqlite3.Connection, name: str, **values: object) -> list[dict[str, Any]]:
    return [dict(row) for row in database.execute(QUERIES[name]["sql"], values)]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("open_incidents", "incident service severity status title lead opened_at hours_open verdict"),
        ("time_to_resolve_by_class", "failure_class incidents median_minutes"),
        ("top_culprits", "culprit_function culprit_file culprit_line incidents services last_at"),
        (
            "recurring_fingerprints",
            "service playbook culprit_function fingerprint incidents first_at last_incident last_resolution",
        ),
        (
            "evidence_by_size",
            "incident service instance kind name bytes megabytes frozen_seconds collected_at sha256 path",
        ),
        ("diagnoses_that_were_wrong", "playbook times_wrong times_found last_at incidents reasons"),
        ("incidents_by_week", "monday incidents severe still_open"),
        ("timeline_of_an_incident", "occurred_at recorded_at kind actor text permalink withdrawn_at withdrawn_by"),
    ],
)
def test_every_query_runs_and_has_its_columns(database: sqlite3.Connection, name: str, columns: str) -> None:
    rows = ask(database, name, number=1)
    assert rows
    assert list(rows[0]) == columns.split()
    assert QUERIES[name]["title"]


def test_no_query_is_left_untried() -> None:
    (marks,) = (mark for mark in test_every_query_runs_and_has_its_columns.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert {name for name, _ in marks.args[1]} == set(QUERIES)


def test_the_answers_are_right(database: sqlite3.Connection) -> None:
    (is_open,) = ask(database, "open_incidents")
    assert (is_open["incident"], is_open["hours_open"]) == ("INC-2", 4.0)
    assert is_open["verdict"].startswith("120 goroutines")
    (by_class,) = ask(database, "time_to_resolve_by_class")
    assert by_class == {"failure_class": "lock-contention", "incidents": 1, "median_minutes": 40.0}
    culprit = ask(database, "top_culprits")[0]
    assert (culprit["culprit_function"], culprit["incidents"], culprit["services"]) == (CULPRIT, 2, "checkout")
    again = ask(database, "recurring_fingerprints")[0]
    assert (again["playbook"], again["incidents"], again["last_incident"]) == ("lock-contention", 2, "INC-2")
    wrong = ask(database, "diagnoses_that_were_wrong")[0]
    assert (wrong["times_wrong"], wrong["times_found"], wrong["reasons"]) == (1, 2, "it was the supplier")
    assert sum(week["incidents"] for week in ask(database, "incidents_by_week")) == 2
    sizes = [row["bytes"] for row in ask(database, "evidence_by_size")]
    assert sizes == sorted(sizes, reverse=True)


def test_the_median_of_an_even_number_lies_between(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    with Store(tmp_path) as store:
        for number, minutes in enumerate((10, 20, 40, 1000), start=1):
            store.incidents.open_or_join(
                service="cart", dedup_key=str(number), title="t", severity="SEV3", opened_by="a", now=now
            )
            store.incidents.change_status(number, Status.RESOLVED, text="", actor="a", now=now + timedelta(minutes=minutes))
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as plain:
        assert plain.execute(QUERIES["time_to_resolve_by_class"]["sql"]).fetchall() == [("unknown", 4, 30.0)]


def test_litestream_copies_the_database_of_the_image() -> None:
    document = yaml.safe_load((DEPLOY / "litestream.yml").read_text())
    (data,) = re.findall(r"GOCRASH_DATA=(\S+)", (DEPLOY / "Dockerfile").read_text())
    (database,) = document["dbs"]
    assert database["path"] == f"{data}/{DATABASE_NAME}"
    assert parse_duration(database["busy-timeout"]) == BUSY_SECONDS
    assert database["replica"]["type"] == "s3"
    assert parse_duration(document["snapshot"]["retention"]) == Retention().evidence
    # Secrets stand in the environment.
    assert not [key for key in database["replica"] if "key" in key]


def test_the_page_names_what_there_is() -> None:
    page = (DEPLOY / "README.md").read_text()
    assert {word for word in re.findall(r"gocrash ([a-z]+)\b(?= |`)", page) if word in COMMANDS} == {"doctor", "db"}
    assert all((DEPLOY / target).exists() for target in re.findall(r"\]\(([^)]+)\)", page))
    assert f"data/{EVIDENCE_NAME}/" in page
    assert f"data/{DATABASE_NAME}" in page
