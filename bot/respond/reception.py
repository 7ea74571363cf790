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
from bot.redact import Redactor
from bot.render.slack import modals
from bot.respond.dialogs import chosen_value, entered, note_of

Body = Mapping[str, Any]
# Whoever opens the Home tab more often than this sees what it showed.
HOME_SECONDS = 5
MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
# Every crash, dump and race report has one of these; most of what people say has none, and is not written down.
OF_GO = re.compile(r"goroutine|panic|fatal error|DATA RACE|\.go:\d")
# What is needed of a file: not its preview, which holds words. Its address must stay as it is.
OF_FILE = ("name", "url_private", "url_private_download")
# Parts of a message that hold words.
SAID = ("text", "attachments", "blocks")
# What a form or a message of its menu holds that somebody wrote.
WRITTEN = (modals.TEXT,)
PEOPLES = (None, "file_share", "thread_broadcast")


class Reception:
    """Writes down what comes in; `wake` tells the workers that there is something to do."""

    def __init__(self, config: Config, store: Store, *, now: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._store = store
        self._now = now
        self._wake = wake
        self._timeline_emoji = frozenset(config.slack.timeline_emoji)
        self._crash_logs = frozenset(config.slack.crash_logs)
        self._redactor = Redactor(config.redact)
        self._alert_bots = {(channel.channel, bot) for channel in config.slack.alerts for bot in channel.bots}

    def command(self, body: Body) -> None:
        """Accept a slash command.

        Raises:
            StoreError: it could not be written down (so too for every method below).
        """
        self._accept(
            f"command:{body['trigger_id']}",
            "command",
            text=self._redactor.text(body.get("text", ""))[0],
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
            text=self._redactor.text(MENTION.sub("", event.get("text", ""), count=1).strip())[0],
            user=event["user"],
            name="",
            channel=event["channel"],
            thread_ts=event.get("thread_ts") or event["ts"],
        )

    def click(self, body: Body) -> None:
        """Accept a click on a button or a choice from a menu, in a message or in a Home tab (which is in no channel)."""
        action = body["actions"][0]
        self._accept(
            f"click:{body['trigger_id']}",
            "click",
            action_id=action["action_id"],
            value=chosen_value(action),
            **_person(body),
            channel=(body.get("channel") or {}).get("id", ""),
            thread_ts=(body.get("container") or {}).get("thread_ts", ""),
            response_url=body.get("response_url", ""),
        )

    def submission(self, body: Body) -> None:
        """Accept what was entered in a modal."""
        view = body["view"]
        metadata = json.loads(view["private_metadata"] or "{}")
        self._accept(
            f"view:{view['id']}",
            "submission",
            callback_id=view["callback_id"],
            metadata=self._without_secrets(metadata),
            values=self._without_secrets(entered(view)),
            **_person(body),
            channel=metadata.get("channel", ""),
            response_url=metadata.get("response_url", ""),
        )

    def note(self, body: Body, incident: int) -> None:
        """Accept that a message is to stand in the timeline of the incident in whose thread it is."""
        self._accept(
            f"shortcut:{body['trigger_id']}",
            "submission",
            callback_id=modals.NOTE,
            metadata=self._without_secrets(note_of(body)),
            values={modals.CHOSEN: str(incident)},
            **_person(body),
            channel=body["channel"]["id"],
            response_url=body.get("response_url", ""),
        )

    def reaction(self, body: Body, *, present: bool) -> None:
        """Accept an emoji that was put on a message or taken off, if it is one of those that mark messages for a timeline."""
        event = body["event"]
        if event["reaction"] in self._timeline_emoji and event["item"].get("type") == "message":
            mark = f"{event['reaction']} {event['user']}"
            self._mark(body, event["item"]["channel"], event["item"]["ts"], mark, present=present)

    def pin(self, body: Body, *, present: bool) -> None:
        """Accept a message that was pinned or unpinned; there is one pin on a message, whoever sets it."""
        item = body["event"]["item"]
        if item.get("type") == "message":
            self._mark(body, item["channel"], item["message"]["ts"], "pin", present=present)

    def home(self, body: Body) -> None:
        """Accept that somebody looks at the Home tab."""
        if body["event"].get("tab") == "home":
            user, moment = body["event"]["user"], int(self._now().timestamp() // HOME_SECONDS)
            self._accept(f"home:{user}:{moment}", "home", user=user, notice="")

    def message(self, body: Body) -> None:
        """Accept a message of an allow-listed bot in an allow-listed channel, and a log that a person shows where logs are read.

        Every other message passes. A message that was edited is another edition of it.
        """
        event = body["event"]
        message, channel = event.get("message", event), event["channel"]
        key = f"{channel}:{message['ts']}:{_edition(event)}"
        senders = {message.get("bot_id"), (message.get("bot_profile") or {}).get("app_id"), message.get("app_id")}
        if any((channel, sender) in self._alert_bots for sender in senders):
            masked = _masked_value(message, self._redactor)
            self._accept(f"message:{key}", "message", message=masked, channel=channel, edition=_edition(event))
        elif channel in self._crash_logs and _may_show_a_log(message):
            self._read(f"log:{key}", message, channel, user=message["user"], name="", asked=False)

    def message_to_diagnose(self, body: Body) -> None:
        """Accept that somebody wants to know what a message shows, whoever wrote it."""
        person = _person(body)
        self._read(
            f"shortcut:{body['trigger_id']}",
            body["message"],
            body["channel"]["id"],
            **person,
            asked=True,
            response_url=body.get("response_url", ""),
        )

    def webhook(self, alerts: Sequence[Alert]) -> None:
        """Accept the alerts of one post over HTTP."""
        if not alerts:
            return
        given = [asdict(alert) | {"occurred_at": alert.occurred_at.isoformat() if alert.occurred_at else ""} for alert in alerts]
        digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        # The same words within a minute are a post whose answer got lost; later ones say that it still fires.
        self._accept(f"webhook:{digest}:{self._now():%Y-%m-%dT%H:%M}", "webhook", alerts=_masked_value(given, self._redactor))

    def _without_secrets(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Mask what somebody wrote; the addresses in which answers go must stay as they are."""
        return {
            name: self._redactor.text(value)[0] if name in WRITTEN and isinstance(value, str) else value
            for name, value in values.items()
        }

    def _mark(self, body: Body, channel: str, ts: str, mark: str, *, present: bool) -> None:
        # The marks of one message are worked on one after the other, as the work on one service is.
        place = {"service": f"{channel} {ts}", "channel": channel, "ts": ts}
        self._accept(f"event:{body['event_id']}", "mark", **place, mark=mark, present=present, user=body["event"]["user"])

    def _read(self, event_key: str, message: Body, channel: str, **payload: object) -> None:
        """Accept a message that is to be read, without the secrets in it: what is written down here stays for a while."""
        masked, count = _masked(message, self._redactor)
        # The editions of one message are read one after the other, as the work on one service is.
        place = {"service": f"{channel} {message['ts']}", "channel": channel}
        self._accept(event_key, "log", message=masked, masked=count, **place, **payload)

    def _accept(self, event_key: str, kind: str, **payload: object) -> None:
        if self._store.queue.accept(event_key, kind=kind, payload=payload, now=self._now()):
            self._wake()


def _person(body: Body) -> dict[str, str]:
    return {"user": body["user"]["id"], "name": body["user"].get("username") or body["user"].get("name", "")}


def _edition(event: Body) -> str:
    """Return the timestamp of an edit, empty for a message as it was posted.

    Slack tells of a change too when nobody has edited: an answer came into the thread, or a link got its preview.
    """
    message, before = event.get("message"), event.get("previous_message") or {}
    if not message:
        return ""
    edited = str((message.get("edited") or {}).get("ts", ""))
    changed = any((message.get(part) or None) != (before.get(part) or None) for part in SAID)
    return edited or (str(event["ts"]) if message.get("bot_id") and changed else "")


def _may_show_a_log(message: Body) -> bool:
    """Say whether a person's message is worth reading: it comes with files, or with words that every trace of Go has."""
    by_person = bool(message.get("user")) and not message.get("bot_id") and message.get("subtype") in PEOPLES
    return by_person and bool(message.get("files") or OF_GO.search(str(message.get("text") or "")))


def _masked(message: Body, redactor: Redactor) -> tuple[dict[str, Any], int]:
    """Return a message without the secrets in its words, and how many there were."""
    words = {name: value for name, value in message.items() if name != "files"}
    files = [{name: file[name] for name in OF_FILE if name in file} for file in message.get("files") or ()]
    _, count = _masked_text(str(message.get("text") or ""), redactor)
    return {**_masked_value(words, redactor), "files": files}, count


def _masked_value(value: Any, redactor: Redactor) -> Any:  # noqa: ANN401  # JSON
    """Return a JSON value with the secrets masked that stand anywhere in it."""
    if isinstance(value, Mapping):
        return {name: _masked_value(part, redactor) for name, part in value.items()}
    if isinstance(value, list):
        return [_masked_value(part, redactor) for part in value]
    return _masked_text(value, redactor)[0] if isinstance(value, str) else value


def _masked_text(text: str, redactor: Redactor) -> tuple[str, int]:
    """Mask a text as evidence is masked, which leaves alone what is masked already."""
    masked, count = redactor.data(text.encode("utf-8", "replace"))
    return masked.decode("utf-8", "replace"), count
