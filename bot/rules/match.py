"""Playbooks and facts → findings in reading order, and what could not be judged.

A playbook is judged on each target by itself: the rows of that target and those of the service as a whole. It holds where every
selection has a row. Where it holds on several targets with the same culprit, that is one finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.model.diagnosis import Finding, NotEvaluated
from bot.model.evidence import Target
from bot.model.facts import Facts
from bot.model.failure import FailureClass
from bot.model.rule import Playbook, Rule
from bot.rules.findings import build
from bot.rules.judgement import judge
from bot.rules.predicates import compared_columns
from bot.rules.select import Selected, select
from bot.rules.tables import wanted
from bot.yamlfile import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchContext:
    """What matching needs to know beside playbooks and facts.

    Attributes:
        service: the service's name.
        classes: the closed list of failure classes (`bot.rules.load.load_classes`).
        targets: the targets that were looked at; templates show their URLs.
        thresholds: the service's own numbers by `playbook.selection.column`.
    """

    service: str
    classes: Mapping[str, FailureClass]
    targets: tuple[Target, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matched:
    """What matching gave.

    Attributes:
        findings: those that nothing explains, the verdict first; their symptoms are beneath them.
        not_evaluated: playbooks that could be judged on no target, by name.
        problems: templates that could not be filled in; such a finding has its playbook's title for a summary.
    """

    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    problems: tuple[str, ...] = ()


def match(playbooks: Sequence[Playbook], facts: Facts, *, context: MatchContext) -> Matched:
    """Match every playbook that is meant for the service.

    Raises:
        ConfigError: a predicate is not sound, which `load_playbooks` would have said.
    """
    kinds = _kinds(facts)
    names = _target_names(facts)
    targets = {target.instance: target for target in context.targets}
    findings: list[Finding] = []
    not_evaluated: list[NotEvaluated] = []
    problems: list[str] = []
    for playbook in playbooks:
        if playbook.rule.services and context.service not in playbook.rule.services:
            continue
        selected = select(playbook.rule, facts, numbers=_numbers(playbook.name, context.thresholds))
        fired, missing = _judged(playbook.rule, selected, names, kinds)
        if missing:
            not_evaluated.append(NotEvaluated(playbook.name, missing))
        for built in build(playbook, selected, fired, service=context.service, targets=targets) if fired else ():
            findings.append(built.finding)
            problems += built.problems
    rules = {playbook.name: playbook.rule for playbook in playbooks}
    return Matched(judge(findings, rules, context.classes), tuple(not_evaluated), tuple(problems))


def threshold_problems(playbooks: Sequence[Playbook], thresholds: Mapping[str, float]) -> dict[str, str]:
    """Return what is wrong with a service's thresholds, by path: paths that no playbook compares with a number."""
    known = [
        f"{playbook.name}.{name}.{column}"
        for playbook in playbooks
        for name, selection in {**playbook.rule.match, **playbook.rule.unless}.items()
        for column in sorted(compared_columns(selection.where))
    ]
    return {path: f"no playbook has this threshold{did_you_mean(path, known)}" for path in thresholds if path not in known}


def _target_names(facts: Facts) -> tuple[str, ...]:
    """Return the names of the targets that any row was seen on, the collection's first; one empty name if there are none."""
    rows = [*facts.collection, *(row for _, table in facts.tables() for row in table)]
    return tuple(dict.fromkeys(row.target for row in rows if row.target)) or ("",)


def _kinds(facts: Facts) -> Mapping[str, set[str]]:
    """Return the kinds of evidence that were had, by target; those of the whole service under the empty name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in facts.collection:
        if row.ok:
            found[row.target].add(row.kind)
    return found


def _numbers(playbook: str, thresholds: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return the thresholds of one playbook by selection and column."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for path, number in thresholds.items():
        name, _, rest = path.partition(".")
        selection, _, column = rest.partition(".")
        if name == playbook:
            found[selection][column] = number
    return found


def _judged(
    rule: Rule, selected: Mapping[str, Selected], names: Sequence[str], kinds: Mapping[str, set[str]]
) -> tuple[list[str], tuple[str, ...]]:
    """Return the targets that a rule holds on, and what was missing if it could be judged on none."""
    fired: list[str] = []
    missing: dict[str, None] = {}
    quiet = False
    for name in names:
        had = kinds.get(name, set()) | kinds.get("", set())
        absent = [kind for kind in rule.needs if kind not in had]
        unmet = [chosen for chosen in selected.values() if not chosen.on(name)]
        if absent:
            missing |= dict.fromkeys(absent)
        elif not unmet:
            fired.append(name)
        elif all(chosen.unknown_on(name) for chosen in unmet):
            columns = frozenset().union(*(chosen.unknown_on(name) for chosen in unmet))
            missing |= dict.fromkeys(sorted(map(wanted, columns)))
        else:
            quiet = True
    return fired, () if fired or quiet else tuple(missing)
