"""The nouns of memory: `Incident`, `TimelineEvent`, `SearchHit`, `PastIncident`, `Job`, `OutboxMessage`. Times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")
"""How bad an incident is, the worst first."""


class Status(StrEnum):
    """The life of an incident. Reopening is an event that goes back to the first one."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. `number` gives its key `INC-n`; `dedup_key` is unique among the open incidents of a service.

    Attributes:
        channel: where in Slack it is answered; empty when it is not.
        thread: the message of others (an alert) in whose thread that is; empty when it is the thread of the bot's own `headline`.
        headline: outbox key of the first message that answered it.
        permalink: address of the message that begins the thread; empty until Slack has told it.
    """

    number: int
    service: str
    title: str
    status: Status
    severity: str
    dedup_key: str
    opened_at: datetime
    opened_by: str
    lead: str = ""
    resolved_at: datetime | None = None
    resolution: str = ""
    channel: str = ""
    thread: str = ""
    headline: str = ""
    permalink: str = ""

    @property
    def key(self) -> str:
        """What people call it: `INC-7`."""
        return f"INC-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """One dated entry: `occurred_at` is when it happened, `recorded_at` when we learned of it.

    `kind` is one word: opened, alert, occurrence, diagnosis, finding, status, severity, lead, responder, note, pinned, link,
    feedback, acknowledged, snoozed, check, reopened.
    """

    number: int
    incident: int
    kind: str
    text: str
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    permalink: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An incident in which words were found, and the newest of its texts that holds them: a timeline event's or a finding's."""

    incident: Incident
    kind: str
    text: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIncident:
    """An incident of a service's history, with what was found last in it, and the function that was to blame."""

    incident: Incident
    failure_class: str = ""
    culprit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that survives a restart. `attempts` counts the times it was begun."""

    number: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One Slack message as it should stand; the sender makes it so.

    Attributes:
        key: idempotency key, also written into the message's metadata: `INC-1:headline`.
        channel: where it is posted.
        parent_key: key of the message in whose thread it is posted; empty when it stands in the channel.
        thread_ts: a thread that others began (the alert's), used when `parent_key` is empty.
        payload: arguments of chat.postMessage (text, blocks), or a file's name, title, alt text and content path.
        kind: `message`, `file`, or `respond` (an answer to a response URL, seen by one person).
        version: raised whenever the payload changes; sent when `sent_version` has caught up.
        ts: Slack's timestamp once posted.
        attempts: tries of the current version; `uncertain` marks a try whose outcome is unknown.
        response_url: where the person who waits for the message hears that Slack refused it; empty when nobody does.
        refused: Slack has refused the newest version, which is not tried again.
    """

    key: str
    channel: str
    kind: str
    payload: Mapping[str, Any]
    version: int
    sent_version: int
    parent_key: str = ""
    thread_ts: str = ""
    ts: str = ""
    attempts: int = 0
    uncertain: bool = False
    response_url: str = ""
    refused: bool = False
