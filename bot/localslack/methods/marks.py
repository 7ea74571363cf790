"""reactions.*, pins.* and bookmarks.*: marks the app puts on messages and channels."""

from __future__ import annotations

import re

from bot.localslack.arguments import Arguments
from bot.localslack.methods.method import Method, joined_channel
from bot.localslack.nouns import Bookmark, Message
from bot.localslack.refusal import Json, Refused
from bot.localslack.wire import bookmark_json, message_json
from bot.localslack.workspace import Workspace

# What a name may consist of; which emoji a workspace has, only its people know.
_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def _target(workspace: Workspace, args: Arguments) -> Message:
    return workspace.store.message(joined_channel(workspace, args).id, args.text("timestamp"))


def _react(workspace: Workspace, args: Arguments, *, present: bool) -> Json:
    name = args.text("name").strip(":")
    if not _EMOJI.fullmatch(name):
        raise Refused("invalid_name")
    workspace.react(_target(workspace, args), name, workspace.app.user_id, present=present)
    return {}


def _add(workspace: Workspace, args: Arguments) -> Json:
    return _react(workspace, args, present=True)


def _remove(workspace: Workspace, args: Arguments) -> Json:
    return _react(workspace, args, present=False)


def _get(workspace: Workspace, args: Arguments) -> Json:
    message = _target(workspace, args)
    return {"type": "message", "channel": message.channel, "message": message_json(workspace.store, message, workspace.base_url)}


def _pin(workspace: Workspace, args: Arguments) -> Json:
    workspace.pin(_target(workspace, args), workspace.app.user_id, present=True)
    return {}


def _unpin(workspace: Workspace, args: Arguments) -> Json:
    workspace.pin(_target(workspace, args), workspace.app.user_id, present=False)
    return {}


def _pins(workspace: Workspace, args: Arguments) -> Json:
    pinned = [each for each in workspace.store.messages(joined_channel(workspace, args).id) if each.pinned_by]
    items = [
        {
            "type": "message",
            "channel": each.channel,
            "message": message_json(workspace.store, each, workspace.base_url),
            "created_by": each.pinned_by,
        }
        for each in pinned
    ]
    return {"items": items}


def _bookmarked_channel(workspace: Workspace, args: Arguments) -> str:
    return joined_channel(workspace, Arguments({"channel": args.text("channel_id")})).id


def _bookmark(workspace: Workspace, args: Arguments) -> Json:
    channel = _bookmarked_channel(workspace, args)
    if args.text("type") != "link":
        raise Refused("invalid_bookmark_type")
    link = args.text("link")
    if not link.startswith(("http://", "https://")):
        raise Refused("invalid_link")
    bookmark = Bookmark(workspace.store.next_id("Bk"), channel, args.text("title"), link, args.text("emoji", ""))
    workspace.store.bookmarks[bookmark.id] = bookmark
    workspace.store.touch()
    return {"bookmark": bookmark_json(bookmark)}


def _bookmarks(workspace: Workspace, args: Arguments) -> Json:
    channel = _bookmarked_channel(workspace, args)
    return {"bookmarks": [bookmark_json(each) for each in workspace.store.bookmarks.values() if each.channel == channel]}


METHODS = {
    "reactions.add": Method(_add, ("reactions:write",)),
    "reactions.remove": Method(_remove, ("reactions:write",)),
    "reactions.get": Method(_get, ("reactions:read",)),
    "bookmarks.add": Method(_bookmark, ("bookmarks:write",)),
    "bookmarks.list": Method(_bookmarks, ("bookmarks:read",)),
    "pins.add": Method(_pin, ("pins:write",)),
    "pins.remove": Method(_unpin, ("pins:write",)),
    "pins.list": Method(_pins, ("pins:read",)),
}
