"""The nouns of being on call: `Mute`, and the `DueUpdate` that an incident owes to people. Times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.incident import Incident


@dataclass(frozen=True, slots=True)
class Mute:
    """A service whose alerts nobody wants to hear of until a time, and why."""

    service: str
    until: datetime
    reason: str
    actor: str
    muted_at: datetime


@dataclass(frozen=True, slots=True)
class DueUpdate:
    """When people are to hear more of an open incident, and when and from whom they heard last."""

    incident: Incident
    due_at: datetime
    heard_at: datetime
    heard_from: str
