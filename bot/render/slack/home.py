"""The Home tab of the app: open incidents, my services, recent diagnoses, the health of the bot, help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.incident import Incident
from bot.model.message import Action, Block, View
from bot.render.phrases import count_text
from bot.render.slack import blocks
from bot.render.slack.blocks import buttons, context, section
from bot.render.slack.budget import MAX_LINE, clip
from bot.render.slack.escape import code, date, inline, link
from bot.render.slack.notices import STATUS_MARKS

INCIDENTS_SHOWN = 10
SERVICES_SHOWN = 15
DIAGNOSES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnService:
    """A service that concerns a person.

    Attributes:
        name: the service.
        state: a phrase that says how it stands: `INC-7 is investigating`, `no open incident`.
        channel: id of the channel where an answer would be posted; empty when that is not known.
        diagnose: the button that looks into it; None where an answer would have no place.
    """

    name: str
    state: str
    channel: str = ""
    diagnose: Action | None = None


@dataclass(frozen=True, slots=True)
class RecentDiagnosis:
    """A diagnosis of lately: of what, when, what it said, and the key of its incident (empty: none)."""

    service: str
    at: datetime
    verdict: str
    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything a Home tab shows.

    Attributes:
        at: when that was so.
        incidents: those that are open, the newest first.
        services: those that concern the reader.
        diagnoses: the last ones, the newest first.
        health: what is well or not with the bot itself, a phrase each; `well` says whether all of it is.
        usages: what can be typed, a line each.
        notice: what the reader is to know first; mostly empty.
    """

    at: datetime
    incidents: Sequence[Incident]
    services: Sequence[OwnService]
    diagnoses: Sequence[RecentDiagnosis]
    health: Sequence[str]
    well: bool
    usages: Sequence[str]
    notice: str = ""


def home(overview: Overview) -> View:
    """Return the Home tab."""
    body: list[Block] = []
    if overview.notice:
        body.append(section(f":warning: {clip(inline(overview.notice), MAX_LINE)}"))
    body += [*_incidents(overview.incidents), DIVIDER, *_services(overview.services), DIVIDER, *_diagnoses(overview.diagnoses)]
    body += [DIVIDER, *_health(overview), DIVIDER, _help(overview.usages)]
    return blocks.home(body)


DIVIDER: Block = {"type": "divider"}


def _title(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def _incidents(incidents: Sequence[Incident]) -> list[Block]:
    if not incidents:
        return [_title("Open incidents"), section(":white_check_mark: None.")]
    shown = [section(_incident(incident)) for incident in incidents[:INCIDENTS_SHOWN]]
    rest = len(incidents) - INCIDENTS_SHOWN
    more = [context(f"{count_text(rest, 'incident')} more: {code('/gocrash incidents')}")] if rest > 0 else []
    return [_title(f"Open incidents ({len(incidents):,})"), *shown, *more]


def _incident(incident: Incident) -> str:
    lead = f" · lead {inline(incident.lead)}" if incident.lead else ""
    state = f"{STATUS_MARKS[incident.status]} · {inline(incident.severity)} · *{inline(incident.service)}*{lead}"
    title = f"{clip(inline(incident.title), MAX_LINE)} · opened {date(incident.opened_at)}"
    return f"*{link(incident.permalink, incident.key)}* {state}\n{title}"


def _services(services: Sequence[OwnService]) -> list[Block]:
    head = _title("My services")
    if not services:
        hint = "None yet: services come here when you ask about them, work on their incidents, or are named in their `allow`."
        return [head, section(f"{hint} {code('/gocrash services')} lists all.")]
    shown: list[Block] = []
    for service in services[:SERVICES_SHOWN]:
        where = (
            f" · answers in <#{service.channel}>" if service.channel else f" · {code(f'/gocrash {service.name}')} in a channel"
        )
        shown.append(section(f"*{inline(service.name)}* · {inline(service.state)}{where}"))
        shown += buttons([service.diagnose]) if service.diagnose else ()
    rest = len(services) - SERVICES_SHOWN
    return [head, *shown, *([context(f"{count_text(rest, 'service')} more: {code('/gocrash services')}")] if rest > 0 else [])]


def _diagnoses(diagnoses: Sequence[RecentDiagnosis]) -> list[Block]:
    if not diagnoses:
        return [_title("Recent diagnoses"), section("None yet.")]
    return [_title("Recent diagnoses"), *(section(_diagnosis(one)) for one in diagnoses[:DIAGNOSES_SHOWN])]


def _diagnosis(one: RecentDiagnosis) -> str:
    head = " · ".join(filter(None, (f"*{inline(one.service)}*", one.incident, date(one.at))))
    return f"{head}\n{clip(inline(one.verdict), MAX_LINE)}"


def _health(overview: Overview) -> list[Block]:
    mark = ":white_check_mark: All is well" if overview.well else ":warning: Needs a look"
    lines = "\n".join(f"• {inline(line)}" for line in overview.health)
    return [_title("Health of the bot"), section(f"{mark}\n{lines}"), context(f"as of {date(overview.at)}")]


def _help(usages: Sequence[str]) -> Block:
    return section("*What you can type*\n" + "\n".join(map(code, usages)))
