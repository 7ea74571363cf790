"""`Alert`: one notification from a source. `Notice`: one that was written down. `AlertState`: what all of an alert's say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One notification from an alert source.

    Attributes:
        source: which product sent it (`alertmanager`, `grafana`, …).
        fingerprint: stable key: a repeat or the resolved edition carries the same one.
        title: one line for people.
        firing: false when it says that it is over.
        labels: names and values where the product keeps them.
        text: all words of the alert, for matching a service by text.
        service: the service it was recognised as; empty when none was.
        acknowledged: it fires, and somebody has taken it on: no repeat, only word of that.
    """

    source: str
    fingerprint: str
    title: str
    firing: bool
    text: str
    labels: dict[str, str] = field(default_factory=dict)
    service: str = ""
    occurred_at: datetime | None = None
    acknowledged: bool = False


class NoticeState(StrEnum):
    """What a notice says of its alert."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An alert as it was said at one time: a message, an edition of a message, or one entry of a post over HTTP.

    Attributes:
        key: tells it from every other notice; the same words that come twice have the same key.
        service: the service it is about.
        fingerprint, source, title: those of the alert.
        state: what it says.
        said_at: when it was said: this, not the order in which notices come in, decides which is the last word.
        occurred_at: when it happened, by the source's own word, else `said_at`.
        channel, ts: the message in Slack that said it; `ts` is empty for one that came over HTTP.
        headline: outbox key of the answer it belongs to; empty while it has none.
        incident: number of the incident it belongs to; None while it has none.
    """

    key: str
    service: str
    fingerprint: str
    source: str
    title: str
    state: NoticeState
    said_at: datetime
    occurred_at: datetime
    channel: str = ""
    ts: str = ""
    headline: str = ""
    incident: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """What all notices of one alert say together.

    Attributes:
        fingerprint, title: those of the first notice.
        source: who said the last one.
        state: what the last one says.
        since: when that happened.
        occurrences: how often it was said to fire.
        first_seen, last_seen: when the first and the last notice were said.
    """

    fingerprint: str
    title: str
    source: str
    state: NoticeState
    since: datetime
    occurrences: int
    first_seen: datetime
    last_seen: datetime
