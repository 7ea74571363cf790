from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from bot.errors import UsageError
from bot.incidents.migrations import migrate, scripts
from bot.incidents.store import Store
from bot.model.diagnosis import Culprit, Diagnosis, Finding
from bot.model.incident import Status
from bot.model.rule import Confidence, Severity

LEAK = "example.com/shop.(*Pool).fetch"


def opened(store: Store, now: datetime, *, service: str = "checkout", key: str = "k", title: str = "slow") -> int:
    incident, _ = store.incidents.open_or_join(
        service=service, dedup_key=key, title=title, severity="SEV3", opened_by="U1", now=now
    )
    return incident.number


def diagnose(store: Store, now: datetime, number: int, *, service: str = "checkout", function: str = LEAK) -> None:
    finding = Finding(
        playbook="goroutine-leak-channel-send",
        failure_class="goroutine-leak",
        title="Goroutines leak on a channel send",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        summary="412 goroutines are stuck sending",
        culprit=Culprit(function, "/src/shop/pool.go", 88) if function else None,
        instances=(),
        proofs=(),
        next_steps=(),
        fingerprint=f"f-{function}",
    )
    found = Diagnosis(
        service=service, started_at=now, duration_seconds=1.0, verdict=finding.summary, targets=(), findings=(finding,)
    )
    store.diagnoses.record(number, found, {}, actor="U1", now=now)


def numbers(store: Store, words: str, service: str | None = None) -> list[int]:
    return [hit.incident.number for hit in store.memory.search(words, service=service)]


def test_titles_notes_resolutions_and_findings_are_found_newest_first(store: Store, now: datetime) -> None:
    first = opened(store, now, title="Checkout is slow")
    store.incidents.add_note(first, "nginx says upstream prematurely closed", actor="U1", now=now)
    store.incidents.change_status(first, Status.RESOLVED, text="rolled back to 4ac1d20", actor="U1", now=now)
    second = opened(store, now + timedelta(days=1), service="payments", title="Payments are SLOW")
    diagnose(store, now + timedelta(days=1), second, service="payments")
    assert numbers(store, "slow") == [second, first]
    assert numbers(store, "slow", "checkout") == [first]
    assert numbers(store, "closed nginx") == [first]
    assert numbers(store, "4ac1d20") == [first]
    assert numbers(store, "goroutine-leak") == [second]
    assert numbers(store, "shop.(*Pool).fetch") == [second]
    assert numbers(store, "fetch.shop") == []
    assert numbers(store, "nginx payments") == []
    (hit,) = store.memory.search("nginx")
    assert (hit.kind, hit.text) == ("note", "nginx says upstream prematurely closed")


@pytest.mark.parametrize("service", ["checkout", "checkout-api", "api", "a.b", "kasse", "\udcff"])
def test_a_service_is_found_by_its_whole_name_only(store: Store, now: datetime, service: str) -> None:
    for name in ("checkout", "checkout-api", "api", "a.b"):
        diagnose(store, now, opened(store, now, service=name, title="slow"), service=name)
    found = [hit.incident.service for word in ("slow", "goroutines") for hit in store.memory.search(word, service=service)]
    assert found == ([service] * 2 if service in ("checkout", "checkout-api", "api", "a.b") else [])
    # The name itself is no text.
    assert numbers(store, "checkout") == numbers(store, b"checkout".hex()) == []


def test_one_incident_is_one_hit_with_its_newest_text(store: Store, now: datetime) -> None:
    number = opened(store, now, title="slow")
    for minutes in range(30):
        moment = now + timedelta(minutes=minutes)
        store.incidents.add_note(number, f"still slow {minutes}", actor="U1", now=moment)
    (hit,) = store.memory.search("slow")
    assert hit.text == "still slow 29"


def test_withdrawn_notes_are_not_found(store: Store, now: datetime) -> None:
    number = opened(store, now)
    event = store.incidents.add_note(number, "wrong channel", actor="U1", now=now)
    assert numbers(store, "wrong") == [number]
    store.timeline.withdraw(event.number, actor="U1", now=now)
    assert numbers(store, "wrong") == []


def test_accents_and_case_do_not_matter(store: Store, now: datetime) -> None:
    number = opened(store, now, title="Überlastung in São Paulo")
    assert numbers(store, "uberlastung SAO") == [number]


@pytest.mark.parametrize("version", [1, 2])
def test_what_an_earlier_schema_holds_is_found_after_the_migration(tmp_path: Path, version: int) -> None:
    with closing(Database(tmp_path / "gocrash.db")) as database:
        migrate(database, scripts()[:version])
        database.execute(
            "INSERT INTO incidents (service, dedup_key, title, status, severity, opened_at, opened_by)"
            " VALUES ('checkout', 'k', 'slow', 'investigating', 'SEV3', '2026-11-20T14:02:11.123Z', 'U1')"
        )
        database.execute(
            "INSERT INTO timeline_events (incident, kind, text, actor, occurred_at, recorded_at)"
            " VALUES (1, 'note', 'old words', 'U1', '2026-11-20T14:02:11.123Z', '2026-11-20T14:02:11.123Z')"
        )
        database.conn.commit()
    with Store(tmp_path) as store:
        assert numbers(store, "old words") == numbers(store, "old words", "checkout") == [1]
        assert numbers(store, "old words", "payments") == []


@pytest.mark.parametrize("words", ["", "  ", "-> ()", "\0"])
def test_nothing_to_search_for_is_said(store: Store, words: str) -> None:
    with pytest.raises(UsageError, match="give a word to search for"):
        store.memory.search(words)


@settings(max_examples=80, deadline=None)
@given(words=st.text(st.characters(), min_size=1, max_size=40).filter(lambda text: any(map(str.isalnum, text))))
def test_whatever_is_typed_is_words_and_no_query_language(words: str) -> None:
    with tempfile.TemporaryDirectory() as data, Store(Path(data)) as store:
        opened(store, datetime(2026, 1, 1, tzinfo=UTC), title="slow")
        assert numbers(store, words) in ([], [1])


def test_history_says_what_was_found_last(store: Store, now: datetime) -> None:
    first = opened(store, now)
    diagnose(store, now, first, function="example.com/shop.old")
    diagnose(store, now, first)
    store.incidents.change_status(first, Status.RESOLVED, text="rolled back", actor="U1", now=now)
    second = opened(store, now, title="nothing found yet")
    opened(store, now, service="payments")
    found = [(past.incident.number, past.failure_class, past.culprit) for past in store.memory.history("checkout")]
    assert found == [(second, "", ""), (first, "goroutine-leak", LEAK)]
    assert [past.incident.number for past in store.memory.history("checkout", limit=1)] == [second]


def test_related_incidents_share_the_function_to_blame(store: Store, now: datetime) -> None:
    first, second, third, fourth = (opened(store, now, service=name) for name in ("checkout", "payments", "mail", "ads"))
    for number, function in ((first, LEAK), (second, LEAK), (second, LEAK), (third, "example.com/mail.Send"), (fourth, "")):
        diagnose(store, now, number, function=function)
    assert [incident.number for incident in store.memory.related(first)] == [second]
    assert [incident.number for incident in store.memory.related(second)] == [first]
    assert store.memory.related(third) == store.memory.related(fourth) == ()


def test_the_index_is_sound(store: Store, now: datetime, tmp_path: Path) -> None:
    number = opened(store, now)
    diagnose(store, now, number)
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        for index in ("timeline_search", "findings_search"):
            plain.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")  # noqa: S608  # our own names
