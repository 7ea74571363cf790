"""Modals: what is asked in each, as Slack's API takes it. Plain values in, one view out; all words within Slack's limits.

`private_metadata` carries what the answer must be told by; the texts of a modal are the same for everybody.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime

from bot.model.incident import SEVERITIES, Incident
from bot.model.message import Block, Choice, View
from bot.model.units import format_duration
from bot.render.slack.blocks import context, modal, options, plain, section
from bot.render.slack.budget import MAX_INPUT, MAX_LABEL, MAX_LINE, clip
from bot.render.slack.escape import code, date, inline

RESOLVE = "resolve"
FULL_DUMP = "full-dump"
SEVERITY = "severity"
WRONG = "wrong"
MUTE = "mute"
NOTE = "note"

TEXT = "text"
CHOSEN = "chosen"

MUTES = (("30 minutes", "30m"), ("1 hour", "1h"), ("2 hours", "2h"), ("8 hours", "8h"), ("1 day", "1d"), ("7 days", "7d"))
SEVERITY_HINT = "SEV1 is the worst. Who is told, and how soon an update is due, stands in the bot's configuration."


def resolve(incident: Incident, *, metadata: str) -> View:
    """Return the question what ended an incident."""
    body = [
        section(f"*{incident.key}* · {clip(inline(incident.title), MAX_LINE)}"),
        _text("What ended it?", "rolled back to v1.41", hint="Whoever meets this again is told so first.", optional=True),
    ]
    return modal(RESOLVE, f"Resolve {incident.key}", body, submit="Resolve", metadata=metadata)


def full_dump(service: str, instance: str, *, total_seconds: float, longest_seconds: float, metadata: str) -> View:
    """Return the question whether a service may be frozen for a full dump of its goroutines."""
    freeze = f"would freeze {code(service)} for about {format_duration(total_seconds)} in all"
    body = [
        section(f"A full dump {freeze} (longest pause about {format_duration(longest_seconds)})."),
        context(f"Only the instance {code(instance)} is asked. It answers nobody while it is frozen."),
        section("It tells how long each goroutine has waited, who holds which lock, and which goroutines wait for each other."),
    ]
    return modal(FULL_DUMP, "Take a full dump?", body, submit="Freeze and dump", metadata=metadata)


def severity(incident: Incident, *, metadata: str) -> View:
    """Return the question how bad an incident is."""
    choices = [Choice(name, name) for name in SEVERITIES]
    body = [
        section(f"*{incident.key}* · {clip(inline(incident.title), MAX_LINE)}"),
        _select("Severity", choices, chosen=incident.severity, hint=SEVERITY_HINT),
    ]
    return modal(SEVERITY, f"Severity of {incident.key}", body, submit="Set", metadata=metadata)


def wrong(findings: Sequence[Choice], *, metadata: str) -> View:
    """Return the question which finding was wrong, and what it was instead; `findings` are at least one, the verdict first."""
    body = [
        _select("Which finding is wrong?", findings, chosen=findings[0].value),
        _text("What was it instead?", "the pool was exhausted, nothing leaked", hint="Counts against the playbook's record."),
    ]
    return modal(WRONG, "Wrong diagnosis", body, submit="Send", metadata=metadata)


def mute(service: str, *, metadata: str) -> View:
    """Return the question for how long nobody wants to hear of a service's alerts, and why."""
    body = [
        section(f"Alerts of {code(service)} stay unanswered; an open incident's timeline still gets them."),
        _select("For how long?", [Choice(label, value) for label, value in MUTES], chosen="2h"),
        _text("Why?", "load test until noon", multiline=False),
    ]
    return modal(MUTE, "Mute alerts", body, submit="Mute", metadata=metadata)


def note(said: str, at: datetime, incidents: Sequence[Incident], *, metadata: str) -> View:
    """Return the question into which incident's timeline a message belongs; without incidents, that there is none."""
    quoted = section(f"{clip(inline(html.unescape(said)), MAX_LINE)}\n{date(at)}")
    if not incidents:
        hint = section(f"No incident is open. {code('/gocrash open checkout what happens')} opens one.")
        return modal(NOTE, "Add to the timeline", [quoted, hint], metadata=metadata)
    choices = [Choice(f"{one.key} {one.service}: {one.title}", str(one.number)) for one in incidents]
    body = [quoted, _select("Incident", choices, chosen=choices[0].value)]
    return modal(NOTE, "Add to the timeline", body, submit="Add", metadata=metadata)


def gone(text: str) -> View:
    """Return a modal that only says why there is nothing to ask."""
    return modal("gone", "gocrash", [section(clip(inline(text), MAX_LINE))])


def _text(label: str, placeholder: str, *, hint: str = "", optional: bool = False, multiline: bool = True) -> Block:
    element = {
        "type": "plain_text_input",
        "action_id": TEXT,
        "multiline": multiline,
        "max_length": MAX_INPUT,
        "placeholder": plain(placeholder, MAX_LABEL),
    }
    return _input(TEXT, label, element, hint=hint, optional=optional)


def _select(label: str, choices: Sequence[Choice], *, chosen: str, hint: str = "") -> Block:
    entries = options(choices)
    initial = next((entry for entry in entries if entry["value"] == chosen), entries[0])
    element = {"type": "static_select", "action_id": CHOSEN, "options": entries, "initial_option": initial}
    return _input(CHOSEN, label, element, hint=hint)


def _input(block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, MAX_LINE),
        "element": element,
        "optional": optional,
    }
    return block | ({"hint": plain(hint, MAX_LINE)} if hint else {})
