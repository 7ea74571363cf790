"""What is owed to people: word of a new incident, and a reminder that they are to hear more of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.model.duty import DueUpdate
from bot.model.incident import Incident
from bot.model.message import Action, SlackMessage
from bot.model.units import format_duration
from bot.render.slack.blocks import buttons, context, message, section
from bot.render.slack.budget import MAX_LINE, clip
from bot.render.slack.escape import code, date, inline, link, mention


def announcement(incident: Incident, *, url: str, tell: Sequence[str]) -> SlackMessage:
    """Return word of an incident for people who were not there: what it is, where it is worked on, who is told.

    `tell` are ids, which Slack tells, or names, which it does not. `url` is empty where the incident has no thread.
    """
    head = f"*{inline(incident.severity)}* · *{inline(incident.service)}* · {link(url, incident.key)}: {_title(incident)}"
    small = [f"{incident.status}, opened {date(incident.opened_at)} by {inline(incident.opened_by)}"]
    if url:
        small.append(link(url, "to the thread"))
    told = [section(" ".join(mention(name) for name in tell))] if tell else []
    text = f"{incident.key} of {incident.service} is {incident.severity}: {incident.title}"
    return message(text, [section(f":rotating_light: {head}"), *told], tail=[context(" · ".join(small))])


def reminder(update: DueUpdate, *, now: datetime, actions: Sequence[Action]) -> SlackMessage:
    """Return the sentence that an update is due: since when nobody heard more, from whom it is awaited, how it is given."""
    incident = update.incident
    ago = format_duration(max(0.0, (now - update.heard_at).total_seconds()))
    late = f"{incident.key} ({incident.severity}) is due an update: last heard {ago} ago from"
    lead = (
        f"{mention(incident.lead)} leads it."
        if incident.lead
        else f"Nobody leads it: {code(f'/gocrash lead {incident.key} @you')}."
    )
    how = f"{code(f'/gocrash note {incident.key} …')} or {code(f'/gocrash status {incident.key} …')} is an update."
    body = [section(f":alarm_clock: {inline(late)} {inline(update.heard_from)}. {lead}\n{how}")]
    return message(f"{late} {update.heard_from}", body, tail=buttons(actions))


def snoozed(incident: Incident, *, until: datetime, actor: str) -> SlackMessage:
    """Return what stands in place of a reminder once somebody has put it off."""
    body = [section(f":zzz: {incident.key}: no reminder before {date(until)}, {inline(actor)} said.")]
    return message(f"{incident.key}: no reminder before {until:%H:%M} UTC, {actor} said", body)


def _title(incident: Incident) -> str:
    return clip(inline(incident.title), MAX_LINE)
