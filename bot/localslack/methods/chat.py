"""chat.*: the app posts, edits and deletes messages."""

from __future__ import annotations

from dataclasses import replace

from bot.localslack.arguments import Arguments
from bot.localslack.checks import TEXT_UPDATED
from bot.localslack.methods.method import Method, joined_channel, missing_scope, visible_channel
from bot.localslack.nouns import Channel, Message
from bot.localslack.refusal import Json, Refused
from bot.localslack.wire import message_json
from bot.localslack.workspace import Workspace


def message_from(workspace: Workspace, args: Arguments, channel: Channel) -> Message:
    """A new message of the app from the usual arguments, checked."""
    username = args.text("username", "")
    if (username or args.has("icon_emoji") or args.has("icon_url")) and "chat:write.customize" not in workspace.app.scopes:
        raise missing_scope(workspace, ("chat:write.customize",))
    message = Message(
        channel=channel.id,
        ts=workspace.store.next_ts(),
        text=args.text("text", ""),
        user=workspace.app.user_id,
        bot=workspace.app.bot_id,
        username=username,
        thread_ts=thread_of(workspace, channel, args.text("thread_ts", "")),
        blocks=args.array("blocks"),
        attachments=args.array("attachments"),
        metadata=args.mapping("metadata"),
    )
    return workspace.check(message)


def thread_of(workspace: Workspace, channel: Channel, thread_ts: str) -> str:
    """The timestamp of the thread's first message; a thread that does not exist is refused."""
    if not thread_ts:
        return ""
    try:
        parent = workspace.store.message(channel.id, thread_ts)
    except Refused:
        raise Refused("thread_not_found") from None
    if parent.visible_to:
        raise Refused("thread_not_found")
    return parent.thread_ts or parent.ts


def _destination(workspace: Workspace, args: Arguments) -> Channel:
    """A channel by id or name, or the direct message with a user."""
    which = args.text("channel")
    if which in workspace.store.people:
        return workspace.store.direct_channel(which, workspace.app.user_id)
    channel = workspace.store.channel(which)
    if workspace.app.user_id in channel.members:
        return channel
    if channel.kind == "group":
        raise Refused("channel_not_found")
    if "chat:write.public" not in workspace.app.scopes:
        raise Refused("not_in_channel")
    return channel


def _post_message(workspace: Workspace, args: Arguments) -> Json:
    message = message_from(workspace, args, _destination(workspace, args))
    if args.flag("reply_broadcast") and message.thread_ts:
        message = replace(message, broadcast=True, subtype="thread_broadcast")
    workspace.post(message)
    shown = message_json(workspace.store, message, workspace.base_url, with_metadata=True)
    return {"channel": message.channel, "ts": message.ts, "message": shown}


def _own(workspace: Workspace, args: Arguments, refusal: str) -> Message:
    message = workspace.store.message(visible_channel(workspace, args).id, args.text("ts"))
    if message.visible_to:
        raise Refused("message_not_found")
    if message.bot != workspace.app.bot_id:
        raise Refused(refusal)
    return message


def _update(workspace: Workspace, args: Arguments) -> Json:
    before = _own(workspace, args, "cant_update_message")
    after = replace(
        before,
        text=args.text("text", "") if args.has("text") else before.text,
        blocks=args.array("blocks") if args.has("blocks") else before.blocks,
        attachments=args.array("attachments") if args.has("attachments") else before.attachments,
        metadata=args.mapping("metadata") if args.has("metadata") else before.metadata,
        edited={"user": workspace.app.user_id, "ts": workspace.store.next_ts()},
    )
    after = workspace.change(before, workspace.check(after, text_limit=TEXT_UPDATED))
    shown = message_json(workspace.store, after, workspace.base_url, with_metadata=True)
    return {"channel": after.channel, "ts": after.ts, "text": after.text, "message": shown}


def _delete(workspace: Workspace, args: Arguments) -> Json:
    message = _own(workspace, args, "cant_delete_message")
    workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def _post_ephemeral(workspace: Workspace, args: Arguments) -> Json:
    channel = joined_channel(workspace, args)
    if args.text("user") not in channel.members:
        raise Refused("user_not_in_channel")
    message = workspace.post(replace(message_from(workspace, args, channel), visible_to=args.text("user")))
    return {"message_ts": message.ts}


def _get_permalink(workspace: Workspace, args: Arguments) -> Json:
    message = workspace.store.message(visible_channel(workspace, args).id, args.text("message_ts"))
    link = f"{workspace.base_url}/archives/{message.channel}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={message.channel}"
    return {"channel": message.channel, "permalink": link}


METHODS = {
    "chat.postMessage": Method(_post_message, ("chat:write",)),
    "chat.update": Method(_update, ("chat:write",)),
    "chat.delete": Method(_delete, ("chat:write",)),
    "chat.postEphemeral": Method(_post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(_get_permalink),
}
