"""`LocalSlack`: the stand-in running in a thread of its own, with the verbs of people as plain methods.

In: a manifest, some names, perhaps a port. Out: a server on 127.0.0.1 that is up when the constructor returns.

    with LocalSlack(manifest=yaml.safe_load(open("manifest.yaml"))) as slack:
        app = App(client=WebClient(token=slack.bot_token, base_url=slack.api_url))
        SocketModeHandler(app, slack.app_token).connect()
        slack.command("maya", "checkout", "/gocrash checkout")
        slack.wait_idle(until=lambda: "checkout" in slack.channel_text("checkout"))
        print(slack.channel_text("checkout"))
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from bot.localslack.acting import Acting
from bot.localslack.background import Background, wait
from bot.localslack.control import Control
from bot.localslack.delivery import ACK_SECONDS, RETRY_DELAYS_SECONDS, Delivery
from bot.localslack.manifest import read_manifest
from bot.localslack.refusal import Json
from bot.localslack.request_url import RequestUrl
from bot.localslack.server import LOOPBACK, application
from bot.localslack.sockets import Sockets
from bot.localslack.text import channel_text
from bot.localslack.wire import message_json
from bot.localslack.workspace import HISTORY_LIMIT, Call, Suggestion, Workspace

DEFAULT_MANIFEST = Path(__file__).parent / "manifest.yaml"


class LocalSlack(Acting):
    """A workspace with one app installed, served on the loopback interface until `close()`.

    With `request_url` the app is spoken to in HTTP mode, at that URL, else in Socket Mode. `history_limit` is the most messages
    one page of a history holds: 999, or 15 to try what apps sold outside Slack's marketplace get.
    """

    def __init__(
        self,
        *,
        manifest: Json | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        people: Sequence[str] = ("maya", "jonas"),
        channels: Sequence[str] = ("alerts", "checkout", "incidents"),
        suggestions: Sequence[Suggestion] = (),
        ack_seconds: float = ACK_SECONDS,
        retry_delays_seconds: tuple[float, ...] = RETRY_DELAYS_SECONDS,
        request_url: str = "",
        history_limit: int = HISTORY_LIMIT,
    ) -> None:
        if host not in LOOPBACK:
            raise ValueError(f"this Slack has no real security, so it listens on {', '.join(LOOPBACK)} only, not on {host}")
        app = read_manifest(manifest if manifest is not None else yaml.safe_load(DEFAULT_MANIFEST.read_text()))
        self.bot_token = f"xoxb-local-{app.bot_name}"
        self.app_token = f"xapp-1-{app.id}-local"
        self.signing_secret = f"local-signing-secret-{app.bot_name}"
        web = RequestUrl(request_url, signing_secret=self.signing_secret, ack_seconds=ack_seconds) if request_url else None
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, reuse_port=False)
        shown_host = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown_host}:{listener.getsockname()[1]}"
        self.api_url = f"{self.url}/api/"
        sockets = Sockets(app.id, ack_seconds=ack_seconds, enabled=not request_url)
        delivery = Delivery(web or sockets, retry_delays_seconds=retry_delays_seconds)
        self.workspace = Workspace(
            app, base_url=self.url, delivery=delivery, sockets=sockets, suggestions=suggestions, history_limit=history_limit
        )
        for person in people:
            self.workspace.add_person(person)
        for channel in channels:
            self.workspace.add_channel(channel)
        self._control = Control(self.workspace, deafen=self._deafen)
        site = application(self.workspace, self._control, bot_token=self.bot_token, app_token=self.app_token)
        self._background = Background(site, listener)
        if web is not None:
            self._background.do(web.start)

    def _deafen(self, peer: tuple[str, int]) -> None:
        self._background.deafen(peer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving; safe to call twice."""
        if self._background.is_running:
            self._background.result_of(self._stop())
            self._background.close()

    async def _stop(self) -> None:
        self.workspace.closing = True
        self.workspace.store.touch()
        await self.workspace.delivery.close()

    def environment(self) -> dict[str, str]:
        """The environment variables that point an app to this Slack."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
        }

    # Workspace

    def add_channel(self, name: str, *, private: bool = False, with_app: bool = True) -> str:
        """Create a channel; its id. Without the app, the app is not a member."""
        return self._background.do(lambda: self.workspace.add_channel(name, private=private, with_app=with_app)).id

    def add_person(self, name: str) -> str:
        """Somebody new, member of every channel; the user id."""
        return self._background.do(lambda: self.workspace.add_person(name)).id

    def set_group(self, handle: str, members: Sequence[str]) -> str:
        """Create the user group `@handle`, or change who is in it; its id."""
        return self._background.do(lambda: self.workspace.set_group(handle, members)).id

    def invite_app(self, channel: str) -> None:
        """Make the app a member of a channel."""
        store, app = self.workspace.store, self.workspace.app
        self._background.do(lambda: self.workspace.join(store.channel(channel), app.user_id))

    def channel_text(self, channel: str) -> str:
        """The channel as readable plain text, without timestamps."""
        return self._background.do(lambda: channel_text(self.workspace.store, self.workspace.store.channel(channel).id))

    def messages(self, channel: str) -> list[Json]:
        """All messages of a channel, replies and ephemeral ones too, as Slack's JSON with metadata, oldest first."""
        workspace = self.workspace
        return self._background.do(
            lambda: [
                message_json(workspace.store, message, self.url, with_metadata=True) | {"visible_to": message.visible_to}
                for message in workspace.store.messages(workspace.store.channel(channel).id)
            ]
        )

    def modal(self, user: str) -> Json | None:
        """The modal a person has open, with `errors`, or None."""
        stack = self.workspace.store.modals.get(self.workspace.store.person(user).id, ())
        return self.workspace.view_json(stack[-1]) | {"errors": dict(stack[-1].errors)} if stack else None

    def home(self, user: str) -> Json | None:
        """The Home tab as published for a person, or None."""
        view = self.workspace.store.homes.get(self.workspace.store.person(user).id)
        return self.workspace.view_json(view) if view else None

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every Web API call and response URL post of the app so far."""
        return tuple(self.workspace.calls)

    @property
    def refusals(self) -> tuple[Call, ...]:
        """Those that were refused, injected faults left out: a test of a well-behaved app expects none."""
        return tuple(call for call in self.calls if call.error and not call.injected)

    @property
    def connections(self) -> int:
        """How many sockets the app holds open; in HTTP mode 1 once it has answered the challenge."""
        return self.workspace.delivery.transport.connections

    # Waiting

    def wait_idle(
        self, *, until: Callable[[], bool] = lambda: True, timeout_seconds: float = 10.0, quiet_seconds: float = 0.0
    ) -> None:
        """Wait until every event is acked, `until` holds and nothing changed for `quiet_seconds`; `TimeoutError` otherwise."""
        seen, since = -1, time.monotonic()

        def settled() -> bool:
            nonlocal seen, since
            if self.workspace.store.version != seen:
                seen, since = self.workspace.store.version, time.monotonic()
            return self.workspace.delivery.unacked == 0 and time.monotonic() - since >= quiet_seconds and until()

        wait(settled, timeout_seconds, f"the app did not get there: {self.workspace.delivery.unacked} events are not acked")

    def wait_connected(self, *, timeout_seconds: float = 10.0) -> None:
        """Wait until the app has opened a socket, or in HTTP mode answered the challenge."""
        wait(lambda: self.connections > 0, timeout_seconds, "the app did not connect")
