"""The selected rows of a playbook → its findings, one per distinct culprit, each over all the targets it holds on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from bot.errors import ConfigError
from bot.model.diagnosis import Culprit, Finding, Proof
from bot.model.evidence import Kind, Target
from bot.model.facts import Row
from bot.model.functions import normalise_function
from bot.model.rule import Confidence, Playbook, Severity
from bot.rules.fingerprint import fingerprint
from bot.rules.predicates import compile_where
from bot.rules.select import Selected
from bot.rules.templates import Rows, render_next_steps, render_summary

PROOFS_PER_SELECTION = 5


@dataclass(frozen=True, slots=True)
class Built:
    """A finding, and what went wrong while its words were written."""

    finding: Finding
    problems: tuple[str, ...] = ()


def build(
    playbook: Playbook, selected: Mapping[str, Selected], fired: Sequence[str], *, service: str, targets: Mapping[str, Target]
) -> Iterator[Built]:
    """Yield the findings of a playbook.

    Args:
        playbook: the playbook, every selection of which has a row on each of the targets in `fired`.
        selected: what its selections found.
        fired: names of the targets it holds on; an empty name stands for the service as a whole.
        service: the service's name.
        targets: the targets by instance, for what the templates show.
    """
    for function, where in _culprits(playbook, selected, fired).items():
        rows = {name: chosen.on(*where) for name, chosen in selected.items()}
        if playbook.rule.culprit:
            kept = tuple(row for row in rows[playbook.rule.culprit] if _function(row) == function)
            rows[playbook.rule.culprit] = kept
        seen_on = {row.target for chosen in rows.values() for row in chosen}
        instances = tuple(target for target in fired if target and target in seen_on)
        built = _finding(playbook, rows, instances, service=service, target=_target(service, instances, targets))
        summary = built.finding.summary + _share(len(instances), len(targets))
        yield replace(built, finding=replace(built.finding, summary=summary))


def _culprits(playbook: Playbook, selected: Mapping[str, Selected], fired: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the targets of each distinct culprit, by normalised function; one unnamed culprit where the rule names none."""
    if not playbook.rule.culprit:
        return {"": tuple(fired)}
    chosen = selected[playbook.rule.culprit]
    functions = dict.fromkeys(_function(row) for row in chosen.on(*fired))
    return {
        function: tuple(target for target in fired if any(_function(row) == function for row in chosen.on(target)))
        for function in functions
    }


def _function(row: Row) -> str:
    """Return the normalised function of a row, empty when the evidence names none."""
    return normalise_function(getattr(row, "function", None) or "")


def _target(service: str, instances: tuple[str, ...], targets: Mapping[str, Target]) -> Target:
    """Return the first instance as a target; a nameless one for what belongs to the service as a whole."""
    instance = instances[0] if instances else ""
    return targets.get(instance) or Target(service, instance)


def _share(instances: int, targets: int) -> str:
    """Say on how many of several instances a finding holds.

    >>> _share(3, 12), _share(12, 12), _share(1, 1), _share(0, 12)
    (', on 3 of 12 instances', ', on all 12 instances', '', '')
    """
    if not instances or targets <= 1:
        return ""
    return f", on all {targets} instances" if instances >= targets else f", on {instances} of {targets} instances"


def _finding(playbook: Playbook, rows: Rows, instances: tuple[str, ...], *, service: str, target: Target) -> Built:
    rule = playbook.rule
    culprit = _culprit(rows[rule.culprit][0]) if rule.culprit else None
    finding = Finding(
        playbook=playbook.name,
        failure_class=rule.failure_class,
        title=rule.title,
        severity=rule.severity,
        confidence=rule.confidence,
        summary=rule.title,
        culprit=culprit,
        instances=instances,
        proofs=tuple(_proofs(rows)),
        next_steps=(),
        fingerprint=fingerprint(playbook.name, service, [culprit.function] if culprit else []),
        rows=rows,
        measure=_measure(rule.measure, rows),
    )
    finding = _raised(playbook, finding)
    try:
        summary = render_summary(playbook, rows, service=service, target=target)
        steps = render_next_steps(playbook, rows, service=service, target=target)
    except ConfigError as error:
        return Built(finding, error.problems)
    return Built(replace(finding, summary=summary, next_steps=steps))


def _culprit(row: Row) -> Culprit | None:
    """Return the function, file and line of a row; None when the evidence names no function."""
    function = getattr(row, "function", None)
    return Culprit(function, getattr(row, "file", None) or "", getattr(row, "line", None) or 0) if function else None


def _raised(playbook: Playbook, finding: Finding) -> Finding:
    """Apply the first entry of `raise` of which every named selection has a row that passes."""
    for raised in playbook.rule.raises:
        tests = [(compile_where(where), finding.rows[name]) for name, where in raised.when.items()]
        if all(any(predicate.holds(row) for row in rows) for predicate, rows in tests):
            severity = Severity(raised.to.get("severity", finding.severity))
            return replace(finding, severity=severity, confidence=Confidence(raised.to.get("confidence", finding.confidence)))
    return finding


def _measure(measure: str, rows: Rows) -> float | None:
    """Return the measured column of the selection's first row, the most important one; None when it is unknown."""
    name, _, column = measure.partition(".")
    value = getattr(rows[name][0], column) if measure else None
    return None if value is None else float(value)


def _proofs(rows: Rows) -> Iterator[Proof]:
    """Yield one proof per row, of the first rows of each selection; a row that two selections hold proves once."""
    for row in dict.fromkeys(row for chosen in rows.values() for row in chosen[:PROOFS_PER_SELECTION]):
        yield Proof(kind=evidence_kind(row.evidence), source=row.target or row.evidence, locator=row.locator, excerpt=row.excerpt)


def evidence_kind(name: str) -> str:
    """Return the kind of evidence that a file in a bundle holds.

    >>> evidence_kind("baseline/goroutine.debug1.txt"), evidence_kind("service.log"), evidence_kind("")
    ('goroutine', 'service.log', '')
    """
    file = PurePosixPath(name).name
    return next((kind.value for kind in Kind if f"{file}.".startswith(f"{kind.value}.")), file.partition(".")[0])
