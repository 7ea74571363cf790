"""`gocrash db VERB`, as people type it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli import Run, gocrash

from bot.incidents.store import Store
from bot.model.evidence import Evidence, Kind


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with one incident and one piece of evidence, which is ten days old."""
    directory = tmp_path / "data"
    moment = datetime.now(UTC) - timedelta(days=10)
    with Store(directory) as store:
        store.incidents.open_or_join(service="checkout", dedup_key="k", title="slow", severity="SEV3", opened_by="U1", now=moment)
        piece = Evidence(kind=Kind.HEAP, name="heap.pb.gz", content=b"x" * 4100, source="here", collected_at=moment)
        store.evidence.put(piece, service="checkout")
    return directory


def db(data: Path, *words: str | Path) -> Run:
    return gocrash("db", *words, "--data", data)


def test_a_backup_brings_back_what_was_there(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    run = db(data, "backup", copy)
    assert (run.status, run.out) == (0, f"{copy} written; now copy {data}/evidence: its files never change\n")
    gocrash("incident", "resolve", "1", "by mistake", "--data", data)
    run = db(data, "restore", copy)
    assert run.status == 0
    assert f"{data}/gocrash.db restored from {copy}; the database before it is {data}/gocrash.db.before-" in run.out
    assert "INC-1" in gocrash("incident", "list", "--data", data).out
    elsewhere = tmp_path / "elsewhere"
    assert db(elsewhere, "restore", copy).out == f"{elsewhere}/gocrash.db restored from {copy}\n"
    assert "INC-1" in gocrash("incident", "list", "--data", elsewhere).out


def test_check_says_sound_or_what_is_wrong(data: Path) -> None:
    assert (db(data, "check").status, db(data, "check").out) == (0, f"{data}/gocrash.db is sound\n")
    (file,) = (data / "evidence").glob("??/*")
    file.unlink()
    run = db(data, "check")
    assert (run.status, run.out) == (1, f"{data}/gocrash.db: 1 problems\n")
    assert "is missing: put it back from a backup" in run.err
    (data / "gocrash.db").write_bytes(b"not a database" * 1000)
    run = db(data, "check")
    assert run.status == 1
    assert "not a database" in run.err


def test_prune_keeps_what_the_configuration_says(data: Path, tmp_path: Path) -> None:
    configuration = tmp_path / "gocrash.yaml"
    assert db(data, "prune").out == "pruned 0 pieces of evidence, 0 B; 4.1 KB left\n"
    configuration.write_text("retention: {evidence: 11d, evidence_max: 5KB}\n")
    assert db(data, "prune", "--config", configuration).out == "pruned 0 pieces of evidence, 0 B; 4.1 KB left\n"
    configuration.write_text("retention: {evidence: 9d}\n")
    assert db(data, "prune", "--config", configuration).out == "pruned 1 pieces of evidence, 4.1 KB; 0 B left\n"
    assert db(data, "check").status == 0


@pytest.mark.parametrize("words", ["backup copy.db", "restore copy.db", "check", "prune"])
def test_without_a_database_nothing_is_made_up(tmp_path: Path, words: str) -> None:
    run = gocrash("db", *words.split(), "--data", tmp_path / "data", cwd=tmp_path)
    assert (run.status, run.out) == (2, "")
    assert not list(tmp_path.rglob("*.db"))
