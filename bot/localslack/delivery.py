"""How payloads reach the app: one try over a transport, and for events the redelivery, duplicates and disorder of real Slack.

In: payloads. Out: an `Ack` for each try. Two transports: the app's websockets (`sockets.py`) or its URL (`request_url.py`).
Source of the schedule: Slack's Events API guide: a delivery without an answer within 3 s comes again at once, after a minute,
after five minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Protocol

from bot.localslack.refusal import Json, Refused

ACK_SECONDS = 3.0
RETRY_DELAYS_SECONDS = (0.0, 60.0, 300.0)
# Events held back for disorder are let go after this long even when fewer came than were asked for.
HOLD_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of a payload: `error` is empty when it was acked, else `operation_timeout` or `dispatch_failed` (nobody there).

    `reason` says the same in the words of `retry_reason`; `no_retry`: the app asked not to be sent it again.
    """

    error: str = ""
    payload: Json | None = None
    reason: str = ""
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        """Whether the app acked in time."""
        return not self.error


class Transport(Protocol):
    """One way to the app."""

    @property
    def connections(self) -> int:
        """How many ways to the app are open now."""
        ...

    async def send(self, kind: str, payload: Json, *, attempt: int = 0, reason: str = "") -> Ack:
        """One try. `kind` is `events_api`, `slash_commands` or `interactive`."""
        ...

    async def close(self) -> None:
        """End every connection."""
        ...


class Delivery:
    """Events on their way to one app."""

    def __init__(self, transport: Transport, *, retry_delays_seconds: tuple[float, ...]) -> None:
        self.transport = transport
        self._retry_delays = retry_delays_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._repeats = 0
        self._hold = 0
        self._held: list[Json] = []

    @property
    def unacked(self) -> int:
        """How many events are under way: held back, sent and not acked, or waiting for their next try."""
        return len(self._tasks) + len(self._held)

    def dispatch(self, payload: Json) -> None:
        """Deliver an event in the background, with redelivery until it is acked or the tries are used up."""
        if self._hold:
            self._held.append(payload)
            if len(self._held) >= self._hold:
                self._release()
            return
        times = 2 if self._repeats else 1
        self._repeats -= times - 1
        for _ in range(times):
            self._start(self._deliver(payload))

    def repeat_next_event(self) -> None:
        """Deliver the next event twice with the same event id, as real Slack does now and then."""
        self._repeats += 1

    def reverse_next_events(self, count: int) -> None:
        """Hold the next `count` events (2 to 100) back and deliver them last first; after 5 s also when fewer came."""
        if not 2 <= count <= 100:  # noqa: PLR2004 -- said in the message
            raise Refused("invalid_arguments", hint="two events at least, and a hundred at most, can change places")
        self._hold = count
        asyncio.get_running_loop().call_later(HOLD_SECONDS, self._release)

    def _release(self) -> None:
        held, self._held, self._hold = self._held, [], 0
        for payload in reversed(held):
            self.dispatch(payload)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, payload: Json) -> None:
        ack = await self.transport.send("events_api", payload)
        for attempt, delay in enumerate(self._retry_delays, start=1):
            if ack.ok or ack.no_retry:
                return
            await asyncio.sleep(delay)
            ack = await self.transport.send("events_api", payload, attempt=attempt, reason=ack.reason)

    async def close(self) -> None:
        """Stop: no more redeliveries, no more connections."""
        self._held.clear()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transport.close()
