"""Socket Mode: the app's open websockets, the envelopes sent over them, and the clock that waits for their acks.

In: payloads for the app. Out: an `Ack` for each, after redeliveries in the case of events. Each payload goes to one socket;
several sockets take turns. Source: Slack's Socket Mode guide, and what its SDKs send and expect.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.localslack.refusal import Json

MOST_SOCKETS = 10
ACK_SECONDS = 3.0
RETRY_DELAYS_SECONDS = (0.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of a payload: `error` is empty when it was acked, else `operation_timeout` or `dispatch_failed` (no socket)."""

    error: str = ""
    payload: Json | None = None

    @property
    def ok(self) -> bool:
        """Whether the app acked in time."""
        return not self.error


class Hub:
    """The sockets of one app."""

    def __init__(self, app_id: str, *, ack_seconds: float, retry_delays_seconds: tuple[float, ...]) -> None:
        self._app_id = app_id
        self._ack_seconds = ack_seconds
        self._retry_delays = retry_delays_seconds
        self._tickets: set[str] = set()
        self._sockets: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._repeats = 0

    @property
    def connections(self) -> int:
        """How many sockets the app holds open."""
        return len(self._sockets)

    @property
    def unacked(self) -> int:
        """How many events are under way: sent and not acked, or waiting for their next try."""
        return len(self._tasks)

    def issue_ticket(self) -> str:
        """A ticket for one websocket: what apps.connections.open answers."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """Hold one websocket until either side ends it."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(code=4001, reason="invalid ticket: call apps.connections.open first")
            return
        self._tickets.remove(ticket)
        await socket.accept()
        if len(self._sockets) >= MOST_SOCKETS:
            await _farewell(socket, "too_many_websockets")
            return
        self._sockets.append(socket)
        hello = {"type": "hello", "num_connections": len(self._sockets), "connection_info": {"app_id": self._app_id}}
        try:
            await socket.send_json(hello | {"debug_info": {"host": "local", "approximate_connection_time": 18060}})
            while True:
                self._receive(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            if socket in self._sockets:
                self._sockets.remove(socket)

    def _receive(self, text: str) -> None:
        message = json.loads(text)
        waiting = self._waiting.get(message.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload"))

    async def send(self, kind: str, payload: Json, *, attempt: int = 0, reason: str = "") -> Ack:
        """One try: to one socket, and wait for the ack."""
        if not self._sockets:
            return Ack("dispatch_failed")
        self._sockets.append(self._sockets.pop(0))
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        waiting: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = waiting
        try:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # a socket that died meanwhile: no ack will come
                await self._sockets[-1].send_json(envelope)
            return Ack(payload=await asyncio.wait_for(waiting, self._ack_seconds))
        except TimeoutError:
            return Ack("operation_timeout")
        finally:
            del self._waiting[envelope["envelope_id"]]

    def dispatch(self, payload: Json) -> None:
        """Deliver an event in the background, with redelivery until it is acked or the tries are used up."""
        times = 2 if self._repeats else 1
        self._repeats -= times - 1
        for _ in range(times):
            self._start(self._deliver(payload))

    def repeat_next_event(self) -> None:
        """Deliver the next event twice with the same event id, as real Slack does now and then."""
        self._repeats += 1

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, payload: Json) -> None:
        ack = await self.send("events_api", payload)
        for attempt, delay in enumerate(self._retry_delays, start=1):
            if ack.ok:
                return
            await asyncio.sleep(delay)
            reason = "timeout" if ack.error == "operation_timeout" else "connection_failed"
            ack = await self.send("events_api", payload, attempt=attempt, reason=reason)

    async def disconnect(self, reason: str) -> None:
        """End every socket; with an empty reason without the `disconnect` message, as a broken network does."""
        for socket in tuple(self._sockets):
            self._sockets.remove(socket)
            if reason:
                await _farewell(socket, reason)
            else:
                await _close(socket, 1011)

    async def close(self) -> None:
        """Stop: no more redeliveries, no more sockets."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in tuple(self._sockets):
            await _close(socket, 1001)


async def _farewell(socket: WebSocket, reason: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})
    await _close(socket, 1000)


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code=code)
