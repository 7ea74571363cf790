"""What a Web API method is: a function of the workspace and the arguments, the scopes it needs, and the token it wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.localslack.arguments import Arguments
from bot.localslack.nouns import Channel
from bot.localslack.refusal import Json, Refused
from bot.localslack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Method:
    """`run` answers the members beside `ok`; any one of `scopes` is enough, none means no scope is needed."""

    run: Callable[[Workspace, Arguments], Json]
    scopes: tuple[str, ...] = ()
    credential: Literal["bot", "app"] = "bot"


HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_SCOPE_PREFIX = {"channel": "channels", "group": "groups", "im": "im"}


def visible_channel(workspace: Workspace, args: Arguments) -> Channel:
    """The channel named by the argument `channel`, if the app may know of it; `channel_not_found` otherwise."""
    channel = workspace.store.channels.get(args.text("channel"))
    if channel is None or (channel.kind == "group" and workspace.app.user_id not in channel.members):
        raise Refused("channel_not_found")
    return channel


def joined_channel(workspace: Workspace, args: Arguments) -> Channel:
    """The same, if the app is a member; `not_in_channel` otherwise."""
    channel = visible_channel(workspace, args)
    if workspace.app.user_id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def need_scope_for(workspace: Workspace, channel: Channel, what: Literal["read", "history"]) -> None:
    """Refuse with `missing_scope` unless the app has the scope for this kind of channel."""
    needed = f"{_SCOPE_PREFIX[channel.kind]}:{what}"
    if needed not in workspace.app.scopes:
        raise missing_scope(workspace, (needed,))


def missing_scope(workspace: Workspace, needed: tuple[str, ...]) -> Refused:
    """The refusal that names what is needed and what is there."""
    return Refused("missing_scope", needed=",".join(needed), provided=",".join(sorted(workspace.app.scopes)))
