"""Posting: one outbox row → one call to Slack → one `Delivery`. Knows Slack's errors; keeps no state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.webhook import WebhookClient

from bot.errors import FileNotFoundInSlackError, SlackAwayError, SlackError
from bot.model.delivery import Delivery, Posted, Postponed, Refused
from bot.model.incident import OutboxMessage
from bot.slack.errors import FIRST_SERVER_ERROR, refusal, translate

METADATA_EVENT = "gocrash_message"
OK = 200
TOO_MANY_REQUESTS = 429
# What a 429 without a time of its own asks for.
RETRY_AFTER_SECONDS = 30.0
# After a fault of Slack's or of the network: doubled from try to try, up to a quarter of a minute.
RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 15.0
# How a post of unknown outcome is looked up: Slack gives some apps no more than 15 messages at once. A channel is read
# from its end, a thread from its start, so a long thread needs more pages.
LOOK_UP_MESSAGES = 15
LOOK_UP_PAGES = 10
# Shown on a post that is repeated although the first one may have arrived: it could not be looked up.
REPEATED = "This may stand here twice: Slack did not say whether the first one arrived."
REPEATED_BLOCK = {"type": "context", "elements": [{"type": "plain_text", "text": REPEATED}]}

Json = Mapping[str, Any]


class Poster:
    """Makes outbox rows true in Slack through one Web API client."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def send(self, message: OutboxMessage) -> Delivery:
        """Post or edit one message; never raises for anything Slack or the network does.

        `message.thread_ts` names the thread it belongs in: the caller has filled in the timestamp of the row's parent.
        """
        later = min(LONGEST_RETRY_SECONDS, RETRY_SECONDS * 2.0 ** min(message.attempts, 8))
        try:
            return self._send(message, later)
        except SlackApiError as error:
            return _delivery(translate(error), error.response.status_code, error.response.headers, later)
        except SlackRequestError as error:
            # The bytes of a file did not get through; nothing stands in the channel yet.
            return Postponed(later, f"Slack did not take the file: {error}")
        except (OSError, HTTPException) as error:
            return Postponed(later, f"Slack cannot be reached: {error}", uncertain=True)

    def _send(self, message: OutboxMessage, later: float) -> Delivery:
        payload, ts = dict(message.payload), message.ts
        if message.uncertain and not ts:
            found = self._find(message)
            if found and message.kind == "file":
                return Posted(found)
            if found is None and message.kind != "file":
                payload["blocks"] = [*payload.get("blocks", ()), REPEATED_BLOCK]
            ts = found or ""
        if message.kind == "respond":
            return self._respond(payload, later)
        if message.kind == "file":
            return self._upload(message, payload)
        if ts:
            # One that was found may stand there in an earlier version.
            return Posted(str(self._client.chat_update(channel=message.channel, ts=ts, **payload)["ts"]))
        answer = self._client.chat_postMessage(
            channel=message.channel,
            thread_ts=message.thread_ts or None,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": METADATA_EVENT, "event_payload": {"key": message.key}},
            **payload,
        )
        return Posted(str(answer["ts"]))

    def _respond(self, payload: dict[str, Any], later: float) -> Delivery:
        client = WebhookClient(payload.pop("response_url"), timeout=self._client.timeout, retry_handlers=[])
        answer = client.send(**payload)
        if answer.status_code == OK:
            return Posted("")
        # The body is the bare code, or JSON with the code in it.
        code = answer.body.partition('"error":"')[2].partition('"')[0] or answer.body.strip()[:40]
        return _delivery(refusal(code or f"http_{answer.status_code}"), answer.status_code, answer.headers, later)

    def _upload(self, message: OutboxMessage, payload: dict[str, Any]) -> Delivery:
        if not Path(payload["path"]).is_file():
            return Refused(FileNotFoundInSlackError("file_not_found", "Its copy on the bot's disk is gone: ask again."))
        answer = self._client.files_upload_v2(
            channel=message.channel,
            thread_ts=message.thread_ts or None,
            filename=payload["filename"],
            title=payload["title"],
            alt_txt=payload.get("alt_text"),
            file=payload["path"],
        )
        return Posted(str(answer["file"]["id"]))

    def _find(self, message: OutboxMessage) -> str | None:
        """Look for a post of ours whose answer did not arrive: its timestamp (or a file's id), empty when it is not there.

        None when that cannot be known: Slack does not let us read there, or it was an answer to a response URL.
        """
        if message.kind == "respond":
            return None
        try:
            for found in self._recent(message):
                if message.kind == "file" and (file := _same_file(found, message.payload)):
                    return file
                metadata = found.get("metadata") or {}
                if metadata.get("event_type") == METADATA_EVENT and metadata.get("event_payload", {}).get("key") == message.key:
                    return str(found["ts"])
        except SlackApiError as error:
            if error.response.status_code != OK or isinstance(translate(error), SlackAwayError):
                raise
            return None
        return ""

    def _recent(self, message: OutboxMessage) -> Iterator[Json]:
        arguments: dict[str, Any] = {"channel": message.channel, "include_all_metadata": True, "limit": LOOK_UP_MESSAGES}
        cursor = ""
        for _ in range(LOOK_UP_PAGES):
            if message.thread_ts:
                answer = self._client.conversations_replies(ts=message.thread_ts, cursor=cursor or None, **arguments)
            else:
                answer = self._client.conversations_history(cursor=cursor or None, **arguments)
            yield from answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return


def _same_file(found: Json, payload: Json) -> str:
    """Return the id of a file that this message shows, when it is the one to be uploaded: of that name, title and size."""
    path = Path(payload["path"])
    size = path.stat().st_size if path.is_file() else -1
    for file in found.get("files") or []:
        if (file.get("name"), file.get("title"), file.get("size")) == (payload["filename"], payload["title"], size):
            return str(file["id"])
    return ""


def _delivery(error: SlackError, status: int, headers: Mapping[str, Any], later: float) -> Delivery:
    if status == TOO_MANY_REQUESTS or error.code in {"ratelimited", "rate_limited"}:
        return Postponed(_retry_after(headers), "Slack asks for fewer calls")
    if status >= FIRST_SERVER_ERROR or isinstance(error, SlackAwayError):
        return Postponed(later, f"Slack answered {error.code}", uncertain=True)
    return Refused(error)


def _retry_after(headers: Mapping[str, Any]) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After", RETRY_AFTER_SECONDS)))
    except (TypeError, ValueError):
        return RETRY_AFTER_SECONDS
