"""The store that holds a workspace's current values in memory.

In: values of `nouns.py`. Out: the same values, found by id or by name. The store knows nothing of Slack's JSON (`wire.py`), of
the app (`workspace.py`) or of HTTP. It lives on one event loop, so it needs no locks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bot.localslack.nouns import SLACKBOT, Bookmark, Bot, Channel, File, Message, Person, UserGroup, View
from bot.localslack.refusal import Refused


@dataclass(slots=True)
class _Sequence:
    """Timestamps as Slack makes them: seconds with six decimals, never the same twice."""

    clock: Callable[[], float]
    last: int = 0

    def next_ts(self) -> str:
        self.last = max(self.last + 1, int(self.clock() * 1_000_000))
        return f"{self.last // 1_000_000}.{self.last % 1_000_000:06d}"


class Store:
    """Everything that exists in the workspace right now. `version` grows with every change; `on_change` is told."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.version = 0
        self.on_change: list[Callable[[], None]] = []
        self.people: dict[str, Person] = {}
        self.groups: dict[str, UserGroup] = {}
        self.bots: dict[str, Bot] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.bookmarks: dict[str, Bookmark] = {}
        self.homes: dict[str, View] = {}
        self.modals: dict[str, tuple[View, ...]] = {}
        self._messages: dict[str, dict[str, Message]] = {}
        self._replies: dict[tuple[str, str], list[str]] = {}
        self._stamps = _Sequence(clock)
        self._counter = 0

    def next_ts(self) -> str:
        """A new message timestamp, later than every one before."""
        return self._stamps.next_ts()

    def next_id(self, prefix: str) -> str:
        """A new id such as `F0000001`."""
        self._counter += 1
        return f"{prefix}{self._counter:07d}"

    def touch(self) -> None:
        """Say that something changed."""
        self.version += 1
        for tell in tuple(self.on_change):
            tell()

    def put_message(self, message: Message) -> Message:
        """Add a message, or put the new edition of one in its place."""
        known = self._messages.setdefault(message.channel, {})
        if message.is_reply and message.ts not in known:
            self._replies.setdefault((message.channel, message.thread_ts), []).append(message.ts)
        known[message.ts] = message
        self.touch()
        return message

    def drop_message(self, message: Message) -> None:
        """Remove a message; one with replies leaves a tombstone, so that its thread stays readable."""
        if self._replies.get((message.channel, message.ts)):
            gone = Message(
                message.channel, message.ts, "This message was deleted.", SLACKBOT, subtype="tombstone", thread_ts=message.ts
            )
            self._messages[message.channel][message.ts] = gone
        else:
            del self._messages[message.channel][message.ts]
        if message.is_reply:
            self._replies[message.channel, message.thread_ts].remove(message.ts)
        self.touch()

    def messages(self, channel: str) -> Iterator[Message]:
        """The channel's messages, replies and ephemeral ones too, oldest first."""
        yield from tuple(self._messages.get(channel, {}).values())

    def message(self, channel: str, ts: str) -> Message:
        """One message; `message_not_found` otherwise."""
        try:
            return self._messages[channel][ts]
        except KeyError:
            raise Refused("message_not_found") from None

    def find_message(self, ts: str) -> Message:
        """A message by its timestamp alone: timestamps are unique in this workspace."""
        for channel in self._messages.values():
            if ts in channel:
                return channel[ts]
        raise Refused("message_not_found")

    def replies(self, parent: Message, *, with_ephemeral: bool = False) -> tuple[Message, ...]:
        """The replies in history below `parent`, oldest first; with those only one person sees when asked for."""
        known = self._messages[parent.channel]
        below = (known[ts] for ts in self._replies.get((parent.channel, parent.ts), ()))
        return tuple(message for message in below if with_ephemeral or not message.visible_to)

    def parent(self, reply: Message) -> Message | None:
        """The first message of the thread `reply` stands in, None when it is gone."""
        return self._messages[reply.channel].get(reply.thread_ts)

    def person(self, who: str) -> Person:
        """A person by id, handle or `@handle`; `user_not_found` otherwise."""
        name = who.removeprefix("@").lower()
        for person in self.people.values():
            if who == person.id or name == person.name:
                return person
        raise Refused("user_not_found")

    def group(self, which: str) -> UserGroup:
        """A user group by id, handle or `@handle`; `no_such_subteam` otherwise."""
        handle = which.removeprefix("@").lower()
        for group in self.groups.values():
            if which == group.id or handle == group.handle:
                return group
        raise Refused("no_such_subteam")

    def put_group(self, group: UserGroup) -> UserGroup:
        """Add a user group, or put its new edition in place."""
        self.groups[group.id] = group
        self.touch()
        return group

    def channel(self, which: str) -> Channel:
        """A channel by id, name or `#name`; `channel_not_found` otherwise."""
        name = which.removeprefix("#")
        for channel in self.channels.values():
            if which == channel.id or (channel.kind != "im" and name == channel.name):
                return channel
        raise Refused("channel_not_found")

    def put_channel(self, channel: Channel) -> Channel:
        """Add a channel, or put its new edition in place."""
        self.channels[channel.id] = channel
        self.touch()
        return channel

    def direct_channel(self, person: str, app_user: str) -> Channel:
        """The direct message between a person and the app, opened when first asked for."""
        channel_id = "D" + person.removeprefix("U")
        known = self.channels.get(channel_id)
        return known or self.put_channel(Channel(channel_id, person, "im", frozenset({person, app_user})))

    def view(self, view_id: str) -> View:
        """An open modal or a Home tab; `not_found` otherwise."""
        for stack in self.modals.values():
            for view in stack:
                if view.id == view_id:
                    return view
        for view in self.homes.values():
            if view.id == view_id:
                return view
        raise Refused("not_found")

    def put_view(self, view: View) -> View:
        """Put the new edition of an open view in its place."""
        if self.homes.get(view.user) and self.homes[view.user].id == view.id:
            self.homes[view.user] = view
        else:
            self.modals[view.user] = tuple(view if old.id == view.id else old for old in self.modals[view.user])
        self.touch()
        return view

    def set_reaction(self, message: Message, name: str, user: str, *, present: bool) -> Message:
        """Add or remove one person's reaction; `already_reacted` or `no_reaction` when there is nothing to change."""
        by_name = dict(message.reactions)
        users = by_name.get(name, ())
        if present == (user in users):
            raise Refused("already_reacted" if present else "no_reaction")
        by_name[name] = (*users, user) if present else tuple(other for other in users if other != user)
        left = tuple((key, value) for key, value in by_name.items() if value)
        return self.put_message(replace(message, reactions=left))
