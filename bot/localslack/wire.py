"""How the workspace looks in Slack's JSON: values in, dicts out, nothing changed.

Field names and nesting: Slack's reference pages for the types `message`, `user`, `conversation`, `file` and `view`.
"""

from __future__ import annotations

import mimetypes

from bot.localslack.refusal import Json
from bot.localslack.state import TEAM_ID, Bot, Channel, File, Message, Person, Store, View


def user_json(person: Person) -> Json:
    """A `user` object."""
    return {
        "id": person.id,
        "team_id": TEAM_ID,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": False,
        "is_bot": False,
        "is_app_user": False,
        "tz": "Etc/UTC",
        "tz_offset": 0,
        "profile": {"real_name": person.real_name, "display_name": person.name},
    }


def bot_user_json(bot: Bot) -> Json:
    """The `user` object of an app's bot user."""
    person = user_json(Person(bot.user_id, bot.name.lower(), bot.name))
    return person | {"is_bot": True, "profile": person["profile"] | {"bot_id": bot.id, "api_app_id": bot.app_id}}


def bot_json(bot: Bot) -> Json:
    """A `bot` object as bots.info gives it; also a message's `bot_profile`."""
    return {"id": bot.id, "deleted": False, "name": bot.name, "updated": 0, "app_id": bot.app_id, "team_id": TEAM_ID, "icons": {}}


def channel_json(channel: Channel, app_user: str) -> Json:
    """A `conversation` object as the app sees it."""
    base: Json = {"id": channel.id, "created": 0, "is_archived": False, "is_im": channel.kind == "im", "is_mpim": False}
    if channel.kind == "im":
        return base | {"user": channel.name, "is_open": True}
    return base | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_private": channel.kind == "group",
        "is_general": False,
        "is_member": app_user in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def file_json(file: File, base_url: str) -> Json:
    """A `file` object; `url_private` wants the bot's token, as Slack's does."""
    mimetype = mimetypes.guess_type(file.name)[0] or ("text/plain" if is_text(file.content) else "application/octet-stream")
    return {
        "id": file.id,
        "created": 0,
        "name": file.name,
        "title": file.title or file.name,
        "alt_txt": file.alt_text,
        "mimetype": mimetype,
        "filetype": file.name.rpartition(".")[2] if "." in file.name else "text",
        "size": file.length,
        "user": file.owner,
        "mode": "snippet" if mimetype.startswith("text/") else "hosted",
        "is_external": False,
        "url_private": f"{base_url}/files-pri/{file.id}/{file.name}",
        "permalink": f"{base_url}/files/{file.id}",
        "channels": list(file.shared_in),
    }


def is_text(content: bytes | None) -> bool:
    """Whether bytes can be shown as text: UTF-8 without NUL.

    >>> is_text(b"goroutine 1 [running]:"), is_text(bytes([0, 255]))
    (True, False)
    """
    try:
        return content is not None and "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _sender(store: Store, message: Message) -> Json:
    """Who it is from: `user` for people; bots add `bot_id`, webhooks have no user but a `username`."""
    if not message.bot:
        return {"user": message.user}
    bot = store.bots[message.bot]
    profile = {"app_id": bot.app_id, "bot_profile": bot_json(bot)} if bot.app_id else {}
    if bot.user_id:
        return {"user": bot.user_id, "bot_id": bot.id, **profile}
    return {"bot_id": bot.id, "username": message.username or bot.name, **profile}


def _thread(store: Store, message: Message) -> Json:
    """Thread members: on a reply those of a reply, on a parent the counts."""
    if message.is_reply:
        parents = [other for other in store.messages(message.channel) if other.ts == message.thread_ts]
        return {"thread_ts": message.thread_ts} | ({"parent_user_id": parents[0].user or parents[0].bot} if parents else {})
    replies = store.replies(message)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user or reply.bot for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users,
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def message_json(store: Store, message: Message, base_url: str, *, with_metadata: bool = False) -> Json:
    """A `message` object. `metadata` is left out unless asked for, as Slack does."""
    optional: Json = {
        "subtype": message.subtype,
        "blocks": list(message.blocks),
        "attachments": list(message.attachments),
        "files": [file_json(store.files[file], base_url) for file in message.files],
        "edited": message.edited,
        "reactions": [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions],
        "pinned_to": [message.channel] if message.pinned_by else [],
        "metadata": message.metadata if with_metadata else None,
        "is_ephemeral": bool(message.visible_to),
    }
    return {
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "team": TEAM_ID,
        **_sender(store, message),
        **_thread(store, message),
        **{key: value for key, value in optional.items() if value},
    }


def view_json(view: View, *, app_id: str, bot_id: str) -> Json:
    """A `view` object: the app's body plus what Slack adds."""
    defaults: Json = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
    }
    return {
        **defaults,
        **view.body,
        "id": view.id,
        "team_id": TEAM_ID,
        "app_id": app_id,
        "app_installed_team_id": TEAM_ID,
        "bot_id": bot_id,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id or None,
        "state": {"values": {}},
    }
