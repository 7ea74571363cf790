"""What people do that the app must answer at once: slash commands, clicks, shortcuts and forms.

In: who, where and what. Out: the payload sent to the app, and its `Ack`, which each of these verbs waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from bot.localslack.checks import check_errors, offered_options
from bot.localslack.delivery import Ack
from bot.localslack.elements import choice, find_element, missing_inputs, state_values
from bot.localslack.methods.views import push_view, replace_view
from bot.localslack.nouns import TEAM_DOMAIN, TEAM_ID, Message, Person, View
from bot.localslack.payloads import Payloads
from bot.localslack.refusal import Json, Refused
from bot.localslack.responses import respond
from bot.localslack.typed import escape, with_labels
from bot.localslack.workspace import Call, Workspace

# A menu without `min_query_length` asks the app from the third character on.
MIN_QUERY = 3
_TROUBLE = {
    "operation_timeout": "did not answer within 3 seconds (operation_timeout)",
    "dispatch_failed": "is not there, or answered with an error (dispatch_failed)",
}


class Gestures:
    """Commands, clicks and forms of everybody."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._payloads = Payloads(workspace)

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
        payload = self._payloads.common(person) | {
            "team_id": TEAM_ID,
            "team_domain": TEAM_DOMAIN,
            "channel_id": where.id,
            "channel_name": where.name if where.kind == "channel" else {"im": "directmessage"}.get(where.kind, "privategroup"),
            "user_id": person.id,
            "user_name": person.name,
            "command": name,
            "text": with_labels(text.strip(), **self._workspace.names()) if command.escape else text.strip(),
            "response_url": self._payloads.response_url(key),
            "is_enterprise_install": "false",
        }
        del payload["user"], payload["team"]
        ack = await self._workspace.delivery.transport.send("slash_commands", payload)
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
        context, blocks, channel = self._payloads.context(person, where, values or {})
        found_in, element = find_element(self._payloads.filled(where, blocks), action_id, block_id=block_id, chosen=chosen)
        action = choice(element, chosen) | {"action_id": action_id, "block_id": found_in, "action_ts": self._store.next_ts()}
        payload = self._payloads.common(person) | context | {"type": "block_actions", "actions": [action]}
        ack = await self._workspace.delivery.transport.send("interactive", payload)
        return self._noted(ack, channel, person.id, "This button") if channel else ack

    async def options(self, user: str, where: str, action_id: str, query: str = "") -> Ack:
        """Type into a menu whose options the app looks up; those it answers can then be chosen. `query_too_short` as in Slack."""
        person = self._store.person(user)
        context, blocks, _ = self._payloads.context(person, where, {})
        found_in, element = find_element(blocks, action_id)
        if len(query) < element.get("min_query_length", MIN_QUERY):
            raise Refused("query_too_short", min_query_length=element.get("min_query_length", MIN_QUERY))
        payload = self._payloads.common(person) | context | {"type": "block_suggestion", "value": query}
        payload |= {"action_id": action_id, "block_id": found_in}
        del payload["trigger_id"]
        payload.pop("response_url", None)
        ack = await self._workspace.delivery.transport.send("interactive", payload)
        if ack.ok:
            with self._recorded("ack of options", ack.payload or {}):
                self._payloads.offered.setdefault(where, {})[action_id] = offered_options(ack.payload or {})
        return ack

    async def shortcut(self, user: str, callback_id: str, ts: str = "") -> Ack:
        """Choose a shortcut: one of a message's menu when `ts` names the message, else a global one."""
        person = self._store.person(user)
        shortcut = self._workspace.app.shortcuts.get(callback_id)
        if shortcut is None or (shortcut.kind == "message") != bool(ts):
            raise Refused("unknown_shortcut", known=sorted(self._workspace.app.shortcuts))
        payload = self._payloads.common(person) | {
            "type": "shortcut",
            "callback_id": callback_id,
            "action_ts": self._store.next_ts(),
        }
        if not ts:
            return await self._workspace.delivery.transport.send("interactive", payload)
        message = self._store.find_message(ts)
        key = self._workspace.grants.issue_response(message.channel, person.id, thread_ts=message.thread_ts)
        payload |= {"type": "message_action", "message_ts": ts, "response_url": self._payloads.response_url(key)}
        payload |= {"channel": self._payloads.channel_stub(message.channel), "message": self._payloads.message_json(message)}
        return self._noted(
            await self._workspace.delivery.transport.send("interactive", payload), message.channel, person.id, shortcut.name
        )

    async def submit_view(self, user: str, values: Mapping[str, object]) -> Ack:
        """Send the modal this person has open; `values` by block id or action id. `missing_input` when a field is empty."""
        person = self._store.person(user)
        view = self._top_modal(person)
        state = state_values(self._payloads.filled(view.id, view.body["blocks"]), values)
        if missing := missing_inputs(view.body["blocks"], state):
            self._store.put_view(
                replace(view, errors=tuple((block_id, "Please complete this required field.") for block_id in missing))
            )
            raise Refused("missing_input", blocks=list(missing))
        payload = self._payloads.common(person) | {
            "type": "view_submission",
            "view": self._workspace.view_json(view) | {"state": {"values": state}},
            "response_urls": [],
        }
        ack = await self._workspace.delivery.transport.send("interactive", payload)
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
        payload = self._payloads.common(person) | {
            "type": "view_closed",
            "view": self._workspace.view_json(view),
            "is_cleared": False,
        }
        return await self._workspace.delivery.transport.send("interactive", payload)

    def _after_submit(self, person: Person, view: View, answer: Json) -> None:
        """Do what the ack says: close, show errors, or show another view."""
        action = answer.get("response_action", "close")
        stack = tuple(each for each in self._store.modals.get(person.id, ()) if each.id != view.id)
        if action == "errors":
            check_errors(view, answer.get("errors"))
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
