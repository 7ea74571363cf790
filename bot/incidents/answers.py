"""`Answers`: which message in Slack (a row of the outbox, by its key) holds which diagnosis; which incident a thread is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.incidents.columns import to_json, to_time
from bot.incidents.connections import Connections, Row

# A message may have gone on to tell of another incident, and one that is being made anew shows how far that is.
_OF_INCIDENT = (
    "SELECT * FROM diagnoses AS answer WHERE incident = :incident AND headline != ''"
    " AND NOT EXISTS (SELECT 1 FROM diagnoses AS later WHERE later.headline = answer.headline AND later.headline != ''"
    " AND later.number > answer.number)"
    " AND NOT EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND kind = 'diagnose'"
    " AND json_extract(payload, '$.headline') = answer.headline) ORDER BY number"
)
_LAST = "SELECT * FROM diagnoses WHERE headline = :headline AND headline != '' ORDER BY number DESC LIMIT 1"
_AT_THREAD = (
    "SELECT number FROM incidents WHERE number IN ("
    " SELECT number FROM incidents WHERE channel = :channel AND thread = :thread AND thread != ''"
    " UNION SELECT incident FROM alerts WHERE channel = :channel AND ts = :thread AND ts != ''"
    " UNION SELECT number FROM incidents WHERE headline = :headline AND headline != ''"
    " UNION SELECT incident FROM diagnoses WHERE headline = :headline AND headline != '')"
    " ORDER BY status != 'resolved' DESC, number DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one message says: the last diagnosis in it, and where that comes from.

    Attributes:
        headline: the message's key in the outbox.
        incident: number of the incident it belongs to; None when it opened none.
        job: number of the job that gave it; None when it is forgotten.
        collected_by: number of the job that collected its evidence; None when that was not written down.
        recorded_at: when it was given.
        document: the JSON answer.
    """

    headline: str
    incident: int | None
    job: int | None
    collected_by: int | None
    recorded_at: datetime
    document: Mapping[str, Any]


class Answers:
    """The answers that stand in Slack.

    Raises:
        StoreError: from every method: the database cannot be read.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def of(self, incident: int) -> tuple[Answer, ...]:
        """Return what the messages about an incident say, the oldest first; those that are being made anew are left out."""
        return tuple(map(_answer, self._connections.rows(_OF_INCIDENT, incident=incident)))

    def last(self, headline: str) -> Answer | None:
        """Return what a message says; None when it holds no diagnosis."""
        row = self._connections.row(_LAST, headline=headline)
        return _answer(row) if row else None

    def incident_at(self, channel: str, thread: str) -> int | None:
        """Return the number of the incident that a thread is about, an open one before others; None when it is about none.

        Args:
            channel: the channel's id.
            thread: timestamp of the message that begins the thread: an alert, somebody's words, or a message of the bot's own.
        """
        own = self.message_at(channel, thread)
        row = self._connections.row(_AT_THREAD, channel=channel, thread=thread, headline=own[0] if own else "")
        return int(row["number"]) if row else None

    def message_at(self, channel: str, ts: str) -> tuple[str, str] | None:
        """Return the key and the text of a message of the bot's own; None when it is not one."""
        row = self._connections.row(
            "SELECT key, payload FROM outbox WHERE channel = :channel AND ts = :ts AND ts != '' AND kind = 'message'",
            channel=channel,
            ts=ts,
        )
        return (row["key"], str(to_json(row["payload"]).get("text", ""))) if row else None


def _answer(row: Row) -> Answer:
    return Answer(
        headline=row["headline"],
        incident=row["incident"],
        job=row["job"],
        collected_by=row["collected_by"],
        recorded_at=to_time(row["recorded_at"]),
        document=to_json(row["document"]),
    )
