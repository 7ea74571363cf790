"""Replies in the headline's thread: proof, runbook, what could not be looked at, the timeline.

Each is one message; what does not fit is said, and attached whole as a file.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.diagnosis import Diagnosis, Finding
from bot.model.incident import Incident, TimelineEvent
from bot.model.message import Block, Figure, SlackFile, SlackMessage
from bot.render.phrases import all_symptoms, count_text, not_looked_at, place_text, proof_text, symptom_text, utc_text
from bot.render.prose import one_line, printable
from bot.render.slack.blocks import IN_FILE, context, listing, message, section
from bot.render.slack.budget import MAX_LINE, clip, fence
from bot.render.slack.escape import code, date, inline, link
from bot.render.slack.mrkdwn import mrkdwn

PROOF_LINES = 24
PROOF_LIMIT = 2_400
EVENTS_SHOWN = 15


def details(diagnosis: Diagnosis, *, figures: Sequence[Figure] = ()) -> tuple[SlackMessage, ...]:
    """Return every reply a diagnosis needs, in reading order: proof of each finding, the first one's runbook, what is missing."""
    messages = [proof(finding) for finding in diagnosis.findings if finding.proofs]
    if figures:
        messages.append(pictures(figures))
    first = diagnosis.findings[0] if diagnosis.findings else None
    if first and (markdown := diagnosis.runbooks.get(first.fingerprint)):
        messages.append(runbook(first.playbook, first.title, markdown))
    if any(not_looked_at(diagnosis)):
        messages.append(missing(diagnosis))
    return tuple(messages)


def proof(finding: Finding) -> SlackMessage:
    """Return what proves a finding: each excerpt with where it stands, the whole text as a file when it was cut."""
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
    text = f"Proof for {finding.title}: {count_text(len(finding.proofs), 'piece')} of evidence"
    return message(text, body, whole=_proof_file(finding), cut=cut)


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


def pictures(figures: Sequence[Figure]) -> SlackMessage:
    """Return charts and flame graphs as files, each with a sentence that says what it shows."""
    body = [section(f"*{clip(inline(figure.title), MAX_LINE)}*\n{clip(inline(figure.alt_text), MAX_LINE)}") for figure in figures]
    names = (f"{index}-{_slug(figure.title)}.png" for index, figure in enumerate(figures, start=1))
    files = [
        SlackFile(name=name, title=one_line(figure.title), content=figure.png, alt_text=one_line(figure.alt_text))
        for name, figure in zip(names, figures, strict=True)
    ]
    posted = message(". ".join(figure.alt_text.rstrip(".") for figure in figures), body)
    return SlackMessage(posted.text, posted.blocks, tuple(files))


def timeline(incident: Incident, events: Sequence[TimelineEvent], *, whole: SlackFile) -> SlackMessage:
    """Return the latest events of an incident, oldest first; `whole` is the exported timeline, attached when some are cut."""
    shown = events[-EVENTS_SHOWN:]
    earlier = len(events) - len(shown)
    body: list[Block] = [section(f":clock1: *Timeline of {incident.key}*: {clip(inline(incident.title), MAX_LINE)}")]
    if earlier:
        body.append(context(f"{count_text(earlier, 'earlier event')} {IN_FILE}"))
    body += [section(_event(event)) for event in shown]
    text = f"{incident.key}: {count_text(len(events), 'event')}, {incident.status}, opened {utc_text(incident.opened_at)}"
    return message(text, body, whole=whole, cut=bool(earlier))


def _event(event: TimelineEvent) -> str:
    when = link(event.permalink, utc_text(event.occurred_at)) if event.permalink else date(event.occurred_at)
    by = f" ({inline(event.actor)})" if event.actor else ""
    return f"{when} *{inline(event.kind)}* {clip(inline(event.text), MAX_LINE)}{by}"


def _proof_file(finding: Finding) -> SlackFile:
    parts = [f"{finding.title}\n{finding.summary}"]
    parts += [f"== {proof_text(piece)} ==\n{printable(piece.excerpt)}" for piece in finding.proofs]
    return _text_file(f"{finding.playbook}-proof.txt", f"Proof: {finding.title}", "\n\n".join(parts))


def _text_file(name: str, title: str, text: str) -> SlackFile:
    return SlackFile(name=name, title=one_line(title), content=(printable(text).rstrip("\n") + "\n").encode())


def _slug(title: str) -> str:
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in title.lower())
    return "-".join(filter(None, kept.split("-")))[:60] or "picture"
