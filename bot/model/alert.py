"""`Alert`: one notification from a source."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


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
    """

    source: str
    fingerprint: str
    title: str
    firing: bool
    text: str
    labels: dict[str, str] = field(default_factory=dict)
    service: str = ""
    occurred_at: datetime | None = None
