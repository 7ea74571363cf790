"""Putting messages into the outbox: a `SlackMessage` becomes a row, its files become rows in the same thread.

`say_refused` is for what Slack then does not take: people hear of it where they can.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from bot.errors import ContentError, SlackError
from bot.incidents.store import Store
from bot.model.incident import Incident, OutboxMessage
from bot.model.message import SlackMessage
from bot.render.slack import notices
from bot.respond.context import Context

# Ends the key of a word about a message that was refused: about such a word there is no other.
REFUSED = ":refused"


def put_message(
    context: Context,
    key: str,
    message: SlackMessage,
    *,
    channel: str,
    now: datetime,
    parent_key: str = "",
    thread_ts: str = "",
    response_url: str = "",
) -> None:
    """Say how the message called `key` should stand; its files follow in the thread it is in, or else in its own.

    Whoever waits for it at `response_url` is told when Slack refuses it.
    """
    payload = {"text": message.text, "blocks": list(message.blocks)}
    context.store.outbox.put(
        key,
        channel=channel,
        payload=payload,
        now=now,
        parent_key=parent_key,
        thread_ts=thread_ts,
        response_url=response_url,
    )
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


def put_in_thread(context: Context, incident: Incident, key: str, message: SlackMessage, *, now: datetime) -> bool:
    """Put a message into an incident's thread, or into its service's channel where it has none; False where neither is known."""
    service = context.config.services.get(incident.service)
    if incident.channel:
        parent = "" if incident.thread else incident.headline
        put_message(context, key, message, channel=incident.channel, now=now, parent_key=parent, thread_ts=incident.thread)
        return True
    if service and service.channel:
        put_message(context, key, message, channel=service.channel, now=now)
        return True
    return False


def put_answer(
    context: Context, key: str, message: SlackMessage, *, channel: str, now: datetime, response_url: str, thread_ts: str
) -> None:
    """Answer one person: through the response URL (seen only by them), or in the thread where they asked."""
    if not response_url:
        put_message(context, key, message, channel=channel, now=now, thread_ts=thread_ts)
        return
    context.store.outbox.put(key, channel=channel, payload=_ephemeral(response_url, message), now=now, kind="respond")


def say_refused(store: Store, message: OutboxMessage, error: SlackError, *, now: datetime) -> None:
    """Queue word of a message that Slack refused: for the person who waits for it, or else in the thread where it is missing.

    A message that is missing because the bot may not speak there, with nobody waiting, is only in the log.
    """
    key = message.key + REFUSED
    if message.kind == "file":
        notice = notices.error(f"The file {message.payload['filename']} is missing here.", do=str(error))
    else:
        notice = notices.error("My answer could not be posted.", do=str(error))
    if message.response_url:
        payload = _ephemeral(message.response_url, notice)
        store.outbox.put(key, channel=message.channel, payload=payload, now=now, kind="respond")
    elif (message.kind == "file" or isinstance(error, ContentError)) and not message.key.endswith(REFUSED):
        store.outbox.put(
            key,
            channel=message.channel,
            payload={"text": notice.text, "blocks": list(notice.blocks)},
            now=now,
            parent_key=message.parent_key,
            thread_ts=message.thread_ts,
        )


def _ephemeral(response_url: str, message: SlackMessage) -> dict[str, object]:
    return {
        "response_url": response_url,
        "response_type": "ephemeral",
        "replace_original": False,
        "text": message.text,
        "blocks": list(message.blocks),
    }
