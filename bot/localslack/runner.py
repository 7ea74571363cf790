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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from bot.localslack.background import Background, wait
from bot.localslack.control import Control
from bot.localslack.faults import Fault
from bot.localslack.manifest import read_manifest
from bot.localslack.refusal import Json
from bot.localslack.server import LOOPBACK, application
from bot.localslack.sockets import ACK_SECONDS, RETRY_DELAYS_SECONDS, Ack, Hub
from bot.localslack.text import channel_text
from bot.localslack.wire import message_json
from bot.localslack.workspace import Call, Suggestion, Workspace

DEFAULT_MANIFEST = Path(__file__).parent / "manifest.yaml"


class LocalSlack:
    """A workspace with one app installed, served on the loopback interface until `close()`."""

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
    ) -> None:
        if host not in LOOPBACK:
            raise ValueError(f"this Slack has no real security, so it listens on {', '.join(LOOPBACK)} only, not on {host}")
        app = read_manifest(manifest if manifest is not None else yaml.safe_load(DEFAULT_MANIFEST.read_text()))
        self.bot_token = f"xoxb-local-{app.bot_name}"
        self.app_token = f"xapp-1-{app.id}-local"
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, reuse_port=False)
        shown_host = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown_host}:{listener.getsockname()[1]}"
        self.api_url = f"{self.url}/api/"
        hub = Hub(app.id, ack_seconds=ack_seconds, retry_delays_seconds=retry_delays_seconds)
        self.workspace = Workspace(app, base_url=self.url, hub=hub, suggestions=suggestions)
        for person in people:
            self.workspace.add_person(person)
        for channel in channels:
            self.workspace.add_channel(channel)
        self._control = Control(self.workspace)
        site = application(self.workspace, self._control, bot_token=self.bot_token, app_token=self.app_token)
        self._background = Background(site, listener)

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
        await self.workspace.hub.close()

    def environment(self) -> dict[str, str]:
        """The environment variables that point an app to this Slack."""
        return {"SLACK_API_URL": self.api_url, "SLACK_BOT_TOKEN": self.bot_token, "SLACK_APP_TOKEN": self.app_token}

    # People and other products

    def say(self, user: str, channel: str, text: str, thread_ts: str = "", *, broadcast: bool = False) -> str:
        """Type a message, in a thread if given; the new timestamp. The app's name as channel means its direct message."""
        return self._background.do(
            lambda: self._control.people.say(user, channel, text, thread_ts=thread_ts, broadcast=broadcast)
        ).ts

    def post_as_bot(
        self,
        channel: str,
        bot: str,
        text: str = "",
        *,
        attachments: Sequence[Json] = (),
        blocks: Sequence[Json] = (),
        thread_ts: str = "",
        as_app: bool = False,
    ) -> str:
        """Post as another product: a webhook (subtype `bot_message`), or with `as_app` a modern app; the new timestamp."""
        people = self._control.people
        return self._background.do(
            lambda: people.post_as_bot(
                channel, bot, text, attachments=attachments, blocks=blocks, thread_ts=thread_ts, as_app=as_app
            )
        ).ts

    def post_alert(self, name: str, channel: str = "") -> str:
        """Post one of the alerts in `alerts/`; the new timestamp."""
        return self._background.do(lambda: self._control.people.post_alert(name, channel)).ts

    def edit(
        self, ts: str, text: str, *, attachments: Sequence[Json] | None = None, blocks: Sequence[Json] | None = None
    ) -> None:
        """Edit a message of a person or of another product."""
        self._background.do(lambda: self._control.people.edit(ts, text, attachments=attachments, blocks=blocks))

    def delete(self, ts: str) -> None:
        """Delete a message."""
        self._background.do(lambda: self._control.people.delete(ts))

    def upload(self, user: str, channel: str, name: str, content: bytes, *, text: str = "", thread_ts: str = "") -> str:
        """Share a file; the timestamp of the message that shows it."""
        return self._background.do(
            lambda: self._control.people.upload(user, channel, name, content, text=text, thread_ts=thread_ts)
        ).ts

    def react(self, user: str, ts: str, name: str, *, present: bool = True) -> None:
        """Add an emoji (`eyes`), or take it back."""
        self._background.do(lambda: self._control.people.react(user, ts, name, present=present))

    def pin(self, user: str, ts: str, *, present: bool = True) -> None:
        """Pin a message, or unpin it."""
        self._background.do(lambda: self._control.people.pin(user, ts, present=present))

    def open_home(self, user: str) -> None:
        """Look at the app's Home tab."""
        self._background.do(lambda: self._control.people.open_home(user))

    def command(self, user: str, channel: str, line: str) -> Ack:
        """Type a slash command and wait for the ack."""
        return self._background.result_of(self._control.gestures.command(user, channel, line))

    def click(
        self, user: str, where: str, action_id: str, chosen: object = None, *, values: Mapping[str, object] | None = None
    ) -> Ack:
        """Use a button or menu of a message (`where`: its timestamp) or a view (its id) and wait for the ack.

        `chosen` is the value of the option chosen; for buttons that share an action id, the value of the one meant.
        """
        return self._background.result_of(self._control.gestures.click(user, where, action_id, chosen, values=values))

    def shortcut(self, user: str, callback_id: str, ts: str = "") -> Ack:
        """Choose a shortcut, from the menu of the message `ts` or a global one, and wait for the ack."""
        return self._background.result_of(self._control.gestures.shortcut(user, callback_id, ts))

    def submit_view(self, user: str, values: Mapping[str, object]) -> Ack:
        """Send the modal this person has open, with values by block id or action id, and wait for the ack."""
        return self._background.result_of(self._control.gestures.submit_view(user, values))

    def close_view(self, user: str) -> Ack:
        """Close the modal this person has open."""
        return self._background.result_of(self._control.gestures.close_view(user))

    def run_line(self, user: str, channel: str, line: str) -> None:
        """Do what a line of a script says: `/command …`, `alert NAME`, or anything else as a message."""
        if line.startswith("/"):
            self.command(user, channel, line)
        elif line.startswith("alert "):
            self.post_alert(line.removeprefix("alert "))
        else:
            self.say(user, channel, line)

    # Workspace

    def add_channel(self, name: str, *, private: bool = False, with_app: bool = True) -> str:
        """Create a channel; its id. Without the app, the app is not a member."""
        return self._background.do(lambda: self.workspace.add_channel(name, private=private, with_app=with_app)).id

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
        """How many sockets the app holds open."""
        return self.workspace.hub.connections

    # Trouble

    def inject(
        self,
        method: str,
        *,
        times: int = 1,
        status: int = 429,
        retry_after_seconds: int = 1,
        delay_seconds: float = 0.0,
        after: bool = False,
    ) -> None:
        """Make the next `times` calls of `method` (`*`: any) fail or be slow; see `faults.Fault`."""
        fault = Fault(method, times, status, retry_after_seconds, delay_seconds, after)
        self._background.do(lambda: self.workspace.faults.add(fault))

    def drop_sockets(self, reason: str = "refresh_requested") -> None:
        """End the app's sockets as Slack does (`warning`, `refresh_requested`), or abruptly with an empty reason."""
        self._background.result_of(self._control.drop_sockets(reason))

    def repeat_next_event(self) -> None:
        """Deliver the next event twice, with the same event id."""
        self._background.do(self.workspace.hub.repeat_next_event)

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
            return self.workspace.hub.unacked == 0 and time.monotonic() - since >= quiet_seconds and until()

        wait(settled, timeout_seconds, f"the app did not get there: {self.workspace.hub.unacked} events are not acked")

    def wait_connected(self, *, timeout_seconds: float = 10.0) -> None:
        """Wait until the app has opened a socket."""
        wait(lambda: self.connections > 0, timeout_seconds, "the app did not connect")
