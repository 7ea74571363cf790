"""Trouble on demand, in one place: what goes wrong with the app's calls, with its connections and with its events.

In: what should go wrong. Out: nothing; it happens to the next calls and events, or to the connections that are open now.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.websockets import WebSocket

from bot.localslack.faults import Fault
from bot.localslack.refusal import Refused
from bot.localslack.workspace import Workspace

Deafen = Callable[[tuple[str, int]], None]
# `warning`: the end is near; `refresh_requested`: now; `link_disabled`: Socket Mode was switched off. Empty: without a word.
REASONS = ("warning", "refresh_requested", "link_disabled", "")


class Trouble:
    """The verbs that break things; `deafen` stops hearing the connection from an address."""

    def __init__(self, workspace: Workspace, deafen: Deafen) -> None:
        self._workspace = workspace
        self._deafen = deafen

    def inject(
        self,
        method: str,
        times: int = 1,
        status: int = 429,
        retry_after_seconds: int = 1,
        delay_seconds: float = 0.0,
        *,
        after: bool = False,
    ) -> None:
        """Make the next `times` calls of `method` (`*`: any; `response_url`; `upload`) fail or be slow; see `faults.Fault`."""
        self._workspace.faults.add(Fault(method, times, status, retry_after_seconds, delay_seconds, after))

    async def drop_sockets(self, reason: str = "refresh_requested", after_seconds: float = 0.0) -> None:
        """End the app's sockets `after_seconds` after the `disconnect` message; with an empty reason abruptly."""
        if reason not in REASONS:
            raise Refused("invalid_arguments", hint=f"the reason is one of {', '.join(filter(None, REASONS))}, or empty")
        await self._workspace.sockets.disconnect(reason, after_seconds)

    def silence_sockets(self) -> None:
        """Make the sockets that are open now go silent: they stay open, deliver nothing, and no ping is answered."""
        self._workspace.sockets.silence(self._silence)

    def _silence(self, socket: WebSocket) -> None:
        if socket.client is not None:
            self._deafen((socket.client.host, socket.client.port))

    def repeat_next_event(self) -> None:
        """Deliver the next event twice, with the same event id."""
        self._workspace.delivery.repeat_next_event()

    def reverse_next_events(self, count: int = 2) -> None:
        """Hold the next `count` events back and deliver them last first; after 5 s also when fewer came."""
        self._workspace.delivery.reverse_next_events(count)
