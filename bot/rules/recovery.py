"""What has become of earlier findings: they, and what was found now, enter; a `Recovery` for each leaves.

A finding has recovered when its playbook was judged again and no longer finds it, or when all that it still finds happened before
the mitigation: a log keeps an old crash for days. What the playbook measures is then read without its thresholds, so that
"412 → 3" can be said and not only "gone".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.model.diagnosis import Diagnosis, Finding
from bot.model.facts import Facts, Row
from bot.model.functions import normalise_function
from bot.model.recovery import Earlier, Recovery
from bot.model.rule import Playbook, Rule, Where
from bot.rules.predicates import ANY, NUMBER_MODIFIERS, compile_where, parse_key


def recoveries(
    earlier: Iterable[Earlier], diagnosis: Diagnosis, facts: Facts, *, playbooks: Sequence[Playbook], since: datetime
) -> tuple[Recovery, ...]:
    """Return what has become of earlier findings.

    Args:
        earlier: what was found before the mitigation.
        diagnosis: what was found now.
        facts: what it was found in.
        playbooks: the catalogue.
        since: when it was mitigated.
    """
    unjudged = {entry.playbook for entry in diagnosis.not_evaluated}
    rules = {playbook.name: playbook.rule for playbook in playbooks}
    judged = {name: rule for name, rule in rules.items() if name not in unjudged}
    found = {finding.fingerprint: finding for finding in _all(diagnosis.findings)}
    return tuple(
        _recovery(before, judged.get(before.playbook), found.get(before.fingerprint), facts, since) for before in earlier
    )


def _recovery(before: Earlier, rule: Rule | None, still: Finding | None, facts: Facts, since: datetime) -> Recovery:
    """Return what has become of one finding, by the rule that was judged again and what it finds `still`."""
    recovered: bool | None
    if still:
        after, recovered = still.measure, _is_over(still, before, since)
    elif rule is None:
        after, recovered = None, None
    else:
        after, recovered = _measured(rule, facts, before.function), True
    return Recovery(
        fingerprint=before.fingerprint,
        title=before.title,
        column=rule.measure.partition(".")[2] if rule else "",
        before=before.measure,
        after=after,
        recovered=recovered,
    )


def _all(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from _all(finding.symptoms)


def _is_over(still: Finding, before: Earlier, since: datetime) -> bool | None:
    """Say whether all that a finding tells of happened before a time; None when nobody knows, and it is no more than it was.

    Rows that never have a time show what is there now.
    """
    times = [row.last_seen for rows in still.rows.values() for row in rows if hasattr(row, "last_seen")]
    if not times or any(time is not None and time >= since for time in times):
        return False
    if None not in times:
        return True
    return None if still.measure == before.measure else False


def _measured(rule: Rule, facts: Facts, function: str) -> float | None:
    """Return what a rule measures of a culprit, however little it is; None when nothing of it is left."""
    name, _, column = rule.measure.partition(".")
    if not name:
        return None
    selection = rule.match[name]
    alike = compile_where(_without_amounts(selection.where))
    rows: tuple[Row, ...] = getattr(facts, selection.table)
    values = (getattr(row, column) for row in rows if alike.holds(row) and _is_of(row, function))
    return next((float(value) for value in values if value is not None), None)


def _without_amounts(where: Where) -> dict[str, object]:
    """Return only the tests of text: what a thing is, not how much of it there is.

    >>> _without_amounts({"state": "chan send", "benign": False, "count|gte": 100, "any": [{"leaked": True}]})
    {'state': 'chan send'}
    """
    return {
        key: value
        for key, value in where.items()
        if key != ANY and parse_key(key).modifier not in NUMBER_MODIFIERS and isinstance(value, str | list)
    }


def _is_of(row: Row, function: str) -> bool:
    return not function or normalise_function(getattr(row, "function", None) or "") == normalise_function(function)
