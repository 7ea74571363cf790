"""The headlines of incidents, rendered from what is stored: `refresh` after whatever changed an incident, and nothing else.

A headline is the one message that answers a question, edited in place. Because it is always made anew from the whole story, it
does not matter in which order an alert ends, somebody acknowledges, and a second look is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.incidents.alerts import states
from bot.incidents.answers import Answer
from bot.model.diagnosis import Diagnosis
from bot.model.evidence import CollectFailure, Kind
from bot.model.incident import Incident, Status, TimelineEvent
from bot.model.message import Action, Choice, SlackMessage
from bot.model.units import format_duration
from bot.render.alerts import alert_notes, heard
from bot.render.document import diagnosis_of
from bot.render.phrases import names_text, utc
from bot.render.slack import headline
from bot.render.slack.headline import Situation
from bot.render.source import source_link
from bot.respond.context import Context
from bot.respond.posting import put_message

RERUN = "rerun"
ACKNOWLEDGE = "acknowledge"
RESOLVE = "resolve"
MORE = "more"
# What can be chosen from the menu behind the buttons; each value is one of these words, an incident's number (0: none), a key.
FULL_DUMP = "full-dump"
SEVERITY = "severity"
WRONG = "wrong"
TIMELINE = "timeline"
MUTE = "mute"

ACKNOWLEDGED = "acknowledged"

OF_LOG = "log-"
"""Begins the key of an answer that was read out of a log: reading that again would say the same."""


def refresh(context: Context, incident: Incident) -> None:
    """Let every message about an incident say what holds now. Writes only: call it inside the transaction of the change."""
    for answer in context.store.answers.of(incident.number):
        there = context.store.outbox.get(answer.headline)
        put_message(context, answer.headline, message(context, answer), channel=there.channel, now=context.now())


def message(context: Context, answer: Answer) -> SlackMessage:
    """Return the message that holds an answer, as it should stand now."""
    diagnosis = diagnosis_of(answer.document)
    # Of the runbooks only which there are: they stand in the thread.
    diagnosis = replace(diagnosis, runbooks={finding.fingerprint: finding.playbook for finding in diagnosis.findings})
    incident = context.store.incidents.get(answer.incident) if answer.incident is not None else None
    situation = _situation(context, answer, diagnosis, incident)
    known = diagnosis.service in context.config.services
    buttons = actions(answer.headline, diagnosis, incident) if known else ()
    if incident and incident.status is Status.RESOLVED:
        return headline.resolved(incident, diagnosis=diagnosis, situation=situation, actions=buttons)
    return headline.diagnosed(diagnosis, situation=situation, actions=buttons)


def actions(key: str, diagnosis: Diagnosis, incident: Incident | None) -> tuple[Action, ...]:
    """Return the buttons of a headline and the menu behind them, all of which name the message by its key."""
    buttons = [] if key.startswith(OF_LOG) else [rerun(diagnosis.service, key)]
    choices = [Choice("Wrong diagnosis …", f"{WRONG} 0 {key}")] if diagnosis.findings else []
    if incident and incident.status is not Status.RESOLVED:
        label = "Join" if incident.lead else "Acknowledge"
        buttons.append(Action(action_id=ACKNOWLEDGE, label=label, value=f"{incident.number} {key}"))
        buttons.append(Action(action_id=RESOLVE, label="Resolve …", value=f"{incident.number} {key}", style="primary"))
    if incident:
        choices = [
            Choice("Severity …", f"{SEVERITY} {incident.number} {key}"),
            *(replace(choice, value=f"{WRONG} {incident.number} {key}") for choice in choices),
            Choice("Timeline", f"{TIMELINE} {incident.number} {key}"),
        ]
    if withheld(diagnosis):
        choices.insert(0, Choice("Take a full dump …", f"{FULL_DUMP} {incident.number if incident else 0} {key}"))
    choices.append(Choice("Mute alerts …", f"{MUTE} {incident.number if incident else 0} {key}"))
    return (*buttons, Action(action_id=MORE, label="More", value="", choices=tuple(choices)))


def rerun(service: str, key: str) -> Action:
    """Return the button that looks again and answers in the same message."""
    return Action(action_id=RERUN, label="Re-run", value=f"{service} {key}")


def withheld(diagnosis: Diagnosis) -> tuple[tuple[str, CollectFailure], ...]:
    """Return the instances whose full dump was withheld because it would have frozen them for too long, the verdict's first."""
    blamed = diagnosis.findings[0].instances if diagnosis.findings else ()
    found = [
        (target.instance, failure)
        for target in diagnosis.targets
        for failure in target.failures
        if failure.withheld and failure.kind is Kind.GOROUTINE
    ]
    return tuple(sorted(found, key=lambda entry: (entry[0] not in blamed, -entry[1].would_freeze_seconds)))


def _situation(context: Context, answer: Answer, diagnosis: Diagnosis, incident: Incident | None) -> Situation:
    """Return what the headline says beside the diagnosis: the incident, the running version, a link to the culprit's line."""
    notes, occurrences = list(_cooldown_note(context, answer)), 1
    if incident:
        alerts = heard(states(context.store.alerts.of_incident(incident.number)))
        occurrences = alerts[0].occurrences if alerts else 1
        notes += alert_notes(alerts)
        notes += _workers(incident, context.store.responders.of(incident.number))
        notes += _deeds(context.store.timeline.of(incident.number))
    if mute := context.store.mutes.active(diagnosis.service, now=context.now()):
        notes.append(f"Alerts muted until {_clock(mute.until)} by {mute.actor}")
    revision = next((target.revision for target in diagnosis.targets if target.revision), "")
    service = context.config.services.get(diagnosis.service)
    culprit = diagnosis.findings[0].culprit if diagnosis.findings else None
    url = ""
    if service and culprit:
        url = source_link(culprit, template=service.source_url, revision=revision, modules=service.own_modules)
    return Situation(incident=incident, occurrences=occurrences, version=revision, culprit_url=url, notes=tuple(notes))


def _workers(incident: Incident, responders: Sequence[str]) -> Iterator[str]:
    """Yield who works on an incident: `lead maya, with jonas`."""
    others = [person for person in responders if person != incident.lead]
    lead = f"lead {incident.lead}" if incident.lead else ""
    helpers = f"with {names_text(others)}" if others else ""
    if lead or helpers:
        yield ", ".join(filter(None, (lead, helpers)))


def _deeds(events: Sequence[TimelineEvent]) -> Iterator[str]:
    """Yield what people did about an incident, the latest of each kind: `Acknowledged by maya, 14:05 UTC`."""
    latest: dict[str, str] = {}
    for event in events:
        what = event.kind
        if event.kind == "status":
            what = str(event.details.get("to", ""))
        if event.kind == "reopened":
            latest.clear()
        if what in DEEDS:
            latest[what] = f"{DEEDS[what]} by {event.actor}, {_clock(event.occurred_at)}"
    yield from latest.values()


DEEDS = {
    ACKNOWLEDGED: "Acknowledged",
    Status.IDENTIFIED: "Identified",
    Status.MITIGATED: "Mitigated",
    Status.RESOLVED: "Resolved",
    "feedback": "Said to be wrong",
}


def _cooldown_note(context: Context, answer: Answer) -> Iterator[str]:
    """Say so when an answer was made from what an earlier look had collected, and when there will be another."""
    if answer.collected_by is None or answer.collected_by == answer.job:
        return
    collected = context.store.evidence.of_job(answer.collected_by)
    if collected:
        taken_at = max(piece.collected_at for piece in collected)
        age = format_duration(max(0.0, (answer.recorded_at - taken_at).total_seconds()))
        again = taken_at + timedelta(seconds=context.config.defaults.cooldown)
        yield f"evidence was {age} old; gocrash looks again from {again:%H:%M:%S} UTC on"


def _clock(when: datetime) -> str:
    return f"{utc(when):%H:%M} UTC"
