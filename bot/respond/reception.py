"""What Slack delivers, and alerts over HTTP → inbox and job, in one short transaction. Runs before the ack: nothing else.

The key of an event makes a second delivery of it a no-op: Slack's own event id, or the trigger id of a command or a click.
A message is keyed by channel, timestamp and edit, because the same message may be delivered under several event ids.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.config import Config
from bot.incidents.store import Store
from bot.model.alert import Alert

Body = Mapping[str, Any]
MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


class Reception:
    """Writes down what comes in; `wake` tells the workers that there is something to do."""

    def __init__(self, config: Config, store: Store, *, now: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._store = store
        self._now = now
        self._wake = wake
        self._alert_bots = {(channel.channel, bot) for channel in config.slack.alerts for bot in channel.bots}

    def command(self, body: Body) -> None:
        """Accept a slash command.

        Raises:
            StoreError: it could not be written down (so too for every method below).
        """
        self._accept(
            f"command:{body['trigger_id']}",
            "command",
            text=body.get("text", ""),
            user=body["user_id"],
            name=body.get("user_name", ""),
            channel=body["channel_id"],
            response_url=body["response_url"],
        )

    def mention(self, body: Body) -> None:
        """Accept `@gocrash …`: the same words as the command, answered in the thread where they stand."""
        event = body["event"]
        self._accept(
            f"event:{body['event_id']}",
            "command",
            text=MENTION.sub("", event.get("text", ""), count=1).strip(),
            user=event["user"],
            name="",
            channel=event["channel"],
            thread_ts=event.get("thread_ts") or event["ts"],
        )

    def click(self, body: Body) -> None:
        """Accept a click on a button."""
        action = body["actions"][0]
        self._accept(
            f"click:{body['trigger_id']}",
            "click",
            action_id=action["action_id"],
            value=action.get("value", ""),
            user=body["user"]["id"],
            name=body["user"].get("username", ""),
            channel=body["channel"]["id"],
            response_url=body["response_url"],
        )

    def message(self, body: Body) -> None:
        """Accept a message of an allow-listed bot in an allow-listed channel; let every other message pass."""
        event = body["event"]
        message = event.get("message", event)
        senders = {message.get("bot_id"), (message.get("bot_profile") or {}).get("app_id"), message.get("app_id")}
        if not any((event["channel"], sender) in self._alert_bots for sender in senders):
            return
        edited = (message.get("edited") or {}).get("ts", "")
        self._accept(
            f"message:{event['channel']}:{message['ts']}:{edited}",
            "message",
            message=message,
            channel=event["channel"],
        )

    def webhook(self, alerts: Sequence[Alert]) -> None:
        """Accept the alerts of one post over HTTP."""
        if not alerts:
            return
        given = [asdict(alert) | {"occurred_at": alert.occurred_at.isoformat() if alert.occurred_at else ""} for alert in alerts]
        digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        # The same words within a minute are a post whose answer got lost; later ones say that it still fires.
        self._accept(f"webhook:{digest}:{self._now():%Y-%m-%dT%H:%M}", "webhook", alerts=given)

    def _accept(self, event_key: str, kind: str, **payload: object) -> None:
        if self._store.queue.accept(event_key, kind=kind, payload=payload, now=self._now()):
            self._wake()
