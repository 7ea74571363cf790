"""`Outbox`: Slack messages as they should stand. A row exists before every post, so a crash loses none.

`put` says how a message should read; the sender asks what is `due`, posts what has no `ts` yet and edits what has one.
Each `put` with another payload raises `version`, and the sender sends only the newest: many quick changes become one edit.

The sender says `begin` before each call to Slack. A message that was begun and then neither sent, postponed nor given
up (the process died, the answer never came) stays `uncertain`: it is looked up by its key before it is posted again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from bot.errors import StoreError
from bot.incidents.columns import to_json
from bot.incidents.connections import Connections, Row
from bot.model.incident import OutboxMessage

# One message per channel: the first in line that can be sent at all. When that one has been postponed, the channel waits
# with it, which keeps the order, and keeps within Slack's limit per channel. An answer to a response URL stands in no line:
# one person waits for it, and the limit does not count it.
_DUE = """
WITH line AS (
  SELECT message.*, row_number() OVER (
    PARTITION BY CASE message.kind WHEN 'respond' THEN message.key ELSE message.channel END ORDER BY message.position
  ) AS place
  FROM outbox AS message LEFT JOIN outbox AS parent ON parent.key = message.parent_key
  WHERE message.version > message.sent_version AND message.version > message.failed_version
    AND (message.parent_key IS NULL OR parent.ts != '')
)
SELECT * FROM line WHERE place = 1 AND not_before <= :now ORDER BY position
"""
_CHANGE = """
UPDATE outbox SET payload = :payload, version = version + 1, attempts = 0,
  response_url = CASE :response_url WHEN '' THEN response_url ELSE :response_url END,
  position = CASE WHEN version > sent_version AND version > failed_version THEN position ELSE :position END
WHERE key = :key
"""
# What hangs on a message that was given up before it ever stood in Slack can never be sent.
_WAITING = """
SELECT count(*) AS waiting FROM outbox AS message LEFT JOIN outbox AS parent ON parent.key = message.parent_key
WHERE message.version > message.sent_version AND message.version > message.failed_version
  AND (parent.key IS NULL OR parent.ts != '' OR parent.version > parent.failed_version)
"""


class Outbox:
    """The messages that this bot posts.

    Raises:
        StoreError: from every method: the database cannot be read or written, or a method that takes a key does not find it.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def put(
        self,
        key: str,
        *,
        channel: str,
        payload: Mapping[str, Any],
        now: datetime,
        parent_key: str = "",
        thread_ts: str = "",
        kind: Literal["message", "file", "respond"] = "message",
        response_url: str = "",
    ) -> OutboxMessage:
        """Say how a message should stand; the same payload again changes nothing.

        Args:
            key: names the message for good; a message once put keeps its channel, thread and kind.
            channel: where it is posted.
            payload: JSON values only; see `OutboxMessage.payload`.
            now: the earliest time at which it is posted.
            parent_key: key of the message in whose thread it stands, which has been put before.
            thread_ts: a thread that others began.
            kind: `message`, `file`, or `respond` (posted to the `response_url` in the payload).
            response_url: where the person who waits for it hears that Slack refused it.
        """
        with self._connections.transaction():
            position = self._next_position()
            there = self._find(key)
            if there is None:
                if parent_key:
                    self.get(parent_key)
                self._connections.insert(
                    "outbox",
                    key=key,
                    channel=channel,
                    kind=kind,
                    payload=payload,
                    parent_key=parent_key or None,
                    thread_ts=thread_ts,
                    position=position,
                    not_before=now,
                    response_url=response_url,
                )
            elif there.payload != json.loads(json.dumps(payload)):
                self._connections.write(_CHANGE, key=key, payload=payload, position=position, response_url=response_url)
            return self.get(key)

    def get(self, key: str) -> OutboxMessage:
        """Return a message."""
        message = self._find(key)
        if message is None:
            raise StoreError(f"there is no message {key} in the outbox: put it first")
        return message

    def holds(self, key: str) -> bool:
        """Say whether a message was ever put under this key."""
        return self._find(key) is not None

    def due(self, now: datetime) -> tuple[OutboxMessage, ...]:
        """Return what is to be sent now, at most one message per channel, in the order in which it became due.

        A message in a thread is due only once the message it hangs on has been posted.
        """
        return tuple(_message(row) for row in self._connections.rows(_DUE, now=now))

    def waiting(self) -> int:
        """Return how many messages are not in Slack as they should stand, those that were given up left out."""
        row = self._connections.row(_WAITING)
        return int(row["waiting"]) if row else 0

    def begin(self, message: OutboxMessage) -> OutboxMessage:
        """Note that a call to Slack begins: until its outcome is known, the message is uncertain."""
        return self._update(message.key, "UPDATE outbox SET attempts = attempts + 1, uncertain = 1 WHERE key = :key")

    def hold_uncertain(self, *, until: datetime) -> None:
        """Let what a process that is gone had begun rest until then: its last call may still be under way to Slack."""
        self._connections.write("UPDATE outbox SET not_before = max(not_before, :until) WHERE uncertain = 1", until=until)

    def mark_sent(self, message: OutboxMessage, *, ts: str) -> OutboxMessage:
        """Note that `message.version` stands in Slack at `ts`; it stays due when a newer version has been put meanwhile."""
        return self._update(
            message.key,
            "UPDATE outbox SET ts = :ts, sent_version = max(sent_version, :version), attempts = 0, uncertain = 0, last_error = ''"
            " WHERE key = :key",
            ts=ts,
            version=message.version,
        )

    def postpone(self, message: OutboxMessage, *, until: datetime, reason: str) -> OutboxMessage:
        """Try again at `until`: Slack said that it did not take the message (rate limit, its own trouble)."""
        return self._update(
            message.key,
            "UPDATE outbox SET not_before = :until, last_error = :reason, uncertain = 0 WHERE key = :key",
            until=until,
            reason=reason,
        )

    def mark_uncertain(self, message: OutboxMessage, *, until: datetime, reason: str) -> OutboxMessage:
        """Look again at `until`: nobody knows whether Slack took the message (no answer in time)."""
        return self._update(
            message.key,
            "UPDATE outbox SET not_before = :until, last_error = :reason, uncertain = 1 WHERE key = :key",
            until=until,
            reason=reason,
        )

    def mark_failed(self, message: OutboxMessage, *, reason: str) -> OutboxMessage:
        """Give up this version: Slack will never take it (`invalid_blocks`, `channel_not_found`). A newer version is tried."""
        return self._update(
            message.key,
            "UPDATE outbox SET failed_version = :version, last_error = :reason, uncertain = 0 WHERE key = :key",
            version=message.version,
            reason=reason,
        )

    def forget_response_urls(self, *, reason: str) -> None:
        """Give up what was to be answered through response URLs so far: whoever waited there hears nothing any more."""
        with self._connections.transaction():
            self._connections.write(
                "UPDATE outbox SET failed_version = version, last_error = :reason, uncertain = 0"
                " WHERE kind = 'respond' AND version > sent_version",
                reason=reason,
            )
            self._connections.write("UPDATE outbox SET response_url = '' WHERE response_url != ''")

    def _update(self, key: str, sql: str, **values: object) -> OutboxMessage:
        with self._connections.transaction():
            self._connections.write(sql, key=key, **values)
            return self.get(key)

    def _find(self, key: str) -> OutboxMessage | None:
        row = self._connections.row("SELECT * FROM outbox WHERE key = :key", key=key)
        return _message(row) if row else None

    def _next_position(self) -> int:
        """Return the end of the line: a counter, not a time, because a clock may be set back."""
        row = self._connections.row("SELECT coalesce(max(position), 0) + 1 AS position FROM outbox")
        return int(row["position"]) if row else 1


def _message(row: Row) -> OutboxMessage:
    return OutboxMessage(
        key=row["key"],
        channel=row["channel"],
        kind=row["kind"],
        payload=to_json(row["payload"]),
        version=row["version"],
        sent_version=row["sent_version"],
        parent_key=row["parent_key"] or "",
        thread_ts=row["thread_ts"],
        ts=row["ts"],
        attempts=row["attempts"],
        uncertain=bool(row["uncertain"]),
        response_url=row["response_url"],
        refused=row["failed_version"] >= row["version"],
    )
