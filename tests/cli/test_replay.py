"""`gocrash incident export` and `gocrash replay`, as people type them."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli import Run, gocrash
from memory import RECORDED, remember

from bot.collect.bundle import read_bundle
from bot.incidents.store import Store


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one incident of which evidence was collected twice."""
    directory = tmp_path_factory.mktemp("data")
    moment = datetime.now(UTC) - timedelta(minutes=10)
    with Store(directory) as store:
        remember(store, "deadlock", now=moment)
        remember(store, "lock-convoy", now=moment + timedelta(minutes=5))
        store.incidents.add_note(1, "the rollout began", actor="ana", now=moment)
    return directory


@pytest.fixture(scope="module")
def archive(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("exported") / "INC-1.tar.gz"
    run = gocrash("incident", "export", "INC-1", file, "--data", data)
    assert (run.status, run.out) == (0, f"{file} written\n")
    return file


def verdict(run: Run) -> str:
    assert (run.status, run.err) == (0, "")
    return str(json.loads(run.out)["verdict"])


def test_an_export_holds_everything_of_the_incident(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    directory = tmp_path / "INC-1"
    assert sorted(path.name for path in directory.iterdir() if path.is_dir()) == ["collections", "diagnoses"]
    events = json.loads((directory / "timeline.json").read_text())["events"]
    assert [event["kind"] for event in events] == ["opened", "diagnosis", "finding", "note", "diagnosis", "finding"]
    assert "the rollout began" in (directory / "timeline.md").read_text()
    assert len(list((directory / "diagnoses").iterdir())) == 2
    for exported, recorded in ((directory, "lock-convoy"), (directory / "collections" / "1", "deadlock")):
        for file in (RECORDED / recorded).iterdir():
            if file.name.endswith((".gz", ".txt", ".log")):
                assert (exported / file.name).read_bytes() == file.read_bytes()
    assert not list(archive.parent.glob("*.partial"))


def test_an_export_is_diagnosed_like_the_evidence_it_holds(archive: Path) -> None:
    exported = gocrash("diagnose", archive, "--format", "json")
    assert verdict(exported) == verdict(gocrash("diagnose", RECORDED / "lock-convoy", "--format", "json"))
    assert json.loads(exported.out)["service"] == "checkout"


def test_an_incident_replayed_with_the_same_playbooks_is_the_same(data: Path, archive: Path) -> None:
    run = gocrash("replay", "inc-1", "--data", data)
    assert run.status == 0
    assert run.out.endswith("nothing changed\n")
    assert gocrash("replay", archive).out == run.out


def test_each_diagnosis_is_paired_with_the_evidence_it_was_made_from(tmp_path: Path) -> None:
    """Another collection came later and said nothing; what is replayed and exported first is what was last diagnosed."""
    moment = datetime.now(UTC)
    with Store(tmp_path) as store:
        remember(store, "deadlock", now=moment)
        remember(store, "lock-convoy", now=moment)
        said = store.diagnoses.of(1)[0]
        job = store.queue.enqueue(kind="sample", payload={}, now=moment)
        for piece in read_bundle(RECORDED / "healthy").evidence:
            store.evidence.put(piece, service="checkout", job=job, incident=1)
    run = gocrash("replay", "INC-1", "--format", "json", "--data", tmp_path)
    assert {difference["kind"] for difference in json.loads(run.out)["differences"]} == {"same"}
    file = tmp_path / "INC-1.tar"
    assert gocrash("incident", "export", "INC-1", file, "--data", tmp_path).status == 0
    with tarfile.open(file) as packed:
        packed.extractall(tmp_path, filter="data")
    others = tmp_path / "INC-1" / "collections"
    assert not (others / "1" / "diagnosis.json").exists()
    assert json.loads((others / "2" / "diagnosis.json").read_text()) == said
    assert gocrash("replay", others / "2").out.endswith("nothing changed\n")


def test_a_diagnosis_that_names_no_job_was_made_from_the_last_evidence(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for recording in ("deadlock", "lock-convoy"):
            remember(store, recording, now=datetime.now(UTC))
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as older:
        older.execute("UPDATE diagnoses SET job = NULL, collected_by = NULL")
        older.commit()
    assert gocrash("replay", "INC-1", "--data", tmp_path).out.endswith("nothing changed\n")


def test_a_replay_says_what_has_changed_since(archive: Path, tmp_path: Path) -> None:
    same = json.loads(gocrash("replay", archive, "--format", "json").out)
    playbook = same["today"]["findings"][0]["playbook"]
    assert {difference["kind"] for difference in same["differences"]} == {"same"}
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    saved = tmp_path / "INC-1" / "diagnosis.json"
    document = json.loads(saved.read_text())
    document["findings"][0] |= {"severity": "info", "culprit": None}
    document["findings"].append(document["findings"][0] | {"fingerprint": "other", "playbook": "of-yesterday"})
    saved.write_text(json.dumps(document))
    lines = gocrash("replay", tmp_path / "INC-1").out.splitlines()
    assert any(line.startswith(f"changed  {playbook}: severity: info → ") and "culprit: none → " in line for line in lines)
    assert any(line.startswith("gone     of-yesterday: ") for line in lines)


def test_a_bundle_without_a_diagnosis_says_so() -> None:
    run = gocrash("replay", RECORDED / "deadlock")
    assert run.status == 0
    assert "then     not saved with the evidence" in run.out
    assert "\nnew      deadlock: " in run.out


def test_missing_evidence_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        remember(store, "lock-convoy", now=datetime.now(UTC))
        heap = next(piece for piece in store.evidence.of_incident(1) if piece.name == "heap.pb.gz")
    assert isinstance(heap.content, Path)
    heap.content.unlink()
    named = f"gocrash: heap of {heap.instance}: its file is missing: put it back from a backup ({heap.content})\n"
    run = gocrash("replay", "INC-1", "--format", "json", "--data", tmp_path)
    assert (run.status, run.err) == (0, named)
    assert "same" in {difference["kind"] for difference in json.loads(run.out)["differences"]}
    file = tmp_path / "INC-1.tar"
    run = gocrash("incident", "export", "INC-1", file, "--data", tmp_path)
    assert (run.status, run.err) == (0, named)
    with tarfile.open(file) as packed:
        names = {Path(member.name).name for member in packed}
    assert "goroutine.pb.gz" in names
    assert "heap.pb.gz" not in names
    assert "| missing |" in gocrash("incident", "postmortem", "INC-1", "--data", tmp_path).out
    assert gocrash("incident", "show", "INC-1", "--data", tmp_path).status == 0
    for piece in (tmp_path / "evidence").glob("??/*"):
        piece.unlink()
    run = gocrash("replay", "INC-1", "--data", tmp_path)
    assert (run.status, run.out) == (2, "")
    assert "all evidence of INC-1 is missing" in run.err


def test_an_export_without_evidence_is_called_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "INC-1.tar.gz"
    gocrash("incident", "open", "checkout", "slow", "--data", tmp_path)
    assert gocrash("incident", "export", "INC-1", file, "--data", tmp_path).status == 0
    for verb in ("diagnose", "replay"):
        run = gocrash(verb, file)
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith(f"gocrash: {file} holds no evidence: ")


def test_what_cannot_be_exported_or_replayed_is_said(data: Path, tmp_path: Path) -> None:
    empty = tmp_path / "data"
    gocrash("incident", "open", "checkout", "slow", "--data", empty)
    for words, sentence in (
        (("incident", "export", "INC-9", tmp_path / "a.tar", "--data", data), "there is no INC-9"),
        (("incident", "export", "INC-1", tmp_path / "no" / "a.tar", "--data", data), f"there is no directory {tmp_path / 'no'}"),
        (("replay", "INC-9", "--data", data), "there is no INC-9"),
        (("replay", "INC-1", "--data", empty), "INC-1 has no evidence (any more)"),
        (("replay", tmp_path / "nothing"), "holds no evidence"),
    ):
        run = gocrash(*words)
        assert (run.status, run.out) == (2, "")
        assert sentence in run.err
    assert gocrash("incident", "export", "INC-1", tmp_path / "b.tar", "--data", empty).status == 0
