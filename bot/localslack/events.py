"""The Events API: what the app is told about a change. Pure: values in, payloads out.

Source of the shapes: Slack's reference of event types; `event_callback` is the outer shape in both delivery modes.
"""

from __future__ import annotations

from bot.localslack.manifest import App
from bot.localslack.nouns import TEAM_ID, Channel, File, Message
from bot.localslack.refusal import Json
from bot.localslack.state import Store
from bot.localslack.wire import message_json

_KINDS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


def message_subscription(channel: Channel) -> str:
    """The name under which an app subscribes to this channel's messages."""
    return _KINDS[channel.kind]


def posted(store: Store, message: Message, base_url: str) -> Json:
    """A new message."""
    event = message_json(store, message, base_url)
    return event | {"channel": message.channel, "channel_type": store.channels[message.channel].kind, "event_ts": message.ts}


def mentioned(store: Store, message: Message, base_url: str) -> Json:
    """The same message once more, as a mention of the app."""
    event = posted(store, message, base_url)
    del event["channel_type"]
    return event | {"type": "app_mention"}


def changed(store: Store, before: Message, after: Message, base_url: str) -> Json:
    """An edited message: Slack wraps the new and the old one."""
    return _wrapped(store, after, "message_changed") | {
        "message": message_json(store, after, base_url),
        "previous_message": message_json(store, before, base_url),
    }


def deleted(store: Store, message: Message, base_url: str) -> Json:
    """A message that is gone."""
    return _wrapped(store, message, "message_deleted") | {
        "deleted_ts": message.ts,
        "previous_message": message_json(store, message, base_url),
    }


def _wrapped(store: Store, message: Message, subtype: str) -> Json:
    now = store.next_ts()
    kind = store.channels[message.channel].kind
    return {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": message.channel,
        "channel_type": kind,
        "ts": now,
        "event_ts": now,
    }


def reacted(store: Store, message: Message, *, user: str, name: str, added: bool) -> Json:
    """A reaction that came or went."""
    return {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": store.next_ts(),
    }


def pinned(store: Store, message: Message, *, user: str, added: bool, base_url: str) -> Json:
    """A pin that came or went."""
    return {
        "type": "pin_added" if added else "pin_removed",
        "user": user,
        "channel_id": message.channel,
        "item": {
            "type": "message",
            "channel": message.channel,
            "message": message_json(store, message, base_url),
            "created_by": user,
        },
        "item_user": message.user,
        "has_pins": added,
        "event_ts": store.next_ts(),
    }


def joined(store: Store, channel: Channel, user: str) -> Json:
    """Somebody, perhaps the app itself, joined a channel."""
    return {
        "type": "member_joined_channel",
        "user": user,
        "channel": channel.id,
        "channel_type": "C" if channel.kind == "channel" else "G",
        "team": TEAM_ID,
        "event_ts": store.next_ts(),
    }


def home_opened(store: Store, *, user: str, channel: str, view: Json | None) -> Json:
    """Somebody looks at the app's Home tab."""
    event = {"type": "app_home_opened", "user": user, "channel": channel, "tab": "home", "event_ts": store.next_ts()}
    return event | ({"view": view} if view else {})


def file_shared(store: Store, file: File, channel: str) -> Json:
    """A file was shared in a channel."""
    return {
        "type": "file_shared",
        "file_id": file.id,
        "file": {"id": file.id},
        "user_id": file.owner,
        "channel_id": channel,
        "event_ts": store.next_ts(),
    }


def callback(app: App, event: Json, *, event_id: str, now: float) -> Json:
    """The outer shape every event is delivered in."""
    return {
        "token": "local-verification-token",
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [
            {"enterprise_id": None, "team_id": TEAM_ID, "user_id": app.user_id, "is_bot": True, "is_enterprise_install": False}
        ],
        "is_ext_shared_channel": False,
        "event_context": f"local-{event_id}",
    }
