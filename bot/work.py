"""The workers that carry jobs out, and the senders that empty the outbox. Threads; everything they know is in the store.

Two lanes: short jobs (commands, clicks, messages) never wait behind diagnoses. A job that fails is tried again a
little later, and given up after `ATTEMPTS`; its `give_up` then says so where the person is waiting.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.errors import GocrashError, SlackError, StoreError, UsageError
from bot.incidents.store import Store
from bot.model.delivery import Delivery, Posted, Postponed, Refused
from bot.model.incident import Job, OutboxMessage
from bot.telemetry import Metrics

log = structlog.get_logger(__name__)

ATTEMPTS = 3
RETRY_SECONDS = 5.0
# Longer than any diagnosis with its deadlines; after a restart the leases are given back at once, not waited for.
LEASE_SECONDS = 600.0
IDLE_SECONDS = 0.2
# Between two questions what is due: nothing that is scheduled has to be on the second.
TICK_SECONDS = 1.0
# Slack takes about one message a second and channel, and short bursts above that.
BURST = 6
PER_SECOND = 1.0
# A channel belongs to one sender, which keeps its messages in order; a slow upload holds up only the channels of its sender.
SENDERS = 3
# A call of the process before this one that Slack has not answered may still take effect: too early a look would not find it.
UNDER_WAY_SECONDS = 1.0
# After a fault of our own in a sender.
FAULT_SECONDS = 30.0

Commit = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """How one kind of job is carried out.

    `run` does the work and returns the writes that belong to its end; `give_up` returns the writes that tell people that it
    failed for good, given a sentence that says why.
    """

    run: Callable[[Job], Commit]
    give_up: Callable[[Job, str], Commit]


class Workers:
    """Threads that claim jobs and post messages, from `start` to `stop`."""

    def __init__(
        self,
        store: Store,
        *,
        lanes: Sequence[Mapping[str, Handler]],
        ticks: Sequence[Callable[[], None]],
        threads_per_lane: int,
        post: Callable[[OutboxMessage], Delivery],
        refused: Callable[[OutboxMessage, SlackError], None],
        pace: Pace,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        """Make the threads.

        Every second the `ticks` queue what is due. `refused` writes down what people are told of a message that Slack does not
        take.
        """
        self._store = store
        self._ticks = ticks
        self._post = post
        self._refused = refused
        self._metrics = metrics
        self._now = now
        self._stopping = threading.Event()
        self._awake = threading.Condition()
        self._pace = pace
        names = [(f"lane {index}.{thread}", lane) for index, lane in enumerate(lanes) for thread in range(threads_per_lane)]
        self._threads = [threading.Thread(target=self._work, args=(name, lane), name=name) for name, lane in names]
        self._threads.append(threading.Thread(target=self._keep_time, name="schedule"))
        self._threads += [
            threading.Thread(target=self._send, args=(number,), name=f"sender {number}") for number in range(SENDERS)
        ]

    def start(self) -> None:
        """Give back what a dead process was working on, and start."""
        self._store.queue.requeue_running()
        self._store.outbox.hold_uncertain(until=self._now() + timedelta(seconds=UNDER_WAY_SECONDS))
        self._metrics.outbox_waiting.set_function(self._store.outbox.waiting)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Tell idle threads that there is something to do."""
        with self._awake:
            self._awake.notify_all()

    def stop(self) -> None:
        """Let every thread finish what it is doing, and wait for that. What is not begun stays in the store."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join()

    def _keep_time(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            for tick in self._ticks:
                try:
                    tick()
                except StoreError as error:
                    log.warning("the store does not answer", reason=str(error))
                except Exception:
                    # As with jobs: whatever it was, the other things that are due must not wait for it.
                    log.exception("what is due could not be found out")

    def _work(self, owner: str, lane: Mapping[str, Handler]) -> None:
        while not self._stopping.is_set():
            try:
                job = self._store.queue.claim(owner, kinds=lane, lease_seconds=LEASE_SECONDS, now=self._now())
                if job:
                    self._carry_out(job, lane[job.kind])
                    self.wake()
                    continue
            except StoreError as error:
                log.warning("the store does not answer", reason=str(error))
            self._rest()

    def _carry_out(self, job: Job, handler: Handler) -> None:
        try:
            commit = handler.run(job)
            with self._store.transaction():
                commit()
                self._store.queue.finish(job, now=self._now())
        except UsageError as error:
            # What was asked for cannot be done, and could not be done the next time.
            self._failed(job, handler, str(error), final=True)
        except GocrashError as error:
            self._failed(job, handler, str(error))
        except Exception:
            # The last resort of a thread: whatever it was, the person who waits hears of it, and the thread lives on.
            log.exception("a job failed", job=job.number, kind=job.kind)
            self._failed(job, handler, f"something went wrong inside gocrash; its log has the details under job {job.number}")

    def _failed(self, job: Job, handler: Handler, reason: str, *, final: bool = False) -> None:
        now = self._now()
        if job.attempts < ATTEMPTS and not final:
            retry_at = now + timedelta(seconds=RETRY_SECONDS * job.attempts)
            self._store.queue.fail(job, error=reason, retry_at=retry_at, now=now)
            return
        log.error("a job was given up", job=job.number, kind=job.kind, reason=reason)
        self._metrics.jobs_failed.labels(kind=job.kind).inc()
        with self._store.transaction():
            handler.give_up(job, reason)()
            self._store.queue.fail(job, error=reason, retry_at=None, now=now)

    def _send(self, number: int) -> None:
        while not self._stopping.is_set():
            try:
                if due := [message for message in self._store.outbox.due(self._now()) if self._may_send(message, number)]:
                    for message in due:
                        self._deliver(message)
                    continue
            except StoreError as error:
                log.warning("the store does not answer", reason=str(error))
            except Exception:
                # As for jobs: a sender that ended would leave its channels without an answer for good.
                log.exception("the outbox could not be emptied")
            self._rest()

    def _may_send(self, message: OutboxMessage, sender: int) -> bool:
        """Say whether this sender may hand over a message now. Slack's limit does not count answers to response URLs."""
        line = message.key if message.kind == "respond" else message.channel
        if zlib.crc32(line.encode()) % SENDERS != sender:
            return False
        return message.kind == "respond" or self._pace.may(message.channel, self._now())

    def _deliver(self, message: OutboxMessage) -> None:
        """Hand one message to Slack. `begin` is written first: if this process dies then, the next one looks before it posts."""
        outbox = self._store.outbox
        thread_ts = outbox.get(message.parent_key).ts if message.parent_key else message.thread_ts
        outbox.begin(message)
        try:
            delivery = self._post(replace(message, thread_ts=thread_ts))
        except Exception:
            # As for jobs: the thread lives on, and the other channels do not wait.
            log.exception("a message could not be handed to Slack", key=message.key)
            delivery = Postponed(FAULT_SECONDS, "something went wrong inside gocrash", uncertain=True)
        self._metrics.posts.labels(outcome=type(delivery).__name__.lower()).inc()
        match delivery:
            case Posted(ts):
                outbox.mark_sent(message, ts=ts)
            case Postponed(seconds, reason, uncertain):
                until = self._now() + timedelta(seconds=seconds)
                (outbox.mark_uncertain if uncertain else outbox.postpone)(message, until=until, reason=reason)
            case Refused(error):
                log.error("Slack refused a message", key=message.key, channel=message.channel, code=error.code, reason=str(error))
                with self._store.transaction():
                    outbox.mark_failed(message, reason=str(error))
                    self._refused(message, error)

    def _rest(self) -> None:
        with self._awake:
            if not self._stopping.is_set():
                self._awake.wait(IDLE_SECONDS)


class Pace:
    """Keeps within Slack's pace per channel: a burst of calls, refilled by so many a second."""

    def __init__(self, *, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._left: dict[str, tuple[float, datetime]] = {}

    def may(self, channel: str, now: datetime) -> bool:
        """Say whether a call may be made in this channel now, and count it if so."""
        left, since = self._left.get(channel, (self._burst, now))
        left = min(self._burst, left + max(0.0, (now - since).total_seconds()) * self._per_second)
        allowed = left >= 1
        self._left[channel] = (left - 1 if allowed else left, now)
        return allowed
