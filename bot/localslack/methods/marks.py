"""reactions.* and pins.*: marks the app puts on messages."""

from __future__ import annotations

from bot.localslack.arguments import Arguments
from bot.localslack.methods.method import Method, joined_channel
from bot.localslack.refusal import Json
from bot.localslack.state import Message
from bot.localslack.wire import message_json
from bot.localslack.workspace import Workspace


def _target(workspace: Workspace, args: Arguments) -> Message:
    return workspace.store.message(joined_channel(workspace, args).id, args.text("timestamp"))


def _react(workspace: Workspace, args: Arguments, *, present: bool) -> Json:
    workspace.react(_target(workspace, args), args.text("name").strip(":"), workspace.app.user_id, present=present)
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


METHODS = {
    "reactions.add": Method(_add, ("reactions:write",)),
    "reactions.remove": Method(_remove, ("reactions:write",)),
    "reactions.get": Method(_get, ("reactions:read",)),
    "pins.add": Method(_pin, ("pins:write",)),
    "pins.remove": Method(_unpin, ("pins:write",)),
    "pins.list": Method(_pins, ("pins:read",)),
}
