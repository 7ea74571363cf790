"""The control API: what the page and scripts use to act as people, to cause trouble and to see the workspace.

In: `POST /control/VERB` with a JSON object, named as the parameters of the verb in `people.py` and `gestures.py`.
Out: JSON. Only JSON bodies are taken, so that a foreign web page cannot send one without being asked.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from bot.localslack.alert_files import alert_names, load_alert
from bot.localslack.delivery import Ack
from bot.localslack.gestures import Gestures
from bot.localslack.manifest import id_part
from bot.localslack.nouns import SLACKBOT, Message
from bot.localslack.people import People
from bot.localslack.refusal import Json, Refused
from bot.localslack.script import Script
from bot.localslack.text import channel_text
from bot.localslack.trouble import Deafen, Trouble
from bot.localslack.wire import channel_json, message_json
from bot.localslack.workspace import Workspace

KEEP_ALIVE_SECONDS = 15.0
# However fast things change, the page is told at most so often, and draws only the newest messages of a channel.
TELL_EVERY_SECONDS = 0.1
MOST_SHOWN = 200
Verb = Callable[..., object]


class Control:
    """The verbs by name, and views of the whole workspace."""

    def __init__(self, workspace: Workspace, *, deafen: Deafen) -> None:
        self.workspace = workspace
        self.people = People(workspace)
        self.gestures = Gestures(workspace)
        self.trouble = Trouble(workspace, deafen)
        self.script = Script(workspace, self.people, self.gestures)
        alerts = [load_alert(name) for name in alert_names()]
        self._alerts = [{"name": each.name, "title": each.title, "bot_id": "B0" + id_part(each.bot)} for each in alerts]
        self._verbs: dict[str, Verb] = {
            "say": self.people.say,
            "post_as_bot": self.people.post_as_bot,
            "post_alert": self.people.post_alert,
            "edit_alert": self.people.edit_alert,
            "edit": self.people.edit,
            "delete": self.people.delete,
            "upload": self._upload,
            "react": self.people.react,
            "pin": self.people.pin,
            "open_home": self.people.open_home,
            "command": self.gestures.command,
            "click": self.gestures.click,
            "shortcut": self.gestures.shortcut,
            "submit_view": self.gestures.submit_view,
            "close_view": self.gestures.close_view,
            "options": self.gestures.options,
            "run_line": self.script.run,
            "inject": self.trouble.inject,
            "repeat_next_event": self.trouble.repeat_next_event,
            "reverse_next_events": self.trouble.reverse_next_events,
            "drop_sockets": self.trouble.drop_sockets,
            "silence_sockets": self.trouble.silence_sockets,
            "set_group": workspace.set_group,
        }

    async def act(self, request: Request) -> Response:
        """Carry out one verb."""
        verb = self._verbs.get(request.path_params["verb"])
        if verb is None:
            return JSONResponse({"error": "unknown_verb", "known": sorted(self._verbs)}, status_code=404)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return JSONResponse({"error": "send_json"}, status_code=415)
        try:
            body = await request.json()
            inspect.signature(verb).bind(**body)
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": "invalid_arguments", "detail": str(error)}, status_code=400)
        try:
            result = verb(**body)
            done = await result if isinstance(result, Awaitable) else result
        except Refused as refused:
            return JSONResponse({"error": refused.error, **refused.details}, status_code=400)
        return JSONResponse(self._shown(done))

    def _shown(self, result: object) -> Json:
        if isinstance(result, Ack):
            return {"ok": result.ok, "error": result.error, "payload": result.payload}
        if isinstance(result, Message):
            return message_json(self.workspace.store, result, self.workspace.base_url, with_metadata=True)
        return {}

    def _upload(self, user: str, channel: str, name: str, content_base64: str, *, text: str = "", thread_ts: str = "") -> Message:
        try:
            content = base64.b64decode(content_base64, validate=True)
        except ValueError:
            raise Refused("invalid_arguments", hint="content_base64 is not base64") from None
        return self.people.upload(user, channel, name, content, text=text, thread_ts=thread_ts)

    async def state(self, request: Request) -> Response:
        """Everything the page shows."""
        del request
        store, app = self.workspace.store, self.workspace.app
        people = [person for person in store.people.values() if person.id != SLACKBOT]
        return JSONResponse(
            {
                "version": store.version,
                "connections": self.workspace.delivery.transport.connections,
                "app": {
                    "name": app.name,
                    "bot_name": app.bot_name,
                    "user_id": app.user_id,
                    "bot_id": app.bot_id,
                    "home_tab": app.home_tab,
                    "commands": [asdict(each) for each in app.commands.values()],
                    "shortcuts": [asdict(each) for each in app.shortcuts.values()],
                },
                "people": [asdict(each) for each in people],
                "groups": [asdict(each) for each in store.groups.values()],
                "bookmarks": [asdict(each) for each in store.bookmarks.values()],
                "bots": [asdict(each) for each in store.bots.values()],
                "channels": [channel_json(each, app.user_id) for each in store.channels.values()],
                "messages": {each: [self._page_message(message) for message in self._recent(each)] for each in store.channels},
                "homes": {user: self.workspace.view_json(view) for user, view in store.homes.items()},
                "modals": {
                    user: self.workspace.view_json(stack[-1]) | {"errors": dict(stack[-1].errors)}
                    for user, stack in store.modals.items()
                    if stack
                },
                "suggestions": [asdict(each) for each in self.workspace.suggestions],
                "alerts": self._alerts,
            }
        )

    def _recent(self, channel: str) -> Iterator[Message]:
        """The newest messages of a channel with their whole threads, oldest first: what the page draws."""
        store = self.workspace.store
        tops = [each for each in store.messages(channel) if not each.is_reply or store.parent(each) is None]
        shown = tops[-MOST_SHOWN:]
        below = (reply for top in shown for reply in store.replies(top, with_ephemeral=True))
        yield from sorted((*shown, *below), key=lambda message: message.ts)

    def _page_message(self, message: Message) -> Json:
        shown = message_json(self.workspace.store, message, self.workspace.base_url)
        return shown | {"visible_to": message.visible_to, "broadcast": message.broadcast}

    async def text(self, request: Request) -> Response:
        """A channel as plain text: `/control/text?channel=alerts`."""
        try:
            channel = self.workspace.store.channel(request.query_params.get("channel", ""))
        except Refused as refused:
            return JSONResponse({"error": refused.error}, status_code=404)
        return PlainTextResponse(channel_text(self.workspace.store, channel.id))

    async def calls(self, request: Request) -> Response:
        """The app's Web API calls so far."""
        del request
        return JSONResponse([asdict(each) for each in self.workspace.calls])

    async def stream(self, request: Request) -> Response:
        """Server-sent events: the store's version after every change."""
        del request
        return StreamingResponse(self._versions(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _versions(self) -> AsyncIterator[str]:
        changed = asyncio.Event()
        self.workspace.store.on_change.append(changed.set)
        try:
            while not self.workspace.closing:
                changed.clear()
                yield f"data: {self.workspace.store.version}\n\n"
                await asyncio.sleep(TELL_EVERY_SECONDS)
                try:
                    await asyncio.wait_for(changed.wait(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.workspace.store.on_change.remove(changed.set)
