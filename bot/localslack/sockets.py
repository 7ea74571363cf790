"""Socket Mode: the app's open websockets, the envelopes sent over them, and the clock that waits for their acks.

In: payloads for the app. Out: an `Ack` for each. Each payload goes to one socket; several sockets take turns.
Source: Slack's Socket Mode guide, and what its SDKs send and expect.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.localslack.delivery import Ack
from bot.localslack.refusal import Json

MOST_SOCKETS = 10
# Between one event and the next: 200 a second, still far above the 30,000 an hour of real Slack. The socket client of Slack's
# own Python SDK reads a backlog by recursion, so a burst without any gap breaks its stream.
PACE_SECONDS = 0.005
Freeze = Callable[[WebSocket], None]


class Sockets:
    """The sockets of one app; not `enabled` means that it speaks HTTP, and a socket is sent away (`link_disabled`)."""

    def __init__(self, app_id: str, *, ack_seconds: float, enabled: bool = True) -> None:
        self._app_id = app_id
        self._enabled = enabled
        self._ack_seconds = ack_seconds
        self._tickets: set[str] = set()
        self._sockets: list[WebSocket] = []
        self._frozen: list[WebSocket] = []
        self._turn = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}

    @property
    def connections(self) -> int:
        """How many sockets the app holds open; it does not know that some may have gone silent."""
        return len(self._sockets)

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
        if not self._enabled or len(self._sockets) >= MOST_SOCKETS:
            await _farewell(socket, "too_many_websockets" if self._enabled else "link_disabled")
            await _close(socket, 1000)
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
            self._forget(socket)

    def _forget(self, socket: WebSocket) -> None:
        for known in (self._sockets, self._frozen):
            if socket in known:
                known.remove(socket)

    def _receive(self, text: str) -> None:
        message = json.loads(text)
        waiting = self._waiting.get(message.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload"))

    async def send(self, kind: str, payload: Json, *, attempt: int = 0, reason: str = "") -> Ack:
        """One try: to one socket, and wait for the ack."""
        if kind == "events_api":
            async with self._turn:
                await asyncio.sleep(PACE_SECONDS)
        if not self._sockets:
            return Ack("dispatch_failed", reason="connection_failed")
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
            if self._sockets[-1] not in self._frozen:
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # a socket that died meanwhile: no ack will come
                    await self._sockets[-1].send_json(envelope)
            return Ack(payload=await asyncio.wait_for(waiting, self._ack_seconds))
        except TimeoutError:
            return Ack("operation_timeout", reason="timeout")
        finally:
            del self._waiting[envelope["envelope_id"]]

    def silence(self, freeze: Freeze) -> None:
        """Make the sockets that are open now go silent; `freeze` makes one deaf for good, so that not even a ping is answered."""
        for socket in self._sockets:
            if socket not in self._frozen:
                self._frozen.append(socket)
                freeze(socket)

    async def disconnect(self, reason: str, after_seconds: float) -> None:
        """End every socket; with an empty reason without the `disconnect` message, as a broken network does.

        Between the message and the end (`after_seconds`) nothing new goes to these sockets; acks still count.
        """
        leaving, self._sockets[:] = tuple(self._sockets), ()
        for socket in leaving:
            if reason:
                await _farewell(socket, reason)
        await asyncio.sleep(after_seconds)
        for socket in leaving:
            await _close(socket, 1000 if reason else 1011)

    async def close(self) -> None:
        """End every socket."""
        for socket in tuple(self._sockets):
            await _close(socket, 1001)


async def _farewell(socket: WebSocket, reason: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code=code)
