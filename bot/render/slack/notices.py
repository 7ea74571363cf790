"""Short messages: help, a wrong word, lists of incidents, errors. Plain values in, one message out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.incident import Incident, Status
from bot.model.message import Action, SlackMessage
from bot.render.phrases import count_text
from bot.render.slack.blocks import buttons, context, listing, message, section
from bot.render.slack.budget import MAX_LINE, clip
from bot.render.slack.escape import code, date, inline, link

STATUS_MARKS = {
    Status.INVESTIGATING: ":mag: investigating",
    Status.IDENTIFIED: ":dart: identified",
    Status.MITIGATED: ":adhesive_bandage: mitigated",
    Status.RESOLVED: ":white_check_mark: resolved",
}


@dataclass(frozen=True, slots=True)
class Verb:
    """One line of help: how it is typed, and what it does."""

    usage: str
    does: str


def help_text(verbs: Sequence[Verb], *, services: Sequence[str]) -> SlackMessage:
    """Return what can be typed, and the services that can be asked about."""
    body = [section("*gocrash* finds out what is wrong with a Go service, and which line of code is to blame.")]
    body += listing("What you can type", [f"{code(verb.usage)}  {inline(verb.does)}" for verb in verbs], rest="verbs")
    body += listing("Services", [code(service) for service in services], rest="services")
    return message("What gocrash can do for you, with the words to type", body)


def verb_help(verb: Verb) -> SlackMessage:
    """Return the help of one verb."""
    return message(f"{verb.usage}: {verb.does}", [section(f"{code(verb.usage)}\n{inline(verb.does)}")])


def unknown_service(word: str, nearest: Sequence[Action]) -> SlackMessage:
    """Return the answer to a service nobody configured, with the nearest names as buttons."""
    if nearest:
        asked, said = "Did you mean one of these?", "did you mean " + " or ".join(action.label for action in nearest) + "?"
    else:
        asked, said = "No service is called anything like it.", "no service is called anything like it."
    body = [section(f"There is no service called {_quoted(word)}. {asked}")]
    hint = context(f"{code('/gocrash services')} lists all of them.")
    return message(f"There is no service called {word}: {said}", body, tail=[*buttons(nearest), hint])


def unknown_verb(word: str, nearest: str = "") -> SlackMessage:
    """Return the answer to a wrong word: the nearest right one, and where help is."""
    guess = f" Did you mean {code(f'/gocrash {nearest}')}?" if nearest else ""
    body = [section(f"I do not know {_quoted(word)}.{guess} {code('/gocrash help')} shows what I know.")]
    return message(f"I do not know {word}. /gocrash help shows what I know", body)


def incident_list(incidents: Sequence[Incident], *, title: str) -> SlackMessage:
    """Return incidents as a list, in the order given."""
    if not incidents:
        return message(f"{title}: none", [section(f"*{inline(title)}*: none.")])
    lines = [_incident(incident) for incident in incidents]
    body = [section(f"*{inline(title)}* ({len(incidents):,})"), *(section(line) for line in lines)]
    return message(f"{title}: {count_text(len(incidents), 'incident')}", body, rest="incidents: ask for one service to see them")


def incident(shown: Incident, *, verdict: str = "") -> SlackMessage:
    """Return one incident: its state, and what its last diagnosis said (empty: there was none)."""
    body = [section(_incident(shown))]
    if verdict:
        body.append(section(f"*Last diagnosis:* {clip(inline(verdict), MAX_LINE)}"))
    if shown.resolution:
        body.append(section(f"*What ended it:* {clip(inline(shown.resolution), MAX_LINE)}"))
    return message(f"{shown.key} of {shown.service} is {shown.status}: {shown.title}", body)


def answered_elsewhere(service: str, *, incident: str, url: str, occurrences: int, is_last: bool) -> SlackMessage:
    """Return the line under an alert that is answered elsewhere already.

    `incident` is the key of what it belongs to and `url` the address of the answer, each empty where that is not known;
    `occurrences` says how often the alert has come; after one that `is_last`, alerts are counted there without a word here.
    """
    what = f"{service}: seen {occurrences:,} times" if occurrences > 1 else f"{service}: looked into already"
    belongs = f", this belongs to {incident}" if incident else ""
    quiet = " Further alerts of it are only counted there for now." if is_last else ""
    answer = f", {link(url, 'answered here')}" if url else ""
    return message(f"{what}{belongs}.{quiet}", [context(f":repeat: {inline(what + belongs)}{answer}.{quiet}")])


def done(text: str) -> SlackMessage:
    """Return a short confirmation, such as `INC-7 is mitigated`."""
    return message(text, [section(f":white_check_mark: {clip(inline(text), MAX_LINE)}")])


def error(what: str, *, do: str, error_id: str = "") -> SlackMessage:
    """Return what happened and what to do about it, with an id to quote when the cause stands in the bot's own log."""
    body = [section(f":warning: {clip(inline(what), MAX_LINE)}\n{clip(inline(do), MAX_LINE)}")]
    tail = [context(f"quote {code(error_id)} when you ask about this")] if error_id else []
    return message(f"{what} {do}", body, tail=tail)


def _quoted(word: str) -> str:
    """Return what somebody typed, as code; empty input has a name too."""
    return code(clip(word, MAX_LINE // 4)) or "an empty word"


def _incident(incident: Incident) -> str:
    lead = f" · lead {inline(incident.lead)}" if incident.lead else ""
    head = f"*{incident.key}* {STATUS_MARKS[incident.status]} · {inline(incident.severity)} · *{inline(incident.service)}*{lead}"
    return f"{head}\n{clip(inline(incident.title), MAX_LINE)} · opened {date(incident.opened_at)}"
