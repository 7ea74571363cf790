"""The closed list of failure classes, as data: `FailureClass`, with the `Group` it stands in and the `Phase` it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """How a failure shows itself."""

    CRASH = "crash"
    """It crashed, and the text says why."""
    STOPPED = "stopped"
    """It was stopped from outside, or never came up."""
    ILL = "ill"
    """It runs, but it is ill."""
    SEEN = "seen"
    """What others saw of it."""


class Phase(StrEnum):
    """What a failure means for the process, in the order of judgement."""

    DEATH = "death"
    SICKNESS = "sickness"
    SYMPTOM = "symptom"

    @property
    def rank(self) -> int:
        """0 for death."""
        return list(Phase).index(self)


@dataclass(frozen=True, slots=True)
class FailureClass:
    """One word of the closed list: its title for people, its group and its phase."""

    title: str
    group: Group
    phase: Phase
