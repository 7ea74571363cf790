"""What people do that the app must answer at once: slash commands, clicks, shortcuts and forms.

In: who, where and what. Out: the payload sent to the app, and its `Ack`, which each of these verbs waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bot.localslack.elements import all_blocks, choice, find_element, missing_inputs, state_values
from bot.localslack.methods.views import push_view, replace_view
from bot.localslack.refusal import Json, Refused
from bot.localslack.responses import respond
from bot.localslack.sockets import Ack
from bot.localslack.state import TEAM_DOMAIN, TEAM_ID, Message, Person, View
from bot.localslack.typed import escape, with_labels
from bot.localslack.wire import channel_json, message_json
from bot.localslack.workspace import Call, Workspace

_TROUBLE = {
    "operation_timeout": "did not answer within 3 seconds (operation_timeout)",
    "dispatch_failed": "is not connected (dispatch_failed)",
}


class Gestures:
    """Commands, clicks and forms of everybody."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    async def command(self, user: str, channel: str, line: str) -> Ack:
        """Type a slash command; the ack's text, and trouble, appear as messages only this person sees."""
        person, where = self._store.person(user), self._workspace.meeting_place(user, channel)
        name, _, text = line.strip().partition(" ")
        self._store.put_message(
            Message(where.id, self._store.next_ts(), escape(line.strip()), person.id, subtype="command", visible_to=person.id)
        )
        command = self._workspace.app.commands.get(name)
        if command is None:
            known = ", ".join(sorted(self._workspace.app.commands))
            self._workspace.notice(where.id, person.id, f"{name} is not a valid command. Here is: {known}")
            return Ack("unknown_command")
        key = self._workspace.grants.issue_response(where.id, person.id)
        payload = self._common(person) | {
            "team_id": TEAM_ID,
            "team_domain": TEAM_DOMAIN,
            "channel_id": where.id,
            "channel_name": where.name if where.kind == "channel" else {"im": "directmessage"}.get(where.kind, "privategroup"),
            "user_id": person.id,
            "user_name": person.name,
            "command": name,
            "text": with_labels(text.strip(), **self._workspace.names()) if command.escape else text.strip(),
            "response_url": self._response_url(key),
            "is_enterprise_install": "false",
        }
        del payload["user"], payload["team"]
        ack = await self._workspace.hub.send("slash_commands", payload)
        if ack.payload and (ack.payload.get("text") or ack.payload.get("blocks")):
            with self._recorded("ack of a command", ack.payload):
                respond(self._workspace, self._workspace.grants.use_response(key), ack.payload)
        return self._noted(ack, where.id, person.id, name)

    async def click(
        self,
        user: str,
        where: str,
        action_id: str,
        chosen: object = None,
        *,
        block_id: str = "",
        values: Mapping[str, object] | None = None,
    ) -> Ack:
        """Use a button, menu or picker; `where` is a message's timestamp or a view's id, `chosen` an option's value."""
        person = self._store.person(user)
        if not self._workspace.app.interactive:
            raise Refused("interactivity_off", hint="settings.interactivity.is_enabled is not set in the app's manifest")
        context, blocks, channel = self._context(person, where, values or {})
        found_in, element = find_element(blocks, action_id, block_id=block_id, chosen=chosen)
        action = choice(element, chosen) | {"action_id": action_id, "block_id": found_in, "action_ts": self._store.next_ts()}
        payload = self._common(person) | context | {"type": "block_actions", "actions": [action]}
        ack = await self._workspace.hub.send("interactive", payload)
        return self._noted(ack, channel, person.id, "This button") if channel else ack

    async def shortcut(self, user: str, callback_id: str, ts: str = "") -> Ack:
        """Choose a shortcut: one of a message's menu when `ts` names the message, else a global one."""
        person = self._store.person(user)
        shortcut = self._workspace.app.shortcuts.get(callback_id)
        if shortcut is None or (shortcut.kind == "message") != bool(ts):
            raise Refused("unknown_shortcut", known=sorted(self._workspace.app.shortcuts))
        payload = self._common(person) | {"type": "shortcut", "callback_id": callback_id, "action_ts": self._store.next_ts()}
        if not ts:
            return await self._workspace.hub.send("interactive", payload)
        message = self._store.find_message(ts)
        key = self._workspace.grants.issue_response(message.channel, person.id, thread_ts=message.thread_ts)
        payload |= {"type": "message_action", "message_ts": ts, "response_url": self._response_url(key)}
        payload |= {"channel": self._channel_stub(message.channel), "message": self._message_json(message)}
        return self._noted(await self._workspace.hub.send("interactive", payload), message.channel, person.id, shortcut.name)

    async def submit_view(self, user: str, values: Mapping[str, object]) -> Ack:
        """Send the modal this person has open; `values` by block id or action id. `missing_input` when a field is empty."""
        person = self._store.person(user)
        view = self._top_modal(person)
        state = state_values(view.body["blocks"], values)
        if missing := missing_inputs(view.body["blocks"], state):
            self._store.put_view(
                replace(view, errors=tuple((block_id, "Please complete this required field.") for block_id in missing))
            )
            raise Refused("missing_input", blocks=list(missing))
        payload = self._common(person) | {
            "type": "view_submission",
            "view": self._workspace.view_json(view) | {"state": {"values": state}},
            "response_urls": [],
        }
        ack = await self._workspace.hub.send("interactive", payload)
        if ack.ok:
            with self._recorded("ack of a form", ack.payload or {}):
                self._after_submit(person, view, ack.payload or {})
        else:
            self._store.put_view(replace(view, errors=(("", f"The app {_TROUBLE[ack.error]}. Try again."),)))
        return ack

    async def close_view(self, user: str) -> Ack:
        """Close the modal this person has open; the app hears of it when the view asked with `notify_on_close`."""
        person = self._store.person(user)
        view = self._top_modal(person)
        self._set_modals(person, self._store.modals[person.id][:-1])
        if not view.body.get("notify_on_close"):
            return Ack()
        payload = self._common(person) | {"type": "view_closed", "view": self._workspace.view_json(view), "is_cleared": False}
        return await self._workspace.hub.send("interactive", payload)

    def _after_submit(self, person: Person, view: View, answer: Json) -> None:
        """Do what the ack says: close, show errors, or show another view."""
        action = answer.get("response_action", "close")
        stack = tuple(each for each in self._store.modals.get(person.id, ()) if each.id != view.id)
        if action == "errors":
            self._store.put_view(
                replace(view, errors=tuple((str(key), str(value)) for key, value in answer.get("errors", {}).items()))
            )
        elif action == "update":
            replace_view(self._workspace, view, answer.get("view", {}))
        elif action == "push":
            push_view(self._workspace, person.id, answer.get("view", {}))
        else:
            self._set_modals(person, () if action == "clear" else stack)

    def _set_modals(self, person: Person, stack: tuple[View, ...]) -> None:
        self._store.modals[person.id] = stack
        self._store.touch()

    def _top_modal(self, person: Person) -> View:
        stack = self._store.modals.get(person.id, ())
        if not stack:
            raise Refused("no_modal_open")
        return stack[-1]

    # Pieces of payloads

    def _common(self, person: Person) -> Json:
        return {
            "token": "local-verification-token",
            "api_app_id": self._workspace.app.id,
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM_ID},
            "trigger_id": self._workspace.grants.issue_trigger(person.id),
            "is_enterprise_install": False,
            "enterprise": None,
        }

    def _context(self, person: Person, where: str, values: Mapping[str, object]) -> tuple[Json, Sequence[Json], str]:
        """The part of a block_actions payload that says where the click was, the blocks there, and the channel if any."""
        if where.startswith("V"):
            view = self._store.view(where)
            blocks: Sequence[Json] = view.body["blocks"]
            shown = self._workspace.view_json(view) | {"state": {"values": state_values(blocks, values)}}
            return {"container": {"type": "view", "view_id": view.id}, "view": shown}, blocks, ""
        message = self._store.find_message(where)
        key = self._workspace.grants.issue_response(
            message.channel, person.id, original_ts=message.ts, thread_ts=message.thread_ts
        )
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": bool(message.visible_to),
        }
        blocks = all_blocks(message.blocks, message.attachments)
        context = {
            "container": container | ({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            "channel": self._channel_stub(message.channel),
            "response_url": self._response_url(key),
            "state": {"values": state_values(blocks, {})},
        }
        # Slack leaves the message out for ephemeral ones: the app has to keep what it needs in the button's value.
        return context | ({} if message.visible_to else {"message": self._message_json(message)}), blocks, message.channel

    def _message_json(self, message: Message) -> Json:
        return message_json(self._store, message, self._workspace.base_url, with_metadata=True)

    def _channel_stub(self, channel: str) -> Json:
        shown = channel_json(self._store.channels[channel], self._workspace.app.user_id)
        return {"id": channel, "name": shown.get("name", "directmessage")}

    def _response_url(self, key: str) -> str:
        return f"{self._workspace.base_url}/response/{key}"

    @contextmanager
    def _recorded(self, what: str, payload: Json) -> Iterator[None]:
        """Keep what Slack would refuse about an ack's payload among the app's calls: nobody else would tell its author."""
        try:
            yield
        except Refused as refused:
            self._workspace.calls.append(Call(what, payload, refused.error))

    def _noted(self, ack: Ack, channel: str, user: str, what: str) -> Ack:
        """Show trouble to the person, as Slack does."""
        if not ack.ok:
            self._workspace.notice(channel, user, f"{what} failed because {self._workspace.app.name} {_TROUBLE[ack.error]}.")
        return ack
