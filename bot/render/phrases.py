"""The phrases every output shares, so that terminal, Markdown, HTML and Slack say the same thing in the same words.

>>> count_text(9960, "goroutine"), names_text(["a", "b", "c", "d"])
('9,960 goroutines', 'a, b, c and 1 more')
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.model.diagnosis import Culprit, Diagnosis, Finding, Proof
from bot.model.rule import Confidence
from bot.model.units import format_duration, format_size
from bot.render.prose import one_line

NAMES_SHOWN = 3
CHANGES_SHOWN = 5
"""Of one kind."""

CONFIDENCE = {
    Confidence.CERTAIN: "certain: the evidence itself says so",
    Confidence.LIKELY: "likely: two independent signs",
    Confidence.POSSIBLE: "possible: one sign",
}


def count_text(count: int, noun: str) -> str:
    """Write a count with its noun: `1 instance`, `9,960 goroutines`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def names_text(names: Sequence[str]) -> str:
    """Write names as a list; beyond three, how many more."""
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{shown} and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else shown


def utc(when: datetime) -> datetime:
    """Return the moment in UTC; a time without a zone is UTC already."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def utc_text(when: datetime) -> str:
    """Write a moment for people: `2026-11-20 14:02 UTC`."""
    return utc(when).strftime("%Y-%m-%d %H:%M UTC")


def cost_text(diagnosis: Diagnosis) -> str:
    """What the look at the service cost it: `cost: 0 ms frozen, 41 KB, 0.8 s`."""
    frozen = sum(target.frozen_seconds for target in diagnosis.targets)
    size = sum(target.bytes for target in diagnosis.targets)
    return f"cost: {format_duration(frozen)} frozen, {format_size(size)}, {format_duration(diagnosis.duration_seconds)}"


def place_text(culprit: Culprit) -> str:
    """Where the culprit stands: `/src/shop/pool.go:88`; without a line when it is not known."""
    file = one_line(culprit.file)
    return f"{file}:{culprit.line}" if file and culprit.line else file


def short_place_text(culprit: Culprit) -> str:
    """Where the culprit stands, without directories: `pool.go:88`."""
    return place_text(culprit).replace("\\", "/").rsplit("/", 1)[-1]


def instances_text(finding: Finding, diagnosis: Diagnosis) -> str:
    """On which instances a finding holds: `on 1 of 3 instances: 10.0.3.7:6060`; empty when it is the whole service's.

    Where those instances run something that no other one runs, that is said: it is the first thing to look at.
    """
    if not finding.instances:
        return ""
    whole = max(sum(target.instance != diagnosis.service for target in diagnosis.targets), len(finding.instances))
    names = names_text([one_line(name) for name in finding.instances])
    if whole == 1:
        return f"on {names}"
    return f"on {len(finding.instances)} of {count_text(whole, 'instance')}: {names}{_only_these(finding, diagnosis)}"


def _only_these(finding: Finding, diagnosis: Diagnosis) -> str:
    """Say what all instances of a finding run and no other instance does: `; only these run revision 9f3e, the others 4ac1`."""
    for noun, column in (("revision", "revision"), ("Go", "go_version")):
        here = {getattr(target, column) for target in diagnosis.targets if target.instance in finding.instances}
        others = {getattr(target, column) for target in diagnosis.targets if target.instance not in finding.instances} - {""}
        if len(here) == 1 and "" not in here and others and here.isdisjoint(others):
            elsewhere = names_text([one_line(name).removeprefix("go") for name in sorted(others)])
            return f"; only these run {noun} {one_line(*here).removeprefix('go')}, the others {elsewhere}"
    return ""


def read_text(diagnosis: Diagnosis) -> str:
    """How completely the goroutines were read; empty when there was no dump."""
    dump = diagnosis.dump
    if dump is None:
        return ""
    cut = ", the dump was cut off" if dump.truncated else ""
    return f"read {dump.parsed:,} of {count_text(dump.seen, 'goroutine')} in {count_text(dump.groups, 'group')}{cut}"


def masked_text(diagnosis: Diagnosis) -> str:
    """How many secrets were masked; empty when none was."""
    return f"{count_text(diagnosis.masked, 'secret')} masked" if diagnosis.masked else ""


def not_looked_at(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield what could not be looked at, one line each: what could not be collected or read, and playbooks that stay unjudged."""
    yield from not_collected(diagnosis)
    yield from _not_judged(diagnosis)


def not_collected(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield pulls that failed and evidence that could not be read, one line each."""
    for target in diagnosis.targets:
        for failure in target.failures:
            yield f"{failure.kind} of {one_line(target.instance)}: {one_line(failure.reason)}"
    yield from (one_line(problem) for problem in diagnosis.problems)


def _not_judged(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield playbooks that could not be judged; those that miss the same thing share a line, to fill less of the screen."""
    unjudged: dict[str, list[str]] = {}
    for entry in diagnosis.not_evaluated:
        unjudged.setdefault(", ".join(entry.missing), []).append(entry.playbook)
    for missing, playbooks in unjudged.items():
        yield f"not judged for want of {one_line(missing)}: {', '.join(one_line(name) for name in playbooks)}"


def changes_title(diagnosis: Diagnosis) -> str:
    """Return what stands above `changes_text`: since when things have changed, where that is known."""
    return f"What changed since {utc_text(diagnosis.baseline_at)}" if diagnosis.baseline_at else "Changed since the baseline"


def changes_text(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield what differs from the baseline, one line each: `revision: 4ac1 → 9f3e on 10.0.3.7:6060, 2026-11-20 13:58 UTC`.

    What is new in the code may be much after a release: of each kind a few lines are shown, and how many more there are.
    """
    kinds = Counter(change.kind for change in diagnosis.changes)
    shown: Counter[str] = Counter()
    for change in diagnosis.changes:
        shown[change.kind] += 1
        if shown[change.kind] > CHANGES_SHOWN:
            if shown[change.kind] == kinds[change.kind]:
                yield f"{change.kind}: {kinds[change.kind] - CHANGES_SHOWN:,} more"
            continue
        where = f" on {one_line(change.instance)}" if change.instance else ""
        when = f", {utc_text(change.changed_at)}" if change.changed_at else ""
        yield f"{change.kind}: {one_line(change.before or 'none')} → {one_line(change.after or 'none')}{where}{when}"


def proof_text(proof: Proof) -> str:
    """Whose a piece of evidence is, and where in it: `goroutine of 10.0.3.7:6060, lines 120-131`."""
    source = f" of {one_line(proof.source)}" if proof.source else ""
    locator = f", {one_line(proof.locator)}" if proof.locator else ""
    return f"{one_line(proof.kind)}{source}{locator}"


def symptom_text(finding: Finding) -> str:
    """Write what a finding explains: `medium gateway-502-reset: 31 requests failed`."""
    return f"{finding.severity} {one_line(finding.playbook)}: {one_line(finding.summary)}"


def seen_before(finding: Finding, diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    """Yield earlier incidents with the finding's fingerprint, one line each, and where each stands in Slack (empty: nowhere).

    The first line says how often that was: `3 times, last in INC-12, 2026-10-01 09:30 UTC, resolved: rolled back to v41`.
    """
    similar = diagnosis.similar.get(finding.fingerprint, ())
    times = max(diagnosis.times_seen.get(finding.fingerprint, 0), len(similar))
    often = ["once, in " if times == 1 else f"{times:,} times, last in "]
    for incident in similar:
        how = f": {one_line(incident.resolution)}" if incident.resolution else ""
        wrong = "; the finding was said to be wrong then" if incident.said_wrong else ""
        head = often.pop() if often else ""
        yield f"{head}{incident.key}, {utc_text(incident.opened_at)}, {incident.status}{how}{wrong}", incident.permalink


def all_symptoms(finding: Finding) -> Iterator[Finding]:
    """Yield what a finding explains, and what that explains, each playbook and summary once."""
    seen: set[tuple[str, str]] = set()
    queue = list(finding.symptoms)
    while queue:
        symptom = queue.pop(0)
        if (symptom.playbook, symptom.summary) not in seen:
            seen.add((symptom.playbook, symptom.summary))
            yield symptom
        queue[:0] = symptom.symptoms
