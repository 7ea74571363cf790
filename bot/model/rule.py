"""What a playbook says: `Rule` (the YAML), its `Selection`s, and `Playbook`, the directory around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure a finding is: proof, two independent signs, or one sign."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"

    @property
    def rank(self) -> int:
        """0 for the surest."""
        return list(Confidence).index(self)


Where = Mapping[str, Any]
"""Sigma's grammar: `column|modifier: value`, all must hold; `any:` holds a list of such mappings, one of which must."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of one table. `same` (in `unless` only) names the columns that join it to the row it silences."""

    table: str
    where: Where = field(default_factory=dict)
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raise:
    """Another severity or confidence (`to`) when the named selections' rows also match (`when`)."""

    to: Mapping[str, str]
    when: Mapping[str, Where]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The content of a `rule.yaml`; its grammar is described in `playbooks/README.md`."""

    title: str
    failure_class: str
    severity: Severity
    confidence: Confidence
    match: Mapping[str, Selection]
    summary: str
    next_steps: tuple[str, ...]
    needs: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    unless: Mapping[str, Selection] = field(default_factory=dict)
    raises: tuple[Raise, ...] = ()
    explains: tuple[str, ...] = ()
    within_seconds: float | None = None
    yields_to: tuple[str, ...] = ()
    measure: str = ""
    culprit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One failure: its rule, its runbook template and where they stand. The directory's name is the playbook's name."""

    name: str
    rule: Rule
    runbook: str
    directory: Path
