"""How the workspace looks in Slack's JSON: values in, dicts out, nothing changed.

Field names and nesting: Slack's reference pages for the types `message`, `user`, `conversation`, `file` and `view`.
"""

from __future__ import annotations

from urllib.parse import quote

from bot.localslack.nouns import TEAM_ID, Bookmark, Bot, Channel, File, Message, Person, UserGroup, View
from bot.localslack.refusal import Json
from bot.localslack.state import Store

PREVIEW_BYTES = 4000
PREVIEW_LINES = 12


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
    """A `file` object; `url_private` and `url_private_download` want the bot's token, as Slack's do."""
    address = f"{base_url}/files-pri/{file.id}"
    shown: Json = {
        "id": file.id,
        "created": 0,
        "timestamp": 0,
        "name": file.name,
        "title": file.title or file.name,
        "alt_txt": file.alt_text,
        "mimetype": file.mimetype,
        "filetype": file.snippet_type or (file.name.rpartition(".")[2] if "." in file.name else "text"),
        "pretty_type": "Plain Text" if file.is_text else "Binary",
        "size": file.length,
        "user": file.owner,
        "user_team": TEAM_ID,
        "mode": "snippet" if file.is_text else "hosted",
        "editable": bool(file.snippet_type),
        "is_external": False,
        "is_public": True,
        "public_url_shared": False,
        "url_private": f"{address}/{quote(file.name)}",
        "url_private_download": f"{address}/download/{quote(file.name)}",
        "permalink": f"{base_url}/files/{file.id}",
        "channels": list(file.shared_in),
        "file_access": "visible",
    }
    return shown | (_preview(file.content) if shown["mode"] == "snippet" and file.content is not None else {})


def _preview(content: bytes) -> Json:
    """What Slack shows of a snippet without its being fetched: the first lines."""
    start = content[:PREVIEW_BYTES].decode(errors="ignore")
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    first = "\n".join(start.splitlines()[:PREVIEW_LINES])
    more = max(0, lines - len(first.splitlines()))
    return {"preview": first, "lines": lines, "lines_more": more, "preview_is_truncated": bool(more)}


def group_json(group: UserGroup, *, with_users: bool, with_count: bool) -> Json:
    """A `usergroup` object; the members and their number only when asked for."""
    shown: Json = {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 0,
        "date_update": 0,
        "date_delete": 0,
        "prefs": {"channels": [], "groups": []},
    }
    return shown | ({"users": list(group.users)} if with_users else {}) | ({"user_count": len(group.users)} if with_count else {})


def bookmark_json(bookmark: Bookmark) -> Json:
    """A `bookmark` object."""
    return {
        "id": bookmark.id,
        "channel_id": bookmark.channel,
        "title": bookmark.title,
        "link": bookmark.link,
        "emoji": bookmark.emoji,
        "icon_url": "",
        "type": "link",
        "entity_id": None,
        "date_created": 0,
        "date_updated": 0,
        "rank": "i",
    }


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
        parent = store.parent(message)
        return {"thread_ts": message.thread_ts} | ({"parent_user_id": parent.user or parent.bot} if parent else {})
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
