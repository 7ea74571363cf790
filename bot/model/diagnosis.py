"""What one run found: `Finding`, `NotEvaluated`, `TargetReport`, `Diagnosis`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.evidence import CollectFailure
from bot.model.facts import ChangeRow, Row
from bot.model.recovery import Recovery
from bot.model.rule import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Culprit:
    """The line of code to blame."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence of a finding: its kind, whose it is, where in it, and the text itself."""

    kind: str
    source: str
    locator: str
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A playbook that matched.

    Attributes:
        instances: targets it holds on; empty when it belongs to the service as a whole.
        symptoms: findings that this one explains; they are shown under it, never beside it.
        fingerprint: stable over rebuilds: playbook, service and normalised culprit functions.
        measure: the number that says later whether it has recovered; None when the rule names none.
        rows: the selected rows by selection name: what proves it, and what the runbook is filled in with.
    """

    playbook: str
    failure_class: str
    title: str
    severity: Severity
    confidence: Confidence
    summary: str
    culprit: Culprit | None
    instances: tuple[str, ...]
    proofs: tuple[Proof, ...]
    next_steps: tuple[str, ...]
    fingerprint: str
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    measure: float | None = None
    symptoms: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A playbook that could not be judged, and what is missing: evidence kinds, or `table.column` that was unknown."""

    playbook: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReport:
    """What was collected from one target, what was not, what it cost, and what the target runs (empty when unknown)."""

    instance: str
    collected: tuple[str, ...]
    failures: tuple[CollectFailure, ...]
    frozen_seconds: float
    bytes: int
    revision: str = ""
    go_version: str = ""


@dataclass(frozen=True, slots=True)
class DumpCounts:
    """Goroutine dumps and profiles added up: how many goroutines were there, were read, in how many groups."""

    seen: int
    parsed: int
    groups: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class SimilarIncident:
    """An earlier incident with the same fingerprint.

    `permalink` is where it stands in Slack, empty when it does not; `said_wrong`: somebody said that the finding was wrong then.
    """

    key: str
    opened_at: datetime
    status: str
    resolution: str
    permalink: str = ""
    said_wrong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything one run found, and what could not be looked at. Findings are in reading order: the first is the verdict.

    Attributes:
        changes: differences to the baseline; empty when there was none to compare with.
        baseline_at: when the baseline was taken; None when there was none.
        recovered: what has become of the incident's earlier findings; None when that was not asked.
        problems: evidence that could not be read, one sentence each.
        similar: the newest earlier incidents by the finding's fingerprint.
        times_seen: in how many earlier incidents it was found, by its fingerprint.
        runbooks: Markdown, filled in for the finding, by the finding's fingerprint.
    """

    service: str
    started_at: datetime
    duration_seconds: float
    verdict: str
    targets: tuple[TargetReport, ...]
    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...] = ()
    dump: DumpCounts | None = None
    masked: int = 0
    changes: tuple[ChangeRow, ...] = ()
    baseline_at: datetime | None = None
    recovered: tuple[Recovery, ...] | None = None
    problems: tuple[str, ...] = ()
    incident: str | None = None
    similar: Mapping[str, tuple[SimilarIncident, ...]] = field(default_factory=dict)
    times_seen: Mapping[str, int] = field(default_factory=dict)
    runbooks: Mapping[str, str] = field(default_factory=dict)
