"""What is known of an incident → the draft of its postmortem, in Markdown: what a machine knows, and gaps for people to fill."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from bot.model.evidence import Evidence
from bot.model.incident import Incident, TimelineEvent
from bot.model.numbers import Budget, IncidentTimes
from bot.model.units import format_duration, format_ratio, format_size
from bot.render.growth import Growth
from bot.render.markdown import code, fence, inline
from bot.render.phrases import utc_text
from bot.render.timeline import timeline_table

CELL_BAR = "\\|"
"""How a bar is written inside a cell of a Markdown table."""

_TIMELINE = "[timeline](#timeline)"
_ITEM = re.compile(r"(?:[-*+]|\d+[.)]) +")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything a draft is made of.

    Attributes:
        document: the diagnosis to blame, as `--format json` gives it; None when nothing was ever found.
        named_at: when a diagnosis first found what that one blames; None when nothing was ever found.
        proved_by: for each proof of its first finding the piece of `evidence` that holds it, by its index; None when it is gone.
        prevention: the Prevention section of its runbook, in Markdown; empty where there is none.
        culprit_url: link to the culprit's line; empty where it cannot be known.
        budget: the service's error budget today; None when it has no objective.
        earlier: other incidents in which the same function was to blame.
        growths: what its findings measured at each diagnosis.
    """

    incident: Incident
    events: Sequence[TimelineEvent]
    times: IncidentTimes
    document: Mapping[str, Any] | None
    evidence: Sequence[Evidence]
    earlier: Sequence[Incident]
    named_at: datetime | None = None
    proved_by: Sequence[int | None] = ()
    prevention: str = ""
    culprit_url: str = ""
    budget: Budget | None = None
    growths: Sequence[Growth] = ()


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
        *_section("Evidence", _evidence(known)),
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


def tasks_of(prevention: str) -> str:
    r"""Return Markdown with a box to tick at each list item and paragraph; code and tables stay with what they belong to.

    >>> print(tasks_of("Use a buffer:\n\n```go\nx\n```\n\n- Test it\n- Alert on it"))
    - [ ] Use a buffer:
    <BLANKLINE>
      ```go
      x
      ```
    <BLANKLINE>
    - [ ] Test it
    - [ ] Alert on it
    """
    lines: list[str] = []
    begins, fenced, indent = True, False, "  "
    for line in prevention.strip().splitlines():
        item = not fenced and _ITEM.match(line)
        fence_mark = line.lstrip().startswith(("```", "~~~"))
        if not fenced:
            # What is indented already belongs to the item above.
            indent = "" if line.startswith(" ") else "  "
        if item:
            lines.append(f"- [ ] {line[item.end() :]}")
        elif begins and not fenced and not fence_mark and not line.startswith((" ", "|", "#")):
            lines.append(f"- [ ] {line}")
        else:
            lines += ["- [ ] Make this change:", ""] if fence_mark and not fenced and not lines else []
            lines.append(f"{indent}{line}" if line else "")
        fenced ^= fence_mark
        begins = not line
    return "\n".join(lines)


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
        yield f"- **What happened:** {inline(known.document['verdict'])}{_cited(known)}"


def _impact(known: Known) -> Iterator[str]:
    yield f"- Lasted: {_lasted(known)} ({_TIMELINE})"
    instances = {name for finding in _findings(known) for name in finding["instances"]}
    if instances:
        yield f"- Instances: {', '.join(inline(name) for name in sorted(instances))}{_cited(known)}"
    alerts = sum(event.kind in ("alert", "occurrence") for event in known.events)
    if alerts:
        yield f"- Alerts: {alerts} ({_TIMELINE})"
    if known.budget:
        spent = dict(known.budget.spent).get(known.incident.key, 0.0)
        yield (
            f"- Error budget: this incident took {format_duration(spent)} of the {format_duration(known.budget.allowed_seconds)}"
            f" in {format_duration(known.budget.window_seconds)}; {format_ratio(known.budget.left_ratio)} is left"
            f" ({_TIMELINE})"
        )
    yield "- _Who noticed, and what could they not do?_"


def _cause(known: Known) -> Iterator[str]:
    for finding in _findings(known)[:1]:
        basis = f"{finding['failure_class']}, {finding['confidence']}; playbook {inline(finding['playbook'])}"
        yield f"{inline(finding['summary'])} ({basis}){_cited(known)}"
        yield ""
        if culprit := finding["culprit"]:
            place = code(f"{culprit['file']}:{culprit['line']}" if culprit["line"] else culprit["file"])
            link = f"[{place}](<{known.culprit_url}>)" if known.culprit_url else place
            yield f"To blame: {code(culprit['function'])} {link}{_cited(known)}"
            yield ""
        for index, proof in enumerate(finding["evidence"]):
            whose = f"{inline(proof['kind'])} of {inline(proof['source'])}, {inline(proof['locator'])}"
            yield f"Proof, {whose}{_cited(known, index)}:"
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
        yield f"- {name}: {_after(known.incident.opened_at, moment)} ({_TIMELINE})"
    diagnosed = next((event.occurred_at for event in known.events if event.kind == "diagnosis"), None)
    yield f"- First diagnosis: {_after(known.incident.opened_at, diagnosed)} ({_TIMELINE})"
    if known.named_at:
        yield f"- The cause was named: {_after(known.incident.opened_at, known.named_at)}{_cited(known)}"
    for other in known.earlier:
        how = f": {inline(other.resolution)}" if other.resolution else ""
        yield f"- The same code was to blame in {other.key}, {utc_text(other.opened_at)}{how}"
    yield "- _What helped, what was in the way, where were we lucky?_"


def _follow_up(known: Known) -> str:
    steps = [step for finding in _findings(known)[:1] for step in finding["next_steps"]]
    lines = [f"- [ ] {inline(step)}" for step in steps] + ["- [ ] _What else, by whom, until when?_"]
    parts = ["\n".join(lines)]
    if known.prevention:
        parts += ["### So that it does not come again", tasks_of(known.prevention)]
    return "\n\n".join(parts)


def _evidence(known: Known) -> Iterator[str]:
    if known.evidence:
        yield "| | What | Of | Taken | Size | SHA-256 |"
        yield "|---|---|---|---|---|---|"
    for number, piece in enumerate(known.evidence, start=1):
        digest = code(piece.content.name) if isinstance(piece.content, Path) else ""
        size = "missing" if piece.missing_file else format_size(piece.size_bytes)
        cells = (inline(piece.name), inline(piece.source), utc_text(piece.collected_at), size, digest)
        yield f"| {' | '.join((f'E{number}', *(cell.replace('|', CELL_BAR) for cell in cells)))} |"


def _cited(known: Known, proof: int | None = None) -> str:
    """Return links to the evidence of one proof, or of all, as they stand behind a claim; empty where it is gone."""
    proved = known.proved_by if proof is None else known.proved_by[proof : proof + 1]
    pieces = dict.fromkeys(piece for piece in proved if piece is not None)
    return "".join(f" [E{piece + 1}](#evidence)" for piece in pieces)


def _lasted(known: Known) -> str:
    """Say how long people were hit: until it was mitigated, pauses left out, and how long until it was resolved."""
    opened, times = known.incident.opened_at, known.times
    ill = format_duration(times.ill_seconds)
    if times.mitigated_at is None:
        return f"it is not over: {ill} at first, then it came again" if times.ill_seconds else "it is not over"
    pauses = "" if ill == _span(opened, times.mitigated_at) else " (it came again; pauses are left out)"
    resolved = f", {_span(opened, times.resolved_at)} until it was resolved" if times.resolved_at else ""
    return f"{ill} until it was mitigated{pauses}{resolved}"


def _findings(known: Known) -> Sequence[Mapping[str, Any]]:
    return known.document["findings"] if known.document else ()


def _after(opened_at: datetime, moment: datetime | None) -> str:
    return f"after {_span(opened_at, moment)}" if moment else "not yet"


def _span(begin: datetime, end: datetime) -> str:
    return format_duration(max(0.0, (end - begin).total_seconds()))
