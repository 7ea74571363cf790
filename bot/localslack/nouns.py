"""The nouns of a workspace as frozen values: people, groups, bots, channels, messages, files, views.

They know nothing of Slack's JSON (`wire.py`) and nothing of one another's whereabouts (`state.py`).
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, replace
from typing import Literal

from bot.localslack.refusal import Json

TEAM_ID = "T0LOCAL"
TEAM_NAME = "Local workspace"
TEAM_DOMAIN = "local"
SLACKBOT = "USLACKBOT"

# Types of text files whose name does not say text.
TEXT_TYPES = frozenset({"application/json", "application/x-yaml", "application/yaml", "application/xml", "application/toml"})

ChannelKind = Literal["channel", "group", "im"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; `name` is the handle, `real_name` what the page shows."""

    id: str
    name: str
    real_name: str


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A named set of people (`@oncall`); `handle` is what is typed, `users` are user ids in the order given."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bot:
    """Something that posts: the app under test or another product. `user_id` is empty for an incoming webhook."""

    id: str
    name: str
    app_id: str = ""
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A public channel, a private one (`group`) or a direct message (`im`); `members` are user ids."""

    id: str
    name: str
    kind: ChannelKind = "channel"
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `thread_ts` is empty outside threads; `visible_to` is a user id for an ephemeral message, else empty."""

    channel: str
    ts: str
    text: str = ""
    user: str = ""
    bot: str = ""
    username: str = ""
    subtype: str = ""
    thread_ts: str = ""
    broadcast: bool = False
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    files: tuple[str, ...] = ()
    metadata: Json | None = None
    edited: Json | None = None
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pinned_by: str = ""
    visible_to: str = ""

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread below another message."""
        return self.thread_ts not in {"", self.ts}


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A link in the bar above a channel."""

    id: str
    channel: str
    title: str
    link: str
    emoji: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file; `content` is None between the two steps of an upload, `length` is what was announced.

    `snippet_type` is the syntax an app announced (`text`, `diff`), which makes the file a snippet.
    """

    id: str
    name: str
    length: int
    owner: str
    title: str = ""
    alt_text: str = ""
    snippet_type: str = ""
    content: bytes | None = None
    mimetype: str = "application/octet-stream"
    shared_in: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether Slack shows the first lines of it."""
        return bool(self.snippet_type) or self.mimetype.startswith("text/") or self.mimetype in TEXT_TYPES

    def filled(self, content: bytes) -> File:
        """The file with its bytes, its type told from its name, or from the bytes where the name says nothing."""
        known = mimetypes.guess_type(self.name)[0]
        return replace(self, content=content, mimetype=known or ("text/plain" if is_text(content) else self.mimetype))


@dataclass(frozen=True, slots=True)
class View:
    """A modal or a Home tab as one person sees it. `body` is what the app sent, `errors` what it said about the input."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str = ""
    errors: tuple[tuple[str, str], ...] = ()


def is_text(content: bytes) -> bool:
    """Whether bytes can be shown as text: UTF-8 without NUL.

    >>> is_text(b"goroutine 1 [running]:"), is_text(bytes([0, 255]))
    (True, False)
    """
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False
