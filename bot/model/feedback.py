"""What people say of findings: `Feedback`, and the `PlaybookRecord` that it counts against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """A person's word that a finding was wrong, and why. `incident` is its number; None where the finding opened none."""

    incident: int | None
    service: str
    playbook: str
    fingerprint: str
    text: str
    actor: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class PlaybookRecord:
    """How a playbook has done: in how many diagnoses and incidents it named the cause, and how often that was said to be wrong.

    Several people who say so of one finding of one incident count once.
    """

    playbook: str
    diagnoses: int
    incidents: int
    wrong: int
