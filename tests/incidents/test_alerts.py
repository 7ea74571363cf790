"""Notices of alerts: each counts once, and what they say together does not depend on the order in which they come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.incidents.alerts import states
from bot.incidents.store import Store
from bot.model.alert import Notice, NoticeState

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
FIRING, ACKNOWLEDGED, RESOLVED = NoticeState


def notice(minute: float, state: NoticeState = FIRING, *, fingerprint: str = "slow", ts: str = "", key: str = "") -> Notice:
    at = START + timedelta(minutes=minute)
    return Notice(
        key=key or f"{fingerprint} {ts} {minute} {state}",
        service="checkout",
        fingerprint=fingerprint,
        source="alertmanager",
        title=fingerprint.title(),
        state=state,
        said_at=at,
        occurred_at=at,
        channel="C0ALERTS" if ts else "",
        ts=ts,
        headline="alert-1",
    )


notices = st.lists(
    st.builds(
        notice,
        st.integers(0, 50),
        st.sampled_from(NoticeState),
        fingerprint=st.sampled_from(["slow", "errors", "restarts"]),
        ts=st.sampled_from(["", "1.0", "2.0", "3.0"]),
    ),
    max_size=15,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as opened:
        yield opened


@given(said=notices, seed=st.randoms())
@settings(max_examples=60, deadline=None)
def test_any_order_and_any_repetition_ends_in_the_same_state(said: list[Notice], seed: random.Random) -> None:
    shuffled = [*said, *said[: len(said) // 2]]
    seed.shuffle(shuffled)
    with TemporaryDirectory() as first, TemporaryDirectory() as second, Store(Path(first)) as one, Store(Path(second)) as other:
        for each in said:
            one.alerts.add(each)
        for each in shuffled:
            other.alerts.add(each)
        assert one.alerts.of_answer("alert-1") == other.alerts.of_answer("alert-1")
        found = states(one.alerts.of_answer("alert-1"))
        assert found == states(reversed(other.alerts.of_answer("alert-1")))
        assert sum(state.occurrences for state in found) == len({each.key for each in said if each.state is FIRING})


def test_the_last_word_counts_not_the_last_to_come_in() -> None:
    (slow,) = states([notice(9, RESOLVED), notice(0), notice(4)])
    assert (slow.state, slow.occurrences) == (RESOLVED, 2)
    assert (slow.first_seen, slow.last_seen) == (START, START + timedelta(minutes=9))


def test_a_message_goes_on_to_speak_of_the_alert_it_was_posted_for() -> None:
    (slow,) = states([notice(0, ts="1.0"), notice(5, RESOLVED, fingerprint="all is well", ts="1.0")])
    assert (slow.fingerprint, slow.state, slow.occurrences) == ("slow", RESOLVED, 1)


def test_that_somebody_acknowledged_it_is_no_repeat() -> None:
    (slow,) = states([notice(0, ts="1.0"), notice(1, ACKNOWLEDGED, ts="1.0")])
    assert (slow.state, slow.occurrences) == (ACKNOWLEDGED, 1)


def test_a_notice_counts_once(store: Store) -> None:
    assert store.alerts.add(notice(0))
    assert not store.alerts.add(notice(0))
    assert len(store.alerts.of_answer("alert-1")) == 1


def test_what_waits_for_its_incident(store: Store) -> None:
    incident, _ = store.incidents.open_or_join(
        service="checkout", dedup_key="service", title="slow", severity="SEV3", opened_by="alertmanager", now=START
    )
    store.alerts.add(notice(0, ts="1.0"))
    (waiting,) = store.alerts.without_incident("alert-1")
    store.alerts.attach(waiting, incident.number)
    assert store.alerts.without_incident("alert-1") == ()
    assert [each.key for each in store.alerts.of_incident(incident.number)] == [waiting.key]
    assert store.answers.incident_at("C0ALERTS", "1.0") == incident.number
    assert [each.service for each in store.alerts.of_alert("slow")] == ["checkout"]


def test_an_answer_is_pending_while_its_job_is_not_done(store: Store) -> None:
    store.alerts.add(notice(0))
    assert store.alerts.pending("checkout") == ""
    store.queue.enqueue(kind="diagnose", payload={"service": "checkout", "headline": "alert-1"}, now=START)
    assert store.alerts.pending("checkout") == "alert-1"
    assert store.alerts.pending("cart") == ""
    job = store.queue.claim("w", kinds=["diagnose"], lease_seconds=60, now=START)
    assert job
    store.queue.finish(job, now=START)
    assert store.alerts.pending("checkout") == ""
