"""What people and other products do in the workspace without waiting for the app: write, edit, react, pin, post alerts.

In: who, where and what; a person or a channel is named by id or by name. Out: the changed values. The control API and
`LocalSlack` offer exactly these verbs and those of `gestures.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.localslack import events
from bot.localslack.alert_files import load_alert
from bot.localslack.manifest import id_part
from bot.localslack.methods.chat import thread_of
from bot.localslack.nouns import Bot, File, Message
from bot.localslack.refusal import Json, Refused
from bot.localslack.workspace import Workspace


class People:
    """Everybody except the app, writing."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def say(self, user: str, channel: str, text: str, *, thread_ts: str = "", broadcast: bool = False) -> Message:
        """Type a message; `@name` and `#channel` become mentions, everything else is escaped as Slack's client does."""
        where = self._workspace.meeting_place(user, channel)
        message = Message(
            channel=where.id,
            ts=self._store.next_ts(),
            text=self._workspace.typed(text),
            user=self._store.person(user).id,
            thread_ts=thread_of(self._workspace, where, thread_ts),
            broadcast=broadcast,
            subtype="thread_broadcast" if broadcast else "",
        )
        return self._workspace.post(replace(message, blocks=(_rich_text(message.text),)))

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
    ) -> Message:
        """Post as another product: as an incoming webhook (subtype `bot_message`), or with `as_app` as a modern app."""
        where = self._store.channel(channel)
        sender = self.bot(bot, as_app=as_app)
        message = Message(
            channel=where.id,
            ts=self._store.next_ts(),
            text=text,
            user=sender.user_id,
            bot=sender.id,
            username="" if as_app else bot,
            subtype="" if as_app else "bot_message",
            thread_ts=thread_of(self._workspace, where, thread_ts),
            blocks=tuple(blocks),
            attachments=tuple(attachments),
        )
        return self._workspace.post(self._workspace.check(message))

    def bot(self, name: str, *, as_app: bool = False) -> Bot:
        """The other product of that name, known from its first post on; its id is `B0` + NAME, its app's `A0` + NAME."""
        part = id_part(name)
        bot = Bot("B0" + part, name, "A0" + part, f"U0{part}BOT" if as_app else "")
        return self._store.bots.setdefault(bot.id, bot)

    def edit(
        self, ts: str, text: str, *, attachments: Sequence[Json] | None = None, blocks: Sequence[Json] | None = None
    ) -> Message:
        """Edit a message of a person (text as typed) or of another product (text, attachments and blocks as given)."""
        before = self._store.find_message(ts)
        edited = {"user": before.user or before.bot, "ts": self._store.next_ts()}
        if not before.bot:
            typed = self._workspace.typed(text)
            return self._workspace.change(before, replace(before, text=typed, blocks=(_rich_text(typed),), edited=edited))
        after = replace(
            before,
            text=text,
            edited=edited,
            attachments=before.attachments if attachments is None else tuple(attachments),
            blocks=before.blocks if blocks is None else tuple(blocks),
        )
        return self._workspace.change(before, self._workspace.check(after))

    def delete(self, ts: str) -> None:
        """Delete a message."""
        self._workspace.delete(self._store.find_message(ts))

    def upload(self, user: str, channel: str, name: str, content: bytes, *, text: str = "", thread_ts: str = "") -> Message:
        """Share a file."""
        where, owner = self._workspace.meeting_place(user, channel), self._store.person(user).id
        file = File(self._store.next_id("F"), name, len(content), owner).filled(content)
        self._store.files[file.id] = file
        message = Message(
            channel=where.id,
            ts=self._store.next_ts(),
            text=self._workspace.typed(text),
            user=owner,
            subtype="file_share",
            thread_ts=thread_of(self._workspace, where, thread_ts),
            files=(file.id,),
        )
        return self._workspace.share(message)

    def react(self, user: str, ts: str, name: str, *, present: bool = True) -> None:
        """Add an emoji, or take it back."""
        self._workspace.react(self._store.find_message(ts), name.strip(":"), self._store.person(user).id, present=present)

    def pin(self, user: str, ts: str, *, present: bool = True) -> None:
        """Pin a message, or unpin it."""
        self._workspace.pin(self._store.find_message(ts), self._store.person(user).id, present=present)

    def open_home(self, user: str) -> None:
        """Look at the app's Home tab."""
        person = self._store.person(user)
        channel = self._store.direct_channel(person.id, self._workspace.app.user_id)
        view = self._store.homes.get(person.id)
        shown = self._workspace.view_json(view) if view else None
        self._workspace.tell("app_home_opened", events.home_opened(self._store, user=person.id, channel=channel.id, view=shown))

    def post_alert(self, name: str, channel: str = "", *, thread_ts: str = "") -> Message:
        """Post one of the alerts that come with this stand-in, into its own channel or another, perhaps in a thread."""
        alert = load_alert(name)
        return self.post_as_bot(channel or alert.channel, alert.bot, as_app=alert.as_app, thread_ts=thread_ts, **alert.message)

    def alert_bot(self, name: str) -> Bot:
        """The product that posts the alert `name`."""
        alert = load_alert(name)
        return self.bot(alert.bot, as_app=alert.as_app)

    def edit_alert(self, ts: str, name: str) -> Message:
        """Let the product that posted the message `ts` edit it into the alert `name`; `cant_update_message` to another one."""
        alert = load_alert(name)
        before = self._store.find_message(ts)
        if before.bot != self.alert_bot(name).id:
            raise Refused("cant_update_message")
        shown = {"attachments": (), "blocks": (), **alert.message}
        return self.edit(ts, shown.get("text", ""), attachments=shown["attachments"], blocks=shown["blocks"])


def _rich_text(text: str) -> Json:
    """The block Slack puts beside the text of what people type."""
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": "typed", "elements": [element]}
