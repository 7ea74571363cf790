"""What is known of an incident → the draft of its postmortem, in Markdown: what a machine knows, and gaps for people to fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from bot.model.evidence import Evidence
from bot.model.incident import Incident, TimelineEvent
from bot.model.numbers import Budget, IncidentTimes
from bot.model.units import format_duration, format_ratio, format_size
from bot.render.markdown import code, fence, inline
from bot.render.phrases import utc_text
from bot.render.timeline import timeline_table

_HASH_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything a draft is made of.

    Attributes:
        document: the diagnosis to blame, as `--format json` gives it; None when nothing was ever found.
        prevention: the Prevention section of its runbook, in Markdown; empty where there is none.
        culprit_url: link to the culprit's line; empty where it cannot be known.
        budget: the service's error budget today; None when it has no objective.
        earlier: other incidents in which the same function was to blame.
    """

    incident: Incident
    events: Sequence[TimelineEvent]
    times: IncidentTimes
    document: Mapping[str, Any] | None
    evidence: Sequence[Evidence]
    earlier: Sequence[Incident]
    prevention: str = ""
    culprit_url: str = ""
    budget: Budget | None = None


def postmortem(known: Known, *, zone: tzinfo = UTC) -> str:
    """Return the draft; `_…_` marks what people have to add."""
    incident = known.incident
    parts = [
        f"# Postmortem of {incident.key}: {inline(incident.title)}",
        *_section("Summary", _summary(known)),
        *_section("Impact", _impact(known)),
        "## Timeline",
        timeline_table(known.events, zone=zone),
        *_section("Root cause", _cause(known)),
        *_section("What went well, and what did not", _times(known)),
        "## Follow-up",
        _follow_up(known),
        *_section("Evidence", map(_evidence, known.evidence)),
    ]
    return "\n\n".join(parts) + "\n"


def prevention_of(runbook: str) -> str:
    r"""Return the text of a runbook's section Prevention; empty where it has none.

    >>> prevention_of("## Meaning\n\nIt leaks.\n\n## Prevention\n\nBuffer of one.\n\n## References\n")
    'Buffer of one.'
    """
    lines: list[str] = []
    inside = fenced = False
    for line in runbook.splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            inside = line == "## Prevention"
        elif inside:
            lines.append(line)
    return "\n".join(lines).strip()


def _section(title: str, parts: Iterator[str]) -> Iterator[str]:
    found = list(parts)
    yield f"## {title}"
    yield "\n".join(found) if found else "_Nothing is known._"


def _summary(known: Known) -> Iterator[str]:
    incident = known.incident
    yield f"- **Service:** {inline(incident.service)}, {incident.severity}, {incident.status}"
    yield f"- **Opened:** {utc_text(incident.opened_at)} by {inline(incident.opened_by)}"
    if incident.lead:
        yield f"- **Lead:** {inline(incident.lead)}"
    if incident.resolved_at:
        yield f"- **Resolved:** {utc_text(incident.resolved_at)}: {inline(incident.resolution) or '_what resolved it_'}"
    if known.document:
        yield f"- **What happened:** {inline(known.document['verdict'])}"


def _impact(known: Known) -> Iterator[str]:
    instances = {name for finding in _findings(known) for name in finding["instances"]}
    if instances:
        yield f"- Instances: {', '.join(inline(name) for name in sorted(instances))}"
    alerts = sum(event.kind in ("alert", "occurrence") for event in known.events)
    if alerts:
        yield f"- Alerts: {alerts}"
    if known.budget:
        spent = dict(known.budget.spent).get(known.incident.key, 0.0)
        yield (
            f"- Error budget: this incident took {format_duration(spent)} of the {format_duration(known.budget.allowed_seconds)}"
            f" in {format_duration(known.budget.window_seconds)}; {format_ratio(known.budget.left_ratio)} is left"
        )
    yield "- _Who noticed, and what could they not do?_"


def _cause(known: Known) -> Iterator[str]:
    for finding in _findings(known)[:1]:
        basis = f"{finding['failure_class']}, {finding['confidence']}; playbook {inline(finding['playbook'])}"
        yield f"{inline(finding['summary'])} ({basis})"
        yield ""
        if culprit := finding["culprit"]:
            place = code(f"{culprit['file']}:{culprit['line']}" if culprit["line"] else culprit["file"])
            yield f"To blame: {code(culprit['function'])} {f'[{place}](<{known.culprit_url}>)' if known.culprit_url else place}"
            yield ""
        for proof in finding["evidence"]:
            yield f"Proof, {inline(proof['kind'])} of {inline(proof['source'])}, {inline(proof['locator'])}:"
            yield ""
            yield fence(proof["excerpt"])
            yield ""
        if finding["explains"]:
            yield f"It explains {', '.join(inline(name) for name in finding['explains'])}."
            yield ""
    for change in (known.document or {}).get("changes", ()):
        turn = f"{inline(change['before'] or 'none')} → {inline(change['after'] or 'none')}"
        yield f"- Changed before: {inline(change['kind'])} {turn}"
    yield "_Why could this happen, and why was it not found earlier?_"


def _times(known: Known) -> Iterator[str]:
    turns = (
        ("Taken on", known.times.acknowledged_at),
        ("Mitigated", known.times.mitigated_at),
        ("Resolved", known.times.resolved_at),
    )
    for name, moment in turns:
        yield f"- {name}: {_after(known.incident.opened_at, moment)}"
    diagnosed = next((event.occurred_at for event in known.events if event.kind == "diagnosis"), None)
    yield f"- First diagnosis: {_after(known.incident.opened_at, diagnosed)}"
    for other in known.earlier:
        how = f": {inline(other.resolution)}" if other.resolution else ""
        yield f"- The same code was to blame in {other.key}, {utc_text(other.opened_at)}{how}"
    yield "- _What helped, what was in the way, where were we lucky?_"


def _follow_up(known: Known) -> str:
    steps = [step for finding in _findings(known)[:1] for step in finding["next_steps"]]
    lines = [f"- [ ] {inline(step)}" for step in steps] + ["- [ ] _What else, by whom, until when?_"]
    parts = ["\n".join(lines)]
    if known.prevention:
        parts += ["### So that it does not come again", known.prevention.strip()]
    return "\n\n".join(parts)


def _evidence(piece: Evidence) -> str:
    digest = f", sha256 {piece.content.name[:_HASH_SHOWN]}…" if isinstance(piece.content, Path) else ""
    where = f"{inline(piece.source)}, {utc_text(piece.collected_at)}"
    return f"- {inline(piece.name)} of {where}, {format_size(piece.size_bytes)}{digest}"


def _findings(known: Known) -> Sequence[Mapping[str, Any]]:
    return known.document["findings"] if known.document else ()


def _after(opened_at: datetime, moment: datetime | None) -> str:
    return f"after {format_duration(max(0.0, (moment - opened_at).total_seconds()))}" if moment else "not yet"
