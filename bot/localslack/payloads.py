"""The pieces of an interaction's payload: who, where, which message or view, and the permissions that go with it.

In: a person and a place. Out: the members of the JSON the app gets. Source: Slack's reference of interaction payloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.localslack.elements import all_blocks, state_values, with_offered
from bot.localslack.nouns import TEAM_DOMAIN, TEAM_ID, Message, Person
from bot.localslack.refusal import Json
from bot.localslack.wire import channel_json, message_json
from bot.localslack.workspace import Workspace


class Payloads:
    """Payloads of one workspace. `offered` is what the app last offered, by message or view and then by action id."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self.offered: dict[str, dict[str, tuple[Json, ...]]] = {}

    def filled(self, where: str, blocks: Sequence[Json]) -> Sequence[Json]:
        """The blocks of a message or view, its menus filled with what the app offered for them."""
        return with_offered(blocks, self.offered.get(where, {}))

    def common(self, person: Person) -> Json:
        """What every interaction says: the app, the person, and a fresh trigger id."""
        return {
            "token": "local-verification-token",
            "api_app_id": self._workspace.app.id,
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM_ID},
            "trigger_id": self._workspace.grants.issue_trigger(person.id),
            "is_enterprise_install": False,
            "enterprise": None,
        }

    def context(self, person: Person, where: str, values: Mapping[str, object]) -> tuple[Json, Sequence[Json], str]:
        """The part of a block_actions payload that says where the click was, the blocks there, and the channel if any."""
        if where.startswith("V"):
            view = self._store.view(where)
            blocks: Sequence[Json] = view.body["blocks"]
            shown = self._workspace.view_json(view) | {"state": {"values": state_values(self.filled(where, blocks), values)}}
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
            "channel": self.channel_stub(message.channel),
            "response_url": self.response_url(key),
            "state": {"values": state_values(self.filled(where, blocks), {})},
        }
        # Slack leaves the message out for ephemeral ones: the app has to keep what it needs in the button's value.
        return context | ({} if message.visible_to else {"message": self.message_json(message)}), blocks, message.channel

    def message_json(self, message: Message) -> Json:
        """A message as payloads carry it."""
        return message_json(self._store, message, self._workspace.base_url, with_metadata=True)

    def channel_stub(self, channel: str) -> Json:
        """A channel as payloads carry it."""
        shown = channel_json(self._store.channels[channel], self._workspace.app.user_id)
        return {"id": channel, "name": shown.get("name", "directmessage")}

    def response_url(self, key: str) -> str:
        """The address of a response grant."""
        return f"{self._workspace.base_url}/response/{key}"
