"""conversations.*: channels, their members and their history."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from bot.localslack.arguments import Arguments
from bot.localslack.methods.method import HISTORY, READ, Method, joined_channel, need_scope_for, visible_channel
from bot.localslack.nouns import Channel, Message
from bot.localslack.refusal import Json, Refused
from bot.localslack.wire import channel_json, message_json
from bot.localslack.workspace import Workspace

T = TypeVar("T")

MOST_ITEMS = 1000


def _page(args: Arguments, items: Sequence[T], default: int, most: int = MOST_ITEMS) -> tuple[list[T], str]:
    """One page of `items` and the cursor of the next one, empty on the last; `invalid_cursor` for a foreign one.

    A page holds `most` items even when more are asked for.
    """
    limit = args.number("limit", default)
    if not 0 < limit <= MOST_ITEMS:
        raise Refused("invalid_limit")
    limit = min(limit, most)
    start = 0
    if cursor := args.text("cursor", ""):
        try:
            start = int(base64.b64decode(cursor, validate=True).removeprefix(b"next:"))
        except ValueError:
            raise Refused("invalid_cursor") from None
    following = base64.b64encode(b"next:%d" % (start + limit)).decode() if start + limit < len(items) else ""
    return list(items[start : start + limit]), following


def _between(args: Arguments, messages: Sequence[Message]) -> list[Message]:
    """Those between `oldest` and `latest`; the ends themselves only with `inclusive`."""
    try:
        low, high = float(args.text("oldest", "0")), float(args.text("latest", "inf"))
    except ValueError:
        raise Refused("invalid_ts_oldest" if args.has("oldest") else "invalid_ts_latest") from None
    ends = {low, high} if args.flag("inclusive") else set()
    return [message for message in messages if low < float(message.ts) < high or float(message.ts) in ends]


def _answer(workspace: Workspace, args: Arguments, messages: Sequence[Message], default: int) -> Json:
    with_metadata = args.flag("include_all_metadata")
    page, cursor = _page(args, messages, default, workspace.history_limit)
    shown = [message_json(workspace.store, message, workspace.base_url, with_metadata=with_metadata) for message in page]
    answer: Json = {"messages": shown, "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _history(workspace: Workspace, args: Arguments) -> Json:
    channel = joined_channel(workspace, args)
    need_scope_for(workspace, channel, "history")
    shown = [
        each for each in workspace.store.messages(channel.id) if not each.visible_to and (not each.is_reply or each.broadcast)
    ]
    return _answer(workspace, args, _between(args, shown)[::-1], 100) | {"pin_count": sum(bool(each.pinned_by) for each in shown)}


def _replies(workspace: Workspace, args: Arguments) -> Json:
    channel = joined_channel(workspace, args)
    need_scope_for(workspace, channel, "history")
    try:
        parent = workspace.store.message(channel.id, args.text("ts"))
    except Refused:
        raise Refused("thread_not_found") from None
    if parent.is_reply:
        return _answer(workspace, args, [parent], MOST_ITEMS)
    return _answer(workspace, args, [parent, *_between(args, workspace.store.replies(parent))], MOST_ITEMS)


def _info(workspace: Workspace, args: Arguments) -> Json:
    channel = visible_channel(workspace, args)
    need_scope_for(workspace, channel, "read")
    return {"channel": channel_json(channel, workspace.app.user_id)}


def _list(workspace: Workspace, args: Arguments) -> Json:
    names: dict[str, str] = {"public_channel": "channel", "private_channel": "group", "im": "im"}
    kinds = {names.get(kind.strip()) for kind in args.text("types", "public_channel").split(",")}
    me = workspace.app.user_id
    channels = [
        each
        for each in workspace.store.channels.values()
        if each.kind in kinds and (each.kind == "channel" or me in each.members)
    ]
    for channel in channels:
        need_scope_for(workspace, channel, "read")
    page, cursor = _page(args, channels, 100)
    return {"channels": [channel_json(channel, me) for channel in page], "response_metadata": {"next_cursor": cursor}}


def _members(workspace: Workspace, args: Arguments) -> Json:
    channel = visible_channel(workspace, args)
    need_scope_for(workspace, channel, "read")
    page, cursor = _page(args, sorted(channel.members), 100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def _join(workspace: Workspace, args: Arguments) -> Json:
    channel: Channel = visible_channel(workspace, args)
    if channel.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    if workspace.app.user_id in channel.members:
        return {"channel": channel_json(channel, workspace.app.user_id), "warning": "already_in_channel"}
    return {"channel": channel_json(workspace.join(channel, workspace.app.user_id), workspace.app.user_id)}


def _open(workspace: Workspace, args: Arguments) -> Json:
    users = args.text("users")
    if "," in users:
        raise Refused("not_supported_here", hint="this stand-in has no group direct messages")
    channel = workspace.store.direct_channel(workspace.store.person(users).id, workspace.app.user_id)
    return {"channel": {"id": channel.id} if not args.flag("return_im") else channel_json(channel, workspace.app.user_id)}


METHODS = {
    "conversations.history": Method(_history, HISTORY),
    "conversations.replies": Method(_replies, HISTORY),
    "conversations.info": Method(_info, READ),
    "conversations.list": Method(_list, READ),
    "conversations.members": Method(_members, READ),
    "conversations.join": Method(_join, ("channels:join",)),
    "conversations.open": Method(_open, ("im:write",)),
}
