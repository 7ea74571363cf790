"""Putting messages into the outbox: a `SlackMessage` becomes a row, its files become rows in the same thread."""

from __future__ import annotations

import hashlib
from datetime import datetime

from bot.model.message import SlackMessage
from bot.respond.context import Context


def put_message(
    context: Context, key: str, message: SlackMessage, *, channel: str, now: datetime, parent_key: str = "", thread_ts: str = ""
) -> None:
    """Say how the message called `key` should stand; its files follow in the thread it is in, or else in its own."""
    payload = {"text": message.text, "blocks": list(message.blocks)}
    context.store.outbox.put(key, channel=channel, payload=payload, now=now, parent_key=parent_key, thread_ts=thread_ts)
    for file in message.files:
        path = context.uploads / hashlib.sha256(file.content).hexdigest()
        context.uploads.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        context.store.outbox.put(
            f"{key}:{file.name}",
            channel=channel,
            payload={"filename": file.name, "title": file.title, "alt_text": file.alt_text, "path": str(path)},
            now=now,
            parent_key=parent_key or ("" if thread_ts else key),
            thread_ts=thread_ts,
            kind="file",
        )


def put_answer(
    context: Context, key: str, message: SlackMessage, *, channel: str, now: datetime, response_url: str, thread_ts: str
) -> None:
    """Answer one person: through the response URL (seen only by them), or in the thread where they asked."""
    if not response_url:
        put_message(context, key, message, channel=channel, now=now, thread_ts=thread_ts)
        return
    payload = {
        "response_url": response_url,
        "response_type": "ephemeral",
        "replace_original": False,
        "text": message.text,
        "blocks": list(message.blocks),
    }
    context.store.outbox.put(key, channel=channel, payload=payload, now=now, kind="respond")
