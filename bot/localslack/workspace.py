"""The workspace in motion: each change of the store, together with the events the app is told about it.

In: what the app (through the Web API) or people do. Out: the changed values; events on their way to the app. This is the
one place that both sides go through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.localslack import events
from bot.localslack.checks import check_message
from bot.localslack.delivery import Delivery
from bot.localslack.elements import with_ids
from bot.localslack.faults import Faults
from bot.localslack.interactions import Grants
from bot.localslack.manifest import App, id_part
from bot.localslack.nouns import SLACKBOT, Bot, Channel, Message, Person, UserGroup, View
from bot.localslack.refusal import Json, Refused
from bot.localslack.sockets import Sockets
from bot.localslack.state import Store
from bot.localslack.typed import typed
from bot.localslack.wire import view_json

# Source: Slack's reference of conversations.history.
HISTORY_LIMIT = 999


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to try, offered beside the page: a line as typed (`/gocrash checkout`, `alert NAME`) and what it shows."""

    line: str
    why: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call of the app; `error` is Slack's word, or empty when it was answered `ok`; `injected`: a fault asked for."""

    method: str
    arguments: Json
    error: str = ""
    injected: bool = False


class Workspace:
    """The store, the app under test, and the wires between them."""

    def __init__(
        self,
        app: App,
        *,
        base_url: str,
        delivery: Delivery,
        sockets: Sockets,
        suggestions: Sequence[Suggestion] = (),
        history_limit: int = HISTORY_LIMIT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.app = app
        self.base_url = base_url
        self.delivery = delivery
        self.sockets = sockets
        self.suggestions = tuple(suggestions)
        self.history_limit = history_limit
        self.store = Store(clock)
        self.grants = Grants(time.monotonic)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.closing = False
        self.store.bots[app.bot_id] = Bot(app.bot_id, app.name, app.id, app.user_id)
        self.store.people[SLACKBOT] = Person(SLACKBOT, "slackbot", "Slackbot")

    @property
    def ws_url(self) -> str:
        """Where the app's websockets connect."""
        return "ws" + self.base_url.removeprefix("http") + "/socket"

    def add_person(self, name: str) -> Person:
        """Somebody new, member of every channel."""
        person = Person("U0" + id_part(name), name.lower(), name.title())
        self.store.people[person.id] = person
        for channel in tuple(self.store.channels.values()):
            if channel.kind != "im":
                self.store.put_channel(replace(channel, members=channel.members | {person.id}))
        self.store.touch()
        return person

    def add_channel(self, name: str, *, private: bool = False, with_app: bool = True) -> Channel:
        """A new channel with everybody in it, the app too unless `with_app` is false."""
        members = frozenset(person for person in self.store.people if person != SLACKBOT)
        app = frozenset({self.app.user_id} if with_app else ())
        return self.store.put_channel(Channel("C0" + id_part(name), name, "group" if private else "channel", members | app))

    def set_group(self, handle: str, members: Sequence[str]) -> UserGroup:
        """A user group of these people, new or changed."""
        name = handle.removeprefix("@").lower()
        users = tuple(self.store.person(member).id for member in members)
        return self.store.put_group(UserGroup("S0" + id_part(name), name, name.replace("-", " ").capitalize(), users))

    def names(self) -> dict[str, dict[str, str]]:
        """What people can mention, name to id: `users` (the app too), `groups` and public `channels`."""
        users = {person.name: person.id for person in self.store.people.values()} | {self.app.bot_name: self.app.user_id}
        return {
            "users": users,
            "groups": {group.handle: group.id for group in self.store.groups.values()},
            "channels": {each.name: each.id for each in self.store.channels.values() if each.kind == "channel"},
        }

    def typed(self, text: str) -> str:
        """Text as it leaves the client of somebody who types it."""
        return typed(text, **self.names())

    def meeting_place(self, user: str, channel: str) -> Channel:
        """The channel in which `user` acts; the app's own name means this person's direct message with it."""
        person = self.store.person(user)
        if channel.removeprefix("@").lower() in {self.app.bot_name, self.app.user_id.lower()}:
            return self.store.direct_channel(person.id, self.app.user_id)
        found = self.store.channel(channel)
        if person.id not in found.members:
            raise Refused("not_in_channel")
        return found

    def check(self, message: Message, *, text_limit: int | None = None) -> Message:
        """Refuse what Slack refuses about the content, and fill in the ids Slack fills in."""
        limits = {} if text_limit is None else {"text_limit": text_limit}
        if not message.files:
            check_message(
                text=message.text, blocks=message.blocks, attachments=message.attachments, metadata=message.metadata, **limits
            )
        attachments = tuple(
            attachment | {"id": number} | ({"blocks": list(with_ids(attachment["blocks"]))} if "blocks" in attachment else {})
            for number, attachment in enumerate(message.attachments, start=1)
        )
        return replace(message, blocks=with_ids(message.blocks), attachments=attachments)

    def post(self, message: Message) -> Message:
        """Put a checked message into its channel and tell the app, unless only one person sees it."""
        self.store.put_message(message)
        if not message.visible_to:
            channel = self.store.channels[message.channel]
            self.tell(events.message_subscription(channel), events.posted(self.store, message, self.base_url), channel)
            if f"<@{self.app.user_id}>" in message.text and message.bot != self.app.bot_id and channel.kind != "im":
                self.tell("app_mention", events.mentioned(self.store, message, self.base_url), channel)
        return message

    def change(self, before: Message, after: Message) -> Message:
        """Put the new edition of a message in place and tell the app."""
        self.store.put_message(after)
        if not after.visible_to:
            channel = self.store.channels[after.channel]
            self.tell(events.message_subscription(channel), events.changed(self.store, before, after, self.base_url), channel)
        return after

    def delete(self, message: Message) -> None:
        """Remove a message and tell the app."""
        event = events.deleted(self.store, message, self.base_url)
        self.store.drop_message(message)
        if not message.visible_to:
            channel = self.store.channels[message.channel]
            self.tell(events.message_subscription(channel), event, channel)

    def react(self, message: Message, name: str, user: str, *, present: bool) -> None:
        """Add or remove a reaction and tell the app."""
        self.store.set_reaction(message, name, user, present=present)
        event = events.reacted(self.store, message, user=user, name=name, added=present)
        self.tell(event["type"], event, self.store.channels[message.channel])

    def pin(self, message: Message, user: str, *, present: bool) -> None:
        """Pin or unpin a message and tell the app; `already_pinned` or `no_pin` when there is nothing to change."""
        if bool(message.pinned_by) == present:
            raise Refused("already_pinned" if present else "no_pin")
        after = self.store.put_message(replace(message, pinned_by=user if present else ""))
        event = events.pinned(self.store, after, user=user, added=present, base_url=self.base_url)
        self.tell(event["type"], event, self.store.channels[message.channel])

    def join(self, channel: Channel, user: str) -> Channel:
        """Make somebody a member and tell the app."""
        joined = self.store.put_channel(replace(channel, members=channel.members | {user}))
        self.tell("member_joined_channel", events.joined(self.store, joined, user), joined)
        return joined

    def share(self, message: Message) -> Message:
        """Post the message that shows files, and tell the app about each file too."""
        files = [self.store.files[file] for file in message.files]
        for file in files:
            self.store.files[file.id] = replace(file, shared_in=(*file.shared_in, message.channel))
        posted = self.post(message)
        for file in files:
            self.tell("file_shared", events.file_shared(self.store, file, message.channel), self.store.channels[message.channel])
        return posted

    def notice(self, channel: str, user: str, text: str, *, thread_ts: str = "") -> None:
        """A line from Slack itself that only `user` sees, such as a command's `operation_timeout`."""
        self.store.put_message(
            Message(channel, self.store.next_ts(), text, SLACKBOT, thread_ts=thread_ts, visible_to=user, subtype="notice")
        )

    def tell(self, subscription: str, event: Json, channel: Channel | None = None) -> None:
        """Send an event if the app subscribes to it and may see the channel."""
        if subscription not in self.app.events or (channel is not None and self.app.user_id not in channel.members):
            return
        event_id = self.store.next_id("Ev")
        self.delivery.dispatch(events.callback(self.app, event, event_id=event_id, now=self.store.clock()))

    def view_json(self, view: View) -> Json:
        """A view as payloads and answers show it."""
        return view_json(view, app_id=self.app.id, bot_id=self.app.bot_id)
