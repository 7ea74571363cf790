"""Lists that people ask for: services, a service's history, what a search found, incidents in numbers, an error budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model.duty import Mute
from bot.model.incident import Incident, PastIncident, SearchHit
from bot.model.message import SlackFile, SlackMessage
from bot.model.numbers import Budget
from bot.model.units import format_duration, format_ratio
from bot.render.numbers import Statistics, budget_text
from bot.render.phrases import count_text, utc_text
from bot.render.prose import one_line
from bot.render.slack.blocks import IN_FILE, context, listing, message, section
from bot.render.slack.budget import MAX_LINE, clip
from bot.render.slack.escape import code, date, inline
from bot.render.slack.notices import STATUS_MARKS

GROUPS_SHOWN = 8


def services(names: Sequence[str], *, muted: Mapping[str, Mute], opened: Mapping[str, Incident]) -> SlackMessage:
    """Return the services, each with its open incident and whether its alerts are muted."""
    lines = [_service(name, muted.get(name), opened.get(name)) for name in names]
    if not lines:
        return message("No services are configured", [section("No services are configured.")])
    body = listing(f"Services ({len(names):,})", lines, rest="services")
    return message(f"{count_text(len(names), 'service')}: {', '.join(names)}", body)


def history(service: str, past: Sequence[PastIncident]) -> SlackMessage:
    """Return a service's incidents, the newest first: what was found, how long it took, what resolved it."""
    if not past:
        return message(f"{service} has had no incidents", [section(f"*{inline(service)}* has had no incidents.")])
    body = [section(f":scroll: *Incidents of {inline(service)}*"), *(section(_past(each)) for each in past)]
    return message(f"{service}: {count_text(len(past), 'incident')}, the last {past[0].incident.key}", body, rest="incidents")


def hits(words: str, found: Sequence[SearchHit]) -> SlackMessage:
    """Return the incidents in which words were found, each with the text that holds them."""
    if not found:
        return message(f"Nothing holds {words}", [section(f"No incident holds {code(clip(words, MAX_LINE))}.")])
    body = [section(f":mag_right: *{count_text(len(found), 'incident')}* with {code(clip(words, MAX_LINE))}")]
    body += [section(f"{_head(hit.incident)}\n{date(hit.occurred_at)} {clip(inline(hit.text), MAX_LINE)}") for hit in found]
    return message(f"{count_text(len(found), 'incident')} with {words}", body, rest="incidents: give one more word")


def stats(stats: Statistics, *, of: str, files: Sequence[SlackFile]) -> SlackMessage:
    """Return incidents in numbers: medians by service, class and severity, what came again, how the playbooks did."""
    since = f"{of} since {utc_text(stats.since)}"
    total = sum(group.incidents for group in stats.groups.get("severity", ()))
    if not total:
        return message(f"No incidents of {since}", [section(f"No incidents of {inline(since)}.")])
    body = [section(f":bar_chart: *{count_text(total, 'incident')}* of {inline(since)}")]
    for heading, members in stats.groups.items():
        lines = [
            f"• {inline(group.name or 'unknown')}: {count_text(group.incidents, 'incident')}"
            f"{_span(', acknowledged after', group.acknowledge_seconds)}{_span(', mitigated after', group.mitigate_seconds)}"
            f"{_span(', resolved after', group.resolve_seconds)}"
            for group in members[:GROUPS_SHOWN]
        ]
        body += listing(f"By {heading} (medians)", lines, rest=IN_FILE)
    again = [
        f"• {each.incidents} times in {inline(each.service)}: {code(each.playbook)}, last in {each.last}"
        for each in stats.recurrences
    ]
    body += listing("What came again", again[:GROUPS_SHOWN], rest=IN_FILE)
    wrong = [
        f"• {code(each.playbook)}: said to be wrong in {each.wrong} of {count_text(each.incidents, 'incident')}"
        for each in stats.playbooks
        if each.wrong
    ]
    body += listing("Wrong diagnoses", wrong[:GROUPS_SHOWN], rest=IN_FILE)
    made = message(f"{count_text(total, 'incident')} of {since}", body)
    return SlackMessage(made.text, made.blocks, tuple(files))


def budget(found: Budget) -> SlackMessage:
    """Return how much of a service's error budget is left, and which incidents took the rest."""
    first, *spent = budget_text(found).splitlines()
    body = [
        section(f":hourglass: {inline(first)}"),
        *listing("Spent by", [f"• {inline(line.strip())}" for line in spent], rest="incidents"),
    ]
    return message(f"{found.service} has {format_ratio(found.left_ratio)} of its error budget left", body)


def document(title: str, said: str, files: Sequence[SlackFile]) -> SlackMessage:
    """Return a message that brings documents as files, and what is in them."""
    names = ", ".join(code(file.name) for file in files)
    made = message(
        said, [section(f":page_facing_up: *{inline(title)}*: {clip(inline(said), MAX_LINE)}"), context(f"{names} in the thread")]
    )
    return SlackMessage(made.text, made.blocks, tuple(files))


def _service(name: str, mute: Mute | None, opened: Incident | None) -> str:
    said = [code(name)]
    if opened:
        said.append(f"*{opened.key}* {STATUS_MARKS[opened.status]}, {inline(opened.severity)}")
    if mute:
        said.append(
            f":mute: until {date(mute.until)} by {inline(mute.actor)}: {clip(inline(one_line(mute.reason)), MAX_LINE // 4)}"
        )
    return " · ".join(said)


def _past(each: PastIncident) -> str:
    incident = each.incident
    took = (
        f", took {format_duration((incident.resolved_at - incident.opened_at).total_seconds())}" if incident.resolved_at else ""
    )
    found = f"\n{code(each.culprit)} ({inline(each.failure_class)})" if each.culprit else ""
    ended = f"\n*What ended it:* {clip(inline(incident.resolution), MAX_LINE)}" if incident.resolution else ""
    return f"{_head(incident)}{took}{found}{ended}"


def _head(incident: Incident) -> str:
    state = f"{STATUS_MARKS[incident.status]} · {inline(incident.severity)} · {date(incident.opened_at)}"
    return f"*{incident.key}* {state} · {clip(inline(incident.title), MAX_LINE)}"


def _span(words: str, seconds: float | None) -> str:
    return "" if seconds is None else f"{words} {format_duration(seconds)}"
