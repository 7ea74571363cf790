"""Replies in the headline's thread: proof, stacks and growth, pictures, runbook, what could not be looked at, the timeline.

Each is one message; what does not fit is said, and attached whole as a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.diagnosis import Diagnosis, Finding
from bot.model.facts import AllocationGrowthRow, GoroutineGroupRow, GoroutineGrowthRow
from bot.model.incident import Incident, TimelineEvent
from bot.model.message import Block, Figure, SlackFile, SlackMessage
from bot.model.units import format_size
from bot.render.phrases import all_symptoms, count_text, not_looked_at, place_text, proof_text, symptom_text, utc_text
from bot.render.prose import one_line, printable
from bot.render.slack.blocks import IN_FILE, context, listing, message, section
from bot.render.slack.budget import MAX_LINE, clip, fence
from bot.render.slack.escape import code, date, inline, link
from bot.render.slack.mrkdwn import mrkdwn
from bot.render.slack.tables import allocation_table, group_table, groups_text, growth_table

PROOF_LINES = 24
PROOF_LIMIT = 2_400
EVENTS_SHOWN = 15
MOST_DETAILS = 5
GROUPS_SHOWN = 10
LEFT_OUT_LIMIT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """What a diagnosis was made from, as far as it helps to believe the first finding.

    Attributes:
        groups: goroutines with equal state and stack, the largest group first.
        goroutine_growth, allocation_growth: what grew between two samples, the fastest first.
        figures: flame graphs and charts.
        evidence: the raw evidence, packed; None where there is none that is small enough.
        left_out: evidence that is too large for a message, with its size: `goroutine.txt of 10.0.3.7:6060, 61 MB`.
    """

    groups: tuple[GoroutineGroupRow, ...] = ()
    goroutine_growth: tuple[GoroutineGrowthRow, ...] = ()
    allocation_growth: tuple[AllocationGrowthRow, ...] = ()
    figures: tuple[Figure, ...] = ()
    evidence: SlackFile | None = None
    left_out: tuple[str, ...] = ()


NO_EXHIBITS = Exhibits()


def details(diagnosis: Diagnosis, *, exhibits: Exhibits = NO_EXHIBITS) -> tuple[SlackMessage, ...]:
    """Return every reply a diagnosis needs, in reading order: proof, stacks and growth, pictures, runbook, what is missing."""
    messages = [proof(diagnosis.findings)] if any(finding.proofs for finding in diagnosis.findings) else []
    if exhibits.groups or exhibits.goroutine_growth or exhibits.allocation_growth:
        messages.append(stacks(exhibits, service=diagnosis.service))
    if exhibits.figures or exhibits.evidence or exhibits.left_out:
        messages.append(pictures(exhibits))
    first = diagnosis.findings[0] if diagnosis.findings else None
    if first and (markdown := diagnosis.runbooks.get(first.fingerprint)):
        messages.append(runbook(first.playbook, first.title, markdown))
    if any(not_looked_at(diagnosis)):
        messages.append(missing(diagnosis))
    return tuple(messages)


def outdated() -> SlackMessage:
    """Return what takes the place of a reply that a later look has no more use for."""
    return message("This was said of an earlier look: the answer above is newer", [context("_of an earlier look_")])


def proof(findings: Sequence[Finding]) -> SlackMessage:
    """Return what proves the findings: each excerpt with where it stands, all of it as a file when something was cut."""
    body: list[Block] = []
    cut = False
    for finding in findings:
        blocks, shortened = _proof(finding)
        body += blocks
        cut = cut or shortened
    first, pieces = findings[0], sum(len(finding.proofs) for finding in findings)
    text = f"Proof for {first.title}: {count_text(pieces, 'piece')} of evidence"
    return message(text, body, whole=_proof_file(findings), cut=cut)


def _proof(finding: Finding) -> tuple[list[Block], bool]:
    """Return the proof of one finding, and whether something of it was cut."""
    head = [f"*Proof:* {clip(inline(finding.summary), MAX_LINE)}"]
    if finding.culprit:
        names = (code(finding.culprit.function), code(place_text(finding.culprit)))
        head.append(clip(" at ".join(filter(None, names)), MAX_LINE))
    body, cut = [section("\n".join(head))], False
    for piece in finding.proofs:
        shown = fence(piece.excerpt, lines=PROOF_LINES, limit=PROOF_LIMIT)
        body.append(context(inline(proof_text(piece))))
        if shown.text:
            body.append(section(shown.text))
        if shown.dropped:
            cut = True
            body.append(context(f"… {count_text(shown.dropped, 'line')} more {IN_FILE}"))
    body += listing("This explains", [f"• {inline(symptom_text(symptom))}" for symptom in all_symptoms(finding)], rest="symptoms")
    return body, cut


def stacks(exhibits: Exhibits, *, service: str) -> SlackMessage:
    """Return the largest groups of goroutines and what grew, as tables; every group with its stack as a file."""
    groups = exhibits.groups
    body: list[Block] = []
    if groups:
        body.append(section(f"*Goroutines by state and stack* ({count_text(len(groups), 'group')})"))
        body.append(section(fence(group_table(groups[:GROUPS_SHOWN]), lines=GROUPS_SHOWN + 1).text))
        if len(groups) > GROUPS_SHOWN:
            body.append(context(f"… {count_text(len(groups) - GROUPS_SHOWN, 'group')} more {IN_FILE}"))
    for title, table in (
        ("Goroutines that grew", growth_table(exhibits.goroutine_growth[:GROUPS_SHOWN])),
        ("Memory that grew", allocation_table(exhibits.allocation_growth[:GROUPS_SHOWN])),
    ):
        if table:
            body += [section(f"*{title}*"), section(fence(table, lines=GROUPS_SHOWN + 1).text)]
    seen = sum(group.count for group in groups)
    first = f", {groups[0].count:,} of them in {groups[0].function or groups[0].top_function}" if groups else ""
    text = (
        f"{service}: {count_text(seen, 'goroutine')} in {count_text(len(groups), 'group')}{first}"
        if groups
        else f"{service}: what grew"
    )
    whole = _text_file(f"{service}-goroutines.txt", f"Goroutines of {service}", groups_text(groups)) if groups else None
    return message(text, body, whole=whole, cut=True)


def runbook(name: str, title: str, markdown: str) -> SlackMessage:
    """Return a runbook, converted from Markdown; the Markdown itself as a file when it does not fit."""
    texts = mrkdwn(markdown)
    body = [section(f":book: *Runbook: {clip(inline(title), MAX_LINE)}* ({code(name)})"), *map(section, texts)]
    whole = _text_file(f"{name}.md", f"Runbook: {title}", markdown)
    return message(f"Runbook for {title}", body, whole=whole, cut=any("…" in text for text in texts))


def missing(diagnosis: Diagnosis) -> SlackMessage:
    """Return what could not be looked at, and why."""
    lines = [one_line(line) for line in not_looked_at(diagnosis)]
    body = listing("Not looked at", [f"• {inline(line)}" for line in lines], rest=IN_FILE)
    whole = _text_file("not-looked-at.txt", "Not looked at", "\n".join(lines))
    text = f"{diagnosis.service}: {count_text(len(lines), 'thing')} could not be looked at"
    return message(text, body, whole=whole, cut=IN_FILE in str(body))


def pictures(exhibits: Exhibits) -> SlackMessage:
    """Return charts and flame graphs, each with a sentence that says what it shows, and the raw evidence, all as files."""
    figures = exhibits.figures
    body = [section(f"*{clip(inline(figure.title), MAX_LINE)}*\n{clip(inline(figure.alt_text), MAX_LINE)}") for figure in figures]
    names = (f"{index}-{_slug(figure.title)}.png" for index, figure in enumerate(figures, start=1))
    files = [
        SlackFile(name=name, title=one_line(figure.title), content=figure.png, alt_text=one_line(figure.alt_text))
        for name, figure in zip(names, figures, strict=True)
    ]
    sentences = [figure.alt_text.rstrip(".") for figure in figures]
    if exhibits.evidence:
        said = f"The evidence, secrets masked, as {exhibits.evidence.name}"
        sentences.append(f"{said}, {format_size(len(exhibits.evidence.content))}")
        body.append(
            section(f"{said.replace(exhibits.evidence.name, code(exhibits.evidence.name))}; `gocrash diagnose` reads it.")
        )
        files.append(exhibits.evidence)
    if exhibits.left_out:
        body += listing(
            "Too large for Slack", [f"• {inline(line)}" for line in exhibits.left_out], rest="pieces", limit=LEFT_OUT_LIMIT
        )
        sentences.append(f"{count_text(len(exhibits.left_out), 'piece')} of evidence too large for Slack")
    posted = message(". ".join(sentences), body)
    return SlackMessage(posted.text, posted.blocks, tuple(files))


def timeline(incident: Incident, events: Sequence[TimelineEvent], *, whole: SlackFile | None = None) -> SlackMessage:
    """Return the latest events of an incident, oldest first; `whole` is the exported timeline, attached when some are cut.

    Without one, where no file can be attached, it says how to get all of them.
    """
    shown = events[-EVENTS_SHOWN:]
    earlier = len(events) - len(shown)
    body: list[Block] = [section(f":clock1: *Timeline of {incident.key}*: {clip(inline(incident.title), MAX_LINE)}")]
    if earlier:
        where = IN_FILE if whole else f"behind {code(f'/gocrash timeline {incident.key} markdown')}"
        body.append(context(f"{count_text(earlier, 'earlier event')} {where}"))
    body += [section(_event(event)) for event in shown]
    text = f"{incident.key}: {count_text(len(events), 'event')}, {incident.status}, opened {utc_text(incident.opened_at)}"
    return message(text, body, whole=whole, cut=bool(earlier))


def _event(event: TimelineEvent) -> str:
    when = link(event.permalink, utc_text(event.occurred_at)) if event.permalink else date(event.occurred_at)
    by = f" ({inline(event.actor)})" if event.actor else ""
    return f"{when} *{inline(event.kind)}* {clip(inline(event.text), MAX_LINE)}{by}"


def _proof_file(findings: Sequence[Finding]) -> SlackFile:
    parts: list[str] = []
    for finding in findings:
        parts.append(f"{finding.title}\n{finding.summary}")
        parts += [f"== {proof_text(piece)} ==\n{printable(piece.excerpt)}" for piece in finding.proofs]
    return _text_file(f"{findings[0].playbook}-proof.txt", f"Proof: {findings[0].title}", "\n\n".join(parts))


def _text_file(name: str, title: str, text: str) -> SlackFile:
    return SlackFile(name=name, title=one_line(title), content=(printable(text).rstrip("\n") + "\n").encode())


def _slug(title: str) -> str:
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in title.lower())
    return "-".join(filter(None, kept.split("-")))[:60] or "picture"
