"""`gocrash incident VERB`, as people type it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from cli import Run, gocrash


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def incident(data: Path, *words: str | Path, stdin: bytes = b"") -> Run:
    return gocrash("incident", *words, stdin=stdin, GOCRASH_DATA=str(data))


def said(data: Path, *words: str | Path, stdin: bytes = b"") -> str:
    run = incident(data, *words, stdin=stdin)
    assert (run.status, run.err) == (0, "")
    return run.out


def test_an_incident_lives_from_open_to_reopened(data: Path) -> None:
    assert said(data, "open", "checkout", "Checkout", "is", "slow", "--severity", "sev2", "--by", "ana") == (
        "INC-1 checkout: investigating, SEV2: Checkout is slow\n"
    )
    assert "INC-1 checkout: identified" in said(data, "status", "INC-1", "identified", "the", "pool", "leaks", "--by", "ana")
    assert "SEV1" in said(data, "severity", "1", "SEV1", "--by", "ana")
    assert "led by Ben" in said(data, "lead", "inc-1", "Ben", "--by", "ana")
    assert "mitigated" in said(data, "status", "1", "mitigated", "--by", "ben")
    assert "resolved" in said(data, "resolve", "1", "rolled back to 4ac1d20", "--by", "ben")
    assert "no incidents" in said(data, "list")
    assert "investigating" in said(data, "reopen", "1", "it is back", "--by", "ben")
    assert "Checkout is slow" in said(data, "list", "checkout")
    events = json.loads(said(data, "timeline", "1", "--format", "json"))["events"]
    assert [(event["kind"], event["actor"], event["text"]) for event in events] == [
        ("opened", "ana", "Checkout is slow"),
        ("status", "ana", "identified: the pool leaks"),
        ("severity", "ana", "SEV2 → SEV1"),
        ("lead", "ana", "lead: Ben"),
        ("status", "ben", "mitigated"),
        ("status", "ben", "resolved: rolled back to 4ac1d20"),
        ("reopened", "ben", "investigating: it is back"),
    ]


def test_notes_are_written_moved_and_withdrawn(data: Path) -> None:
    said(data, "open", "checkout", "slow")
    said(data, "note", "1", "the", "rollout", "began", "--at", "2026-01-02T03:04+01:00")
    said(data, "note", "1", "-", stdin="käse\nπ".encode())
    assert "2026-01-02 02:04:00 UTC  note" in said(data, "timeline", "1")
    assert "2026-01-02 03:04:00 CET  note" in said(data, "timeline", "1", "--zone", "Europe/Berlin")
    events = json.loads(said(data, "timeline", "1", "--format", "json"))["events"]
    assert [(event["number"], event["text"]) for event in events] == [(2, "the rollout began"), (1, "slow"), (3, "käse\nπ")]
    assert said(data, "move", "2", "2026-01-02 03:00") == "event 2 of INC-1\n"
    assert "2026-01-02 03:00:00 UTC" in said(data, "timeline", "1", "--format", "markdown")
    assert said(data, "withdraw", "3") == "event 3 of INC-1 withdrawn\n"
    assert [row["text"] for row in csv.DictReader(io.StringIO(said(data, "timeline", "1", "--format", "csv")))] == [
        "the rollout began",
        "slow",
    ]


@pytest.mark.parametrize("letter", ["x", "ö", "🔥", "\u202e", "\x07", "\udcff"])
def test_a_note_may_be_long_and_of_any_letters(data: Path, letter: str) -> None:
    text = letter * (100_000 // len(letter.encode("utf-8", "surrogateescape")))
    said(data, "open", "checkout", "slow")
    run = incident(data, "note", "INC-1", text)
    assert (run.status, run.err) == (0, "")
    noted = json.loads(incident(data, "timeline", "INC-1", "--format", "json").out)["events"][-1]["text"]
    assert noted == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for form in ("text", "markdown", "csv", "html"):
        assert incident(data, "timeline", "INC-1", "--format", form).status == 0
    assert incident(data, "postmortem", "INC-1").status == 0


def test_secrets_that_people_type_are_not_stored(data: Path, tmp_path: Path) -> None:
    secret, words = "hunter2-and-more", "we logged in with password=hunter2-and-more"
    said(data, "open", "checkout", words)
    said(data, "note", "INC-1", "-", stdin=words.encode())
    said(data, "status", "INC-1", "mitigated", words)
    said(data, "resolve", "INC-1", words)
    said(data, "reopen", "INC-1", words)
    archive = tmp_path / "INC-1.tar"
    said(data, "export", "INC-1", archive)
    stored = b"".join(path.read_bytes() for path in (archive, *data.glob("gocrash.db*")))
    assert b"we logged in with password=" in stored
    assert secret.encode() not in stored


def test_links_history_and_search(data: Path) -> None:
    said(data, "open", "checkout", "slow", "pages")
    said(data, "open", "payments", "no", "payments")
    assert said(data, "link", "INC-1", "INC-2") == "INC-1 and INC-2 are linked\n"
    assert "linked      INC-2 payments: investigating, SEV3: no payments" in said(data, "show", "1")
    said(data, "resolve", "1", "rolled", "back")
    assert "rolled back" in said(data, "history", "checkout")
    assert "INC-2" not in said(data, "history", "checkout")
    assert said(data, "search", "rolled", "back").startswith("INC-1 checkout: resolved, SEV3: slow pages\n")
    assert said(data, "search", "rolled", "--service", "payments") == "nothing found\n"


def test_a_configuration_names_the_services_there_are(data: Path, tmp_path: Path) -> None:
    configuration = tmp_path / "gocrash.yaml"
    configuration.write_text("services: {checkout: {targets: ['http://127.0.0.1:6060']}}\n")
    run = incident(data, "open", "chekout", "slow", "--config", configuration)
    assert (run.status, run.out) == (2, "")
    assert "there is no service `chekout`, did you mean `checkout`?" in run.err
    assert not data.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("open", "checkout", "again"), "INC-1 is open for checkout: add to it with `gocrash incident note INC-1 TEXT`"),
        (("status", "1", "investigating"), "INC-1 is already investigating"),
        (("status", "1", "done"), "is not one of"),
        (("severity", "1", "SEV9"), "is not one of"),
        (("reopen", "1"), "only a resolved incident is reopened"),
        (("resolve", "INC-9"), "there is no INC-9: look at the list of incidents"),
        (("note", "one", "text"), "`one` is no incident: write INC-7 or 7"),
        (("note", "²", "text"), "`²` is no incident"),
        (("note", "1", ""), "the note is empty"),
        (("note", "1", "text", "--at", "yesterday"), "`yesterday` is no time"),
        (("note", "1", "text", "--at", "2999-01-01"), "has not come yet"),
        (("withdraw", "77"), "there is no timeline event 77"),
        (("link", "1", "1"), "INC-1 cannot be linked to itself"),
        (("search", "()"), "give a word to search for"),
        (("timeline", "1", "--zone", "Europe/Bern"), "`Europe/Bern` is no time zone"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(data: Path, words: tuple[str, ...], sentence: str) -> None:
    said(data, "open", "checkout", "slow")
    run = incident(data, *words)
    assert (run.status, run.out) == (2, "")
    assert sentence in " ".join(run.err.split())
    assert len(json.loads(said(data, "timeline", "1", "--format", "json"))["events"]) == 1


@pytest.mark.parametrize("verb", ["list", "show 1", "note 1 text", "search words", "history checkout"])
def test_without_a_database_it_says_where_to_look(data: Path, verb: str) -> None:
    run = incident(data, *verb.split())
    assert run.status == 2
    assert "there is no database" in run.err
