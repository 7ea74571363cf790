"""Incidents in numbers: `IncidentTimes`, `GroupNumbers`, `Recurrence`, `Outage`, `Budget`, `Measured`. Times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTimes:
    """When an incident's life turned, from its stored transitions; None for what has not happened.

    Attributes:
        acknowledged_at: somebody took it on: its first change of status, or its first lead.
        mitigated_at: it was mitigated, or resolved without that, and has not been ill since.
        ill_seconds: for how long it was neither mitigated nor resolved, up to then: what a budget counts. While it is ill, of
            the stretches before that.
        resolved_at: it was resolved, and has not been reopened.
        failure_class: of what was last found in it; empty where nothing was.
    """

    number: int
    service: str
    severity: str
    failure_class: str
    opened_at: datetime
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    ill_seconds: float
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class GroupNumbers:
    """Incidents that share a service, a class or a severity: how many, how many open, and medians in seconds from opening."""

    name: str
    incidents: int
    open: int
    acknowledge_seconds: float | None
    mitigate_seconds: float | None
    resolve_seconds: float | None


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The same fingerprint in several incidents of a service; `last` is the newest's key."""

    service: str
    playbook: str
    culprit: str
    incidents: int
    last: str


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch of time in which an incident was neither mitigated nor resolved."""

    incident: str
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A service's error budget: what its objective allows in the window, and what each incident took of it.

    Attributes:
        objective_percent: the share of time that the service promises to be well.
        window_seconds: the time looked back on.
        spent: seconds by the incident's key; time that two incidents share counts for the earlier one.
    """

    service: str
    objective_percent: float
    window_seconds: float
    spent: tuple[tuple[str, float], ...]

    @property
    def allowed_seconds(self) -> float:
        """How long the service may be ill within the window.

        >>> year = Budget(service="checkout", objective_percent=99.99, window_seconds=365.25 * 86400, spent=())
        >>> round(year.allowed_seconds / 60, 1)
        52.6
        """
        return (100 - self.objective_percent) / 100 * self.window_seconds

    @property
    def spent_seconds(self) -> float:
        """How long it was ill."""
        return sum(seconds for _, seconds in self.spent)

    @property
    def left_ratio(self) -> float:
        """How much of the budget is left; below zero when more was spent than there was."""
        return 1 - self.spent_seconds / self.allowed_seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """What the number of a finding was at a diagnosis: how many goroutines were stuck, say. `playbook` says what is counted."""

    fingerprint: str
    playbook: str
    title: str
    measured_at: datetime
    value: float
