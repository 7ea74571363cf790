"""Which message holds which answer, which incident a thread is about, and marks on messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.incidents.store import Store
from bot.model.diagnosis import Diagnosis

AT = datetime.fromisoformat("2026-11-20T14:02:11Z")
MARK = {"text": "rolled back", "actor": "ana", "occurred_at": AT, "permalink": "", "marked_by": "maya", "now": AT}


@pytest.fixture
def answered(tmp_path: Path) -> tuple[Store, Callable[..., int]]:
    store = Store(tmp_path)

    def answer(headline: str, incident: int | None, verdict: str = "") -> int:
        job = store.queue.enqueue(kind="diagnose", payload={"service": "checkout", "headline": headline}, now=AT)
        diagnosis = Diagnosis(service="checkout", started_at=AT, duration_seconds=0, verdict=verdict, targets=(), findings=())
        document = {"verdict": verdict}
        store.diagnoses.record(incident, diagnosis, document, actor="maya", now=AT, job=job, headline=headline)
        return job

    return store, answer


def opened(store: Store, key: str = "service", **place: str) -> int:
    incident, _ = store.incidents.open_or_join(
        service="checkout", dedup_key=key, title="leak", severity="SEV3", opened_by="maya", now=AT, **place
    )
    return incident.number


def test_each_message_holds_the_last_answer_put_into_it(answered: tuple[Store, Callable[..., int]]) -> None:
    store, answer = answered
    first, second = opened(store), opened(store, "other")
    answer("a", first, "old")
    answer("b", first, "other message")
    answer("a", first, "new")
    assert [(one.headline, one.document["verdict"]) for one in store.answers.of(first)] == [("b", "other message"), ("a", "new")]
    answer("a", second, "another story")
    assert [one.headline for one in store.answers.of(first)] == ["b"]
    last = store.answers.last("a")
    assert last
    assert (last.incident, last.document["verdict"]) == (second, "another story")
    assert store.answers.last("") is None


def test_a_message_that_is_being_made_anew_is_left_alone(answered: tuple[Store, Callable[..., int]]) -> None:
    store, answer = answered
    number = opened(store)
    answer("a", number)
    assert len(store.answers.of(number)) == 1
    assert store.queue.claim("worker", kinds=["diagnose"], lease_seconds=60, now=AT)
    assert store.answers.of(number) == ()


def test_a_thread_belongs_to_the_open_incident_that_is_answered_there(answered: tuple[Store, Callable[..., int]]) -> None:
    store, answer = answered
    alerted = opened(store, "one", channel="C0ALERTS", thread="1.1", headline="alert-1")
    assert store.answers.incident_at("C0ALERTS", "1.1") == alerted
    assert store.answers.incident_at("C0OTHER", "1.1") is None
    assert store.answers.incident_at("C0ALERTS", "") is None
    message = store.outbox.put("a", channel="C0SHOP", payload={"text": "checkout: a leak"}, now=AT)
    store.outbox.mark_sent(store.outbox.begin(message), ts="2.2")
    assert store.answers.incident_at("C0SHOP", "2.2") is None
    answer("a", alerted)
    assert store.answers.incident_at("C0SHOP", "2.2") == alerted
    later = opened(store, "two")
    answer("a", later)
    assert store.answers.incident_at("C0SHOP", "2.2") == later
    store.incidents.change_status(later, store.incidents.get(later).status.RESOLVED, text="", actor="ana", now=AT)
    assert store.answers.incident_at("C0SHOP", "2.2") == alerted


def test_a_mark_counts_once_and_the_last_one_withdraws(answered: tuple[Store, Callable[..., int]]) -> None:
    store, _ = answered
    number = opened(store)
    event = store.marks.add("C 1.1", "pushpin maya", incident=number, **MARK)  # type: ignore[arg-type]
    assert event
    assert store.marks.add("C 1.1", "pushpin maya", incident=number, **MARK) is None  # type: ignore[arg-type]
    assert store.marks.add("C 1.1", "pin", incident=number, **MARK) is None  # type: ignore[arg-type]
    assert store.marks.add("C 1.10", "pin", incident=number, **MARK), "another message"  # type: ignore[arg-type]
    assert store.marks.remove("C 1.1", "memo ana", actor="ana", now=AT) is None
    assert store.marks.remove("C 1.1", "pin", actor="ana", now=AT) is None
    assert len([one for one in store.timeline.of(number) if one.kind == "pinned"]) == 2
    assert store.marks.remove("C 1.1", "pushpin maya", actor="ana", now=AT)
    assert [one.number for one in store.timeline.of(number) if one.kind == "pinned"] != [event.number]
    again = store.marks.add("C 1.1", "pin", incident=number, **MARK)  # type: ignore[arg-type]
    assert again
    assert again.number != event.number


def test_what_a_person_worked_on_lately(answered: tuple[Store, Callable[..., int]]) -> None:
    store, _ = answered
    number = opened(store)
    store.queue.enqueue(kind="diagnose", payload={"service": "cart", "actor": "ana"}, now=AT + timedelta(minutes=5))
    store.incidents.add_note(number, "looking", actor="ana", now=AT)
    assert store.activity.services_of("ana", since=AT) == ("cart", "checkout")
    assert store.activity.services_of("ana", since=AT + timedelta(minutes=1)) == ("cart",)
    assert store.activity.services_of("tom", since=AT) == ()
