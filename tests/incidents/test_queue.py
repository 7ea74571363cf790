from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.errors import StoreError
from bot.incidents.store import Store
from bot.model.incident import Job

SECOND = timedelta(seconds=1)


def accept(store: Store, key: str, now: datetime) -> bool:
    return store.queue.accept(key, kind="diagnose", payload={"key": key}, now=now)


def claim(store: Store, now: datetime, owner: str = "w1") -> Job | None:
    return store.queue.claim(owner, kinds=["diagnose"], lease_seconds=30, now=now)


def test_an_event_counts_once(store: Store, now: datetime) -> None:
    assert accept(store, "Ev1", now)
    assert not accept(store, "Ev1", now + SECOND)
    assert claim(store, now) == Job(number=1, kind="diagnose", payload={"key": "Ev1"}, attempts=1, created_at=now)
    assert claim(store, now) is None


def test_an_event_counts_once_when_it_comes_on_several_sockets_at_a_time(store: Store, now: datetime) -> None:
    with ThreadPoolExecutor(8) as pool:
        accepted = list(pool.map(lambda number: accept(store, f"Ev{number % 10}", now), range(80)))
    assert accepted.count(True) == 10


def test_inbox_and_job_are_taken_back_with_the_transaction_around_them(store: Store, now: datetime) -> None:
    def accept_and_fail() -> None:
        with store.transaction():
            accept(store, "Ev1", now)
            store.outbox.get("nothing")

    with pytest.raises(StoreError):
        accept_and_fail()
    assert claim(store, now) is None
    assert accept(store, "Ev1", now)


def test_jobs_come_in_the_order_in_which_they_are_due(store: Store, now: datetime) -> None:
    for seconds in (5, 0, 2):
        store.queue.enqueue(kind="diagnose", payload={"due": seconds}, now=now, not_before=now + seconds * SECOND)
    assert [job.payload["due"] for job in iter(lambda: claim(store, now + 2 * SECOND), None)] == [0, 2]
    assert claim(store, now + 5 * SECOND) is not None


def test_a_worker_claims_only_its_kinds(store: Store, now: datetime) -> None:
    store.queue.enqueue(kind="remind", payload={}, now=now)
    assert claim(store, now) is None
    job = store.queue.claim("w1", kinds=["remind", "diagnose"], lease_seconds=30, now=now)
    assert job is not None
    assert job.kind == "remind"


def test_two_jobs_about_one_service_are_never_worked_on_at_once(store: Store, now: datetime) -> None:
    for service in ("checkout", "checkout", "cart"):
        store.queue.enqueue(kind="diagnose", payload={"service": service}, now=now)
    first, other = claim(store, now), claim(store, now)
    assert first is not None
    assert other is not None
    assert (first.number, other.number) == (1, 3)
    assert claim(store, now) is None
    store.queue.finish(first, now=now)
    second = claim(store, now)
    assert second is not None
    assert second.number == 2


def test_a_lease_that_ran_out_is_claimed_again_and_the_first_worker_has_lost_it(store: Store, now: datetime) -> None:
    accept(store, "Ev1", now)
    first = claim(store, now)
    assert first is not None
    assert claim(store, now + 29 * SECOND, "w2") is None
    second = claim(store, now + 30 * SECOND, "w2")
    assert second is not None
    assert (second.number, second.attempts) == (first.number, 2)
    late = now + 31 * SECOND
    lost = r"job 1 \(diagnose\) is no longer held"
    with pytest.raises(StoreError, match=lost):
        store.queue.finish(first, now=late)
    with pytest.raises(StoreError, match=lost):
        store.queue.renew(first, lease_seconds=30, now=late)
    with pytest.raises(StoreError, match=lost):
        store.queue.fail(first, error="x", retry_at=None, now=late)
    store.queue.finish(second, now=late)
    assert claim(store, now + 99 * SECOND) is None


def test_a_renewed_lease_holds_longer(store: Store, now: datetime) -> None:
    accept(store, "Ev1", now)
    job = claim(store, now)
    assert job is not None
    store.queue.renew(job, lease_seconds=30, now=now + 20 * SECOND)
    assert claim(store, now + 49 * SECOND, "w2") is None
    assert claim(store, now + 50 * SECOND, "w2") is not None


def test_a_failed_job_comes_back_when_it_is_to_be_tried_again(store: Store, now: datetime) -> None:
    accept(store, "Ev1", now)
    job = claim(store, now)
    assert job is not None
    store.queue.fail(job, error="no answer", retry_at=now + 10 * SECOND, now=now)
    assert claim(store, now + 9 * SECOND) is None
    again = claim(store, now + 10 * SECOND)
    assert again is not None
    assert again.attempts == 2
    store.queue.fail(again, error="no answer", retry_at=None, now=now)
    assert claim(store, now + 1000 * SECOND) is None


def test_a_restart_gives_back_what_the_last_process_was_doing(store: Store, now: datetime, tmp_path: Path) -> None:
    for number in range(3):
        accept(store, f"Ev{number}", now)
    finished, begun = claim(store, now), claim(store, now)
    assert finished is not None
    assert begun is not None
    store.queue.finish(finished, now=now)
    with Store(tmp_path) as restarted:
        assert restarted.queue.requeue_running() == 1
        again = claim(restarted, now - timedelta(hours=1))
        assert again is None, "jobs are due from the time of the event"
        again = claim(restarted, now)
        assert again is not None
        assert (again.number, again.attempts) == (begun.number, 2)


class Redelivery(RuleBasedStateMachine):
    """Events delivered any number of times, workers that die, processes that restart: each event is finished at most once."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.directory.name))
        self.now = datetime(2026, 11, 20, tzinfo=UTC)
        self.accepted: set[str] = set()
        self.finished: list[str] = []
        self.failed: list[str] = []
        self.claims: list[Job] = []
        self.held: set[tuple[int, int]] = set()

    @rule(key=st.sampled_from("abcdef"))
    def deliver(self, key: str) -> None:
        assert accept(self.store, key, self.now) == (key not in self.accepted)
        self.accepted.add(key)

    @rule()
    def begin(self) -> None:
        if job := claim(self.store, self.now):
            self.claims.append(job)
            self.held = {(number, attempts) for number, attempts in self.held if number != job.number} | {
                (job.number, job.attempts)
            }

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(["finish", "retry", "give up"]))
    def end(self, data: st.DataObject, outcome: str) -> None:
        job = data.draw(st.sampled_from(self.claims))
        try:
            if outcome == "finish":
                self.store.queue.finish(job, now=self.now)
                self.finished.append(job.payload["key"])
            else:
                retry_at = self.now + 5 * SECOND if outcome == "retry" else None
                self.store.queue.fail(job, error="why", retry_at=retry_at, now=self.now)
                self.failed += [job.payload["key"]] if retry_at is None else []
            self.held.discard((job.number, job.attempts))
        except StoreError:
            assert (job.number, job.attempts) not in self.held, "whoever claimed it last may end a job"

    @rule(seconds=st.sampled_from([1, 10, 40]))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(Path(self.directory.name))
        assert self.store.queue.requeue_running() == len(self.held)
        self.held = set()

    @invariant()
    def each_event_ends_at_most_once(self) -> None:
        ended = self.finished + self.failed
        assert len(ended) == len(set(ended))

    def teardown(self) -> None:
        self.now += timedelta(hours=1)
        while job := claim(self.store, self.now):
            self.store.queue.finish(job, now=self.now)
            self.finished.append(job.payload["key"])
        assert sorted(self.finished + self.failed) == sorted(self.accepted), "every accepted event ends exactly once"
        self.store.close()
        self.directory.cleanup()


TestRedelivery = Redelivery.TestCase
TestRedelivery.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
