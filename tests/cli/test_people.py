"""`gocrash incident join`, `leave`, `snooze`, `wrong`, and what `show` and `stats` make of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli import Run, gocrash
from memory import remember

from bot.incidents.store import Store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with one incident in which nothing was found."""
    directory = tmp_path / "data"
    assert incident(directory, "open", "checkout", "slow", "--by", "ana").status == 0
    return directory


@pytest.fixture(scope="module")
def diagnosed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one incident that was diagnosed twice."""
    directory = tmp_path_factory.mktemp("diagnosed")
    with Store(directory) as store:
        for recording in ("lock-convoy", "deadlock"):
            remember(store, recording, now=datetime.now(UTC) - timedelta(minutes=10))
    return directory


def incident(data: Path, *words: str) -> Run:
    return gocrash("incident", *words, GOCRASH_DATA=str(data))


def said(data: Path, *words: str) -> str:
    run = incident(data, *words)
    assert (run.status, run.err) == (0, "")
    return run.out


def events(data: Path, kind: str) -> list[tuple[str, str]]:
    found = json.loads(said(data, "timeline", "1", "--format", "json"))["events"]
    return [(event["actor"], event["text"]) for event in found if event["kind"] == kind]


def test_people_join_and_leave(data: Path) -> None:
    assert said(data, "join", "INC-1", "maya", "--by", "ana") == "INC-1: maya\n"
    said(data, "lead", "1", "ben", "--by", "ana")
    assert "responders  maya, ben\n" in said(data, "show", "1")
    assert said(data, "leave", "1", "maya", "--by", "maya") == "INC-1: ben\n"
    assert events(data, "responder") == [("ana", "joined: maya"), ("maya", "left: maya")]


def test_a_reminder_is_put_off(data: Path) -> None:
    before = datetime.now(UTC)
    line = said(data, "snooze", "INC-1", "2h", "--by", "maya")
    assert line.startswith("INC-1: no reminder before 20")
    assert line.endswith(" UTC\n")
    with Store(data) as store:
        update = store.duties.next_update(1, updates={"SEV3": 60.0})
    assert update is not None
    assert timedelta(hours=2) <= update.due_at - before < timedelta(hours=2, minutes=1)
    ((actor, text),) = events(data, "snoozed")
    assert (actor, text) == ("maya", line.removeprefix("INC-1: ").strip())


def test_a_wrong_finding_counts_against_its_playbook(diagnosed: Path) -> None:
    document = json.loads(said(diagnosed, "stats", "--format", "json"))
    (last,) = (record["playbook"] for record in document["playbooks"] if record["playbook"] == "deadlock")
    assert said(diagnosed, "wrong", "INC-1", "it", "was", "the", "disk", "--by", "ana") == f"INC-1: {last} was wrong, ana said\n"
    said(diagnosed, "wrong", "1", "nobody waits there", "--playbook", "lock-contention", "--by", "ben")
    assert events(diagnosed, "feedback") == [
        ("ana", "deadlock is wrong: it was the disk"),
        ("ben", "lock-contention is wrong: nobody waits there"),
    ]
    records = {record["playbook"]: record for record in json.loads(said(diagnosed, "stats", "--format", "json"))["playbooks"]}
    assert records["deadlock"] == {"playbook": "deadlock", "diagnoses": 1, "incidents": 1, "wrong": 1}
    line = "deadlock: found once in 1 incident, said to be wrong once"
    assert line in said(diagnosed, "stats")
    assert f"- {line}" in said(diagnosed, "stats", "--format", "markdown")
    assert line in said(diagnosed, "stats", "--format", "html")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("join", "INC-9", "maya"), "there is no INC-9"),
        (("leave", "INC-1", "maya"), "maya does not work on INC-1: there is nobody"),
        (("snooze", "INC-1", "soon"), "write a length of time"),
        (("snooze", "INC-1", "0"), "write how long, such as 30m"),
        (("wrong", "INC-9", "no"), "there is no INC-9"),
        (("wrong", "INC-1", "no"), "nothing was found in INC-1"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(data: Path, words: tuple[str, ...], sentence: str) -> None:
    run = incident(data, *words)
    assert (run.status, run.out) == (2, "")
    assert sentence in " ".join(run.err.split())
    assert len(json.loads(said(data, "timeline", "1", "--format", "json"))["events"]) == 1


def test_a_playbook_that_found_nothing_cannot_be_wrong(diagnosed: Path) -> None:
    run = incident(diagnosed, "wrong", "1", "no", "--playbook", "race")
    assert run.status == 2
    assert "`race` found nothing in INC-1: there is deadlock" in " ".join(run.err.split())
