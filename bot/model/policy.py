"""What a team has agreed on: how bad an incident is, who is told, how soon people hear more, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ConfigError, UsageError
from bot.model.incident import SEVERITIES
from bot.model.rule import Severity
from bot.model.units import Duration

RESTRICTED = ("capture", "resolve", "reopen", "status", "severity", "lead", "note", "mute", "diagnose", "postmortem")
"""What a service may reserve for some people. `capture` is a full dump that freezes the service for longer than it allows."""

_MEMBER = re.compile(r"@[a-z0-9][a-z0-9._-]*|[UWSC][A-Z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityPolicy:
    """What one severity of an incident means.

    Attributes:
        opened_by: severities of a finding that open an incident of this severity; None keeps what holds by default.
        update: how soon people are to hear more, counted from the last change; 0 = nobody waits, None as by default.
        tell: who is named when such an incident begins: user groups (`@oncall-shop`, `S0ONCALL`) or people (`U0LEAD`).
    """

    opened_by: tuple[Severity, ...] | None = None
    update: Duration | None = None
    tell: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that are none."""
        if wrong := [name for name in self.tell if not _MEMBER.fullmatch(name) or name.startswith("C")]:
            raise UsageError(f"`{wrong[0]}` is nobody who could be told: write @group, S… of a user group or U… of a person")


SEVERITY_POLICIES: Mapping[str, SeverityPolicy] = {
    "SEV1": SeverityPolicy(opened_by=(), update=Duration(1800.0)),
    "SEV2": SeverityPolicy(opened_by=(Severity.CRITICAL,), update=Duration(3600.0)),
    "SEV3": SeverityPolicy(opened_by=(Severity.HIGH,), update=Duration(4 * 3600.0)),
    "SEV4": SeverityPolicy(opened_by=(Severity.MEDIUM,), update=Duration(24 * 3600.0)),
}
"""What holds where the configuration says nothing: an incident of SEV1 is always a person's decision."""


def severity_of(finding: Severity, policies: Mapping[str, SeverityPolicy]) -> str | None:
    """Return how bad the incident is that a finding opens; None when it opens none.

    >>> severity_of(Severity.HIGH, SEVERITY_POLICIES), severity_of(Severity.LOW, SEVERITY_POLICIES)
    ('SEV3', None)
    """
    return next((name for name in SEVERITIES if finding in (policies[name].opened_by or ())), None)


def with_defaults(configured: Mapping[str, SeverityPolicy]) -> dict[str, SeverityPolicy]:
    """Return the whole matrix: what is configured, and what holds by default for the rest.

    Raises:
        ConfigError: a severity is none, or one kind of finding would open two; every problem at once.
    """
    problems = [f"severities.{name}: there are {', '.join(SEVERITIES)}" for name in configured if name not in SEVERITIES]
    policies = {name: _completed(configured.get(name, default), default) for name, default in SEVERITY_POLICIES.items()}
    for finding in Severity:
        opened = [name for name, policy in policies.items() if finding in (policy.opened_by or ())]
        if len(opened) > 1:
            problems.append(f"severities: a {finding} finding would open {' and '.join(opened)}: name it in one `opened_by`")
    if problems:
        raise ConfigError(problems)
    return policies


def _completed(policy: SeverityPolicy, default: SeverityPolicy) -> SeverityPolicy:
    return SeverityPolicy(
        opened_by=default.opened_by if policy.opened_by is None else policy.opened_by,
        update=default.update if policy.update is None else policy.update,
        tell=policy.tell,
    )


def check_allowed(allowed: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse what could not be reserved, or for nobody.

    Raises:
        ConfigError: every problem at once.
    """
    problems = [f"allow.{verb}: there are {', '.join(RESTRICTED)}" for verb in allowed if verb not in RESTRICTED]
    problems += [
        f"allow.{verb}: `{name}` is nobody: write @group or S… of a user group, U… of a person, C… of a channel"
        for verb, names in allowed.items()
        for name in names
        if not _MEMBER.fullmatch(name)
    ]
    if problems:
        raise ConfigError(problems)
