"""The headline: the one message of an incident, edited in place as more is known.

Its order never changes: what is going on, likely cause with confidence and the line to blame, what to do next, then small print
(incident, instances, version, age and cost of the evidence). Details stand in its thread (`replies`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.diagnosis import Diagnosis, Finding
from bot.model.incident import Incident
from bot.model.message import Action, Block, SlackMessage
from bot.model.rule import Confidence, Severity
from bot.model.units import format_duration
from bot.render.phrases import (
    CONFIDENCE,
    all_symptoms,
    changes_text,
    changes_title,
    cost_text,
    instances_text,
    masked_text,
    not_collected,
    place_text,
    seen_before,
    short_place_text,
    utc,
)
from bot.render.slack.blocks import IN_THREAD, buttons, context, listing, message, section
from bot.render.slack.budget import MAX_LABEL, MAX_LINE, clip, clip_plain, fence
from bot.render.slack.escape import code, date, inline, label, link

PROOF_LINES = 6
PROOF_LIMIT = 1_200
STEPS_LIMIT = 2_200
LIST_LIMIT = 1_200
LINES_SHOWN = 5
NOTES_SHOWN = 8

SEVERITY_MARKS = {
    Severity.CRITICAL: ":rotating_light: *Critical*",
    Severity.HIGH: ":red_circle: *High*",
    Severity.MEDIUM: ":large_orange_circle: *Medium*",
    Severity.LOW: ":large_yellow_circle: *Low*",
    Severity.INFO: ":information_source: *Info*",
}


class StepState(StrEnum):
    """How far one step of the work is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


STEP_MARKS = {
    StepState.RUNNING: ":hourglass_flowing_sand:",
    StepState.DONE: ":white_check_mark:",
    StepState.FAILED: ":warning: failed:",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of progress: `goroutine profile of 10.0.3.7:6060`."""

    text: str
    state: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the headline says beside the diagnosis.

    Attributes:
        incident: the incident it belongs to; None when none was opened.
        occurrences: how often the alert has come so far.
        version: revision or image the service runs; empty when unknown.
        culprit_url: address of the culprit's line; empty when it cannot be linked.
        notes: sentences such as `Acknowledged by Ana, 14:05 UTC`.
    """

    incident: Incident | None = None
    occurrences: int = 1
    version: str = ""
    culprit_url: str = ""
    notes: tuple[str, ...] = ()


def looking(
    service: str, *, steps: Sequence[Step], started_at: datetime, situation: Situation, actions: Sequence[Action] = ()
) -> SlackMessage:
    """Return the headline while the work is going on: what is being looked at, and how far it is."""
    done = sum(step.state is not StepState.RUNNING for step in steps)
    body = [section(f":mag: *Looking into {inline(service)}*")]
    body += listing("So far", [f"{STEP_MARKS[step.state]} {inline(step.text)}" for step in steps], rest="steps")
    small = [*_incident(situation), f"started {date(started_at)}"]
    text = f"{service}: looking for the cause" + (f", {done} of {len(steps)} steps done" if steps else "")
    return message(text, body, tail=[context(" · ".join(small)), *buttons(actions)])


def diagnosed(diagnosis: Diagnosis, *, situation: Situation, actions: Sequence[Action] = ()) -> SlackMessage:
    """Return the headline with the answer. What could not be looked at is said; nothing found is said too."""
    if not diagnosis.findings:
        mark = ":grey_question:" if any(not_collected(diagnosis)) else ":white_check_mark:"
        body = [section(f"{mark} *{inline(diagnosis.service)}*: {clip(inline(diagnosis.verdict), MAX_LINE)}")]
        text = f"{diagnosis.service}: {diagnosis.verdict}"
    else:
        first, *others = diagnosis.findings
        body = [_going_on(first, diagnosis), *_cause(first, diagnosis, situation), *_next(first, diagnosis)]
        body += listing("Also found", [_other(finding) for finding in others], rest=IN_THREAD, limit=LIST_LIMIT)
        body += listing(changes_title(diagnosis), [f"• {inline(line)}" for line in changes_text(diagnosis)], rest=IN_THREAD)
        text = f"{diagnosis.service}: {diagnosis.verdict.rstrip('.')}. Severity {first.severity}, confidence {first.confidence}"
    return message(text, body, tail=[*_small_print(diagnosis, situation), *buttons(actions)])


def failed(
    service: str, *, reason: str, error_id: str, known: Sequence[str] = (), situation: Situation, actions: Sequence[Action] = ()
) -> SlackMessage:
    """Return the headline when there is no diagnosis: what went wrong, what is known all the same, and an id to quote."""
    body = [section(f":warning: *No diagnosis of {inline(service)}*: {clip(inline(reason), MAX_LINE)}")]
    body += listing("Known all the same", [f"• {inline(line)}" for line in known], rest=IN_THREAD)
    small = [*_incident(situation), f"quote {code(error_id)} when you ask about this"]
    return message(f"{service}: no diagnosis: {reason}", body, tail=[context(" · ".join(small)), *buttons(actions)])


def resolved(
    incident: Incident, *, diagnosis: Diagnosis | None, situation: Situation, actions: Sequence[Action] = ()
) -> SlackMessage:
    """Return the headline of a resolved incident: how long it took, what it was and what ended it."""
    took = ""
    if incident.resolved_at:
        took = f" after {format_duration((utc(incident.resolved_at) - utc(incident.opened_at)).total_seconds())}"
    title = f"{incident.key} *{inline(incident.service)}*: {clip(inline(incident.title), MAX_LINE)}"
    body = [section(f":white_check_mark: *Resolved{took}* · {title}")]
    lines = [f"*What ended it:* {inline(incident.resolution)}"] if incident.resolution else []
    if diagnosis and diagnosis.findings:
        lines.append(f"*What it was:* {inline(diagnosis.findings[0].title)}{_at(diagnosis.findings[0], situation)}")
    body += [section(clip(line, MAX_LINE)) for line in lines]
    small = [*_incident(situation), f"opened {date(incident.opened_at)}"]
    text = f"{incident.key} is resolved{took}: {incident.service}: {incident.title}"
    return message(text, body, tail=[context(" · ".join(small)), *buttons(actions)])


def _going_on(finding: Finding, diagnosis: Diagnosis) -> Block:
    verdict = clip(inline(diagnosis.verdict), MAX_LINE)
    return section(f"{SEVERITY_MARKS[finding.severity]} · *{inline(diagnosis.service)}* · {verdict}")


def _cause(finding: Finding, diagnosis: Diagnosis, situation: Situation) -> list[Block]:
    """Return the likely cause: title, confidence, the line to blame, what it explains, and the proof: its start, that line."""
    called = "Cause" if finding.confidence is Confidence.CERTAIN else "Likely cause"
    lines = [f"*{called}:* {inline(finding.title)}{_at(finding, situation)} ({CONFIDENCE[finding.confidence]})"]
    if finding.culprit:
        lines.append(code(clip(finding.culprit.function, MAX_LINE)))
    lines += [f"{link(address, 'Seen before')}: {inline(incident)}" for incident, address in seen_before(finding, diagnosis)][
        :LINES_SHOWN
    ]
    lines += [f"Explains: {inline(symptom.summary)}" for symptom in all_symptoms(finding)][:LINES_SHOWN]
    blocks = [section("\n".join(clip(line, MAX_LINE) for line in lines if line))]
    culprit = finding.culprit
    proofs = [proof for proof in finding.proofs if proof.excerpt.strip()]
    # A proof that shows the line to blame says more than one that does not.
    proof = next((proof for proof in proofs if culprit and culprit.function in proof.excerpt), next(iter(proofs), None))
    frame = (culprit.function, place_text(culprit)) if culprit else None
    shown = fence(proof.excerpt, lines=PROOF_LINES, limit=PROOF_LIMIT, frame=frame) if proof else None
    if shown and shown.text:
        blocks.append(section(shown.text))
        if shown.dropped:
            blocks.append(context(f"… {shown.dropped:,} line{'' if shown.dropped == 1 else 's'} more {IN_THREAD}"))
    return blocks


def _at(finding: Finding, situation: Situation) -> str:
    """Where the culprit stands: ` at <url|pool.go:88>`, or as code where it cannot be linked (Slack shows no code in a label)."""
    place = clip_plain(short_place_text(finding.culprit), MAX_LINE // 2) if finding.culprit else ""
    if not place:
        return ""
    return f" at {link(situation.culprit_url, label(place)) if situation.culprit_url else code(place)}"


def _next(finding: Finding, diagnosis: Diagnosis) -> tuple[Block, ...]:
    steps = [f"{number}. {inline(step)}" for number, step in enumerate(finding.next_steps, start=1)]
    if finding.fingerprint in diagnosis.runbooks:
        steps.append(f"The runbook {code(finding.playbook)} is {IN_THREAD}.")
    return listing("Do next", steps, rest=IN_THREAD, limit=STEPS_LIMIT)


def _other(finding: Finding) -> str:
    return f"• {finding.severity}, {finding.confidence}: {inline(finding.summary)}"


def _incident(situation: Situation) -> list[str]:
    """Return the small print every stage has: the incident's key and status, repeats, version, notes."""
    parts = (
        [f"*{situation.incident.key}* {situation.incident.status}, {inline(situation.incident.severity)}"]
        if situation.incident
        else []
    )
    if situation.occurrences > 1:
        parts.append(f"seen {situation.occurrences:,} times")
    if situation.version:
        parts.append(f"version {code(clip(situation.version, MAX_LABEL))}")
    return parts + [clip(inline(note), MAX_LINE // 2) for note in situation.notes[:NOTES_SHOWN]]


def _small_print(diagnosis: Diagnosis, situation: Situation) -> list[Block]:
    """Return the last lines of an answer: where it holds, how old and how dear the evidence is, and what is missing."""
    first = diagnosis.findings[0] if diagnosis.findings else None
    where = inline(instances_text(first, diagnosis)) if first else ""
    facts = [*_incident(situation), where, f"looked {date(diagnosis.started_at)}", masked_text(diagnosis), cost_text(diagnosis)]
    missing = list(not_collected(diagnosis))
    blocks = [context(" · ".join(filter(None, facts)))]
    if missing:
        shown = "; ".join(clip(inline(line), MAX_LINE // 2) for line in missing[:2])
        rest = f"; {len(missing) - 2:,} more {IN_THREAD}" if len(missing) > 2 else ""  # noqa: PLR2004 - the two shown above
        blocks.append(context(f":warning: *Not looked at:* {shown}{rest}"))
    return blocks
