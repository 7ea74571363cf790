"""Findings among each other: which gives way, which explains which, and in what order a person should read them.

What enters: the findings of all playbooks on one service. What leaves: those that stand by themselves, the verdict first, each
with its symptoms beneath it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.model.diagnosis import Finding
from bot.model.facts import CrashRow, Row
from bot.model.failure import FailureClass, Group, Phase
from bot.model.rule import Rule

ANY_CRASH = "any-crash"
"""What `yields_to` says for every playbook whose class stands in the group of crashes."""

OWN_CLASSES = FailureClass("A class of the team's own", Group.ILL, Phase.SICKNESS)
"""What is assumed of a class that starts with `x-`."""

_TIMES = ("first_seen", "last_seen", "ended_at")


def judge(findings: Sequence[Finding], rules: Mapping[str, Rule], classes: Mapping[str, FailureClass]) -> tuple[Finding, ...]:
    """Drop findings that give way, fold symptoms beneath what explains them, and sort.

    Among findings that nothing explains: death, then sickness, then symptom, where a finding ranks with the gravest of its
    symptoms (a leak that got the process killed ranks as a death); then severity, confidence, number of instances, playbook.
    A finding is as severe as the worst of its symptoms.
    """
    ordered = sorted(findings, key=lambda finding: _order(finding, classes))
    standing = _without_yielding(ordered, rules, classes)
    parents = _parents(standing, rules)
    roots = [_root(index, parents) for index in range(len(standing))]
    folded = [
        _with(finding, tuple(standing[other] for other, root in enumerate(roots) if root == index and other != index))
        for index, finding in enumerate(standing)
        if roots[index] == index
    ]
    return tuple(sorted(folded, key=lambda finding: _order(finding, classes)))


def _with(finding: Finding, symptoms: tuple[Finding, ...]) -> Finding:
    """Fold symptoms beneath a finding, which is as severe as the worst of them: a leak that kills the process is no small one."""
    severity = min((each.severity for each in (finding, *symptoms)), key=lambda severity: severity.rank)
    return replace(finding, symptoms=symptoms, severity=severity)


def _order(finding: Finding, classes: Mapping[str, FailureClass]) -> tuple[object, ...]:
    phases = [_class(each, classes).phase.rank for each in (finding, *finding.symptoms)]
    culprit = finding.culprit.function if finding.culprit else ""
    return min(phases), finding.severity.rank, finding.confidence.rank, -len(finding.instances), finding.playbook, culprit


def _class(finding: Finding, classes: Mapping[str, FailureClass]) -> FailureClass:
    return classes.get(finding.failure_class, OWN_CLASSES)


def _without_yielding(
    ordered: Sequence[Finding], rules: Mapping[str, Rule], classes: Mapping[str, FailureClass]
) -> list[Finding]:
    """Drop each finding that yields to one still standing; the last in order first, so that of two one always stays."""
    standing = list(ordered)
    for finding in reversed(ordered):
        if any(_yields(finding, other, rules[finding.playbook], classes) for other in standing):
            standing.remove(finding)
    return standing


def _yields(finding: Finding, other: Finding, rule: Rule, classes: Mapping[str, FailureClass]) -> bool:
    if other.playbook == finding.playbook or not _same_failure(finding, other):
        return False
    crash = ANY_CRASH in rule.yields_to and _class(other, classes).group is Group.CRASH
    return crash or other.playbook in rule.yields_to or other.failure_class in rule.yields_to


def _same_failure(one: Finding, other: Finding) -> bool:
    """Whether two findings may be about the same failure: a target in common; where both rest on crashes, a crash in common."""
    crashes, others = _crashes(one), _crashes(other)
    if crashes and others:
        return not crashes.isdisjoint(others)
    return not one.instances or not other.instances or not set(one.instances).isdisjoint(other.instances)


def _crashes(finding: Finding) -> set[Row]:
    return {row for rows in finding.rows.values() for row in rows if isinstance(row, CrashRow)}


def _parents(standing: Sequence[Finding], rules: Mapping[str, Rule]) -> dict[int, int]:
    """Return for each explained finding the first one that explains it. The earlier wins where two explain each other."""
    parents: dict[int, int] = {}
    for index in reversed(range(len(standing))):
        for other, cause in enumerate(standing):
            if _explains(cause, standing[index], rules[cause.playbook]) and _root(other, parents) != index:
                parents[index] = other
                break
    return parents


def _root(index: int, parents: Mapping[int, int]) -> int:
    """Follow the explanations to the finding that nothing explains."""
    while index in parents:
        index = parents[index]
    return index


def _explains(cause: Finding, symptom: Finding, rule: Rule) -> bool:
    if cause.playbook == symptom.playbook or not {symptom.playbook, symptom.failure_class}.intersection(rule.explains):
        return False
    return rule.within_seconds is None or _gap_seconds(cause, symptom) <= rule.within_seconds


def _gap_seconds(one: Finding, other: Finding) -> float:
    """Return the seconds between the times of two findings; 0 when they overlap, or when one of them knows no time."""
    times, others = _times(one), _times(other)
    if not times or not others:
        return 0.0
    return max((min(others) - max(times)).total_seconds(), (min(times) - max(others)).total_seconds(), 0.0)


def _times(finding: Finding) -> list[datetime]:
    found = (getattr(row, name, None) for rows in finding.rows.values() for row in rows for name in _TIMES)
    return [time for time in found if time is not None]
