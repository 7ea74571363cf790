"""The control API: what the page and scripts use to act as people, to cause trouble and to see the workspace.

In: `POST /control/VERB` with a JSON object, named as the parameters of the verb in `people.py` and `gestures.py`.
Out: JSON. Only JSON bodies are taken, so that a foreign web page cannot send one without being asked.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from bot.localslack.alert_files import alert_names, load_alert
from bot.localslack.faults import Fault
from bot.localslack.gestures import Gestures
from bot.localslack.people import People
from bot.localslack.refusal import Json, Refused
from bot.localslack.sockets import Ack
from bot.localslack.state import SLACKBOT, Message
from bot.localslack.text import channel_text
from bot.localslack.wire import channel_json, is_text, message_json
from bot.localslack.workspace import Workspace

KEEP_ALIVE_SECONDS = 15.0
Verb = Callable[..., object]


class Control:
    """The verbs by name, and views of the whole workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.people = People(workspace)
        self.gestures = Gestures(workspace)
        self._verbs: dict[str, Verb] = {
            "say": self.people.say,
            "post_as_bot": self.people.post_as_bot,
            "post_alert": self.people.post_alert,
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
            "inject": self._inject,
            "repeat_next_event": workspace.hub.repeat_next_event,
            "drop_sockets": self.drop_sockets,
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

    def _upload(self, user: str, channel: str, name: str, content_base64: str, thread_ts: str = "") -> Message:
        return self.people.upload(user, channel, name, base64.b64decode(content_base64), thread_ts=thread_ts)

    def _inject(
        self,
        method: str,
        times: int = 1,
        status: int = 429,
        retry_after_seconds: int = 1,
        delay_seconds: float = 0.0,
        *,
        after: bool = False,
    ) -> None:
        self.workspace.faults.add(Fault(method, times, status, retry_after_seconds, delay_seconds, after))

    async def drop_sockets(self, reason: str = "refresh_requested") -> None:
        """End the app's sockets; with an empty reason abruptly."""
        await self.workspace.hub.disconnect(reason)

    async def state(self, request: Request) -> Response:
        """Everything the page shows."""
        del request
        store, app = self.workspace.store, self.workspace.app
        people = [person for person in store.people.values() if person.id != SLACKBOT]
        return JSONResponse(
            {
                "version": store.version,
                "connections": self.workspace.hub.connections,
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
                "bots": [asdict(each) for each in store.bots.values()],
                "channels": [channel_json(each, app.user_id) for each in store.channels.values()],
                "messages": {each: [self._page_message(message) for message in store.messages(each)] for each in store.channels},
                "homes": {user: self.workspace.view_json(view) for user, view in store.homes.items()},
                "modals": {
                    user: self.workspace.view_json(stack[-1]) | {"errors": dict(stack[-1].errors)}
                    for user, stack in store.modals.items()
                    if stack
                },
                "suggestions": [asdict(each) for each in self.workspace.suggestions],
                "alerts": [{"name": name, "title": load_alert(name).title} for name in alert_names()],
            }
        )

    def _page_message(self, message: Message) -> Json:
        shown = message_json(self.workspace.store, message, self.workspace.base_url)
        for file in shown.get("files", ()):
            content = self.workspace.store.files[file["id"]].content
            file["preview"] = content.decode()[:4000] if content is not None and is_text(content) else ""
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
                try:
                    await asyncio.wait_for(changed.wait(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.workspace.store.on_change.remove(changed.set)
