"""Posting: one outbox row → one call to Slack → one `Delivery`. Knows Slack's errors; keeps no state."""

from __future__ import annotations

from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.model.delivery import Delivery, Posted, Postponed, Refused
from bot.model.incident import OutboxMessage
from bot.slack.errors import translate

METADATA_EVENT = "gocrash_message"
# Slack's own words for "not now": everything else it refuses stays refused.
TRANSIENT = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
FIRST_SERVER_ERROR = 500
TOO_MANY_REQUESTS = 429
# After a fault of Slack's or of the network; a 429 names its own time.
RETRY_SECONDS = 2.0
# How far back the look-up of a post of unknown outcome reads; the row was posted seconds ago.
LOOK_UP_MESSAGES = 15


class Poster:
    """Makes outbox rows true in Slack through one Web API client."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def send(self, message: OutboxMessage) -> Delivery:
        """Post or edit one message; never raises for anything Slack or the network does.

        `message.thread_ts` names the thread it belongs in: the caller has filled in the timestamp of the row's parent.
        """
        try:
            if message.uncertain and not message.ts and (ts := self._find(message)):
                return Posted(ts)
            return Posted(self._call(message))
        except SlackApiError as error:
            return _delivery(error)
        except (URLError, OSError) as error:
            return Postponed(RETRY_SECONDS, f"Slack cannot be reached: {error}", uncertain=True)

    def _call(self, message: OutboxMessage) -> str:
        payload = dict(message.payload)
        if message.kind == "respond":
            WebhookClient(payload.pop("response_url")).send(**payload)
            return ""
        if message.kind == "file":
            return self._upload(message, payload)
        if message.ts:
            return str(self._client.chat_update(channel=message.channel, ts=message.ts, **payload)["ts"])
        answer = self._client.chat_postMessage(
            channel=message.channel,
            thread_ts=message.thread_ts or None,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": METADATA_EVENT, "event_payload": {"key": message.key}},
            **payload,
        )
        return str(answer["ts"])

    def _upload(self, message: OutboxMessage, payload: dict[str, Any]) -> str:
        answer = self._client.files_upload_v2(
            channel=message.channel,
            thread_ts=message.thread_ts or None,
            filename=payload["filename"],
            title=payload["title"],
            alt_txt=payload.get("alt_text"),
            file=payload["path"],
        )
        return str(answer["file"]["id"])

    def _find(self, message: OutboxMessage) -> str:
        """Look for a message of ours that was posted without our hearing of it; empty when it is not there or cannot be read."""
        try:
            if message.thread_ts:
                answer = self._client.conversations_replies(
                    channel=message.channel, ts=message.thread_ts, include_all_metadata=True, limit=LOOK_UP_MESSAGES
                )
            else:
                answer = self._client.conversations_history(
                    channel=message.channel, include_all_metadata=True, limit=LOOK_UP_MESSAGES
                )
        except SlackApiError:
            return ""
        for found in answer.get("messages") or []:
            metadata = found.get("metadata") or {}
            if metadata.get("event_type") == METADATA_EVENT and metadata.get("event_payload", {}).get("key") == message.key:
                return str(found["ts"])
        return ""


def _delivery(error: SlackApiError) -> Delivery:
    status = error.response.status_code
    refusal = translate(error)
    if status == TOO_MANY_REQUESTS or refusal.code in {"ratelimited", "rate_limited"}:
        return Postponed(float(error.response.headers.get("Retry-After", 30)), "Slack asks for fewer calls")
    if status >= FIRST_SERVER_ERROR or refusal.code in TRANSIENT:
        return Postponed(RETRY_SECONDS, f"Slack answered {refusal.code}", uncertain=True)
    return Refused(refusal.code, str(refusal))
