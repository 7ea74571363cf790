"""Answers that go around the Web API: posts to a response URL, and texts that ride on the ack of a command.

In: a grant (who, where, which original) and the JSON the app sent. Out: a message posted, replaced or deleted.
"""

from __future__ import annotations

from dataclasses import replace

from bot.localslack.arguments import Arguments
from bot.localslack.interactions import ResponseGrant
from bot.localslack.nouns import Message
from bot.localslack.refusal import Json
from bot.localslack.workspace import Workspace


def respond(workspace: Workspace, grant: ResponseGrant, body: Json) -> None:
    """Carry out one post to a response URL: ephemeral unless it says `in_channel`; may replace or delete the original."""
    args = Arguments(body)
    original = workspace.store.message(grant.channel, grant.original_ts) if grant.original_ts else None
    if args.flag("delete_original") and original:
        workspace.delete(original)
        return
    if args.flag("replace_original") and original:
        after = replace(
            original,
            text=args.text("text", ""),
            blocks=args.array("blocks"),
            attachments=args.array("attachments"),
            edited=_edit(workspace),
        )
        workspace.change(original, workspace.check(after))
        return
    workspace.post(_new_message(workspace, grant, args))


def _edit(workspace: Workspace) -> Json:
    return {"user": workspace.app.user_id, "ts": workspace.store.next_ts()}


def _new_message(workspace: Workspace, grant: ResponseGrant, args: Arguments) -> Message:
    message = Message(
        channel=grant.channel,
        ts=workspace.store.next_ts(),
        text=args.text("text", ""),
        user=workspace.app.user_id,
        bot=workspace.app.bot_id,
        thread_ts=args.text("thread_ts", grant.thread_ts),
        blocks=args.array("blocks"),
        attachments=args.array("attachments"),
        metadata=args.mapping("metadata"),
        visible_to="" if args.text("response_type", "ephemeral") == "in_channel" else grant.user,
    )
    return workspace.check(message)
