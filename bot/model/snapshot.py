"""What parsing one bundle gave: `Parsed` values in a `Snapshot`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.model.evidence import Bundle, Evidence
from bot.model.goroutines import GoroutineDump
from bot.model.history import MetricsHistory
from bot.model.logs import LogReading
from bot.model.profiles import MetricsPage, Profile


@dataclass(frozen=True, slots=True)
class KubernetesList:
    """The items of a Kubernetes list (`kubectl get pods -o json`), or the one object, as decoded JSON."""

    items: tuple[dict[str, Any], ...]


Reading = GoroutineDump | Profile | MetricsPage | MetricsHistory | LogReading | KubernetesList


@dataclass(frozen=True, slots=True)
class Parsed:
    """One piece of evidence, what reading it gave, or why it could not be read (exactly one of the two)."""

    evidence: Evidence
    reading: Reading | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What parsing one bundle gave: one `Parsed` per piece of evidence, in the bundle's order; the baseline likewise."""

    bundle: Bundle
    parsed: tuple[Parsed, ...]
    baseline: Snapshot | None = None

    @property
    def service(self) -> str:
        """The service's name."""
        return self.bundle.service

    @property
    def taken_at(self) -> datetime:
        """When the collection started (UTC)."""
        return self.bundle.taken_at
